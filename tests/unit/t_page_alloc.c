// SPDX-License-Identifier: GPL-2.0-only
/* Whole requests: which zone serves them, what the slow path asks for and when, which frees count.
 */
#include "tests/unit/mm_machine.h"

TEST_NAMED(transition, "KAT 1.3f 17151 free pages keep the fast path, 17150 wake kswapd")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	int64_t normal = sys->zone[R1_NORMAL].free, dma32 = sys->zone[R1_DMA32].free;
	pfn_t pfn;

	/* Order 4 goes through no PCP list, and 16 pages need 15 more to be free. */
	force_free(sys, R1_DMA32, 3948 + 12890);
	force_free(sys, R1_NORMAL, 17151);
	CHECK(zone_watermark_fast(&sys->zone[R1_NORMAL], 0, 17150, ZONE_NORMAL, 0));
	pfn = get(sys, GFP_KERNEL, 0, 0);
	CHECK_EQ(mm_zone_of(sys, pfn), R1_NORMAL);
	CHECK_EQ(counter(sys, "alloc_slowpath"), 0);
	CHECK_EQ(counter(sys, "kswapd_wake_calls"), 0);
	CHECK(sys->zone[R1_NORMAL].below_high);

	force_free(sys, R1_NORMAL, 17150);
	pfn = get(sys, GFP_KERNEL, 0, 1);
	CHECK_EQ(mm_zone_of(sys, pfn), R1_NORMAL);
	CHECK_EQ(counter(sys, "alloc_slowpath"), 1);
	CHECK_EQ(counter(sys, "kswapd_wake_calls"), 1);
	CHECK_EQ(counter(sys, "allocstall_normal"), 0);
	force_free(sys, R1_NORMAL, normal - 126);
	force_free(sys, R1_DMA32, dma32);
	machine_end(&m);
}

TEST_NAMED(below_high,
	   "KAT 2.8a 2.7f at its high watermark a zone is noted as short, one page above not")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	unsigned order;

	for (order = 0; order <= 3; order += 3) {
		/* the list of the CPU has blocks afterwards: only the count decides */
		CHECK(get(sys, GFP_KERNEL, order, 0) != PFN_NONE);
		CHECK(!z->below_high);
		force_free(sys, R1_NORMAL, 20580 + (1 << order));
		CHECK(get(sys, GFP_KERNEL, order, 0) != PFN_NONE);
		CHECK(!z->below_high);
		force_free(sys, R1_NORMAL, 20580 + (1 << order) - 1);
		CHECK(get(sys, GFP_KERNEL, order, 0) != PFN_NONE);
		CHECK(z->below_high);
		z->below_high = false;
		force_free(sys, R1_NORMAL, z->managed - zone_pcp_pages(sys, z) - z->allocated);
	}
	CHECK_EQ(counter(sys, "alloc_slowpath"), 0);
	machine_end(&m);
}

TEST_NAMED(spill, "KAT 2.8a Normal below low, DMA32 well off: the page comes from DMA32")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	int64_t normal = sys->zone[R1_NORMAL].free, dma32 = sys->zone[R1_DMA32].free;
	pfn_t pfn;

	force_free(sys, R1_NORMAL, 17150);
	force_free(sys, R1_DMA32, 3948 + 12890 + 1);
	pfn = get(sys, GFP_KERNEL, 0, 0);
	CHECK_EQ(mm_zone_of(sys, pfn), R1_DMA32);
	CHECK_EQ(counter(sys, "pgalloc_dma32"), 1);
	CHECK_EQ(counter(sys, "pgalloc_normal"), 0);
	CHECK_EQ(counter(sys, "alloc_slowpath"), 0);
	force_free(sys, R1_NORMAL, normal);
	force_free(sys, R1_DMA32, dma32 - 63);
	machine_end(&m);
}

