// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of vmstat_update() that the size of per-CPU lists tells, and whose lists they drained.
 */
#include "lib/replay/survey/clock.h"
#include "lib/replay/ticker.h"
#include "tests/unit/test.h"

#define MS UINT64_C(1000000)

static struct mmt_alloc alloc = MMT_ALLOC_INIT;
static struct mmt_err err;
static struct flow flow;
static struct machine_pcp pcp[2] = { { .told = true, .batch = 31, .high = 400 },
				     { .told = true, .batch = 31, .high = 400 } };
static struct machine_zone zones[] = {
	{ .node = 0, .type = ZONE_DMA32, .start = 4096, .spanned = 4096, .pcp = pcp, .nr_pcp = 2 },
	{ .node = 1, .type = ZONE_DMA32, .start = 8192, .spanned = 4096, .pcp = pcp, .nr_pcp = 2 },
};
static struct machine machine = {
	.zone = zones, .nr_zones = 2, .nr_cpus = 2, .node_of_cpu = { 0, 1 }
};

static void event(unsigned kind, uint64_t ms, unsigned cpu, pfn_t pfn, unsigned order,
		  uint32_t task)
{
	struct mmt_event ev = {
		.kind = (uint16_t)kind, .time = ms * MS, .cpu = (uint16_t)cpu, .task = task
	};

	if (kind == MMT_EV_mm_page_alloc_zone_locked)
		ev.v[MMT_F(mm_page_alloc_zone_locked, migratetype)] = MIGRATE_MOVABLE;
	CHECK_EQ(flow_event(&flow, &ev, pfn, order, &machine, 1, &err), 0);
}

/* A refill of @n pages on CPU 0 at @ms, and an allocation from it. */
static void refill(uint64_t ms, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		event(MMT_EV_mm_page_alloc_zone_locked, ms, 0, 4096 + i, 0, 3);
	event(MMT_EV_mm_page_alloc, ms, 0, 4096, 0, 3);
}

/* The lists of CPU 0 in zone @z may hold @high pages. */
static void row(uint64_t ms, unsigned z, uint64_t high)
{
	struct mmt_event ev = { .kind = MMT_EV_snap_pcp, .time = ms * MS };

	ev.v[MMT_F(snap_pcp, high)] = high;
	CHECK_EQ(flow_pcp_row(&flow, &ev, &machine, &zones[z], &err), 0);
}

static void begin(void)
{
	CHECK_EQ(flow_init(&flow, &alloc, &err), 0);
	machine.fixed_high = false;
	flow.told = true;
}

static void end(void)
{
	flow_free(&flow);
	CHECK_EQ(alloc.used, 0);
}

/* The lowest of all is 400, so that a run can be seen:
 *
 *	ms    500   1000    1200  1400   1600    2000
 *	high  400   800     +31   +62    +124    917     800 + 93 = 893, a run: 782, + 124 = 906
 */
TEST(a_run_lies_between_the_refills_that_explain_the_size)
{
	begin();
	row(500, 0, 400);
	row(1000, 0, 800);
	refill(1200, 31);
	refill(1400, 62);
	refill(1600, 124);
	row(2000, 0, 893 - 893 / 8 + 124);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_windows, 1);
	CHECK_EQ(flow.window[0].from, 1000 * MS);
	CHECK_EQ(flow.window[0].to, 2000 * MS);
	CHECK_EQ(flow.nr_ticks, 1);
	CHECK(flow.tick[0].time > 1400 * MS && flow.tick[0].time <= 1400 * MS + 1);
	CHECK_EQ(flow.tick[0].until, 1600 * MS);
	end();
}

/* Two runs, of which a drain from the other node's list told one; sizes tell the other only to within
 * the time between the snapshots. The one that must be sooner stands first, so that both take place:
 *
 *	ms    1000   1100   ...   3000
 *	high  800    drain        613		800 less an eighth, less an eighth
 */
