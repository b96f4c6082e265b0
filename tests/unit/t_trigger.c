/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/session/trigger.c: what fires, by whom, after how long; and what does not. */
#include "lib/record/session/trigger.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)

static bool ms(const char *text, uint64_t *ns)
{
	*ns = strtoul(text, NULL, 10) * MS;
	return strstr(text, "ms") != NULL;
}

static struct rec_triggers given(const char *a, const char *b)
{
	struct rec_triggers r = { 0 };

	if (rec_trigger_add(&r, a, ms) || (b && rec_trigger_add(&r, b, ms)))
		printf("# %s: not taken\n", a);
	return r;
}

static void see(struct rec_triggers *r, unsigned kind, uint32_t task, uint64_t time, uint64_t v0,
		uint64_t v1)
{
	struct mmt_event ev = { .kind = (uint16_t)kind, .task = task, .time = time };

	ev.v[0] = v0;
	ev.v[1] = v1;
	rec_trigger_see(r, &ev, false);
}

#define RECLAIM MMT_EV_mm_vmscan_direct_reclaim_begin
#define DONE	MMT_EV_mm_vmscan_direct_reclaim_end

TEST(words_that_are_no_trigger_are_told)
{
	static const char *const bad[] = {
		"",	     "oom!",	  "stall",    "stall>",
		"stall>0ms", "stall>1q",  "order>=x", "order>=",
		"order>=19", "order>=-1", "order>3",  "order>=00000000000000000000000000003"
	};
	struct rec_triggers r = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(rec_trigger_add(&r, bad[i], ms));
	CHECK_EQ(r.nr, 0);
	for (int i = 0; i < REC_TRIGGERS; i++)
		CHECK(!rec_trigger_add(&r, "order>=18", ms));
	CHECK_STR(rec_trigger_add(&r, "oom", ms), "more than eight triggers");
}

TEST(oom_fires_at_the_victim_s_event)
{
	struct rec_triggers r = given("order>=9", "oom");

	see(&r, MMT_EV_mm_page_free, 1, 1, 5, 10);
	CHECK(!r.fired);
	see(&r, MMT_EV_mark_victim, 7, 42, 3, 0);
	CHECK(r.fired == &r.t[1]);
	CHECK_EQ(r.by.task, 7);
	CHECK_EQ(r.by.since, 42);
	/* once, until it may again */
	see(&r, MMT_EV_mark_victim, 8, 43, 3, 0);
	CHECK_EQ(r.by.task, 7);
	rec_trigger_arm(&r);
	CHECK(!r.fired);
	see(&r, MMT_EV_mark_victim, 8, 43, 3, 0);
	CHECK_EQ(r.by.task, 8);
}

/*
 *	task 1  |begin ---- 10 ms ---- end|        stall>10ms: not longer
 *	task 2      |begin --------- 11 ms --- end|  fires
 */
TEST(a_stall_is_longer_than_its_time)
{
	struct rec_triggers r = given("stall>10ms", NULL);

	see(&r, RECLAIM, 1, 100 * MS, 0, 0);
	see(&r, RECLAIM, 2, 101 * MS, 0, 0);
	see(&r, DONE, 1, 110 * MS, 0, 0);
	CHECK(!r.fired);
	see(&r, DONE, 2, 112 * MS, 0, 0);
	CHECK(r.fired);
	CHECK_EQ(r.by.task, 2);
	CHECK_EQ(r.took, 11 * MS);
	/* a wait says itself how long it was */
	r = given("stall>10ms", NULL);
	{
		struct mmt_event ev = { .kind = MMT_EV_mm_vmscan_throttled, .task = 4 };

		ev.v[MMT_F(mm_vmscan_throttled, usec_delayed)] = 10000;
		rec_trigger_see(&r, &ev, false);
		CHECK(!r.fired);
		ev.v[MMT_F(mm_vmscan_throttled, usec_delayed)] = 10001;
		rec_trigger_see(&r, &ev, false);
		CHECK(r.fired);
		CHECK_EQ(r.took, 10001000);
	}
}

