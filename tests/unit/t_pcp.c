// SPDX-License-Identifier: GPL-2.0-only
/* Per-CPU page lists: sizes, refills, drains, and how high tunes itself. */
#include "lib/mm/profile.h"
#include "tests/unit/mm_machine.h"

TEST_NAMED(batch, "KAT 2.7a batch sizes")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_pcp_view v;

	mm_view_pcp(sys, R1_NORMAL, 0, &v);
	CHECK_EQ(v.batch, 63);
	mm_view_pcp(sys, R1_DMA32, 3, &v);
	CHECK_EQ(v.batch, 63);
	mm_view_pcp(sys, R1_DMA, 3, &v);
	CHECK_EQ(v.batch, 1);
	machine_end(&m);
	CHECK_EQ(zone_batchsize(50000), 15);
	CHECK_EQ(zone_batchsize(0), 1);
	CHECK_EQ(zone_batchsize(UINT32_MAX), 63);
}

TEST_NAMED(high, "KAT 2.7b high_min and high_max")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_tunables t = sys->tunables;
	struct mm_pcp_view v;

	mm_view_pcp(sys, R1_NORMAL, 0, &v);
	CHECK_EQ(v.high_min, 4287);
	CHECK_EQ(v.high_max, 103125);
	mm_view_pcp(sys, R1_DMA32, 0, &v);
	CHECK_EQ(v.high_min, 987);
	CHECK_EQ(v.high_max, 23750);
	mm_view_pcp(sys, R1_DMA, 0, &v);
	CHECK_EQ(v.high_min, 4);
	CHECK_EQ(v.high_max, 120);
	/* A fraction fixes both. */
	t.percpu_pagelist_high_fraction = 10;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	mm_view_pcp(sys, R1_NORMAL, 0, &v);
	CHECK_EQ(v.high_min, 3300000 / 10 / 4);
	CHECK_EQ(v.high_max, 3300000 / 10 / 4);
	t.percpu_pagelist_high_fraction = 7;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), -ERANGE);
	machine_end(&m);
	sys = machine_r1(&m, false);
	mm_view_pcp(sys, R1_NORMAL, 0, &v);
	CHECK_EQ(v.high_min, 1643);
	machine_end(&m);
}

TEST_NAMED(lists, "KAT 2.7c 14 lists")
{
	unsigned i;

	CHECK_EQ(NR_PCP_LISTS, 14);
	CHECK_EQ(pcp_index(MIGRATE_RECLAIMABLE, 2), 8);
	CHECK_EQ(pcp_index(MIGRATE_MOVABLE, 9), 13);
	CHECK_EQ(pcp_index(MIGRATE_UNMOVABLE, 9), 12);
	CHECK_EQ(pcp_index(MIGRATE_RECLAIMABLE, 9), 12);
	for (i = 0; i < 12; i++)
		CHECK_EQ(pcp_index((enum migratetype)(i % 3), i / 3), i);
	for (i = 0; i < NR_PCP_LISTS; i++)
		CHECK_EQ(pcp_order(i), i < 12 ? i / 3 : 9);
	for (i = 0; i <= MAX_PAGE_ORDER; i++)
		CHECK_EQ(pcp_allowed_order(i), i <= 3 || i == 9);
}

TEST_NAMED(no_lock, "KAT 1.2c 2.7c no zone lock while the list has blocks, one for a refill")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	unsigned i;

	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK_EQ(counter(sys, "zone_lock_refill"), 1);
	for (i = 0; i < 62; i++)
		CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK_EQ(counter(sys, "zone_lock_refill"), 1);
	CHECK_EQ(counter(sys, "zone_lock_alloc"), 0);
	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK_EQ(counter(sys, "zone_lock_refill"), 2);
	/* Order 4 has no list. */
	CHECK(get(sys, GFP_KERNEL, 4, 0) != PFN_NONE);
	CHECK_EQ(counter(sys, "zone_lock_alloc"), 1);
	machine_end(&m);
}

TEST_NAMED(refill, "KAT 2.7d refills double: 63, 126, 252, 504, 1008, 2016, 2016")
{
	static const unsigned want[] = { 63, 126, 252, 504, 1008, 2016, 2016, 2016 };
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	unsigned i, j;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		uint64_t before = counter(sys, "pcp_refill_pages");

		CHECK(get(sys, GFP_KERNEL, 0, 1) != PFN_NONE);
		CHECK_EQ(counter(sys, "pcp_refill_pages") - before, want[i]);
		for (j = 1; j < want[i]; j++)
			CHECK(get(sys, GFP_KERNEL, 0, 1) != PFN_NONE);
		CHECK_EQ(counter(sys, "pcp_refill_pages") - before, want[i]);
		CHECK_EQ(sys->zone[R1_NORMAL].cpu[1].count, 0);
	}
	machine_end(&m);
}