TEST(a_run_that_a_drain_told_comes_before_one_that_may_be_later)
{
	const struct flow_tick *tick;

	begin();
	row(500, 0, 400);
	event(MMT_EV_mm_page_alloc, 900, 0, 4096, 0, 3);
	row(1000, 0, 800);
	event(MMT_EV_mm_page_pcpu_drain, 1100, 0, 8200, 0, 7);
	row(3000, 0, 613);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_ticks, 2);
	tick = &flow.tick[flow.cpu[0].first_tick - 1];
	CHECK_EQ(tick->time, 1100 * MS);
	CHECK_EQ(tick->nodes, 2);
	CHECK(tick->next);
	tick = &flow.tick[tick->next - 1];
	CHECK(tick->time < 1100 * MS);
	CHECK_EQ(tick->until, 3000 * MS);
	CHECK_EQ(tick->next, 0);
	end();
}

/* Where high grew by just what was refilled, nothing ran; nor where the rest is a burst's share. At
 * the lower limit a run cannot be seen. */
TEST(a_size_that_refills_alone_explain_tells_of_no_run)
{
	begin();
	row(500, 0, 1400);
	row(1000, 0, 2400);
	refill(1200, 31);
	row(2000, 0, 2431);
	refill(2200, 62);
	row(3000, 0, 2431 + 62 - 31 * 32);
	row(4000, 0, 1400);
	row(5000, 0, 1400);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	/* down to the limit is seen */
	CHECK_EQ(flow.nr_windows, 3);
	CHECK_EQ(flow.nr_ticks, 1);
	CHECK(flow.tick[0].time > 3000 * MS && flow.tick[0].until == 4000 * MS);
	end();
}

TEST(lists_of_a_fixed_size_tell_nothing)
{
	begin();
	row(500, 0, 400);
	refill(700, 31);
	row(1000, 0, 400);
	row(2000, 0, 350);
	machine.fixed_high = true;
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_windows, 0);
	CHECK_EQ(flow.nr_ticks, 0);
	end();
}

/* Two zones tell of one run: between 1400 and 1600 by one, before 1500 by the other. */
TEST(two_zones_narrow_one_run)
{
	begin();
	row(500, 0, 400);
	row(500, 1, 400);
	row(1000, 0, 800);
	row(1000, 1, 800);
	refill(1400, 31);
	for (unsigned i = 0; i < 31; i++)
		event(MMT_EV_mm_page_alloc_zone_locked, 1500, 0, 8200 + i, 0, 3);
	event(MMT_EV_mm_page_alloc, 1500, 0, 8200, 0, 3);
	refill(1600, 62);
	row(2000, 0, 831 - 831 / 8 + 62);
	row(2000, 1, 731);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_windows, 1);
	CHECK_EQ(flow.nr_ticks, 1);
	CHECK(flow.tick[0].time > 1400 * MS && flow.tick[0].time <= 1400 * MS + 1);
	CHECK_EQ(flow.tick[0].until, 1500 * MS);
	end();
}

/* The clock runs where it is told to, and not where all is told.
 *
 *	ms   11000 ... 12000 ... 13000 ...
 *	      one run   none      not told
 */
TEST(the_clock_keeps_to_what_is_told)
{
	struct ticker t;

	begin();
	row(10500, 0, 400);
	row(11000, 0, 1600);
	refill(11900, 31);
	row(12000, 0, 1400 + 31);
	row(13000, 0, 1431);
	row(13900, 0, 401);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(ticker_init(&t, &alloc, &flow, 1, 10100 * MS, &err), 0);
	/* computed: each second from 10.1 on */
	CHECK_EQ(ticker_due(&t, 11099 * MS), -1);
	CHECK_EQ(ticker_due(&t, 11100 * MS), 0);
	CHECK_EQ(ticker_due(&t, 13099 * MS), -1);
	CHECK_EQ(ticker_due(&t, 13100 * MS), 0);
	ticker_free(&t);
	end();
}

