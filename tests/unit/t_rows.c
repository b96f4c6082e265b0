/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/rows.c: the last row of each thing. */
#include "lib/trace/rows.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct mmt_event row(unsigned kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (struct mmt_event){ .kind = (uint16_t)kind, .v = { a, b, c, d } };
}

static int note(struct mmt_rows *r, unsigned kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct mmt_event ev = row(kind, a, b, c, d);

	return mmt_rows_note(r, &ev);
}

/*
 *	buddy  0 DMA order 3: 7     7 again   8     order 4: 8     vmstat 3: 8
 *	       new                  same      new   another thing  another kind
 */
TEST(a_row_is_another_if_its_thing_or_its_value_is)
{
	struct mmt_alloc a = { 0 };
	struct mmt_rows *r = mmt_rows_new(&a);
	struct mmt_event ev = { .time = 5 };

	CHECK(r);
	CHECK_EQ(note(r, MMT_EV_snap_buddy, 0, 0, 3, 7), 1);
	CHECK_EQ(note(r, MMT_EV_snap_buddy, 0, 0, 3, 7), 0);
	CHECK_EQ(note(r, MMT_EV_snap_buddy, 0, 0, 3, 8), 1);
	CHECK_EQ(note(r, MMT_EV_snap_buddy, 0, 0, 4, 8), 1);
	CHECK_EQ(note(r, MMT_EV_snap_vmstat, 0, 8, 0, 0), 1);
	CHECK_EQ(note(r, MMT_EV_snap_vmstat, 0, 8, 0, 0), 0);
	CHECK_EQ(note(r, MMT_EV_snap_buddy, 0, 0, 3, 8), 0);
	CHECK_EQ(mmt_rows_count(r), 3);
	mmt_rows_at(r, 0, &ev);
	CHECK_EQ(ev.kind, MMT_EV_snap_buddy);
	CHECK_EQ(ev.v[2], 3);
	CHECK_EQ(ev.v[3], 8);
	CHECK_EQ(ev.time, 5);
	mmt_rows_at(r, 2, &ev);
	CHECK_EQ(ev.kind, MMT_EV_snap_vmstat);
	CHECK_EQ(ev.v[3], 0);
	mmt_rows_clear(r);
	CHECK_EQ(mmt_rows_count(r), 0);
	CHECK_EQ(note(r, MMT_EV_snap_vmstat, 0, 8, 0, 0), 1);
	mmt_rows_free(r);
	CHECK_EQ(a.used, 0);
}

/* Keys are leading fields, and something is left to say. */
TEST(kinds_with_a_key_have_a_value)
{
	unsigned n = 0;

	for (unsigned kind = 1; kind <= MMT_KIND_MAX; kind++) {
		const struct mmt_event_info *info = mmt_event_info(kind);

		if (!mmt_rows_key(kind))
			continue;
		n++;
		CHECK(info && info->class == MMT_SNAPSHOT);
		CHECK(mmt_rows_key(kind) < info->nr_fields);
	}
	CHECK_EQ(n, 13);
	CHECK_EQ(mmt_rows_key(MMT_EV_snap_zone), 0);
	CHECK_EQ(mmt_rows_key(MMT_EV_snapshot_begin), 0);
}

TEST(many_things_are_told_apart)
{
	struct mmt_alloc a = { 0 };
	struct mmt_rows *r = mmt_rows_new(&a);

	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 100003; i++) {
			if (note(r, MMT_EV_snap_cgroupstat, i / 100, i % 100, round / 2, 0) !=
			    (round != 1))
				CHECK(false);
		}
	}
	CHECK_EQ(mmt_rows_count(r), 100003);
	mmt_rows_free(r);
	CHECK_EQ(a.used, 0);
}

TEST(every_allocation_fails_once)
{
	bool done = false;

	for (uint64_t at = 1; !done; at++) {
		struct mmt_alloc a = { .fail_at = at };
		struct mmt_rows *r = mmt_rows_new(&a);
		int err = r ? 0 : -ENOMEM;

		for (uint64_t i = 0; err >= 0 && i < 1000; i++)
			err = note(r, MMT_EV_snap_vmstat, i, i, 0, 0);
		done = a.calls < at;
		CHECK(done ? err == 1 : err == -ENOMEM);
		mmt_rows_free(r);
		CHECK_EQ(a.used, 0);
	}
}

TEST_MAIN
