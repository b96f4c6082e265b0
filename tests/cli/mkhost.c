// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a trace of a pretend host (tests/unit/host.h) to stdout: mkhost NAME
 *
 *	run	ran for a while, then recorded: churn, two light snapshots
 *	frames	the same, written as frames of 200 allocations and frees
 *	burst	the same, with 9 events lost in one of the frames in the middle
 *	lossy	as run, with 9 events lost
 *	blind	events without a start snapshot
 *	kernel	5000 pages in use by the kernel
 */
#include "tests/unit/host.h"

static struct host h;
static struct host_block held[4096];

static void churn(bool in_frames, bool burst)
{
	struct mmt_rng rng = { 77 };
	unsigned nr = host_churn(&h, &rng, 800, held, 0, 400);

	host_record(&h);
	for (unsigned i = 0; i < 2000; i += 200) {
		if (in_frames && h.w)
			mmt_writer_flush(h.w, &h.err);
		nr = host_churn(&h, &rng, 200, held, nr, 400);
		if (burst && i == 1000 && h.w)
			mmt_writer_lost(h.w, 0, MMT_EV_mm_page_free, MMT_LOST_RING, 9, &h.err);
		if (i == 800)
			host_snapshot(&h, MMT_SNAP_LIGHT);
	}
	host_snapshot(&h, MMT_SNAP_END);
}

int main(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : "";
	bool ok;

	host_start(&h);
	if (strcmp(name, "run") == 0 || strcmp(name, "lossy") == 0) {
		churn(false, false);
		if (name[0] == 'l' && h.w)
			mmt_writer_lost(h.w, 0, MMT_EV_mm_page_free, MMT_LOST_RING, 9, &h.err);
	} else if (strcmp(name, "frames") == 0 || strcmp(name, "burst") == 0) {
		churn(true, name[0] == 'b');
	} else if (strcmp(name, "blind") == 0) {
		host_open(&h);
		host_alloc(&h, 0, GFP_KERNEL, 0);
	} else if (strcmp(name, "kernel") == 0) {
		for (unsigned i = 0; i < 5000; i++)
			host_alloc(&h, 0, GFP_KERNEL, 0);
		host_record(&h);
	} else {
		return 2;
	}
	host_finish(&h);
	ok = !h.broken && host_copy(&h, stdout);
	host_stop(&h);
	return !ok;
}