TEST_NAMED(nofragment, "KAT 2.8a before pageblocks are mixed, DMA32 is tried")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);
	struct zone *z;
	pfn_t pfn, i;

	/* Normal has much free memory, but none of it UNMOVABLE and in blocks of order 8 only;
	 * DMA32 has whole pageblocks. GFP_KERNEL at order 4 claims one there. */
	for (i = 0; i < 200; i++)
		CHECK_EQ(mm_seed_free(sys, 1048576 + i * 512, 8, &m.err), 0);
	for (i = 0; i < 100; i++)
		CHECK_EQ(mm_seed_free(sys, 4096 + i * 1024, 10, &m.err), 0);
	pfn = get(sys, GFP_KERNEL, 4, 0);
	CHECK_EQ(mm_zone_of(sys, pfn), R1_DMA32);
	CHECK_EQ(mm_pageblock_type(sys, pfn), MIGRATE_UNMOVABLE);
	/* With DMA32 too small to serve, Normal's pageblocks are mixed after all. */
	z = &sys->zone[R1_DMA32];
	z->wmark[WMARK_LOW] = z->wmark[WMARK_HIGH] = z->wmark[WMARK_PROMO] = 700000;
	pfn = get(sys, GFP_KERNEL, 4, 0);
	CHECK_EQ(mm_zone_of(sys, pfn), R1_NORMAL);
	CHECK_EQ(counter(sys, "alloc_slowpath"), 0);
	machine_end(&m);
}

TEST_NAMED(nofragment_uma, "KAT 2.8a without DMA32 pageblocks are kept unmixed on one node only")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 0, 4096, 4096, 4096 },
		{ 0, ZONE_NORMAL, 1048576, 8192, 8192, 8192 },
		{ 1, ZONE_NORMAL, 1056768, 8192, 8192, 8192 },
	};
	unsigned nodes;

	for (nodes = 1; nodes <= 2; nodes++) {
		struct mm_config c = machine_config(zones, 1 + nodes, nodes, 1);
		struct machine m;
		struct mm_system *sys;
		pfn_t i;

		c.tunables.thp = false;
		c.tunables.lowmem_reserve_ratio[ZONE_DMA] = 0;
		sys = machine_create(&m, &c);
		/* Normal has movable blocks of order 8, DMA whole pageblocks */
		for (i = 0; i < 16; i++)
			CHECK_EQ(mm_seed_free(sys, 1048576 + i * 512, 8, &m.err), 0);
		for (i = 0; i < 4; i++)
			CHECK_EQ(mm_seed_free(sys, i * 1024, 10, &m.err), 0);
		CHECK_EQ(mm_zone_of(sys, get(sys, GFP_KERNEL, 4, 0)), nodes == 1 ? 0 : 1);
		machine_end(&m);
	}
}

TEST_NAMED(lowmem, "KAT 1.1b 1.2b GFP_DMA and GFP_DMA32 stay in their zones")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);

	CHECK_EQ(mm_zone_of(sys, get(sys, GFP_KERNEL | GFP_DMA, 0, 0)), R1_DMA);
	CHECK_EQ(mm_zone_of(sys, get(sys, GFP_KERNEL | GFP_DMA32, 2, 0)), R1_DMA32);
	CHECK_EQ(mm_zone_of(sys, get(sys, GFP_KERNEL, 0, 0)), R1_NORMAL);
	CHECK_EQ(get(sys, GFP_KERNEL | GFP_DMA | GFP_DMA32, 0, 0), PFN_NONE);
	CHECK_EQ(counter(sys, "alloc_invalid"), 1);
	CHECK_EQ(counter(sys, "alloc_fail"), 0);
	machine_end(&m);
}

TEST_NAMED(atomic, "KAT 3.3b GFP_ATOMIC passes while more than 5145 pages are free")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	int64_t normal = sys->zone[R1_NORMAL].free, dma32 = sys->zone[R1_DMA32].free;

	force_free(sys, R1_DMA32, 0);
	force_free(sys, R1_NORMAL, 5145);
	CHECK_EQ(get(sys, GFP_ATOMIC, 0, 0), PFN_NONE);
	CHECK_EQ(counter(sys, "alloc_fail"), 1);
	CHECK_EQ(counter(sys, "kswapd_wake_calls"), 2); /* once at first, once in the loop */
	force_free(sys, R1_NORMAL, 5146);
	CHECK(get(sys, GFP_ATOMIC, 0, 0) != PFN_NONE);
	force_free(sys, R1_NORMAL, normal - 63);
	force_free(sys, R1_DMA32, dma32);
	machine_end(&m);
}

TEST_NAMED(nowait, "KAT 3.1c GFP_NOWAIT wakes kswapd and never reclaims")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 1024, 1);

	CHECK_EQ(get(sys, GFP_NOWAIT, 0, 0), PFN_NONE);
	CHECK(counter(sys, "kswapd_wake_calls") > 0);
	CHECK_EQ(counter(sys, "allocstall_normal"), 0);
	CHECK_EQ(counter(sys, "out_of_memory_calls"), 0);
	/* Without __GFP_KSWAPD_RECLAIM not even that. */
	CHECK_EQ(get(sys, 0, 0, 0), PFN_NONE);
	CHECK_EQ(counter(sys, "kswapd_wake_calls"), 2);
	machine_end(&m);
}

