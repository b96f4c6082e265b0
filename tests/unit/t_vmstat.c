// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/rng.h"
#include "lib/mm/pages/vmstat.h"
#include "lib/mm/profile.h"
#include "lib/replay/idle.h"
#include "tests/unit/mm_machine.h"

#define MS UINT64_C(1000000)

TEST_NAMED(thresholds, "KAT vm.stat_interval: thresholds of R1, and while kswapd is awake")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);

	CHECK_EQ(sys->zone[R1_NORMAL].stat_threshold, 0);
	mm_let_counters_drift(sys);
	CHECK_EQ(sys->zone[R1_DMA].stat_threshold, 6);
	CHECK_EQ(sys->zone[R1_DMA32].stat_threshold, 36);
	CHECK_EQ(sys->zone[R1_NORMAL].stat_threshold, 48);
	/* between min and low of DMA lie 3 pages, of four CPUs; elsewhere more than 125 for each */
	CHECK_EQ(sys->zone[R1_DMA].wmark[WMARK_LOW] - sys->zone[R1_DMA].wmark[WMARK_MIN], 3);
	mm_set_stat_pressure(sys, 0, true);
	CHECK_EQ(sys->zone[R1_DMA].stat_threshold, 1);
	CHECK_EQ(sys->zone[R1_NORMAL].stat_threshold, 125);
	mm_set_stat_pressure(sys, 0, false);
	CHECK_EQ(sys->zone[R1_DMA].stat_threshold, 6);
	CHECK_EQ(sys->zone[R1_NORMAL].stat_threshold, 48);
	machine_end(&m);
}

/* A CPU alone never came online behind the boot: there the watermarks decide. */
TEST(one_cpu_hides_more_under_pressure_only_where_it_could_hide_too_much)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 512, 1);
	struct zone *z = sys->zone;

	mm_let_counters_drift(sys);
	CHECK_EQ(z->stat_threshold, 2);
	z->wmark[WMARK_MIN] = 10;
	z->wmark[WMARK_LOW] = 12;
	z->wmark[WMARK_HIGH] = z->wmark[WMARK_PROMO] = 50;
	mm_set_stat_pressure(sys, 0, true);
	CHECK_EQ(z->stat_threshold, 2);
	z->wmark[WMARK_LOW] = 11;
	mm_set_stat_pressure(sys, 0, true);
	CHECK_EQ(z->stat_threshold, 1);
	z->wmark[WMARK_LOW] = 50;
	mm_set_stat_pressure(sys, 0, false);
	CHECK_EQ(z->stat_threshold, 1);
	machine_end(&m);
}

/* 512 pages and two CPUs: a threshold of 4.
 *
 *	CPU 0 frees	1 2 3 4 5	counted  0 0 0 0 5
 *	CPU 1 frees	1 2		         5 5
 *	CPU 1 ticks			         7
 */
TEST(a_cpu_adds_what_it_counted_when_it_is_more_than_the_threshold)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 512, 2);
	struct zone *z = sys->zone;

	mm_let_counters_drift(sys);
	CHECK_EQ(z->stat_threshold, 4);
	for (pfn_t pfn = 0; pfn < 5; pfn++) {
		CHECK_EQ(zone_counted_free(z), 0);
		CHECK_EQ(z->free, pfn);
		CHECK(mm_free_pages_locked(sys, 3 * pfn, 0, 0));
	}
	CHECK_EQ(zone_counted_free(z), 5);
	CHECK(mm_free_pages_locked(sys, 30, 0, 1));
	CHECK(mm_free_pages_locked(sys, 33, 0, 1));
	CHECK_EQ(z->free, 7);
	CHECK_EQ(zone_counted_free(z), 5);
	/* that is what checks see */
	CHECK(!zone_watermark_ok(z, 0, 5, ZONE_NORMAL, 0));
	CHECK(zone_watermark_ok(z, 0, 4, ZONE_NORMAL, 0));
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(zone_counted_free(z), 5);
	mm_vmstat_tick(sys, 1);
	CHECK_EQ(zone_counted_free(z), 7);
	CHECK(zone_watermark_ok(z, 0, 5, ZONE_NORMAL, 0));
	machine_end(&m);
}

/* A refill of 7 pages, block by block: 4 of them are kept, the 5th adds all, 2 are kept; as a whole they
 * are more than the threshold. */
