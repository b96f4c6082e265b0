// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine when the trace begins: what the snapshot says, what the events say about it, and what
 * had to be chosen.
 */
#include "lib/mm/pages/pcp.h"
#include "lib/replay/start/pageblock.h"
#include "lib/replay/start/percpu.h"
#include "lib/replay/start/topology.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

static struct host_block held[4096];

static uint64_t total_free(const struct mm_system *sys)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(sys, i, &v);
		pages += v.free + v.pcp;
	}
	return pages;
}

/* /proc/kpageflags: BUDDY, SLAB, ANON, LRU, LRU+MMAP, NOPAGE, RESERVED, OFFLINE, nothing. */
TEST(use_of_a_frame_follows_its_flags)
{
	CHECK_EQ(frame_use_of(1u << 10, 0), FRAME_FREE);
	CHECK_EQ(frame_use_of(1u << 10 | 1u << 3, 0), FRAME_FREE);
	CHECK_EQ(frame_use_of(1u << 7, 0), FRAME_SLAB);
	CHECK_EQ(frame_use_of(1u << 12 | 1u << 5, 1), FRAME_ANON);
	CHECK_EQ(frame_use_of(1u << 14 | 1u << 5, 0), FRAME_ANON);
	CHECK_EQ(frame_use_of(1u << 5, 0), FRAME_FILE);
	CHECK_EQ(frame_use_of(1u << 5 | 1u << 11, 3), FRAME_FILE_MAPPED);
	CHECK_EQ(frame_use_of(1u << 5 | 1u << 4, 0), FRAME_FILE_DIRTY);
	CHECK_EQ(frame_use_of(1u << 26, 0), FRAME_PGTABLE);
	CHECK_EQ(frame_use_of(1u << 17, 0), FRAME_HUGETLB);
	CHECK_EQ(frame_use_of(1u << 18 | 1u << 5, 0), FRAME_UNEVICTABLE);
	CHECK_EQ(frame_use_of(1u << 20, 0), FRAME_ABSENT);
	CHECK_EQ(frame_use_of(1u << 23, 0), FRAME_ABSENT);
	CHECK_EQ(frame_use_of(UINT64_C(1) << 32, 0), FRAME_RESERVED);
	CHECK_EQ(frame_use_of(0, 0), FRAME_KERNEL);
}

/* 3 sections of 32768 frames, the middle one all alike: it takes no array.
 *
 *	0      100    32768          65536   65600
 *	| FREE |      | FREE (fill)  | KERNEL|
 */
TEST(sections_alike_cost_nothing_and_runs_join_them)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	struct population p;

	CHECK_EQ(population_init(&p, &a, &e), 0);
	CHECK_EQ(population_fill(&p, 100, 65536 - 100, FRAME_FREE, &e), 0);
	CHECK_EQ(population_fill(&p, 65536, 64, FRAME_KERNEL, &e), 0);
	CHECK(p.section[0] && !p.section[1] && p.section[2]);
	CHECK_EQ(population_run(&p, 0, 100000), 100);
	CHECK_EQ(population_run(&p, 100, 100000), 65536);
	CHECK_EQ(population_run(&p, 100, 40000), 40000);
	CHECK_EQ(population_run(&p, 65536, 100000), 65600);
	/* backwards, through what no snapshot told beyond */
	CHECK_EQ(population_run_back(&p, PFN_NONE), 65600);
	CHECK_EQ(population_run_back(&p, 65600), 65536);
	CHECK_EQ(population_run_back(&p, 65536), 100);
	CHECK_EQ(population_run_back(&p, 40000), 100);
	CHECK_EQ(population_run_back(&p, 100), 0);
	/* a whole section without a flag is not under management, not a 128 MiB kernel buffer */
	CHECK_EQ(population_fill(&p, 98304, 32768, FRAME_KERNEL, &e), 0);
	CHECK_EQ(population_get(&p, 98304), FRAME_ABSENT);
	/* what events said stays when the snapshot's row comes later, and dates it */
	CHECK_EQ(population_set(&p, 5, FRAME_SEEN | FRAME_FIRST_ALLOC, &e), 0);
	CHECK_EQ(population_fill(&p, 0, 10, FRAME_ANON, &e), 0);
	CHECK(frame_was_free(population_get(&p, 5)));
	CHECK(population_get(&p, 5) & FRAME_LATE);
	CHECK(frame_was_used(population_get(&p, 6)));
	population_free(&p);
	CHECK_EQ(a.used, 0);
}