TEST_NAMED(refill_high_order, "KAT 2.7d a refill of order k has max(batch >> k, 2) blocks")
{
	static const unsigned want[] = { 63, 31, 15, 7 };
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	unsigned order;

	for (order = 1; order <= 3; order++) {
		uint64_t before = counter(sys, "pcp_refill_pages");

		CHECK(get(sys, GFP_KERNEL, order, 0) != PFN_NONE);
		CHECK_EQ((counter(sys, "pcp_refill_pages") - before) >> order, want[order]);
	}
	CHECK(get(sys, GFP_KERNEL, 9, 0) != PFN_NONE);
	CHECK(deque_len(&sys->zone[R1_NORMAL].cpu[0].list[12]) > 0);
	machine_end(&m);
}

/*	@count pages of another type are in the lists, high is 400 for good: a refill of 63 << 2 */
TEST_NAMED(refill_cap, "KAT 2.7d a refill leaves a batch of room, and is a batch at least")
{
	static const struct {
		int32_t count, pages, factor;
	} cases[] = { { 0, 252, 3 }, { 85, 252, 3 }, { 86, 251, 2 }, { 300, 63, 2 } };
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct machine m;
		struct mm_system *sys = machine_r1_boot(&m, true);
		struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];

		while (pcp->count < cases[i].count)
			mm_free_pages(sys, get(sys, GFP_HIGHUSER_MOVABLE, 0, 1), 0, 0);
		pcp->high = pcp->high_min = pcp->high_max = 400;
		pcp->alloc_factor = 2;
		CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
		CHECK_EQ(pcp->count, cases[i].count + cases[i].pages - 1);
		CHECK_EQ(pcp->alloc_factor, cases[i].factor);
		/* each free halves what the next refill would be */
		mm_free_pages(sys, get(sys, GFP_KERNEL, 0, 1), 0, 0);
		CHECK_EQ(pcp->alloc_factor, cases[i].factor / 2);
		machine_end(&m);
	}
}

TEST_NAMED(refill_order, "KAT 2.7d a refill keeps ascending frames in order")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	pfn_t first = get(sys, GFP_KERNEL, 0, 0);
	unsigned i;

	for (i = 1; i < 63; i++)
		CHECK_EQ(get(sys, GFP_KERNEL, 0, 0), first + i);
	machine_end(&m);
}

/* One page in hand, and lists that hold @count pages at a fixed high. */
static pfn_t fill(struct mm_system *sys, int32_t count, int32_t high, pfn_t *spare)
{
	struct zone *z = &sys->zone[R1_NORMAL];
	pfn_t pfn = get(sys, GFP_KERNEL, 0, 0);

	z->cpu[0].high = z->cpu[0].high_min = z->cpu[0].high_max = high;
	while (z->cpu[0].count < count) {
		pfn_t p = get(sys, GFP_KERNEL, 0, 1);

		z->cpu[0].free_count = 0;
		mm_free_pages(sys, p, 0, 0);
	}
	while (z->cpu[0].count > count)
		*spare = get(sys, GFP_KERNEL, 0, 0);
	return pfn;
}

TEST_NAMED(drain, "KAT 2.7e the free that reaches high drains a batch")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	pfn_t spare, pfn = fill(sys, 4286, 4287, &spare);

	z->cpu[0].free_count = 0;
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK_EQ(z->cpu[0].count, 4287 - 63);
	CHECK_EQ(counter(sys, "pcp_drain"), 1);
	CHECK_EQ(counter(sys, "pcp_drain_pages"), 63);
	CHECK_EQ(counter(sys, "zone_lock_drain"), 1);
	machine_end(&m);
}

TEST_NAMED(drain_many, "KAT 2.7e frees in a row drain as many as were freed")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	pfn_t spare, pfn = fill(sys, 4286, 4287, &spare);

	z->cpu[0].free_count = 999;
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK_EQ(z->cpu[0].count, 4287 - 1000);
	machine_end(&m);
}