/* The worker of CPU 0 drains a batch of node 1 that has been idle, by which the last block is a page
 * more, and 40 that are too many; what it drains of its own node has nothing to do with that. */
TEST(a_run_tells_whose_lists_had_been_idle)
{
	begin();
	event(MMT_EV_mm_page_alloc, 900, 0, 4096, 0, 3);
	for (unsigned i = 0; i < 30; i++)
		event(MMT_EV_mm_page_pcpu_drain, 1000, 0, 8200 + i, 0, 7);
	event(MMT_EV_mm_page_pcpu_drain, 1000, 0, 8230, 1, 7);
	event(MMT_EV_mm_page_alloc, 1900, 0, 4096, 0, 3);
	for (unsigned i = 0; i < 40; i++)
		event(MMT_EV_mm_page_pcpu_drain, 2000, 0, 8200 + i, 0, 7);
	event(MMT_EV_mm_page_alloc, 2900, 0, 4096, 0, 3);
	event(MMT_EV_mm_page_pcpu_drain, 3000, 0, 4100, 0, 7);
	CHECK_EQ(flow.nr_ticks, 3);
	CHECK_EQ(flow.tick[0].nodes, 2);
	CHECK_EQ(flow.tick[1].nodes, 0);
	CHECK_EQ(flow.tick[2].nodes, 0);
	end();
}

/* A snapshot at 1000 falls into a refill that begins at 990 and is served at 1005; that at 2000
 * does not. */
TEST(a_snapshot_within_a_refill_waits_for_its_request)
{
	begin();
	row(500, 0, 400);
	event(MMT_EV_mm_page_alloc_zone_locked, 990, 0, 4096, 0, 3);
	event(MMT_EV_mm_page_alloc_zone_locked, 1001, 0, 4097, 0, 3);
	event(MMT_EV_mm_page_alloc, 1005, 0, 4096, 0, 3);
	row(1000, 0, 431);
	refill(1900, 31);
	row(2000, 0, 462);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(decay_reading_at(&flow, 1000 * MS)->until, 1005 * MS);
	CHECK_EQ(decay_reading_at(&flow, 2000 * MS)->until, 2000 * MS);
	CHECK(!decay_reading_at(&flow, 10 * MS));
	end();
}

/* @n frees on CPU 0 at @ms, of which the last fills the lists so that @drained pages go back. */
static void frees(uint64_t ms, unsigned n, unsigned drained)
{
	for (unsigned i = 0; i < n; i++)
		event(MMT_EV_mm_page_free, ms, 0, 4096 + i % 4096, 0, 3);
	for (unsigned i = 0; i < drained; i++)
		event(MMT_EV_mm_page_pcpu_drain, ms + 2, 0, 4096 + i % 4096, 0, 3);
}

/* A snapshot is read from 1001 to 1003; the drain that ends at 1002 was told of by a free at 1000:
 * what the zones held before that may be what the snapshot saw. */
TEST(a_snapshot_within_a_drain_may_have_been_read_before_it)
{
	begin();
	row(500, 0, 4000);
	frees(1000, 4000, 992);
	flow_snapshot(&flow, 1001 * MS);
	row(1003, 0, 4000);
	flow_snapshot(&flow, 2000 * MS);
	row(2001, 0, 4000);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_readings, 3);
	CHECK_EQ(decay_reading_at(&flow, 1003 * MS)->from, 1001 * MS);
	CHECK_EQ(decay_reading_at(&flow, 1003 * MS)->since, 1000 * MS - 1);
	CHECK_EQ(decay_reading_at(&flow, 2001 * MS)->since, 2000 * MS);
	end();
}

/* Frees that fill the lists tell what they may hold, and so when that fell:
 *
 *	ms	600	700	800	900		1000
 *	pages	4000!	3008..	4000!	3500! 3008..	3500	between 802 and 900 vmstat_update() ran
 */