/* A machine that ran for a while before it was recorded: free and per-CPU pages of the start are
 * those of the host, as far as the trace tells, and the model is sound. */
TEST(a_running_machine_begins_with_the_hosts_free_pages)
{
	struct mmt_rng rng = { 11 };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	unsigned nr;
	uint64_t free;

	host_start(&h);
	nr = host_churn(&h, &rng, 3000, held, 0, 1500);
	free = total_free(h.sys);
	host_record(&h);
	host_churn(&h, &rng, 500, held, nr, 1500);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.initial.free_pages + r.initial.pcp_pages, free);
	CHECK_EQ(total_free(r.allocator.sys), total_free(h.sys));
	CHECK_EQ(r.initial.inferred_managed_pages, 0);
	/* nothing was lost, so every free is known */
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_UNKNOWN], 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_REFUSED], 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_DOUBLE_ALLOC], 0);
	replay_free(&r);
	host_stop(&h);
}

/* 256 GiB of pages of programs, in some bytes of a trace: refused before they are written down. */
TEST(more_frames_in_use_than_host_memory_allows_are_refused_at_once)
{
	const pfn_t spanned = 1u << 26;
	struct tunable_change change = { 0 };
	struct replay_options o = { 0 }, smaller = { .change = &change, .nr_changes = 1 };
	struct replay r;
	struct host h;

	host_start(&h);
	host_open(&h);
	HOST_ROW(&h, snapshot_begin, MMT_SNAP_FULL, 0);
	HOST_ROW(&h, snap_zone, 0, ZONE_NORMAL, 0, spanned, spanned, spanned, 0, 1, 2, 3, 4, 0);
	HOST_ROW(&h, snap_cpu, 0, 0);
	HOST_ROW(&h, snap_pages, 0, spanned, 1u << 12 | 1u << 5, 1);
	HOST_ROW(&h, snapshot_end, MMT_SNAP_FULL, 0);
	host_finish(&h);
	CHECK(!h.broken);
	h.alloc.limit = h.alloc.used + (128u << 20);
	CHECK_EQ(host_replay(&h, &r, &o), -EDQUOT);
	CHECK(strstr(h.err.text, "bytes exceeded: the frames in use take 603979776"));
	CHECK(h.alloc.peak < h.alloc.used + (16u << 20));
	replay_free(&r);
	/* nor can they be moved or given up one by one */
	CHECK_EQ(tunable_parse("mem=64M", &change, &h.err), 0);
	CHECK_EQ(host_replay(&h, &r, &smaller), -EDQUOT);
	CHECK(strstr(h.err.text, "bytes exceeded: the frames in use take 536"));
	CHECK(h.alloc.peak < h.alloc.used + (24u << 20));
	h.alloc.limit = 0;
	replay_free(&r);
	host_stop(&h);
}

/* Pageblocks get as many of each type as were counted. */
TEST(pageblock_types_add_up_to_the_recorded_counts)
{
	struct mmt_rng rng = { 3 };
	struct replay_options o = { 0 };
	struct replay r;
	struct host h;

	host_start(&h);
	host_churn(&h, &rng, 4000, held, 0, 2500);
	host_record(&h);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	for (unsigned i = 0; i < mm_nr_zones(h.sys); i++) {
		struct mm_zone_view host, model;

		mm_view_zone(h.sys, i, &host);
		mm_view_zone(r.allocator.sys, i, &model);
		CHECK_MEM(host.pageblocks, model.pageblocks, sizeof(host.pageblocks));
		CHECK_EQ(host.free + host.pcp, model.free + model.pcp);
	}
	replay_free(&r);
	host_stop(&h);
}