TEST_NAMED(oldest, "KAT 2.7e drains take the oldest of the freed page's list first")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	struct per_cpu_pages *pcp = &z->cpu[0];
	pfn_t movable[200], unmovable[3];
	unsigned i;

	for (i = 0; i < 200; i++)
		movable[i] = get(sys, GFP_HIGHUSER_MOVABLE, 0, 1);
	for (i = 0; i < 3; i++)
		unmovable[i] = get(sys, GFP_KERNEL, 0, 1);
	CHECK(mm_free_pages(sys, unmovable[0], 0, 0));
	CHECK(mm_free_pages(sys, unmovable[1], 0, 0));
	for (i = 0; i < 199; i++)
		CHECK(mm_free_pages(sys, movable[i], 0, 0));
	/* movable list, newest first: 198 ... 0; the next free drains 0..62 and nothing else */
	pcp->high = pcp->high_min = pcp->high_max = 202;
	pcp->free_count = 0;
	CHECK(mm_free_pages(sys, movable[199], 0, 0));
	CHECK_EQ(pcp->count, 202 - 63);
	CHECK_EQ(deque_last(&pcp->list[1]), movable[63]);
	CHECK_EQ(deque_first(&pcp->list[1]), movable[199]);
	CHECK_EQ(deque_first(&pcp->list[0]), unmovable[1]);
	/* What the list does not hold comes from the next ones. */
	pcp->high = pcp->high_min = pcp->high_max = 140;
	pcp->free_count = 0;
	CHECK(mm_free_pages(sys, unmovable[2], 0, 0));
	CHECK(deque_len(&pcp->list[0]) == 0);
	CHECK_EQ(deque_last(&pcp->list[1]), movable[63 + 60]);
	machine_end(&m);
}

TEST_NAMED(no_slots, "a list that cannot grow: its block goes back to the buddy lists, noted")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	struct deque *l = &z->cpu[0].list[pcp_index(MIGRATE_UNMOVABLE, 0)];
	pfn_t page[17];
	unsigned i;

	for (i = 0; i < 17; i++)
		page[i] = get(sys, GFP_KERNEL, 0, 1);
	for (i = 0; i < 16; i++)
		CHECK(mm_free_pages(sys, page[i], 0, 0));
	CHECK_EQ(l->cap, 16);
	m.alloc.fail_at = m.alloc.calls + 1;
	CHECK(mm_free_pages(sys, page[16], 0, 0));
	CHECK(mm_host_failed(sys));
	CHECK_EQ(deque_len(l), 16);
	CHECK_EQ(z->cpu[0].count, 16);
	CHECK_EQ(counter(sys, "pcp_drain"), 0);
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	machine_end(&m);
}

TEST_NAMED(free_high, "KAT 2.7e bursts of order 1 to 3 go back at once")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];
	pfn_t block[9];
	unsigned i;

	for (i = 0; i < 9; i++)
		block[i] = get(sys, GFP_KERNEL, 3, 1);
	/* 7 x 8 = 56 pages freed in a row, then 64 >= 63: the ninth free empties the lists */
	for (i = 0; i < 8; i++)
		CHECK(mm_free_pages(sys, block[i], 3, 0));
	CHECK_EQ(pcp->count, 64);
	CHECK_EQ(pcp->free_count, 64);
	CHECK(mm_free_pages(sys, block[8], 3, 0));
	CHECK_EQ(pcp->count, 0);
	CHECK_EQ(counter(sys, "pcp_drain"), 1);
	machine_end(&m);
}

/* Blocks of order 3, taken on CPU 1, that CPU 0 frees until its lists drain; 0: all 400 without. */
static unsigned burst(enum mm_profile profile, int32_t high_min)
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	pfn_t block[400];
	unsigned i, n = 0;

	sys->rules = mm_profile_rules(profile);
	sys->zone[R1_NORMAL].cpu[0].high_min = high_min;
	for (i = 0; i < 400; i++)
		block[i] = get(sys, GFP_KERNEL, 3, 1);
	for (i = 0; i < 400 && !n; i++) {
		mm_free_pages(sys, block[i], 3, 0);
		n = counter(sys, "pcp_drain") ? i + 1 : 0;
	}
	machine_end(&m);
	return n;
}

TEST_NAMED(free_high_by_release, "KAT 2.7e from 6.16 a burst waits for half of high_min more")
{
	/* 6.12: 8 x 8 = 64 >= 63 freed before the ninth, whatever high_min is */
	CHECK_EQ(burst(MM_PROFILE_6_12, 402), 9);
	CHECK_EQ(burst(MM_PROFILE_6_12, 4287), 9);
	/* 6.18: 33 x 8 = 264 freed before the 34th; 63 + 402 / 2 = 264, 63 + 404 / 2 = 265 */
	CHECK_EQ(burst(MM_PROFILE_6_18, 402), 34);
	CHECK_EQ(burst(MM_PROFILE_6_18, 403), 34);
	CHECK_EQ(burst(MM_PROFILE_6_18, 404), 35);
	/* frees in a row are counted to 2016: at 63 + 3906 / 2 = 2016 still, beyond it never */
	CHECK_EQ(burst(MM_PROFILE_6_18, 3906), 253);
	CHECK_EQ(burst(MM_PROFILE_6_18, 3908), 0);
}

