// SPDX-License-Identifier: GPL-2.0-only
/* A machine as its users see it: seeding, overrides, views, counters, checks that can fail. */
#include "tests/unit/mm_machine.h"

TEST(boot_is_all_free)
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct mm_zone_view v;
	unsigned i;

	CHECK_EQ(mm_nr_zones(sys), 3);
	for (i = 0; i < 3; i++) {
		mm_view_zone(sys, i, &v);
		CHECK_EQ(v.free, v.managed);
		CHECK_EQ(v.pcp, 0);
	}
	/* 1..3840: 1, 2, 4 ... 1024..2047, 2048..3071, then 512, 256, 1 */
	mm_view_zone(sys, R1_DMA, &v);
	CHECK_EQ(v.nr_free[10], 2);
	CHECK_EQ(v.nr_free[9], 2);
	CHECK_EQ(v.nr_free[8], 2);
	CHECK_EQ(v.nr_free[7], 1);
	CHECK_EQ(v.nr_free[0], 2);
	CHECK_STR(v.name, "DMA");
	CHECK_EQ(mm_seed_boot(sys, &m.err), -EINVAL);
	machine_end(&m);
}

TEST(boot_order_is_ascending)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK_STR(FREE_LIST(sys, 0, 10, MIGRATE_MOVABLE), "0 1024 2048 3072");
	machine_end(&m);
}

TEST(seed_free_refuses)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);

	CHECK_EQ(mm_seed_free(sys, 1024, 10, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 1024, 10, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_free(sys, 1500, 0, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_free(sys, 0, 0, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 3, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_free(sys, 3, 1, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_free(sys, 4096, 0, &m.err), -EINVAL);
	CHECK_EQ(sys->zone[0].free, 1025);
	CHECK_EQ(mm_seed_pageblock(sys, 1536, MIGRATE_UNMOVABLE, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_pageblock(sys, 5000, MIGRATE_UNMOVABLE, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_pageblock(sys, 0, MIGRATE_TYPES, &m.err), -EINVAL);
	/* A block that is free already changes lists with its pageblock. */
	CHECK_EQ(mm_seed_pageblock(sys, 5, MIGRATE_UNMOVABLE, &m.err), 0);
	CHECK_STR(FREE_LIST(sys, 0, 0, MIGRATE_UNMOVABLE), "0");
	CHECK_EQ(mm_seed_movable(sys, 0, 1, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_movable(sys, 4095, 2, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_movable(sys, 1, 1023, &m.err), 0);
	machine_end(&m);
}

TEST(override_zone_and_pcp)
{
	const uint64_t wmark[NR_WMARK] = { 33, 41, 49, 57 };
	const uint64_t reserve[MAX_NR_ZONES] = { 0, 180, 180, 190, 0 };
	const uint64_t wrong[NR_WMARK] = { 33, 32, 49, 57 };
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_zone_view v;
	struct mm_pcp_view p;

	CHECK_EQ(mm_override_zone(sys, 0, ZONE_DMA, wmark, reserve, &m.err), 0);
	mm_view_zone(sys, R1_DMA, &v);
	CHECK_EQ(v.wmark[WMARK_LOW], 41);
	CHECK_EQ(v.lowmem_reserve[ZONE_MOVABLE], 190);
	CHECK_EQ(mm_totalreserve_pages(sys), 42047 - 3840 + 190 + 49);
	CHECK_EQ(mm_override_zone(sys, 0, ZONE_DMA, wrong, reserve, &m.err), -EINVAL);
	CHECK_EQ(mm_override_zone(sys, 1, ZONE_DMA, wmark, reserve, &m.err), -EINVAL);
	CHECK_EQ(mm_override_zone(sys, 0, ZONE_MOVABLE, wmark, reserve, &m.err), -EINVAL);
	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 2, 1633, 1633, 90000, 31, &m.err), 0);
	mm_view_pcp(sys, R1_NORMAL, 2, &p);
	CHECK_EQ(p.high, 1633);
	CHECK_EQ(p.batch, 31);
	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 4, 1, 1, 1, 1, &m.err), -EINVAL);
	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 1, 2, 1, 1, &m.err), -EINVAL);
	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 1, 1, 1, 0, &m.err), -EINVAL);
	machine_end(&m);
}

TEST(tunables_change_only_what_depends_on_them)
{
	const uint64_t wmark[NR_WMARK] = { 13000, 17000, 21000, 25000 };
	const uint64_t reserve[MAX_NR_ZONES] = { 0 };
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_tunables t = sys->tunables;

	CHECK_EQ(mm_override_zone(sys, 0, ZONE_NORMAL, wmark, reserve, &m.err), 0);
	t.watermark_boost_factor = 10000;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(sys->zone[R1_NORMAL].wmark[WMARK_MIN], 13000);
	/* Recomputed from min_free_kbytes when a watermark sysctl is written. */
	t.watermark_scale_factor = 20;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(sys->zone[R1_NORMAL].wmark[WMARK_MIN], 13720);
	CHECK_EQ(sys->zone[R1_NORMAL].wmark[WMARK_LOW], 13720 + 6600);
	t.watermark_scale_factor = 9999;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), -ERANGE);
	CHECK_EQ(sys->tunables.watermark_scale_factor, 20);
	machine_end(&m);
}

TEST(counters_are_named_once)
{
	unsigned i, j;

	CHECK(mm_nr_counters() > 30);
	CHECK_STR(mm_counter_name(mm_nr_counters()), NULL);
	for (i = 0; i < mm_nr_counters(); i++) {
		CHECK(mm_counter_name(i) && mm_counter_name(i)[0]);
		for (j = 0; j < i; j++)
			CHECK(strcmp(mm_counter_name(i), mm_counter_name(j)));
	}
}