TEST(a_refill_is_counted_block_by_block_and_until_6_9_as_a_whole)
{
	static const struct {
		enum mm_profile profile;
		int64_t ahead;
	} of[] = { { MM_PROFILE_6_12, 2 }, { MM_PROFILE_6_1, 0 } };

	for (unsigned i = 0; i < 2; i++) {
		struct machine m;
		struct mm_system *sys = machine_tiny(&m, 512, 2);
		struct mm_alloc_request rq = { .gfp = GFP_HIGHUSER_MOVABLE, .node = -1 };
		struct zone *z = sys->zone;

		sys->rules = z->rules = mm_profile_rules(of[i].profile);
		CHECK_EQ(mm_seed_free(sys, 256, 8, &m.err), 0);
		mm_let_counters_drift(sys);
		z->cpu[0].batch = 7;
		z->cpu[0].high = z->cpu[0].high_min = z->cpu[0].high_max = 100;
		CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
		CHECK_EQ(z->free, 256 - 7);
		CHECK_EQ(zone_counted_free(z), z->free + of[i].ahead);
		machine_end(&m);
	}
}

TEST(many_blocks_in_a_row_are_counted_as_each_would_be)
{
	static const int32_t pages[] = { 1, -1, 2, -2, 4, -4, 8, -8 };
	struct mmt_rng rng = { 7 };

	for (unsigned i = 0; i < 20000; i++) {
		int32_t each = pages[i % 8];
		uint32_t n = (uint32_t)mmt_rng_below(&rng, 200);
		struct zone one = { .stat_threshold = (uint8_t)mmt_rng_below(&rng, 126) }, row;
		struct per_cpu_pages a = { 0 }, b;

		/* it may be from a time of another threshold */
		a.free_diff = (int8_t)((int)mmt_rng_below(&rng, 251) - 125);
		one.uncounted = a.free_diff;
		row = one;
		b = a;
		for (uint32_t k = 0; k < n; k++)
			vmstat_count_free(&one, &a, each);
		vmstat_count_row(&row, &b, each, n);
		CHECK_EQ(a.free_diff, b.free_diff);
		CHECK_EQ(one.uncounted, row.uncounted);
	}
}

/* CPU 1 frees a page, and is silent from then on; CPU 0 is heard of all the time. */
TEST(a_silent_cpu_goes_idle_and_adds_what_it_counted)
{
	static struct idle idle;
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 512, 2);
	struct zone *z = sys->zone;

	mm_let_counters_drift(sys);
	idle_acts(&idle, sys, 2, 1, 1000 * MS);
	CHECK(mm_free_pages_locked(sys, 33, 0, 1));
	for (unsigned ms = 0; ms < 10; ms++) {
		idle_acts(&idle, sys, 2, 0, (1000 + ms) * MS);
		CHECK_EQ(zone_counted_free(z), ms > 5);
	}
	CHECK(mm_free_pages_locked(sys, 36, 0, 0));
	idle_acts(&idle, sys, 2, 0, 1011 * MS);
	CHECK_EQ(zone_counted_free(z), 1);
	/* its own silence */
	idle_acts(&idle, sys, 2, 0, 1020 * MS);
	CHECK_EQ(zone_counted_free(z), 2);
	/* a tick of the one that is idle, in which its lists are drained, say */
	CHECK(mm_free_pages_locked(sys, 39, 0, 1));
	idle_acts(&idle, sys, 2, 0, 1021 * MS);
	CHECK_EQ(zone_counted_free(z), 2);
	idle_ticks(&idle, 1);
	idle_acts(&idle, sys, 2, 0, 1022 * MS);
	CHECK_EQ(zone_counted_free(z), 3);
	machine_end(&m);
}

/* Memory that comes online makes the zone larger: 128 MiB more, another threshold. */
TEST(a_zone_that_grows_gets_its_threshold_anew)
{
	static const struct mm_zone_config zone = { 0, ZONE_NORMAL, 0, 65536, 32768, 32767 };
	struct mm_config c = machine_config(&zone, 1, 1, 2);
	struct machine m;
	struct mm_system *sys;

	c.tunables.min_free_kbytes_set = true;
	sys = machine_create(&m, &c);
	mm_let_counters_drift(sys);
	CHECK_EQ(sys->zone[0].stat_threshold, 4);
	CHECK_EQ(mm_online_pages(sys, 32768, 512, &m.err), 0);
	CHECK_EQ(sys->zone[0].stat_threshold, 8);
	machine_end(&m);
}

TEST_MAIN
