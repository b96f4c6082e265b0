// SPDX-License-Identifier: GPL-2.0-only
/* The slow path: what is asked of others, in which order, and when it is given up. */
#include "lib/mm/profile.h"
#include "tests/unit/mm_machine.h"

/* What the slow path asked for, one letter each: k wakes kswapd, r reclaims, c compacts (with its
 * priority), o asks the OOM killer. */
struct script {
	struct mm_system *sys;
	char log[8192];
	size_t n;
	unsigned reclaims, progress_until; /* reclaim claims progress that many times */
	unsigned free_at;		   /* the reclaim that frees a block of order 4 for real */
	unsigned reclaimable, only_node;
	unsigned late; /* order of a block that comes free after reclaim; 0: none */
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
	struct script *s = ctx;

	(void)type;
	if (s->late)
		mm_free_pages(s->sys, 1024, s->late, 0);
	s->late = 0;
	return node == s->only_node ? s->reclaimable : 0;
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
	struct mm_hooks hooks = {
		s, on_wake, on_reclaim, on_reclaimable, on_compact, on_oom, NULL
	};
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
	/* no IO, no compaction: it is skipped, which is no stall */
	CHECK_EQ(counter(s.sys, "compact_stall"), 5);
	RUN(s, GFP_NOIO | __GFP_NORETRY, 2, true);
	CHECK_STR(s.log, "kkr");
	CHECK_EQ(counter(s.sys, "compact_stall"), 5);
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
	/* reclaim would burden this node, where others may have plenty */
	RUN(s, GFP_TRANSHUGE | __GFP_NORETRY | __GFP_THISNODE, 9, true);
	CHECK_STR(s.log, "c2");
	machine_end(&m);
}

/*	min 100: 16 pages are free, a block of order 4; what can be reclaimed would do */
static void hopeful(struct machine *m, struct script *s)
{
	struct mm_system *sys = scripted(m, s);
	unsigned i;

	for (i = 0; i < NR_WMARK; i++)
		sys->zone[0].wmark[i] = 100;
	CHECK_EQ(mm_seed_free(sys, 512, 4, &m->err), 0);
}

TEST_NAMED(costly_noio, "KAT 2.8c a costly request that may not compact is not retried")
{
	struct script s = { .reclaimable = 1000, .progress_until = 1000 };
	struct machine m;

	hopeful(&m, &s);
	RUN(s, GFP_NOIO | __GFP_RETRY_MAYFAIL, 4, true);
	CHECK_EQ(s.reclaims, 1);
	machine_end(&m);
}

TEST_NAMED(compact_skipped, "KAT 2.8e skipped compaction is retried only if reclaim could help")
{
	struct script s = { .reclaimable = 1000,
			    .progress_until = 30,
			    .compact = MM_COMPACT_SKIPPED };
	struct machine m;

	/* costly: 16 rounds for reclaim's sake, more for compaction's while there is progress */
	hopeful(&m, &s);
	RUN(s, GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, true);
	CHECK_EQ(s.reclaims, 31);
	s.reclaimable = 0;
	RUN(s, GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, true);
	CHECK_EQ(s.reclaims, 1);
	RUN(s, GFP_HIGHUSER_MOVABLE, 2, true);
	CHECK_STR(s.log, "kkrc1o");
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

/*	Both nodes are full, and only the one that the cpuset forbids has something to reclaim. */
TEST_NAMED(reclaim_cpuset,
	   "KAT 2.8d Linux 6.1 retries for the sake of zones that the cpuset forbids")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 4096, 4096, 4096 },
		{ 1, ZONE_NORMAL, 4096, 4096, 4096, 4096 },
	};
	struct mm_config c = machine_config(zones, 2, 2, 1);
	struct mm_alloc_request rq = { .gfp = GFP_USER, .node = -1, .mems_allowed = 1 };
	struct script s = { .reclaimable = 1000, .only_node = 1 };
	struct mm_hooks hooks = { .ctx = &s,
				  .direct_reclaim = on_reclaim,
				  .reclaimable = on_reclaimable };
	struct machine m;

	s.sys = machine_create(&m, &c);
	mm_set_hooks(s.sys, &hooks);
	CHECK_EQ(mm_alloc_pages(s.sys, &rq), PFN_NONE);
	CHECK_EQ(s.reclaims, 1);
	s.sys->rules = mm_profile_rules(MM_PROFILE_6_1);
	CHECK_EQ(mm_alloc_pages(s.sys, &rq), PFN_NONE);
	CHECK_EQ(s.reclaims, 1 + 17);
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