TEST(a_full_list_tells_of_the_run_before_it)
{
	begin();
	row(500, 0, 400);
	row(550, 0, 4000);
	frees(600, 4000, 992);
	frees(800, 992, 992);
	frees(900, 492, 992);
	frees(1000, 992, 992);
	row(1100, 0, 3500);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_ticks, 1);
	CHECK(flow.tick[0].time > 802 * MS && flow.tick[0].until <= 902 * MS);
	CHECK(flow.nr_windows >= 4);
	end();
}

/* A list of 100 pages that is drained by the clock may hold what is left in it. */
TEST(a_drain_by_the_clock_tells_the_size)
{
	begin();
	row(500, 0, 4000);
	frees(600, 3990, 0);
	event(MMT_EV_mm_page_alloc, 690, 0, 4096, 0, 3);
	for (unsigned i = 0; i < 489; i++)
		event(MMT_EV_mm_page_pcpu_drain, 700, 0, 4096 + i, 0, 7);
	frees(800, 500, 992);
	row(900, 0, 3500);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	/* the one that drained, and no other */
	CHECK_EQ(flow.nr_ticks, 1);
	CHECK_EQ(flow.tick[0].time, 700 * MS);
	end();
}

/* Refills had made it 6368, less an eighth if a run came between: the lists were full at 5000. */
TEST(lists_that_refills_do_not_make_longer_are_at_their_limit)
{
	static const unsigned refills[] = { 2, 4 };

	for (unsigned i = 0; i < 2; i++) {
		begin();
		row(500, 0, 2400);
		for (unsigned k = 0; k < refills[i]; k++)
			refill(600 + k, 992);
		frees(700, 5000 - refills[i] * 991, 992);
		row(900, 0, 5000);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(flow.high[0].limit, i ? 5000 : 0);
		CHECK_EQ(flow_high_max(&flow, &machine, &zones[0], 7000), i ? 5000 : 7000);
		end();
	}
}

/* A refill makes up for what a run may have taken off before it, up to the limit of 5000: whether one
 * ran before 600 is not told, that none did from then to the drain is. */
TEST(lists_at_their_limit_tell_that_nothing_ran_since)
{
	begin();
	row(450, 0, 400);
	row(500, 0, 5000);
	row(550, 0, 5000);
	refill(600, 992);
	frees(700, 5000 - 991, 992);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(flow.nr_ticks, 0);
	CHECK(flow.nr_windows > 0);
	CHECK_EQ(flow.window[flow.nr_windows - 1].from, 600 * MS);
	CHECK_EQ(flow.window[flow.nr_windows - 1].to, 702 * MS);
	end();
}

/* The first refill took two batches: the factor was 1, or 2 if a free had halved it. */
TEST(the_first_refill_tells_how_large_it_was_to_be)
{
	for (unsigned n = 0; n < 2; n++) {
		begin();
		row(500, 0, 400);
		frees(550, n, 0);
		refill(600, 62);
		refill(700, 124);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(level_factor(&flow, &zones[0], 0, 0), 1 + n);
		CHECK_EQ(level_factor(&flow, &zones[1], 1, 0), 0);
		CHECK_EQ(level_factor(&flow, &zones[0], 0, 1), 0);
		end();
	}
}

/* Full lists get a batch, whether the refill was to be of 31 or 62 pages. By how much they may hold
 * more then, 431 or 462, shows when a run drains them: to 400, or to 462 - 57; or in a row.
 *
 *	ms	500	600		   610	700	  702
 *	pages	400	431, one taken	   430	run	  drained until 400 or 405 are left
 */