/* A pageblock of UNMOVABLE that is full of movable pages, as one becomes from which they were stolen.
 * Its content tells another type, and free pageblocks look more like it; but no list of UNMOVABLE
 * has a free block, so it was none of these:
 *
 *	pageblock	A: 512 movable	B: free ...	free UNMOVABLE, order 9: 0
 *	by content	MOVABLE		UNMOVABLE
 *	by its lists	UNMOVABLE	MOVABLE
 */
TEST(pageblock_types_agree_with_what_lists_held)
{
	struct replay_options o = { 0 };
	struct mm_zone_view host, model;
	struct replay r;
	struct host h;
	pfn_t pfn;

	host_start(&h);
	pfn = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER);
	CHECK_EQ(mm_seed_pageblock(h.sys, pfn, MIGRATE_UNMOVABLE, &h.err), 0);
	host_record(&h);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	mm_view_zone(h.sys, 1, &host);
	mm_view_zone(r.allocator.sys, 1, &model);
	CHECK_EQ(host.pageblocks[MIGRATE_UNMOVABLE], 1);
	CHECK_EQ(model.pageblocks[MIGRATE_UNMOVABLE], 1);
	CHECK_MEM(host.by_type, model.by_type, sizeof(host.by_type));
	replay_free(&r);
	host_stop(&h);
}

/* A free block of order 10 is two pageblocks in one list. The free one of RECLAIMABLE is none of these,
 * and what was UNMOVABLE has nothing free: only if both are exchanged do all lists agree.
 *
 *	pageblock	A, D: 512 movable	B: free, RECLAIMABLE	C: 512 movable, UNMOVABLE
 *	by content	MOVABLE			UNMOVABLE		MOVABLE
 */
TEST(free_pageblocks_agree_with_lists_of_both_orders)
{
	struct replay_options o = { 0 };
	struct mm_zone_view host, model;
	pfn_t block[4];
	struct replay r;
	struct host h;

	host_start(&h);
	host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER); /* at the end of the zone */
	for (unsigned i = 0; i < 4; i++)
		block[i] = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER);
	CHECK_EQ(block[1], block[0] + PAGEBLOCK_PAGES);
	host_free(&h, 0, block[1], PAGEBLOCK_ORDER);
	CHECK_EQ(mm_seed_pageblock(h.sys, block[1], MIGRATE_RECLAIMABLE, &h.err), 0);
	CHECK_EQ(mm_seed_pageblock(h.sys, block[2], MIGRATE_UNMOVABLE, &h.err), 0);
	host_record(&h);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	mm_view_zone(h.sys, 1, &host);
	mm_view_zone(r.allocator.sys, 1, &model);
	CHECK_EQ(host.by_type[MIGRATE_RECLAIMABLE][PAGEBLOCK_ORDER], 1);
	CHECK_MEM(host.by_type, model.by_type, sizeof(host.by_type));
	replay_free(&r);
	host_stop(&h);
}

/* A claim of a free block of order 10 changes the type of two pageblocks, and tells it of the first one.
 * Both were MOVABLE before, whatever left the second one later.
 *
 *	before		A: 900 pages of the kernel, UNMOVABLE	B: free, MOVABLE
 *	events		900 pages more: B is claimed, its second half used
 */
TEST(a_claim_of_two_pageblocks_tells_what_both_were)
{
	struct replay_options o = { 0 };
	struct mm_zone_view host, model;
	struct replay r;
	struct host h;

	host_start(&h);
	h.tells_refills = true;
	for (unsigned i = 0; i < 900; i++)
		host_alloc(&h, 0, GFP_KERNEL, 0);
	host_record(&h);
	for (unsigned i = 0; i < 900; i++)
		host_alloc(&h, 0, GFP_KERNEL, 0);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	mm_view_zone(h.sys, 1, &host);
	mm_view_zone(r.allocator.sys, 1, &model);
	CHECK_EQ(host.pageblocks[MIGRATE_UNMOVABLE], 4);
	CHECK_MEM(host.pageblocks, model.pageblocks, sizeof(host.pageblocks));
	CHECK_MEM(host.by_type, model.by_type, sizeof(host.by_type));
	replay_free(&r);
	host_stop(&h);
}

/* Which of two free blocks of an order is the first of its list no snapshot tells; which one the host
 * took first does. Before the recording blocks come to lists in an order that is not that of frames. */