TEST_NAMED(memalloc, "KAT 3.1b 3.3d watermarks and who ignores them")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 1024, 1);
	struct zone *z = &sys->zone[0];
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };
	unsigned i;

	CHECK_EQ(mm_seed_free(sys, 0, 2, &m.err), 0);
	for (i = 0; i < NR_WMARK; i++)
		z->wmark[i] = 100;
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	rq.gfp = GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC;
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	rq.gfp = GFP_KERNEL | __GFP_MEMALLOC;
	CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	/* kswapd, with few pages free */
	rq.gfp = GFP_KERNEL;
	rq.memalloc = true;
	CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	rq.gfp = GFP_KERNEL | __GFP_NOMEMALLOC;
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	machine_end(&m);
}

TEST_NAMED(pf_memalloc_last, "KAT 3.3d a PF_MEMALLOC request takes the last free page")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1, .memalloc = true };

	CHECK_EQ(mm_seed_free(sys, 2000000, 0, &m.err), 0);
	CHECK_EQ(mm_alloc_pages(sys, &rq), 2000000);
	CHECK_EQ(sys->zone[R1_NORMAL].free, 0);
	machine_end(&m);
}

TEST_NAMED(oom_victim, "KAT 3.3b 16.4a a victim of the OOM killer digs to half of min")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .order = 4, .node = -1 };
	unsigned i;

	for (i = 0; i < NR_WMARK; i++)
		sys->zone[0].wmark[i] = 800;
	CHECK_EQ(mm_seed_free(sys, 1024, 9, &m.err), 0);
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	rq.oom_victim = true;
	/* 512 - 15 > 400, 496 - 15 > 400 ... until 416 - 15 is the last to pass */
	for (i = 0; i < 7; i++)
		CHECK_EQ(mm_alloc_pages(sys, &rq) != PFN_NONE, 512 - 16 * i - 15 > 400);
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	machine_end(&m);
}

TEST_NAMED(thisnode, "KAT 4.2c __GFP_THISNODE never leaves its node")
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL | __GFP_THISNODE, .node = 0 };
	unsigned i;

	for (i = 0; i < 32; i++)
		CHECK_EQ(mm_seed_free(sys, 65536 + i * 1024, 10, &m.err), 0);
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	rq.node = 1;
	CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	machine_end(&m);
}

TEST_NAMED(numa, "KAT 4.2c 4.4c an exhausted node falls back; MISS there, FOREIGN here")
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };
	struct mm_zone_view v[3];
	unsigned i;

	for (i = 0; i < 32; i++)
		CHECK_EQ(mm_seed_free(sys, 65536 + i * 1024, 10, &m.err), 0);
	for (i = 0; i < 4; i++)
		CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 1);
	CHECK_EQ(counter(sys, "alloc_slowpath"), 0);
	for (i = 0; i < 3; i++)
		mm_view_zone(sys, i, &v[i]);
	CHECK_EQ(v[1].numa_miss, 4);
	CHECK_EQ(v[0].numa_foreign, 4);
	CHECK_EQ(v[1].numa_other, 4);
	CHECK_EQ(v[1].numa_hit, 0);
	/* CPU 1, on its own node */
	rq.cpu = 1;
	CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	/* CPU 0 asks for node 1: a hit, but not local */
	rq.cpu = 0;
	rq.node = 1;
	CHECK(mm_alloc_pages(sys, &rq) != PFN_NONE);
	mm_view_zone(sys, 1, &v[1]);
	CHECK_EQ(v[1].numa_hit, 2);
	CHECK_EQ(v[1].numa_local, 1);
	CHECK_EQ(v[1].numa_other, 5);
	CHECK_EQ(counter(sys, "numa_hit"), 2);
	CHECK_EQ(counter(sys, "numa_foreign"), 4);
	machine_end(&m);
}

TEST_NAMED(nodemask, "KAT 4.3b a nodemask is not left, except with reserves")
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = 0, .nodemask = 1 << 2 };

	CHECK_EQ(mm_seed_free(sys, 0, 10, &m.err), 0);
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	rq.memalloc = true;
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 0);
	machine_end(&m);
}

