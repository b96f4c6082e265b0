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

/* What the slow path asked for, one letter each: k wakes kswapd, r reclaims, c compacts (with its
 * priority), o asks the OOM killer. */
struct script {
	struct mm_system *sys;
	char log[8192];
	size_t n;
	unsigned reclaims, progress_until; /* reclaim claims progress that many times */
	unsigned free_at;		   /* the reclaim that frees a block of order 4 for real */
	unsigned reclaimable;
	enum mm_compact_result compact;
	bool victim;
	unsigned ooms;
};

static void note(struct script *s, char c)
{
	if (s->n + 1 < sizeof(s->log))
		s->log[s->n++] = c;
}

static void on_wake(void *ctx, unsigned node, unsigned order, enum zone_type highest)
{
	(void)node;
	(void)order;
	(void)highest;
	note(ctx, 'k');
}

static uint64_t on_reclaim(void *ctx, const struct mm_alloc_request *rq)
{
	struct script *s = ctx;

	(void)rq;
	note(s, 'r');
	s->reclaims++;
	if (s->free_at && s->reclaims == s->free_at)
		return mm_free_pages(s->sys, 64, 4, 0) ? 16 : 0;
	return s->reclaims <= s->progress_until ? 32 : 0;
}

static uint64_t on_reclaimable(void *ctx, unsigned node, enum zone_type type)
{
	(void)node;
	(void)type;
	return ((struct script *)ctx)->reclaimable;
}

static enum mm_compact_result on_compact(void *ctx, const struct mm_alloc_request *rq,
					 unsigned priority)
{
	(void)rq;
	note(ctx, 'c');
	note(ctx, (char)('0' + priority));
	return ((struct script *)ctx)->compact;
}

static bool on_oom(void *ctx, const struct mm_alloc_request *rq)
{
	struct script *s = ctx;

	(void)rq;
	note(s, 'o');
	s->ooms++;
	/* The victim's memory comes with the second kill. */
	if (s->victim && s->ooms == 2)
		mm_free_pages(s->sys, 64, 4, 0);
	return s->victim;
}

static struct mm_system *scripted(struct machine *m, struct script *s)
{
	struct mm_hooks hooks = { s, on_wake, on_reclaim, on_reclaimable, on_compact, on_oom };
	struct mm_system *sys = machine_tiny(m, 4096, 1);

	s->sys = sys;
	mm_set_hooks(sys, &hooks);
	return sys;
}

#define RUN(s, gfp, order, expect_fail)                                               \
	do {                                                                          \
		(s).n = 0;                                                            \
		memset((s).log, 0, sizeof((s).log));                                  \
		(s).reclaims = 0;                                                     \
		CHECK_EQ(get((s).sys, (gfp), (order), 0) == PFN_NONE, (expect_fail)); \
	} while (0)

TEST_NAMED(order2, "KAT 2.8c order 2 MOVABLE reclaims before it compacts, order 4 the reverse")
{
	struct script s = { .compact = MM_COMPACT_COMPLETE };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_HIGHUSER_MOVABLE | __GFP_NORETRY, 2, true);
	CHECK_STR(s.log, "kkrc1");
	CHECK_EQ(counter(s.sys, "compact_stall"), 1);
	CHECK_EQ(counter(s.sys, "compact_fail"), 1);
	RUN(s, GFP_HIGHUSER_MOVABLE, 4, true);
	CHECK_STR(s.log, "kc2krc1");
	/* unmovable order 2: light compaction first, too */
	RUN(s, GFP_KERNEL | __GFP_NORETRY, 2, true);
	CHECK_STR(s.log, "kc2krc1");
	/* no IO, no compaction before reclaim */
	RUN(s, GFP_NOIO | __GFP_NORETRY, 2, true);
	CHECK_STR(s.log, "kkrc1");
	/* order 0 never compacts */
	RUN(s, GFP_KERNEL | __GFP_NORETRY, 0, true);
	CHECK_STR(s.log, "kkr");
	machine_end(&m);
}

TEST_NAMED(costly_noretry, "KAT 2.8c a costly __GFP_NORETRY request stops at skipped compaction")
{
	struct script s = { .compact = MM_COMPACT_SKIPPED };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_TRANSHUGE | __GFP_NORETRY, 9, true);
	CHECK_STR(s.log, "c2");
	s.compact = MM_COMPACT_DEFERRED;
	RUN(s, GFP_TRANSHUGE | __GFP_NORETRY, 9, true);
	CHECK_STR(s.log, "c2");
	/* it ran and failed: one round, no harder compaction */
	s.compact = MM_COMPACT_COMPLETE;
	RUN(s, GFP_TRANSHUGE | __GFP_NORETRY, 9, true);
	CHECK_STR(s.log, "c2rc2");
	machine_end(&m);
}

TEST_NAMED(reclaim_retry, "KAT 2.8d 16 rounds without progress are retried, the 17th is not")
{
	struct script s = { .reclaimable = 1000 };
	struct machine m;
	size_t i;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL, 0, true);
	CHECK_EQ(s.reclaims, 17);
	CHECK_EQ(s.ooms, 1);
	/* "k" first, then "kr" a round, "o" at the end */
	CHECK_EQ(s.n, 1 + 17 * 2 + 1);
	for (i = 1; i < s.n - 1; i++)
		CHECK_EQ(s.log[i], i % 2 ? 'k' : 'r');
	/* Nothing to reclaim: no retry at all. */
	s.reclaimable = 0;
	RUN(s, GFP_KERNEL, 0, true);
	CHECK_STR(s.log, "kkro");
	machine_end(&m);
}