TEST(free_lists_begin_in_the_order_of_what_was_taken)
{
	struct mmt_rng rng = { 17 };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	unsigned nr;

	host_start(&h);
	h.tells_refills = true;
	nr = host_churn(&h, &rng, 4000, held, 0, 2500);
	for (unsigned i = 0; i < nr; i += 2)
		host_free(&h, 0, held[i].pfn, held[i].order);
	mm_drain_all_pages(h.sys);
	host_record(&h);
	for (unsigned i = 0; i < 2000; i++)
		host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 0);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.allocator.compared, 2000);
	CHECK_EQ(r.allocator.same_frame, 2000);
	replay_free(&r);
	host_stop(&h);
}

/* Two pageblocks full of movable pages, one of them UNMOVABLE: content and free lists tell no
 * difference. A page of it that is freed and given to a request for UNMOVABLE, while none left a
 * list for the zone, does: it waited in a list of that type.
 *
 *	pageblock	A: 512 movable	B: 512 movable, UNMOVABLE
 *	events		free page of B, allocate for the kernel: the same page
 */
TEST(a_page_that_waited_in_a_list_tells_its_pageblocks_type)
{
	static unsigned pages[HOST_PAGES >> PAGEBLOCK_ORDER];
	struct replay_options o = { 0 };
	struct replay r;
	struct host h;
	pfn_t pfn = 0, again;

	host_start(&h);
	h.tells_refills = true;
	for (unsigned full = 0; full < 2;) {
		pfn = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 0);
		full += ++pages[pfn >> PAGEBLOCK_ORDER] == PAGEBLOCK_PAGES;
	}
	pfn &= ~(pfn_t)(PAGEBLOCK_PAGES - 1);
	CHECK_EQ(mm_seed_pageblock(h.sys, pfn, MIGRATE_UNMOVABLE, &h.err), 0);
	host_record(&h);
	host_free(&h, 0, pfn + 7, 0);
	again = host_alloc(&h, 0, GFP_KERNEL, 0);
	/* with a refill, so that it shows that the trace tells of these */
	host_alloc(&h, 1, GFP_KERNEL, 2);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(again, pfn + 7);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(r.survey.flow.told);
	CHECK_EQ(r.allocator.compared, 2);
	CHECK_EQ(r.allocator.same_frame, 2);
	replay_free(&r);
	host_stop(&h);
}

/* Two free pageblocks, one in a free list, the other in a CPU's list of movable huge pages. One of them
 * is UNMOVABLE: that in the free list, for a pageblock of another type would wait in another list.
 * Freed and asked for again, it is found there.
 */
TEST(a_huge_page_that_waited_in_a_list_is_of_a_movable_pageblock)
{
	struct replay_options o = { 0 };
	struct mm_tunables t;
	struct replay r;
	struct host h;
	pfn_t pfn, other, again;

	host_start(&h);
	h.tells_refills = true;
	/* lists that hold a huge page and some */
	t = h.sys->tunables;
	t.percpu_pagelist_high_fraction = MIN_PERCPU_PAGELIST_HIGH_FRACTION;
	CHECK_EQ(mm_set_tunables(h.sys, &t, &h.err), 0);
	pfn = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER);
	other = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER);
	CHECK_EQ(mm_seed_pageblock(h.sys, other, MIGRATE_UNMOVABLE, &h.err), 0);
	host_free(&h, 0, pfn, PAGEBLOCK_ORDER);
	host_record(&h);
	CHECK_EQ(host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER), pfn);
	host_free(&h, 0, pfn, PAGEBLOCK_ORDER);
	again = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, PAGEBLOCK_ORDER);
	host_alloc(&h, 1, GFP_KERNEL, 2);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(again, pfn);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(r.survey.flow.told);
	CHECK_EQ(r.survey.witness[pfn >> PAGEBLOCK_ORDER] & ~SURVEY_LISTED, MIGRATE_MOVABLE + 1);
	CHECK_EQ(r.allocator.compared, 3);
	CHECK_EQ(r.allocator.same_frame, 3);
	replay_free(&r);
	host_stop(&h);
}