TEST_NAMED(oom_look, "KAT 2.8f the last look before the OOM killer is at the high watermark")
{
	unsigned order;

	/* min 8, high 100: 64 pages that came free are not enough, 128 are */
	for (order = 6; order <= 7; order++) {
		struct script s = { .late = order };
		struct machine m;
		struct mm_system *sys = scripted(&m, &s);

		sys->zone[0].wmark[WMARK_MIN] = sys->zone[0].wmark[WMARK_LOW] = 8;
		sys->zone[0].wmark[WMARK_HIGH] = sys->zone[0].wmark[WMARK_PROMO] = 100;
		RUN(s, GFP_KERNEL, 0, order == 6);
		CHECK_EQ(s.ooms, order == 6);
		machine_end(&m);
	}
}

TEST_NAMED(oom_victim, "KAT 2.8c a victim of the OOM killer leaves the loop")
{
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1, .oom_victim = true };
	struct script s = { .victim = true };
	struct machine m;

	scripted(&m, &s);
	CHECK_EQ(mm_alloc_pages(s.sys, &rq), PFN_NONE);
	CHECK_STR(s.log, "kkro");
	machine_end(&m);
}

TEST_NAMED(oom_resets, "KAT 2.8c after a kill rounds without progress are counted anew")
{
	struct script s = { .reclaimable = 1000, .victim = true };
	struct machine m;

	scripted(&m, &s);
	RUN(s, GFP_KERNEL, 0, false);
	CHECK_EQ(s.ooms, 2);
	CHECK_EQ(s.reclaims, 17 + 17);
	machine_end(&m);
}