TEST(a_stall_that_lasts_fires_before_its_end)
{
	struct rec_triggers r = given("stall>10ms", NULL);

	see(&r, MMT_EV_mm_compaction_begin, 1, 100 * MS, 0, 0);
	rec_trigger_tick(&r, 110 * MS);
	CHECK(!r.fired);
	rec_trigger_tick(&r, 110 * MS + 1);
	CHECK(r.fired);
	CHECK_EQ(r.by.since, 100 * MS);
	/* not if its end may have been lost */
	r = given("stall>10ms", NULL);
	see(&r, RECLAIM, 1, 100 * MS, 0, 0);
	rec_trigger_forget(&r);
	rec_trigger_tick(&r, 200 * MS);
	see(&r, DONE, 1, 201 * MS, 0, 0);
	CHECK(!r.fired);
}

TEST(kernel_threads_and_the_recorder_stall_nobody)
{
	struct rec_triggers r = given("stall>1ms", "order>=0");
	struct mmt_event ev = { .kind = MMT_EV_mm_compaction_begin, .task = 3 };

	rec_trigger_see(&r, &ev, true);
	rec_trigger_tick(&r, 500 * MS);
	CHECK(!r.fired);
	ev = (struct mmt_event){ .kind = MMT_EV_mm_page_alloc, .flags = MMT_EVENT_SELF };
	rec_trigger_see(&r, &ev, false);
	CHECK(!r.fired);
}

TEST(orders_of_what_was_asked_for)
{
	static const struct {
		unsigned kind, field;
	} asks[] = {
		{ MMT_EV_mm_page_alloc, MMT_F(mm_page_alloc, order) },
		{ RECLAIM, MMT_F(mm_vmscan_direct_reclaim_begin, order) },
		{ MMT_EV_mm_compaction_try_to_compact_pages,
		  MMT_F(mm_compaction_try_to_compact_pages, order) },
	};

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct rec_triggers r = given("order>=4", NULL);
		struct mmt_event ev = { .kind = (uint16_t)asks[i].kind };

		CHECK(rec_trigger_wants(&r, asks[i].kind));
		ev.v[asks[i].field] = 3;
		rec_trigger_see(&r, &ev, false);
		ev.v[asks[i].field] = MMT_ORDER_ANY; /* the whole zone: no order */
		rec_trigger_see(&r, &ev, false);
		CHECK(!r.fired);
		ev.v[asks[i].field] = 4;
		rec_trigger_see(&r, &ev, false);
		CHECK(r.fired);
		CHECK_EQ(r.took, 4);
	}
}

TEST(more_stalls_than_are_watched_do_no_harm)
{
	struct rec_triggers r = given("stall>10ms", NULL);

	for (uint32_t i = 1; i <= 3 * REC_TRIGGER_STALLS; i++)
		see(&r, RECLAIM, i, i, 0, 0);
	CHECK_EQ(r.nr_stalls, REC_TRIGGER_STALLS);
	for (uint32_t i = 1; i <= 3 * REC_TRIGGER_STALLS; i++)
		see(&r, DONE, i, 5 * MS, 0, 0);
	CHECK_EQ(r.nr_stalls, 0);
	CHECK(!r.fired);
}

TEST(the_events_that_triggers_need)
{
	struct rec_triggers r = given("oom", NULL);

	CHECK(rec_trigger_wants(&r, MMT_EV_mark_victim));
	CHECK(!rec_trigger_wants(&r, RECLAIM));
	CHECK(!rec_trigger_wants(&r, MMT_EV_mm_page_alloc));
	r = given("stall>1ms", NULL);
	CHECK(rec_trigger_wants(&r, RECLAIM));
	CHECK(rec_trigger_wants(&r, DONE));
	CHECK(!rec_trigger_wants(&r, MMT_EV_mark_victim));
	CHECK(!rec_trigger_wants(&r, MMT_EV_mm_page_alloc));
}

TEST_MAIN