/* What lists held is found from refills: a block that no refill brought was there. So the model
 * refills when the host did, and its free lists hold as many pages after any number of requests.
 *
 *	host  CPU 0  order 0 MOVABLE [7 pages], UNMOVABLE [20], order 3 [2 blocks] ...
 *	model the same, from allocations before each list's first refill
 */
TEST(lists_begin_with_what_no_refill_brought)
{
	static const uint32_t gfp[] = { GFP_KERNEL, GFP_HIGHUSER_MOVABLE,
					GFP_KERNEL | __GFP_RECLAIMABLE };
	struct mmt_rng rng = { 5 };
	struct replay_options o = { .check = 3 };
	unsigned nr, refills = 0;
	struct replay r;
	struct host h;

	host_start(&h);
	h.tells_refills = true;
	nr = host_churn(&h, &rng, 3000, held, 0, 500);
	host_churn(&h, &rng, 200, held, nr, 500);
	host_record(&h);
	for (unsigned i = 0; i < 900; i++) {
		uint64_t before = host_counter(&h, "pcp_refill");

		host_alloc(&h, i % 7 == 0, gfp[i * i % 3], i % 11 ? 0 : i % 4);
		refills += host_counter(&h, "pcp_refill") != before;
		if (i % 300 == 299)
			host_snapshot(&h, MMT_SNAP_LIGHT);
	}
	host_finish(&h);
	CHECK(!h.broken);
	CHECK(refills > 10);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.compare.nr, 4);
	for (unsigned i = 0; i < mm_nr_zones(h.sys); i++) {
		struct mm_zone_view host, model;

		mm_view_zone(h.sys, i, &host);
		mm_view_zone(r.allocator.sys, i, &model);
		CHECK_EQ(model.free, host.free);
		CHECK_EQ(model.pcp, host.pcp);
	}
	for (size_t i = 0; i < r.compare.nr * r.compare.nr_zones; i++)
		CHECK_EQ(r.compare.sample[i].free, r.compare.sample[i].recorded_free);
	replay_free(&r);
	host_stop(&h);
}

/* What nothing says cannot be replayed. */
TEST(a_trace_without_start_snapshot_is_refused)
{
	struct replay_options o = { 0 };
	struct replay r;
	struct host h;

	host_start(&h);
	host_open(&h);
	host_alloc(&h, 0, GFP_KERNEL, 0);
	host_finish(&h);
	CHECK_EQ(host_replay(&h, &r, &o), -ENOTSUP);
	CHECK(strstr(h.err.text, "start snapshot"));
	replay_free(&r);
	host_stop(&h);
}

static int replay_set(struct host *h, struct replay *r, struct replay_options *o,
		      struct tunable_change *c, const char *set)
{
	struct mmt_err e = { 0 };

	if (tunable_parse(set, c, &e))
		return -EINVAL;
	*o = (struct replay_options){ .change = c, .nr_changes = 1, .check = 3 };
	return host_replay(h, r, o);
}

/* 64 MiB -> 48 MiB: frames beyond 12288 are gone. What was there moved or was given up; every page
 * that was in use is one or the other, and none of the kernel's was given up. */