TEST_NAMED(grows, "KAT 2.7f high grows by each refill")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];

	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK_EQ(pcp->high, 4287 + 63);
	/* another type's list is empty too: factor is 1 now */
	CHECK(get(sys, GFP_HIGHUSER_MOVABLE, 0, 0) != PFN_NONE);
	CHECK_EQ(pcp->high, 4287 + 63 + 126);
	pcp->high = 103100;
	CHECK(get(sys, GFP_KERNEL | __GFP_RECLAIMABLE, 0, 0) != PFN_NONE);
	CHECK_EQ(pcp->high, 103125);
	machine_end(&m);
}

TEST_NAMED(below_high, "KAT 2.7f short of memory, high shrinks with each free")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	struct per_cpu_pages *pcp = &z->cpu[0];
	pfn_t pfn = get(sys, GFP_KERNEL, 0, 0);

	pcp->high = 5000;
	pcp->free_count = 0;
	z->below_high = true;
	/* effective high is max(count, high_min): 63 < 4287, no drain */
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK_EQ(pcp->high, 5000 - 63);
	CHECK(z->below_high);
	pcp->free_count = 1999;
	pfn = get(sys, GFP_KERNEL, 0, 1);
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK_EQ(pcp->high, 4287);
	/* The drain that finds the zone above high again says so. */
	pcp->high = pcp->high_min = pcp->high_max = pcp->count + 1;
	pfn = get(sys, GFP_KERNEL, 0, 1);
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK(!z->below_high);
	machine_end(&m);
}

TEST_NAMED(reclaim_active, "KAT 2.7f under reclaim the lists hold 4 batches: 252")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];
	pfn_t page[300];
	unsigned i;

	for (i = 0; i < 300; i++)
		page[i] = get(sys, GFP_KERNEL, 0, 1);
	mm_set_reclaim_active(sys, 0, ZONE_NORMAL, true);
	for (i = 0; i < 251; i++)
		CHECK(mm_free_pages(sys, page[i], 0, 0));
	CHECK_EQ(pcp->count, 251);
	CHECK(mm_free_pages(sys, page[i], 0, 0));
	CHECK_EQ(counter(sys, "pcp_drain"), 1);
	/* 252 freed in a row; at least a batch stays: min(252, 252 - 63) go */
	CHECK_EQ(pcp->count, 63);
	machine_end(&m);
}

/* 866 pages above high are 14 batches, each a hold of the zone's lock; blocks of order 3 make the last page
 * of a batch 8, and what went too much is not counted against the rest. */
TEST_NAMED(decay_batches, "KAT 2.7f 19.1 what is above high goes batch by batch")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];
	pfn_t block[300];
	uint64_t holds;

	for (unsigned i = 0; i < 300; i++)
		block[i] = get(sys, GFP_KERNEL, 3, 0);
	for (unsigned i = 0; i < 300; i++) {
		pcp->free_count = 0; /* no burst */
		CHECK(mm_free_pages(sys, block[i], 3, 0));
	}
	CHECK(pcp->count >= 2400);
	pcp->high = pcp->high_min = pcp->count - 866;
	holds = counter(sys, "zone_lock_drain");
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(counter(sys, "zone_lock_drain") - holds, 14);
	/* 13 batches of 63 take 8 blocks each, the last of 47 takes 6 */
	CHECK_EQ(pcp->high - pcp->count, (13 * 8 + 6) * 8 - 866);
	machine_end(&m);
}

TEST_NAMED(disabled, "KAT 2.7g lists whose high is below batch move single blocks")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	pfn_t pfn;

	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 0, 0, 0, 63, &m.err), 0);
	pfn = get(sys, GFP_KERNEL, 0, 0);
	CHECK_EQ(counter(sys, "pcp_refill_pages"), 1);
	CHECK_EQ(zone_pcp_pages(sys, &sys->zone[R1_NORMAL]), 0);
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK_EQ(counter(sys, "pcp_drain_pages"), 1);
	CHECK_EQ(zone_pcp_pages(sys, &sys->zone[R1_NORMAL]), 0);
	machine_end(&m);
}