TEST_NAMED(reclaim_progress, "KAT 2.8d progress resets the count, but not for costly orders")
{
	struct script s = { .reclaimable = 1000,
			    .progress_until = 100,
			    .compact = MM_COMPACT_DEFERRED };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL, 0, true);
	CHECK_EQ(s.reclaims, 100 + 17);
	/* Costly: a block of the order is missing, so it is not retried for reclaim's sake; it
	 * needs __GFP_RETRY_MAYFAIL to loop at all, and stops at SYNC_LIGHT. */
	CHECK_EQ(mm_seed_free(s.sys, 8, 3, &m.err), 0);
	RUN(s, GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, true);
	CHECK_STR(s.log, "kc2krc1");
	machine_end(&m);
}

TEST_NAMED(compact_retry, "KAT 2.8e from SYNC_LIGHT one escalation to SYNC_FULL, then OOM")
{
	struct script s = { .progress_until = 1000, .compact = MM_COMPACT_COMPLETE };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_HIGHUSER_MOVABLE, 2, true);
	CHECK_STR(s.log, "kkrc1krc0o");
	/* A success that does not serve is retried 16 times at each priority. */
	s.compact = MM_COMPACT_SUCCESS;
	RUN(s, GFP_HIGHUSER_MOVABLE, 2, true);
	CHECK_EQ(s.reclaims, 17 + 17);
	CHECK_EQ(s.log[s.n - 1], 'o');
	/* 4 times for a costly order, which is allowed no SYNC_FULL */
	RUN(s, GFP_HIGHUSER_MOVABLE | __GFP_RETRY_MAYFAIL, 5, true);
	CHECK_EQ(s.reclaims, 5);
	CHECK_EQ(s.log[s.n - 1], '1');
	machine_end(&m);
}

TEST_NAMED(oom_gate, "KAT 2.8f who may call the OOM killer")
{
	struct script s = { .compact = MM_COMPACT_DEFERRED };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL, 0, true);
	CHECK_EQ(s.ooms, 1);
	RUN(s, GFP_KERNEL, 4, true); /* costly */
	RUN(s, GFP_KERNEL | __GFP_RETRY_MAYFAIL, 0, true);
	RUN(s, GFP_KERNEL | __GFP_THISNODE, 0, true);
	RUN(s, GFP_KERNEL | __GFP_NORETRY, 0, true);
	RUN(s, GFP_ATOMIC, 0, true);
	CHECK_EQ(s.ooms, 1);
	machine_end(&m);
}

TEST_NAMED(oom_lowmem, "KAT 2.8f no kill for GFP_DMA")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);

	CHECK_EQ(get(sys, GFP_KERNEL | GFP_DMA, 0, 0), PFN_NONE);
	CHECK_EQ(counter(sys, "allocstall_dma"), 1);
	CHECK_EQ(counter(sys, "out_of_memory_calls"), 0);
	CHECK_EQ(get(sys, GFP_KERNEL, 0, 0), PFN_NONE);
	CHECK_EQ(counter(sys, "out_of_memory_calls"), 1);
	machine_end(&m);
}

TEST_NAMED(oom_helps, "KAT 2.8f a victim's memory ends the loop")
{
	struct script s = { .victim = true };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL, 0, false);
	CHECK_STR(s.log, "kkrokrok");
	CHECK_EQ(s.ooms, 2);
	machine_end(&m);
}

TEST_NAMED(reclaim_serves, "KAT 2.8c what direct reclaim frees is found, in PCP lists too")
{
	struct script s = { .free_at = 1 };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL, 0, false);
	CHECK_STR(s.log, "kkr");
	CHECK_EQ(counter(s.sys, "allocstall_normal"), 1);
	machine_end(&m);
}

TEST_NAMED(drain_after_reclaim, "KAT 2.7g a failed try after reclaim drains all PCP lists, once")
{
	struct script s = { .progress_until = 1 };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL | __GFP_NORETRY, 0, true);
	CHECK_EQ(counter(s.sys, "drain_all_pages"), 1);
	RUN(s, GFP_KERNEL | __GFP_NORETRY, 0, true);
	CHECK_EQ(counter(s.sys, "drain_all_pages"), 2);
	s.progress_until = 0;
	RUN(s, GFP_KERNEL | __GFP_NORETRY, 0, true);
	CHECK_EQ(counter(s.sys, "drain_all_pages"), 2);
	machine_end(&m);
}

TEST_NAMED(nofail, "KAT 3.1c __GFP_NOFAIL ends only when nobody can help")
{
	struct script s = { .victim = true };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL | __GFP_NOFAIL, 0, false);
	CHECK_EQ(s.ooms, 2);
	CHECK_EQ(counter(s.sys, "nofail_gave_up"), 0);
	machine_end(&m);
	s = (struct script){ 0 };
	scripted(&m, &s);
	RUN(s, GFP_KERNEL | __GFP_NOFAIL, 0, true);
	CHECK_EQ(counter(s.sys, "nofail_gave_up"), 1);
	machine_end(&m);
}

TEST_NAMED(boosted_wake, "KAT 1.3d a boost wakes kswapd when the request is done")
{
	struct script s = { 0 };
	struct machine m;
	struct mm_system *sys = scripted(&m, &s);

	sys->zone[0].wmark[WMARK_HIGH] = sys->zone[0].wmark[WMARK_PROMO] = 1000;
	CHECK_EQ(mm_seed_free(sys, 0, 8, &m.err), 0);
	RUN(s, GFP_KERNEL, 4, false);
	CHECK_STR(s.log, "k");
	CHECK_EQ(counter(sys, "alloc_slowpath"), 0);
	CHECK_EQ(sys->zone[0].boost, 512);
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
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .nr_nodes = 2,
			       .nr_cpus = 2,
			       .zones = zones,
			       .nr_zones = 3,
			       .tunables = mm_default_tunables() };
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