TEST_NAMED(remote_mixes, "KAT 2.8a a near node's mixed pageblock beats a remote node")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 4096, 8192, 8192, 8192 },
		{ 0, ZONE_NORMAL, 1048576, 8192, 8192, 8192 },
		{ 1, ZONE_NORMAL, 1056768, 8192, 8192, 8192 },
	};
	struct mm_config c = machine_config(zones, 3, 2, 2);
	struct machine m;
	struct mm_system *sys;
	pfn_t i, pfn;

	c.tunables.thp = false;
	sys = machine_create(&m, &c);
	/* node 0 Normal: movable blocks of order 8 only, DMA32 nothing; node 1: whole pageblocks */
	for (i = 0; i < 8; i++)
		CHECK_EQ(mm_seed_free(sys, 1048576 + i * 512, 8, &m.err), 0);
	for (i = 0; i < 8; i++)
		CHECK_EQ(mm_seed_free(sys, 1056768 + i * 1024, 10, &m.err), 0);
	pfn = get(sys, GFP_KERNEL, 4, 0);
	CHECK_EQ(mm_zone_of(sys, pfn), 1);
	CHECK_EQ(counter(sys, "numa_hit"), 1);
	machine_end(&m);
}

TEST_NAMED(free_twice, "KAT 2.3 a page freed twice: refused, counted, nothing changes")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	pfn_t pfn = get(sys, GFP_KERNEL, 0, 0), large = get(sys, GFP_KERNEL, 5, 0);
	int64_t allocated = sys->zone[R1_NORMAL].allocated;

	CHECK(mm_is_allocated(sys, pfn, 0));
	CHECK(!mm_is_allocated(sys, pfn, 1));
	/* another order */
	CHECK(!mm_free_pages(sys, large, 4, 0));
	CHECK(!mm_free_pages(sys, large + 16, 4, 0));
	CHECK(!mm_free_pages(sys, large & ~127u, 7, 0));
	CHECK_EQ(counter(sys, "free_refused_order"), 3);
	CHECK_EQ(sys->zone[R1_NORMAL].allocated, allocated);
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK(mm_free_pages(sys, large, 5, 0));
	/* in a PCP list, and in a buddy list */
	CHECK(!mm_free_pages(sys, pfn, 0, 0));
	CHECK(!mm_free_pages(sys, large, 5, 0));
	CHECK(!mm_free_pages(sys, large + 3, 0, 0));
	CHECK_EQ(counter(sys, "free_refused_double"), 3);
	/* outside, misaligned, no such CPU */
	CHECK(!mm_free_pages(sys, 4194304 + 262144, 0, 0));
	CHECK(!mm_free_pages(sys, 0, 0, 0));
	CHECK(!mm_free_pages(sys, 4097, 1, 0));
	CHECK(!mm_free_pages(sys, 4096, 0, 4));
	CHECK_EQ(counter(sys, "free_refused_range"), 4);
	machine_end(&m);
}

TEST_NAMED(free_used, "frames in use since the start may be freed at any order, once")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 8192, 1);
	unsigned order;
	pfn_t pfn = 0;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		CHECK(mm_free_pages(sys, pfn + (1u << order), order, 0));
		CHECK(!mm_free_pages(sys, pfn + (1u << order), order, 0));
	}
	CHECK_EQ(counter(sys, "free_of_used_at_start"), 11);
	CHECK_EQ(counter(sys, "free_refused_double"), 11);
	mm_drain_all_pages(sys);
	CHECK_EQ(sys->zone[0].free, 2047);
	/* 1..2047 are free: 0 completes them */
	CHECK(mm_free_pages(sys, 0, 0, 0));
	mm_drain_all_pages(sys);
	CHECK_STR(FREE_LIST(sys, 0, 10, MIGRATE_MOVABLE), "0 1024");
	/* A range that has a free page, or a given out one, in it. */
	CHECK_EQ(mm_seed_free(sys, 4099, 0, &m.err), 0);
	CHECK(!mm_free_pages(sys, 4096, 3, 0));
	CHECK(!mm_free_pages(sys, 4096, 10, 0));
	CHECK_EQ(counter(sys, "free_refused_order"), 2);
	CHECK(mm_free_pages(sys, 4096, 1, 0));
	machine_end(&m);
}

