// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees within refills: which are found, and what the model does with them.
 */
#include "lib/replay/survey/trylock.h"

#include "lib/mm/gfp.h"
#include "lib/replay/survey/flow.h"
#include "tests/unit/test.h"

static struct mmt_alloc host = MMT_ALLOC_INIT;
static struct mmt_err err;
static struct flow flow;
static struct machine_zone zones[] = {
	{ .type = ZONE_DMA32, .start = 4096, .spanned = 4096 },
	{ .type = ZONE_NORMAL, .start = 8192, .spanned = 4096 },
};
static struct machine machine = { .zone = zones, .nr_zones = 2 };

static void begin(void)
{
	CHECK_EQ(flow_init(&flow, &host, &err), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct mmt_event row = { .kind = MMT_EV_snap_pcp, .time = 10 };

		row.v[MMT_F(snap_pcp, cpu)] = 1;
		CHECK_EQ(flow_pcp_row(&flow, &row, &machine, &zones[i], &err), 0);
	}
}

/* An event of CPU 1 after the snapshot. */
static void tell(unsigned kind, pfn_t pfn, uint32_t task)
{
	struct mmt_event ev = { .kind = (uint16_t)kind, .time = 20, .cpu = 1, .task = task };

	if (kind == MMT_EV_mm_page_alloc_zone_locked)
		ev.v[MMT_F(mm_page_alloc_zone_locked, migratetype)] = MIGRATE_MOVABLE;
	CHECK_EQ(flow_event(&flow, &ev, pfn, 0, &machine, 10, &err), 0);
}

static void refill(pfn_t first)
{
	for (pfn_t pfn = first; pfn < first + 3; pfn++)
		tell(MMT_EV_mm_page_alloc_zone_locked, pfn, 7);
}

/* All was told, and so many frees were found. */
static void end(size_t found)
{
	CHECK_EQ(flow_settle(&flow, &machine, 10, &err), 0);
	CHECK_EQ(flow.trylock.nr, found);
	flow_free(&flow);
	CHECK_EQ(host.used, 0);
}

/* CPU 1:  free 7000 | refill 5000.. | free 6000, 9000, 6001 | alloc 5000 | free 6002
 *                                          ^^^^ of another zone
 */
TEST(a_free_between_a_refill_and_its_request_found_the_lists_locked)
{
	begin();
	tell(MMT_EV_mm_page_free, 7000, 7);
	refill(5000);
	tell(MMT_EV_mm_page_free, 6000, 7);
	tell(MMT_EV_mm_page_free, 9000, 7);
	tell(MMT_EV_mm_page_free, 6001, 7);
	tell(MMT_EV_mm_page_alloc, 5000, 7);
	tell(MMT_EV_mm_page_free, 6002, 7);
	CHECK_EQ(flow_settle(&flow, &machine, 10, &err), 0);
	CHECK_EQ(flow.trylock.nr, 2);
	CHECK_EQ(flow.trylock.free[0].nth, 2);
	CHECK_EQ(flow.trylock.free[1].nth, 4);
	end(2);
}

/* The bulk allocator refills and takes the first block without an event; another task shows that
 * the lock was let go; before 6.2 no interrupt came in between. */
TEST(other_frees_after_a_refill_did_not)
{
	begin();
	refill(5000);
	tell(MMT_EV_mm_page_free, 6000, 7);
	tell(MMT_EV_mm_page_alloc, 5001, 7);
	end(0);
	begin();
	refill(5000);
	tell(MMT_EV_mm_page_free, 6000, 8);
	tell(MMT_EV_mm_page_alloc, 5000, 7);
	end(0);
	begin();
	machine.fixed_high = true;
	refill(5000);
	machine.fixed_high = false;
	tell(MMT_EV_mm_page_free, 6000, 7);
	tell(MMT_EV_mm_page_alloc, 5000, 7);
	end(0);
}

/* A request that its list serves was interrupted: nothing tells so when the free comes, but its block
 * is taken from the zone later, and no drain has told that it came there.
 *
 *	free 6000, 6001, 6002, 6003 | drain 6001 | alloc 6002 | taken 6000.., of each order 0
 *	     past  drained   given  still there
 */
TEST(a_block_that_left_the_zone_without_a_drain_had_passed_the_lists)
{
	begin();
	for (pfn_t pfn = 6000; pfn < 6004; pfn++)
		tell(MMT_EV_mm_page_free, pfn, 7);
	tell(MMT_EV_mm_page_pcpu_drain, 6001, 7);
	tell(MMT_EV_mm_page_alloc, 6002, 7);
	for (pfn_t pfn = 6000; pfn < 6003; pfn++)
		tell(MMT_EV_mm_page_alloc_zone_locked, pfn, 7);
	/* once is enough, and what is freed anew is another free */
	tell(MMT_EV_mm_page_alloc_zone_locked, 6000, 7);
	tell(MMT_EV_mm_page_free, 6000, 7);
	CHECK_EQ(flow_settle(&flow, &machine, 10, &err), 0);
	CHECK_EQ(flow.trylock.nr, 1);
	CHECK_EQ(flow.trylock.free[0].nth, 1);
	CHECK(flow.trylock.free[0].at_once);
	end(1);
}