TEST(counters_count)
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	pfn_t pfn = get(sys, GFP_KERNEL, 3, 0);

	CHECK(mm_free_pages(sys, pfn, 3, 0));
	CHECK_EQ(counter(sys, "pgalloc_normal"), 8);
	CHECK_EQ(counter(sys, "pgfree"), 8);
	CHECK_EQ(counter(sys, "numa_hit"), 1);
	CHECK_EQ(counter(sys, "numa_local"), 1);
	CHECK_EQ(mm_counter(sys, 9999), 0);
	machine_end(&m);
}

TEST(two_systems_share_nothing)
{
	struct machine a, b;
	struct mm_system *x = machine_r1_boot(&a, true), *y = machine_r1_boot(&b, true);
	unsigned i;

	for (i = 0; i < 1000; i++)
		CHECK_EQ(get(x, GFP_KERNEL, i % 4, i % 4), get(y, GFP_KERNEL, i % 4, i % 4));
	CHECK_EQ(counter(x, "pgalloc_normal"), counter(y, "pgalloc_normal"));
	machine_end(&a);
	CHECK_EQ(mm_check(y, 3, &b.err), 0);
	machine_end(&b);
}

/* Break one thing, expect mm_check() at @level to say @word, mend it. */
#define BREAKS(level, harm, mend, word)                           \
	do {                                                      \
		harm;                                             \
		CHECK_EQ(mm_check(sys, level, &m.err), -EUCLEAN); \
		CHECK(strstr(m.err.text, word));                  \
		mend;                                             \
		CHECK_EQ(mm_check(sys, 3, &m.err), 0);            \
	} while (0)

TEST(check_notices)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 65536, 1);
	struct zone *z = &sys->zone[0];
	struct page_link *link;
	pfn_t pfn, tail, prev;
	uint8_t *p;

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	pfn = get(sys, GFP_HIGHUSER_MOVABLE, 0, 0);
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	BREAKS(1, z->free++, z->free--, "free pages");
	BREAKS(1, z->unknown++, z->unknown--, "managed");
	BREAKS(1, z->cpu[0].count++, z->cpu[0].count--, "managed");
	BREAKS(1, z->area[3].nr_free++, z->area[3].nr_free--, "nr_free");
	BREAKS(1, z->allocated = -1, z->allocated = 1, "managed");
	BREAKS(3, z->pageblocks[MIGRATE_UNMOVABLE]++, z->pageblocks[MIGRATE_UNMOVABLE]--,
	       "pageblocks of a type");
	BREAKS(2, z->cpu[0].list[1].tail--, z->cpu[0].list[1].tail++, "lists of a CPU");
	BREAKS(2, z->cpu[0].list[1].cap -= 1, z->cpu[0].list[1].cap += 1, "slots");
	p = frames_state(&sys->frames, 8, 0);
	CHECK_EQ(*p, PAGE_STATE(PAGE_PCP, 0, MIGRATE_MOVABLE));
	BREAKS(2, *p = PAGE_STATE(PAGE_PCP, 1, 0), *p = PAGE_STATE(PAGE_PCP, 0, MIGRATE_MOVABLE),
	       "record");
	BREAKS(2, *p = PAGE_BUDDY, *p = PAGE_STATE(PAGE_PCP, 0, MIGRATE_MOVABLE), "record");
	tail = z->area[10].list[MIGRATE_MOVABLE].last;
	link = frames_link(&sys->frames, tail, 10);
	prev = link->prev;
	CHECK(prev != PFN_NONE);
	BREAKS(2, link->prev = 99, link->prev = prev, "links");
	BREAKS(2, z->area[10].list[MIGRATE_MOVABLE].last = prev,
	       z->area[10].list[MIGRATE_MOVABLE].last = tail, "end of a list");
	p = frames_state(&sys->frames, pfn, 0);
	BREAKS(3, *p = PAGE_USED, *p = PAGE_STATE(PAGE_ALLOCATED, 0, MIGRATE_MOVABLE), "given out");
	CHECK(frames_touch(&sys->frames, 2000));
	p = frames_state(&sys->frames, 2000, 0);
	BREAKS(3, *p = PAGE_ALLOCATED, *p = PAGE_USED, "inside another");
	/* wherever it is: in a run of frames without a record, at the end of a pageblock */
	for (tail = 2025; tail < 2048; tail++) {
		p = frames_state(&sys->frames, tail, 0);
		BREAKS(3, *p = PAGE_ALLOCATED, *p = PAGE_USED, "inside another");
	}
	pfn = get(sys, GFP_HIGHUSER_MOVABLE, 0, 0);
	CHECK(pfn & 1);
	p = frames_state(&sys->frames, pfn, 0);
	BREAKS(3, *p = PAGE_STATE(PAGE_ALLOCATED, 1, MIGRATE_MOVABLE),
	       *p = PAGE_STATE(PAGE_ALLOCATED, 0, MIGRATE_MOVABLE), "misplaced");
	p = &sys->frames.blank->state[77];
	BREAKS(3, *p = PAGE_ALLOCATED, *p = PAGE_USED, "blank section");
	BREAKS(3, frames_block(&sys->frames, 3072)->state = PAGE_STATE(PAGE_ALLOCATED, 3, 0),
	       frames_block(&sys->frames, 3072)->state =
		       PAGE_STATE(PAGE_BUDDY, 10, MIGRATE_MOVABLE),
	       "list");
	BREAKS(2, frames_block(&sys->frames, 1024)->type = MIGRATE_UNMOVABLE,
	       frames_block(&sys->frames, 1024)->type = MIGRATE_MOVABLE, "pageblock type");
	machine_end(&m);
}

TEST_MAIN
