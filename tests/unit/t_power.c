/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power that fails while a trace is written: what the disk has by then.
 *
 *	written   |=====================================================|
 *	on disk   |========= all of it ==========|== window: sectors ==|
 *	                                          any of them, in any order; the rest are zeros, or
 *	                                          the file is shorter
 *
 * The recorder syncs when it seals, and leaves the rest to the kernel's writeback: so the part that
 * is certain ends where writeback came to, and behind it every sector may be there or not.
 */
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#define SECTOR 512

static size_t begin_of(const struct sample *s, size_t frame)
{
	return frame ? s->end[frame - 1] : 0;
}

/* The bytes [from, to) of @disk are as they were written. */
static bool same(const struct sample *s, const uint8_t *disk, size_t n, size_t from, size_t to)
{
	return to <= n && !memcmp(disk + from, s->bytes + from, to - from);
}

/* One state of the disk after @written bytes, of which @certain are there: its length. */
static size_t fail(const struct sample *s, struct mmt_rng *r, size_t written, size_t certain,
		   uint8_t *disk)
{
	size_t n = certain + mmt_rng_below(r, written - certain + 1);

	memcpy(disk, s->bytes, n);
	for (size_t at = certain / SECTOR * SECTOR + SECTOR; at < n; at += SECTOR) {
		if (mmt_rng_below(r, 3) == 0)
			memset(disk + at, 0, n - at < SECTOR ? n - at : SECTOR);
	}
	return n;
}

TEST_NAMED(power_loss,
	   "R19 power that fails at 1000 moments: every frame that is on the disk is read")
{
	struct mmt_rng r = { 19 };
	struct sample s = { 0 };
	size_t torn = 0, events = 0;
	uint8_t *disk;

	CHECK(sample_make(&s, 12, 60, 19));
	disk = malloc(s.n);
	for (unsigned i = 0; i < 1000; i++) {
		size_t written = s.end[0] + mmt_rng_below(&r, s.n - s.end[0] + 1);
		size_t certain = mmt_rng_below(&r, written + 1), n, want = 0;
		struct sample_result got;
		bool header;

		n = fail(&s, &r, written, certain, disk);
		header = same(&s, disk, n, 0, s.end[0]);
		for (size_t f = 1; header && f < s.nr_frames; f++) {
			if (same(&s, disk, n, begin_of(&s, f), s.end[f]))
				want += s.events_before[f] - s.events_before[f - 1];
		}
		got = sample_read(&s, disk, n);
		CHECK(!got.wrong);
		CHECK(!got.complete || (n == s.n && same(&s, disk, n, 0, n)));
		if (!header) {
			CHECK(got.err < 0);
			continue;
		}
		CHECK_EQ(got.err, 0);
		CHECK_EQ(got.events, want);
		torn += want < s.nr_events && got.nr_gaps > 0;
		events += want;
	}
	free(disk);
	sample_free(&s);
	CHECK(torn > 100 && events > 1000); /* holes were among them, and something was read */
}

TEST_MAIN