TEST_NAMED(drain_all, "KAT 2.7g drain_all_pages gives back exactly what the lists hold")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	int64_t free, pcp;
	unsigned cpu;

	for (cpu = 0; cpu < 4; cpu++) {
		CHECK(get(sys, GFP_KERNEL, 0, cpu) != PFN_NONE);
		CHECK(get(sys, GFP_HIGHUSER_MOVABLE, 3, cpu) != PFN_NONE);
		CHECK(get(sys, GFP_TRANSHUGE, 9, cpu) != PFN_NONE);
	}
	free = z->free;
	pcp = zone_pcp_pages(sys, z);
	CHECK(pcp > 0);
	mm_drain_all_pages(sys);
	for (cpu = 0; cpu < 4; cpu++)
		CHECK_EQ(z->cpu[cpu].count, 0);
	CHECK_EQ(z->free, free + pcp);
	CHECK_EQ(zone_pcp_pages(sys, z), 0);
	machine_end(&m);
}

TEST_NAMED(decay, "high decays by an eighth each tick, down to high_min")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];

	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	pcp->high = 8000;
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(pcp->high, 7000);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(pcp->high, 7000 - 875);
	pcp->high = 4300;
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(pcp->high, 4287);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(pcp->high, 4287);
	CHECK_EQ(counter(sys, "pcp_drain"), 0);
	machine_end(&m);
}

TEST_NAMED(remote_expire, "lists of a remote zone are drained after three idle ticks")
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .cpu = 0, .node = 1 };

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK_EQ(sys->zone[1].cpu[0].count, 14); /* batch 15 of a 65536-page zone, less one */
	mm_vmstat_tick(sys, 0);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(sys->zone[1].cpu[0].count, 14);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(sys->zone[1].cpu[0].count, 0);
	/* Longer ones go by a batch every three ticks: a drain changes the zone's counters, which
	 * starts the next three. */
	for (unsigned i = 0; i < 31; i++)
		CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	CHECK_EQ(sys->zone[1].cpu[0].count, 59); /* the second refill took 30, the third 60 */
	for (unsigned i = 1; i <= 12; i++) {
		mm_vmstat_tick(sys, 0);
		CHECK_EQ(sys->zone[1].cpu[0].count, i < 12 ? 59 - i / 3 * 15 : 0);
	}
	/* The local zone's stay. */
	CHECK_EQ(sys->zone[0].cpu[0].count, 14);
	machine_end(&m);
}

TEST_NAMED(seed,
	   "a list seeded beyond its high keeps everything, top last; what cannot be is refused")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	pfn_t first = sys->zone[R1_NORMAL].start;
	int64_t unknown = sys->zone[R1_NORMAL].unknown;
	struct mm_alloc_request rq = {
		.gfp = GFP_HIGHUSER_MOVABLE, .cpu = 2, .node = -1, .memalloc = true
	};
	unsigned i;

	for (i = 0; i < 5000; i++)
		CHECK_EQ(mm_seed_pcp(sys, first + i, 0, MIGRATE_TYPES, 2, &m.err), 0);
	CHECK_EQ(sys->zone[R1_NORMAL].cpu[2].count, 5000);
	CHECK_EQ(sys->zone[R1_NORMAL].unknown, unknown - 5000);
	CHECK_EQ(counter(sys, "pcp_drain"), 0);
	CHECK_EQ(counter(sys, "pgfree"), 0);
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	/* nothing is free outside the lists: only a task that may ignore watermarks gets at them */
	CHECK_EQ(mm_alloc_pages(sys, &rq), first + 4999);
	CHECK_EQ(mm_seed_pcp(sys, first, 0, MIGRATE_TYPES, 2, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_pcp(sys, first + 8192, 4, MIGRATE_TYPES, 2, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_pcp(sys, first + 8192, 0, MIGRATE_TYPES, 4, &m.err), -EINVAL);
	machine_end(&m);
}

/* A list of another node idles; the replay of a real machine knows when that machine found it so.
 */
TEST(lists_of_another_node_expire_when_told)
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = 1 };
	struct per_cpu_pages *pcp;
	pfn_t pfn[200];

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	pcp = &sys->zone[1].cpu[0];
	for (unsigned i = 0; i < 200; i++)
		pfn[i] = mm_alloc_pages(sys, &rq);
	for (unsigned i = 0; i < 200; i++)
		CHECK(mm_free_pages(sys, pfn[i], 0, 0));
	CHECK(pcp->count >= 200);
	/* just used, but idle as told */
	mm_set_expired(sys, 0, 2);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(counter(sys, "pcp_drain"), 1);
	/* idle for three rounds, but not as told */
	for (unsigned i = 0; i < 5; i++) {
		mm_set_expired(sys, 0, 0);
		mm_vmstat_tick(sys, 0);
	}
	CHECK_EQ(counter(sys, "pcp_drain"), 1);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(counter(sys, "pcp_drain"), 2);
	machine_end(&m);
}

TEST_MAIN