TEST(less_ram_moves_the_population)
{
	struct mmt_rng rng = { 5 };
	struct tunable_change c;
	struct replay_options o;
	struct replay r;
	struct host h;
	struct mm_zone_view v;
	uint64_t movable = 0, kernel = 0;
	unsigned nr;

	host_start(&h);
	nr = host_churn(&h, &rng, 1500, held, 0, 500);
	for (unsigned i = 0; i < nr; i++)
		*(h.movable[held[i].pfn] ? &movable : &kernel) += 1u << held[i].order;
	CHECK(kernel < 3840 && kernel + movable > 3840);
	host_record(&h);
	host_churn(&h, &rng, 300, held, nr, 500);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(replay_set(&h, &r, &o, &c, "mem=48M"), 0);
	CHECK(!r.base && !r.allocator.as_recorded);
	mm_view_zone(r.allocator.sys, 1, &v);
	CHECK_EQ(v.start + v.spanned, 12288);
	/* the reserved frames are behind the cut */
	CHECK_EQ(v.managed, 8192);
	CHECK_EQ(r.allocator.compared, 0);
	replay_free(&r);
	/* 16 MiB hold the kernel's pages, and nothing else */
	CHECK_EQ(replay_set(&h, &r, &o, &c, "mem=17M"), 0);
	CHECK_EQ(r.initial.evicted_pages, movable);
	CHECK_EQ(r.initial.moved_pages, kernel);
	replay_free(&r);
	/* more of it: the added pages are free, but for the page structures */
	CHECK_EQ(replay_set(&h, &r, &o, &c, "mem=128M"), 0);
	mm_view_zone(r.allocator.sys, 1, &v);
	CHECK_EQ(v.start + v.spanned, 32768);
	CHECK_EQ(v.managed, 12000 + 16384 / 64 * 63);
	CHECK_EQ(total_free(r.allocator.sys), total_free(h.sys) + 16384 / 64 * 63);
	replay_free(&r);
	host_stop(&h);
}

/* 5000 pages of the kernel's do not fit into 16 MiB. */
TEST(pages_of_the_kernel_are_never_given_up)
{
	struct tunable_change c;
	struct replay_options o;
	struct replay r;
	struct host h;

	host_start(&h);
	for (unsigned i = 0; i < 5000; i++)
		CHECK(host_alloc(&h, 0, GFP_KERNEL, 0) != PFN_NONE);
	host_record(&h);
	host_finish(&h);
	CHECK_EQ(replay_set(&h, &r, &o, &c, "mem=16M"), -ENOTSUP);
	CHECK(strstr(h.err.text, "do not fit"));
	replay_free(&r);
	host_stop(&h);
}

/* The snapshot reads frames one after the other while the host runs on:
 *
 *	snapshot_begin   free(X), X above 48 MiB   snap_pages: X is free   snapshot_end
 *
 * X was in use at the start, so in a smaller machine it lies elsewhere, and is freed there. */
TEST(less_ram_moves_what_was_freed_before_it_was_read)
{
	struct tunable_change c;
	struct replay_options o;
	struct replay r;
	struct host h;
	unsigned freed = 0;
	pfn_t block[300];

	host_start(&h);
	for (unsigned i = 0; i < 300; i++)
		block[i] = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 5);
	host_open(&h);
	HOST_ROW(&h, snapshot_begin, MMT_SNAP_FULL, 0);
	for (unsigned i = 0; i < mm_nr_zones(h.sys); i++)
		host_zone_rows(&h, i);
	for (unsigned i = 0; i < 300; i++)
		if (block[i] != PFN_NONE && block[i] >= 12288) {
			host_free(&h, 0, block[i], 5);
			freed++;
		}
	host_pages(&h);
	HOST_ROW(&h, snapshot_end, MMT_SNAP_FULL, h.seq++);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK(freed > 0);
	CHECK_EQ(replay_set(&h, &r, &o, &c, "mem=48M"), 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_REFUSED], 0);
	CHECK_EQ(r.initial.moved_pages, freed * 32);
	replay_free(&r);
	host_stop(&h);
}

TEST(nodes_cut_the_machine)
{
	struct mmt_rng rng = { 5 };
	struct tunable_change c;
	struct replay_options o;
	struct replay r;
	struct host h;
	uint64_t managed = 0;

	host_start(&h);
	host_churn(&h, &rng, 500, held, 0, 500);
	host_record(&h);
	host_finish(&h);
	CHECK(!h.broken);
	/* 64 MiB are two nodes of 32 MiB at most */
	CHECK_EQ(replay_set(&h, &r, &o, &c, "nodes=3"), -ENOTSUP);
	replay_free(&r);
	CHECK_EQ(replay_set(&h, &r, &o, &c, "nr_cpus=4"), 0);
	CHECK_EQ(r.allocator.nr_cpus, 4);
	for (unsigned i = 0; i < mm_nr_zones(r.allocator.sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(r.allocator.sys, i, &v);
		managed += v.managed;
	}
	CHECK_EQ(managed, 3840 + 12000);
	replay_free(&r);
	host_stop(&h);
}

TEST_MAIN