TEST(a_run_tells_whether_the_first_refill_of_full_lists_was_to_be_of_two_batches)
{
	static const struct {
		unsigned left;
		uint64_t high;
		unsigned factor;
	} of[] = { { 400, 0, 0 }, { 405, 0, 1 }, { 403, 0, 0 },
		   { 0, 431, 0 }, { 0, 462, 1 }, { 0, 450, 0 } };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		begin();
		row(500, 0, 400);
		flow.level[0][0].pages = 400;
		flow.level[0][0].batch = 31;
		refill(600, 31);
		if (of[i].high) {
			flow.level[0][0].pages = 0; /* as the row has it */
			row(650, 0, of[i].high);
		} else {
			struct mmt_event ev = { .kind = MMT_EV_workqueue_execute_start,
						.time = 700 * MS,
						.task = 7 };
			struct mmt_dict *dict = mmt_dict_new(&alloc);
			bool fresh;

			ev.v[MMT_F(workqueue_execute_start, function)] =
				mmt_dict_intern(dict, "vmstat_update", &fresh);
			CHECK_EQ(clock_run(&flow, &ev, dict, &err), 0);
			mmt_dict_free(dict);
			for (unsigned n = 430; n > of[i].left; n--)
				event(MMT_EV_mm_page_pcpu_drain, 702, 0, 4096 + n, 0, 7);
		}
		refill(800, 31);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(level_factor(&flow, &zones[0], 0, 0), of[i].factor);
		end();
	}
}

/* Of 31 pages in a row that let blocks of order 1 drain, 21 were freed since the start, before an
 * allocation that halved what there was. */
TEST(a_burst_tells_what_was_freed_in_a_row_at_first)
{
	begin();
	row(500, 0, 400);
	event(MMT_EV_mm_page_alloc, 540, 0, 4096, 0, 3);
	frees(550, 21, 0);
	event(MMT_EV_mm_page_free, 600, 0, 4224, 1, 3);
	event(MMT_EV_mm_page_pcpu_drain, 601, 0, 4224, 1, 3);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(level_free_count(&flow, &zones[0], 0, 0), 20);
	CHECK(!level_freed_high(&flow, 0, 0));
	end();
}

/* The first free of all is a part of one. */
TEST(a_burst_that_goes_on_tells_that_it_began_before)
{
	begin();
	row(500, 0, 400);
	event(MMT_EV_mm_page_alloc, 540, 0, 4096, 0, 3);
	event(MMT_EV_mm_page_free, 600, 0, 4224, 1, 3);
	event(MMT_EV_mm_page_pcpu_drain, 601, 0, 4224, 1, 3);
	CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
	CHECK_EQ(level_free_count(&flow, &zones[0], 0, 0), 62);
	CHECK(level_freed_high(&flow, 0, 0));
	CHECK(!level_freed_high(&flow, 1, 0));
	CHECK(!level_freed_high(&flow, 0, 1));
	end();
}

/* The first free of all, of order 1, finds lists full that may hold 400 pages. Of those 31 or more stay: as
 * many were drained as had been freed in a row. Or fewer: it was one of such blocks in a row.
 */
TEST(what_a_block_drains_of_full_lists_tells_which_it_was)
{
	uint32_t high = zones[0].pcp[0].high;

	for (unsigned pages = 300; pages < 400; pages += 70) {
		bool in_row = pages > 400 - 31;

		begin();
		zones[0].pcp[0].high = 400;
		row(500, 0, 400);
		flow.level[0][0].pages = 399;
		event(MMT_EV_mm_page_free, 600, 0, 4224, 1, 3);
		for (unsigned i = 0; i < pages; i += 2)
			event(MMT_EV_mm_page_pcpu_drain, 601, 0, 4224 + i, 1, 3);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(level_free_count(&flow, &zones[0], 0, 0), in_row ? 31 : pages - 1);
		CHECK_EQ(level_freed_high(&flow, 0, 0), in_row);
		end();
	}
	zones[0].pcp[0].high = high;
}

/* Lists of 400 pages, which is their high, drain 300 at the free of one more, told with 8 others: 261
 * were freed since the start and an allocation, so that 39 of the 300 were a half of it at first.
 *
 *	pages	140	139	400	100	390	0
 *		  alloc   261+8   drain   290     drain
 *
 * All but a batch: it may have been more, and the next drain tells how much; a batch: or less.
 */