TEST_NAMED(free_more, "no more pages can be freed than the zone manages")
{
	static const struct mm_zone_config zone = { 0, ZONE_NORMAL, 0, 4096, 4096, 1000 };
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .nr_nodes = 1,
			       .nr_cpus = 1,
			       .zones = &zone,
			       .nr_zones = 1,
			       .tunables = mm_default_tunables() };
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);

	CHECK(mm_free_pages(sys, 512, 9, 0));
	CHECK(!mm_free_pages(sys, 1024, 9, 0));
	CHECK(mm_free_pages(sys, 1024, 8, 0));
	CHECK_EQ(counter(sys, "free_refused_range"), 1);
	/* 2048..2559 come under management */
	CHECK_EQ(mm_online_pages(sys, 2048, 512, &m.err), 0);
	CHECK_EQ(sys->zone[0].managed, 1512);
	CHECK_EQ(mm_online_pages(sys, 2048, 1, &m.err), -EINVAL);
	CHECK_EQ(mm_online_pages(sys, 3000, 2000, &m.err), -EINVAL);
	/* a frame that holds something was under management all the time */
	CHECK_EQ(mm_seed_movable(sys, 2567, 1, &m.err), 0);
	CHECK_EQ(mm_online_pages(sys, 2560, 8, &m.err), -EINVAL);
	CHECK_EQ(sys->zone[0].managed, 1512);
	CHECK_EQ(mm_online_pages(sys, 2560, 7, &m.err), 0);
	CHECK_EQ(sys->zone[0].managed, 1519);
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	machine_end(&m);
}

TEST_NAMED(split, "a block that was split is freed in parts")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	pfn_t pfn = get(sys, GFP_TRANSHUGE, 9, 0), head = 0;
	int64_t allocated = sys->zone[R1_NORMAL].allocated;
	unsigned i;

	CHECK_EQ(mm_find_allocated(sys, pfn + 100, &head), 9);
	CHECK_EQ(head, pfn);
	CHECK(!mm_free_pages(sys, pfn + 3, 0, 0));
	CHECK(!mm_split_page(sys, pfn, 8, 0));
	CHECK(!mm_split_page(sys, pfn, 9, 10));
	CHECK(mm_split_page(sys, pfn, 9, 3));
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	CHECK_EQ(sys->zone[R1_NORMAL].allocated, allocated);
	CHECK_EQ(mm_find_allocated(sys, pfn + 100, &head), 3);
	CHECK_EQ(head, pfn + 96);
	CHECK(mm_split_page(sys, pfn, 3, 0));
	for (i = 0; i < 8; i++)
		CHECK(mm_free_pages(sys, pfn + i, 0, 0));
	for (; i < 512; i += 8)
		CHECK(mm_free_pages(sys, pfn + i, 3, 0));
	CHECK_EQ(sys->zone[R1_NORMAL].allocated, allocated - 512);
	machine_end(&m);
}

TEST_NAMED(conservation, "KAT 1.2a 20.1 managed = free + PCP + given out, all the time")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 2);
	pfn_t block[64];
	unsigned i, n = 0;

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	for (i = 0; i < 64; i++) {
		block[n] = get(sys, i % 3 ? GFP_KERNEL : GFP_HIGHUSER_MOVABLE, i % 6, i % 2);
		n += block[n] != PFN_NONE;
		CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	}
	CHECK_EQ(n, 64);
	for (i = 0; i < 64; i++) {
		CHECK(mm_free_pages(sys, block[i], i % 6, (i + 1) % 2));
		CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	}
	mm_drain_all_pages(sys);
	CHECK_EQ(sys->zone[0].free, 4096);
	CHECK_EQ(sys->zone[0].area[10].nr_free, 4);
	machine_end(&m);
}

TEST_NAMED(host_memory, "out of host memory: the request is refused, the state stays whole")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 65536, 1);

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK_EQ(mm_touched_bytes(sys), 0);
	/* two of them, one for a CPU's list, which has its slots then */
	CHECK(get(sys, GFP_KERNEL, 9, 0) != PFN_NONE);
	m.alloc.fail_at = m.alloc.calls + 1;
	m.alloc.fail_after = true;
	/* Whole pageblocks need no page records. */
	CHECK(get(sys, GFP_KERNEL, 9, 0) != PFN_NONE);
	CHECK(get(sys, GFP_KERNEL, 10, 0) != PFN_NONE);
	CHECK(!mm_host_failed(sys));
	CHECK_EQ(get(sys, GFP_KERNEL, 0, 0), PFN_NONE);
	CHECK(mm_host_failed(sys));
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	CHECK(!mm_free_pages(sys, 65535, 0, 0));
	machine_end(&m);
}

TEST_MAIN