TEST_NAMED(oom_nofs, "KAT 2.8f without __GFP_FS nobody is killed, and it is retried")
{
	struct script s = { .progress_until = 3, .victim = true };
	struct machine m;

	/* reclaim makes progress thrice, and what is left to reclaim would not do */
	scripted(&m, &s);
	RUN(s, GFP_NOFS, 0, true);
	CHECK_STR(s.log, "kkrkrkrkr");
	CHECK_EQ(counter(s.sys, "out_of_memory_calls"), 4);
	RUN(s, GFP_NOIO, 2, true);
	CHECK_STR(s.log, "kkrkrkrkr");
	CHECK_EQ(s.ooms, 0);
	/* the retry is served by what comes free */
	s.free_at = 2;
	RUN(s, GFP_NOFS, 0, false);
	CHECK_STR(s.log, "kkrkr");
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

/*	Order 4: a round is over at costly orders, after __GFP_NORETRY, and where the cpuset has
 *	nothing; __GFP_NOFAIL starts another while reclaim makes progress. */
TEST_NAMED(nofail_progress, "KAT 2.8c 3.1c __GFP_NOFAIL goes on while reclaim makes progress")
{
	static const struct {
		uint32_t gfp;
		unsigned order;
		const char *log;
	} cases[] = {
		{ GFP_KERNEL, 4, "kc2krc1krc1kr" },
		{ GFP_KERNEL | __GFP_NORETRY, 0, "kkrkrkr" },
		/* skipped compaction ends a costly __GFP_NORETRY before its first round */
		{ GFP_KERNEL | __GFP_NORETRY, 4, "kc2krc2krc2kr" },
	};
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct script s = { .progress_until = 2, .free_at = 3 };
		struct machine m;

		scripted(&m, &s);
		s.compact = MM_COMPACT_SKIPPED;
		RUN(s, cases[i].gfp | __GFP_NOFAIL, cases[i].order, false);
		CHECK_STR(s.log, cases[i].log);
		CHECK_EQ(counter(s.sys, "nofail_gave_up"), 0);
		machine_end(&m);
		/* without progress the first round is the last */
		s = (struct script){ 0 };
		scripted(&m, &s);
		RUN(s, cases[i].gfp | __GFP_NOFAIL, cases[i].order, true);
		CHECK_EQ(s.reclaims, 1);
		CHECK_EQ(counter(s.sys, "nofail_gave_up"), 1);
		machine_end(&m);
	}
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

/*	The compactor works for an order-4 request; on its way frames 64-79 come free one by one. */
struct catch
{
	struct mm_system *sys;
	unsigned zone;
	pfn_t from;
	bool caught;
};

static enum mm_compact_result on_catch(void *ctx, const struct mm_alloc_request *rq,
				       unsigned priority)
{
	struct catch *c = ctx;
	pfn_t i;

	(void)priority;
	mm_capture_begin(c->sys, c->zone, rq);
	for (i = 0; i < 16; i++)
		mm_free_pages(c->sys, c->from + i, 0, 0);
	mm_drain_all_pages(c->sys);
	c->caught = mm_captured(c->sys);
	mm_capture_end(c->sys);
	return MM_COMPACT_SUCCESS;
}

TEST_NAMED(capture, "KAT 2.6c a block of the compactor's order goes to it as soon as it is whole")
{
	struct catch c = { .from = 64 };
	struct mm_hooks hooks = { .ctx = &c, .direct_compact = on_catch };
	struct machine m;
	struct mm_system *sys = c.sys = machine_tiny(&m, 4096, 1);
	unsigned i;

	mm_set_hooks(sys, &hooks);
	/* Its buddy 80-95 is free, but the block stops at the order that is waited for. */
	CHECK_EQ(mm_seed_free(sys, 80, 4, &m.err), 0);
	CHECK_EQ(get(sys, GFP_HIGHUSER_MOVABLE | __GFP_NORETRY | __GFP_MEMALLOC, 4, 0), 80);
	for (i = 0; i < NR_WMARK; i++)
		sys->zone[0].wmark[i] = 8;
	CHECK_EQ(get(sys, GFP_HIGHUSER_MOVABLE | __GFP_NORETRY, 4, 0), 64);
	CHECK(c.caught);
	CHECK(mm_is_allocated(sys, 64, 4));
	CHECK_EQ(counter(sys, "compact_capture"), 1);
	CHECK_EQ(counter(sys, "compact_success"), 1);
	/* Frames that only pass through the lists of the zone are not counted as given out. */
	CHECK_EQ(counter(sys, "pgalloc_normal"), 16);
	machine_end(&m);
}

TEST_NAMED(no_capture, "KAT 2.6c no unmovable pages into a movable pageblock, no CMA, one zone")
{
	static const struct {
		enum migratetype block;
		uint32_t gfp;
		unsigned zone;
		bool caught, caught_6_1;
	} cases[] = {
		{ MIGRATE_MOVABLE, GFP_HIGHUSER_MOVABLE, 0, true, false },
		{ MIGRATE_MOVABLE, GFP_KERNEL, 0, false, false },
		{ MIGRATE_RECLAIMABLE, GFP_KERNEL, 0, true, true },
		{ MIGRATE_UNMOVABLE, GFP_HIGHUSER_MOVABLE, 0, true, true },
		{ MIGRATE_CMA, GFP_HIGHUSER_MOVABLE, 0, false, false },
		{ MIGRATE_ISOLATE, GFP_HIGHUSER_MOVABLE, 0, false, false },
		{ MIGRATE_MOVABLE, GFP_HIGHUSER_MOVABLE, 1, false, false },
	};
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases) * NR_MM_PROFILES; i++) {
		enum mm_profile profile = (enum mm_profile)(i % NR_MM_PROFILES);
		unsigned at = i / NR_MM_PROFILES;
		bool caught = profile == MM_PROFILE_6_1 ? cases[at].caught_6_1 : cases[at].caught;
		struct catch c = { .from = 64, .zone = cases[at].zone };
		struct mm_alloc_request rq = { .gfp = cases[at].gfp, .order = 4 };
		struct machine m;

		c.sys = machine_tiny(&m, 4096, 1);
		c.sys->rules = c.sys->zone[0].rules = mm_profile_rules(profile);
		CHECK_EQ(mm_seed_pageblock(c.sys, 0, cases[at].block, &m.err), 0);
		on_catch(&c, &rq, 0);
		CHECK_EQ(c.caught, caught);
		CHECK_EQ(c.sys->zone[0].allocated, caught ? 16 : 0);
		/* A theft to count since 6.15, if it is one. */
		CHECK_EQ(counter(c.sys, "mm_page_alloc_extfrag"),
			 caught && profile == MM_PROFILE_6_18 &&
				 (int)cases[at].block != gfp_migratetype(cases[at].gfp));
		machine_end(&m);
	}
}

TEST_MAIN