TEST(full_lists_tell_what_was_freed_in_a_row_at_first)
{
	static const struct {
		unsigned first, second;
		uint32_t told;
	} of[] = { { 300, 390, 78 },
		   { 400 - 31, 390, (390 - 261) * 2 },
		   { 400 - 31, 200, (400 - 31 - 261) * 2 },
		   { 31, 390, 0 } };
	uint32_t high = zones[0].pcp[0].high;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		begin();
		zones[0].pcp[0].high = 400;
		row(500, 0, 400);
		flow.level[0][0].pages = 140;
		event(MMT_EV_mm_page_alloc, 540, 0, 4096, 0, 3);
		frees(550, 261 + 8, of[i].first);
		frees(650, 290, of[i].second);
		frees(750, 290, 500);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(level_free_count(&flow, &zones[0], 0, 0), of[i].told);
		end();
	}
	zones[0].pcp[0].high = high;
}

/* The same, with lists that a refill let grow, which a run then makes shorter again:
 *
 *	pages	140	143	173	439		high 400, a refill of 31: 431
 *		  3 frees  refill  258+8   drain		  and a run: 400
 *
 * Before the frees the refill may have been one of many sizes, by which high grew.
 */
TEST(lists_that_grew_before_tell_it_too)
{
	static const struct {
		unsigned before, after;
		bool ran;
		uint32_t told;
	} of[] = { { 3, 258, false, 82 }, { 3, 227, true, 144 }, { 0, 261, false, 0 } };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct mmt_event ev = { .kind = MMT_EV_snap_pcp, .time = 500 * MS };

		begin();
		ev.v[MMT_F(snap_pcp, count)] = 140;
		ev.v[MMT_F(snap_pcp, high)] = ev.v[MMT_F(snap_pcp, high_min)] = 400;
		ev.v[MMT_F(snap_pcp, high_max)] = 900;
		ev.v[MMT_F(snap_pcp, batch)] = 31;
		CHECK_EQ(flow_pcp_row(&flow, &ev, &machine, &zones[0], &err), 0);
		frees(510, of[i].before, 0);
		refill(520, 31);
		if (of[i].ran)
			level_ran(&flow, 0);
		frees(550, of[i].after + 8, 300);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(level_free_count(&flow, &zones[0], 0, 0), of[i].told);
		end();
	}
}

/* The first drain took all but a batch: high, of 431 then, grew to hold what had been freed in a row. */
TEST(high_tells_what_was_freed_in_a_row_too)
{
	for (unsigned ran = 0; ran < 2; ran++) {
		struct mmt_event ev = { .kind = MMT_EV_snap_pcp, .time = 500 * MS };

		begin();
		flow.clocked = true;
		ev.v[MMT_F(snap_pcp, count)] = 140;
		ev.v[MMT_F(snap_pcp, high)] = ev.v[MMT_F(snap_pcp, high_min)] = 431;
		ev.v[MMT_F(snap_pcp, high_max)] = 900;
		ev.v[MMT_F(snap_pcp, batch)] = 31;
		CHECK_EQ(flow_pcp_row(&flow, &ev, &machine, &zones[0], &err), 0);
		frees(550, 291, 400);
		frees(560, 300, 0);
		if (ran)
			level_ran(&flow, 0);
		ev.time = 700 * MS;
		ev.v[MMT_F(snap_pcp, count)] = 331;
		ev.v[MMT_F(snap_pcp, high)] = 531;
		CHECK_EQ(flow_pcp_row(&flow, &ev, &machine, &zones[0], &err), 0);
		CHECK_EQ(flow_settle(&flow, &machine, 1, &err), 0);
		CHECK_EQ(level_free_count(&flow, &zones[0], 0, 0), (ran ? 400 : 500) - 291);
		end();
	}
}

TEST_MAIN
