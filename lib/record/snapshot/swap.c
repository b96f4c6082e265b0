// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap areas.
 *
 * Reference: /proc/swaps (mm/swapfile.c swap_show()): name, type, size and use in kB, priority.
 *
 * I1. Areas are numbered by their line; type 0 is a partition, 1 a file, 2 zram.
 * I2. No name of a swap file is written: it may be a path.
 *
 * Cost: one short file.
 */
#include "lib/record/snapshot/part.h"

int snap_swaps(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	struct text line, name, type;
	uint64_t area = 0;

	while (text_line(&t, &line)) {
		uint64_t size, used;
		int64_t priority;
		struct text word;
		int err;

		if (!text_word(&line, &name) || !text_word(&line, &type) ||
		    !text_next_u64(&line, &size) || !text_next_u64(&line, &used) ||
		    !text_word(&line, &word) || !text_s64(word, &priority))
			continue;
		err = SNAP_ROW(s, snap_swap, e, area,
			       text_skip(&name, "/dev/zram") ? 2 : text_is(type, "file"),
			       (uint64_t)priority, size / 4, used / 4);
		if (err)
			return err;
		area++;
	}
	return 0;
}