/* Without drains in the trace nothing is known of them, and 6.1 has no interrupts there. */
TEST(where_no_drain_is_told_none_is_missed)
{
	begin();
	tell(MMT_EV_mm_page_free, 6000, 7);
	tell(MMT_EV_mm_page_alloc_zone_locked, 6000, 7);
	end(0);
	begin();
	machine.fixed_high = true;
	tell(MMT_EV_mm_page_pcpu_drain, 7000, 7);
	tell(MMT_EV_mm_page_free, 6000, 7);
	tell(MMT_EV_mm_page_alloc_zone_locked, 6000, 7);
	machine.fixed_high = false;
	end(0);
}

/* A free within a refill whose block is taken later is one free, and waits for its request. */
TEST(a_free_found_in_both_ways_waits_for_its_request)
{
	begin();
	tell(MMT_EV_mm_page_pcpu_drain, 7000, 7);
	refill(5000);
	tell(MMT_EV_mm_page_free, 6000, 7);
	tell(MMT_EV_mm_page_alloc, 5000, 7);
	tell(MMT_EV_mm_page_alloc_zone_locked, 6000, 7);
	CHECK_EQ(flow_settle(&flow, &machine, 10, &err), 0);
	CHECK_EQ(flow.trylock.nr, 1);
	CHECK(!flow.trylock.free[0].at_once);
	end(1);
}

/* An interrupt behind the lock: what it freed is told to leave a list, not the zone.
 *
 *	refill 5000.. | free 6000, 6001, 6002 | alloc 5000 | taken 6002 | alloc 6000, 6002 | drain 6001
 */
TEST(a_free_whose_block_leaves_a_list_found_it_unlocked)
{
	begin();
	refill(5000);
	for (pfn_t pfn = 6000; pfn < 6003; pfn++)
		tell(MMT_EV_mm_page_free, pfn, 7);
	tell(MMT_EV_mm_page_alloc, 5000, 7);
	tell(MMT_EV_mm_page_alloc_zone_locked, 6002, 7);
	tell(MMT_EV_mm_page_alloc, 6000, 7);
	tell(MMT_EV_mm_page_alloc, 6002, 7);
	tell(MMT_EV_mm_page_pcpu_drain, 6001, 7);
	CHECK_EQ(flow_settle(&flow, &machine, 10, &err), 0);
	CHECK_EQ(flow.trylock.nr, 3);
	CHECK(flow.trylock.free[0].listed);
	CHECK(flow.trylock.free[1].listed);
	CHECK(!flow.trylock.free[2].listed);
	end(3);
}

/* Of 5000 frees noted the latest are looked through. */
TEST(one_of_many_noted_is_looked_for_among_the_latest)
{
	static struct trylock_free noted[5000];
	struct trylock t = { .free = noted, .nr = 5000 };

	for (unsigned i = 0; i < 5000; i++)
		noted[i].nth = i + 1;
	trylock_left(&t, 5000);
	trylock_left(&t, 5000 - 4095);
	trylock_left(&t, 5000 - 4096);
	trylock_left(&t, 6000);
	CHECK(noted[4999].listed);
	CHECK(noted[4999 - 4095].listed);
	CHECK(!noted[4999 - 4096].listed);
}

TEST(what_is_due_is_found_by_its_number)
{
	struct trylock_free due[] = { { .nth = 2 },
				      { .nth = 3 },
				      { .nth = 5, .at_once = true },
				      { .nth = 7, .listed = true } };
	struct trylock t = { .free = due, .nr = 4 };
	struct trylock_hold h = { 0 };

	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_LISTS);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_HOLD);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_HOLD);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_LISTS);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_PAST);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_LISTS);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_AFTER);
	CHECK_EQ(trylock_way(&t, &h), TRYLOCK_LISTS);
}

/* A block that comes back while the lists are locked, and one that does not. */
TEST(a_free_while_lists_are_locked_passes_them_by)
{
	struct mm_zone_view before, after;
	struct mm_zone_config zone = {
		.type = ZONE_DMA32, .start = 4096, .spanned = 4096, .present = 4096, .managed = 4096
	};
	struct mm_config config = { .profile = MM_PROFILE_6_12,
				    .nr_nodes = 1,
				    .nr_cpus = 1,
				    .zones = &zone,
				    .nr_zones = 1,
				    .tunables = mm_default_tunables() };
	struct mm_system *sys = mm_create(&config, &host, &err);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .order = 3, .node = -1 };
	pfn_t first, second;

	CHECK(sys && mm_seed_boot(sys, &err) == 0);
	first = mm_alloc_pages(sys, &rq);
	second = mm_alloc_pages(sys, &rq);
	mm_view_zone(sys, 0, &before);
	CHECK(mm_free_pages_locked(sys, first, 3, 0));
	mm_view_zone(sys, 0, &after);
	CHECK_EQ(after.free, before.free + 8);
	CHECK_EQ(after.pcp, before.pcp);
	CHECK(mm_free_pages(sys, second, 3, 0));
	mm_view_zone(sys, 0, &after);
	CHECK_EQ(after.free, before.free + 8);
	CHECK_EQ(after.pcp, before.pcp + 8);
	CHECK_EQ(mm_check(sys, 3, &err), 0);
	mm_destroy(sys);
	CHECK_EQ(host.used, 0);
}

TEST_MAIN
