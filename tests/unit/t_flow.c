// SPDX-License-Identifier: GPL-2.0-only
/*
 * What refills and drains tell of per-CPU lists at the start.
 */
#include "lib/replay/survey/flow.h"
#include "tests/unit/test.h"

static struct mmt_alloc alloc = MMT_ALLOC_INIT;
static struct mmt_err err;
static struct flow flow;
static struct machine_zone zones[] = {
	{ .type = ZONE_DMA, .start = 1, .spanned = 4095 },
	{ .type = ZONE_DMA32, .start = 4096, .spanned = 8192 },
};
static const struct machine machine = { .zone = zones, .nr_zones = 2 };
static const struct machine none;

static void locked(pfn_t pfn, unsigned order, unsigned type, unsigned cpu, uint64_t time)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc_zone_locked,
				.time = time,
				.cpu = (uint16_t)cpu };

	ev.v[MMT_F(mm_page_alloc_zone_locked, migratetype)] = type;
	CHECK_EQ(flow_event(&flow, &ev, pfn, order, time > 100 ? &machine : &none,
			    time > 100 ? 100 : 0, &err),
		 0);
}

static void other(unsigned kind, pfn_t pfn, unsigned order, unsigned cpu, uint64_t time)
{
	struct mmt_event ev = { .kind = (uint16_t)kind, .time = time, .cpu = (uint16_t)cpu };

	if (kind == MMT_EV_mm_page_alloc_extfrag)
		ev.v[MMT_F(mm_page_alloc_extfrag, alloc_migratetype)] = MIGRATE_UNMOVABLE;
	CHECK_EQ(flow_event(&flow, &ev, pfn, order, time > 100 ? &machine : &none,
			    time > 100 ? 100 : 0, &err),
		 0);
}

/* The zones are read at 100, their rows come later. CPU 1, zone DMA32:
 *
 *	time 10  refill of 5000, 5001     +2
 *	     20  alloc 5000                  -1
 *	     30  free 6000, order 1         +2
 *	     40  alloc 8192, order 4         no list: 0
 *	     50  drain 6000, order 1         -2
 *	     60  claim of 7000 in a refill,
 *	         told twice                 +1
 *	     70  steal of 7168              +1
 *	    110  alloc 5001                  after the zones were read
 */
TEST(what_the_lists_held_is_found_from_what_came_and_went)
{
	CHECK_EQ(flow_init(&flow, &alloc, &err), 0);
	locked(5000, 0, MIGRATE_MOVABLE, 1, 10);
	locked(5001, 0, MIGRATE_MOVABLE, 1, 10);
	other(MMT_EV_mm_page_alloc, 5000, 0, 1, 20);
	other(MMT_EV_mm_page_free, 6000, 1, 1, 30);
	locked(8192, 4, MIGRATE_MOVABLE, 1, 40);
	other(MMT_EV_mm_page_alloc, 8192, 4, 1, 40);
	other(MMT_EV_mm_page_pcpu_drain, 6000, 1, 1, 50);
	locked(7000, 0, MIGRATE_UNMOVABLE, 1, 60);
	other(MMT_EV_mm_page_alloc_extfrag, 7000, 0, 1, 60);
	other(MMT_EV_mm_page_alloc_extfrag, 7168, 0, 1, 70);
	other(MMT_EV_mm_page_alloc, 5001, 0, 1, 110);
	/* another CPU, another zone */
	other(MMT_EV_mm_page_alloc, 5002, 0, 0, 80);
	other(MMT_EV_mm_page_alloc, 100, 0, 1, 80);
	CHECK_EQ(flow_settle(&flow, &machine, 100, &err), 0);
	CHECK(flow.told);
	CHECK_EQ(flow_net_pcp(&flow, &zones[1], 1, 100), 3);
	CHECK_EQ(flow_net_pcp(&flow, &zones[1], 0, 100), -1);
	CHECK_EQ(flow_net_pcp(&flow, &zones[0], 1, 100), -1);
	/* allocated less freed, on all CPUs */
	CHECK_EQ(flow_net(&flow, &zones[1], 100), 1 - 2 + 16 + 1);
	CHECK_EQ(flow_net(&flow, &zones[0], 100), 1);
	flow_free(&flow);
	CHECK_EQ(alloc.used, 0);
}

/* A list that was refilled was empty, before or after the zones were known. */
TEST(a_refill_tells_that_its_list_was_empty)
{
	CHECK_EQ(flow_init(&flow, &alloc, &err), 0);
	locked(5000, 0, MIGRATE_MOVABLE, 1, 10);
	locked(6000, 2, MIGRATE_RECLAIMABLE, 0, 200);
	locked(512, 9, MIGRATE_MOVABLE, 0, 200);
	locked(8192, 4, MIGRATE_MOVABLE, 0, 200);
	CHECK_EQ(flow_settle(&flow, &machine, 100, &err), 0);
	for (unsigned z = 0; z < 2; z++)
		for (unsigned cpu = 0; cpu < 2; cpu++)
			for (unsigned order = 0; order <= PAGEBLOCK_ORDER; order++)
				for (unsigned type = 0; type < MIGRATE_TYPES; type++)
					CHECK_EQ(flow_emptied(&flow, &machine, &zones[z], cpu, type,
							      order),
						 (z == 1 && cpu == 1 && order == 0 &&
						  type == MIGRATE_MOVABLE) ||
							 (z == 1 && cpu == 0 && order == 2 &&
							  type == MIGRATE_RECLAIMABLE) ||
							 (z == 0 && cpu == 0 && order == 9 &&
							  type == MIGRATE_MOVABLE));
	flow_free(&flow);
	CHECK_EQ(alloc.used, 0);
}

static void row(uint64_t high)
{
	struct mmt_event ev = { .kind = MMT_EV_snap_pcp };

	ev.v[MMT_F(snap_pcp, high)] = high;
	CHECK_EQ(flow_pcp_row(&flow, &ev, &machine, &zones[1], &err), 0);
}

/* Zone DMA32 by the formula: 6850. Size of its lists, one row after another:
 *
 *	366 6203 5428 6203     came to rest at 6203: the kernel's limit
 */
TEST(a_size_that_is_never_exceeded_is_the_limit)
{
	CHECK_EQ(flow_init(&flow, &alloc, &err), 0);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 6850), 6850);
	row(366);
	row(6203);
	row(5428);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 6850), 6850);
	row(6203);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 6850), 6203);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[0], 6850), 6850);
	/* much less than the formula is no limit, but a size not used */
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 9000), 6203);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 12000), 12000);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 6000), 6000);
	row(6210);
	CHECK_EQ(flow_high_max(&flow, &machine, &zones[1], 6850), 6850);
	flow_free(&flow);
	CHECK_EQ(alloc.used, 0);
}

TEST_MAIN
