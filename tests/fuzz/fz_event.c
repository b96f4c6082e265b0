/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the columns of a frame, below CRC and compression: the first two bytes say how many
 * events there are. What decodes is encoded again, both ways, and must come back the same.
 */
#include "lib/trace/column/column.h"
#include "lib/trace/frame.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(struct mmt_alloc *a, struct mmt_columns *c, struct mmt_batch *first, bool plain,
		  struct mmt_rd bytes, uint32_t n)
{
	struct mmt_wr w = { .alloc = a };
	struct mmt_batch *second = mmt_batch_new(a);
	const struct mmt_event *ev, *same;

	MMT_BUG(!second || mmt_batch_take(first, bytes, n, NULL) != 0);
	mmt_columns_put(c, &w, plain ? 0 : SIZE_MAX);
	MMT_BUG(w.bad || (plain && w.len > mmt_columns_bound(c)));
	MMT_BUG(mmt_batch_take(second, mmt_rd(w.buf, w.len), (uint32_t)mmt_columns_count(c),
			       NULL) != 0);
	while ((ev = mmt_batch_next(first))) {
		same = mmt_batch_next(second);
		MMT_BUG(!same || same->kind != ev->kind || same->time != ev->time ||
			same->cpu != ev->cpu || same->task != ev->task ||
			same->flags != ev->flags || memcmp(same->v, ev->v, sizeof(ev->v)) != 0);
	}
	MMT_BUG(mmt_batch_next(second));
	mmt_batch_free(second);
	mmt_wr_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mmt_alloc a = { .limit = UINT64_C(128) << 20 };
	struct mmt_rd r = mmt_rd(data, size);
	uint32_t n = mmt_rd_u16(&r);
	struct mmt_batch *b = mmt_batch_new(&a);
	const struct mmt_event *ev;
	struct mmt_columns *c;

	MMT_BUG(!b);
	if (mmt_batch_take(b, r, n, NULL) == 0) {
		c = mmt_columns_new(&a);
		MMT_BUG(!c);
		while ((ev = mmt_batch_next(b))) {
			MMT_BUG(mmt_event_validate(ev) != 0);
			MMT_BUG(mmt_columns_add(c, ev, NULL) != 0);
		}
		if (n < 5000) {
			again(&a, c, b, false, r, n);
			again(&a, c, b, true, r, n);
		}
		mmt_columns_free(c);
	}
	mmt_batch_free(b);
	MMT_BUG(a.used);
	return 0;
}
