// SPDX-License-Identifier: GPL-2.0-only
/* The reserve for requests of some pages that cannot wait: its size, who takes from it, how it goes. */
#include "tests/unit/mm_machine.h"

TEST_NAMED(limit, "KAT 2.2f from 1 % of 51200 pages on a zone has a reserve")
{
	unsigned less;

	for (less = 0; less < 2; less++) {
		struct machine m;
		struct mm_system *sys = machine_tiny(&m, 51200 - less, 1);

		reserve_highatomic_pageblock(sys, &sys->zone[0], 0, 1);
		reserve_highatomic_pageblock(sys, &sys->zone[0], 512, 1);
		CHECK_EQ(sys->zone[0].reserved_highatomic, less ? 0 : 512);
		machine_end(&m);
	}
}

/*	|HIGHATOMIC, half of it free| ..., and nothing else is */
static void all_reserved(struct machine *m, unsigned blocks)
{
	struct mm_system *sys = machine_tiny(m, 204800, 1);
	unsigned i;

	for (i = 0; i < blocks; i++) {
		CHECK_EQ(mm_seed_free(sys, i * 512, 8, &m->err), 0);
		reserve_highatomic_pageblock(sys, &sys->zone[0], i * 512, 1);
	}
	CHECK_EQ(sys->zone[0].free_highatomic, 256 * blocks);
}

TEST_NAMED(last_resort,
	   "KAT 2.2f who cannot wait and victims of the OOM killer take the reserve last")
{
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL | __GFP_NORETRY, .order = 4, .node = -1 };
	struct mm_system *sys;
	struct machine m;
	pfn_t pfn;

	all_reserved(&m, 1);
	sys = m.sys;
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	rq.oom_victim = true;
	pfn = mm_alloc_pages(sys, &rq);
	CHECK_EQ(mm_pageblock_type(sys, pfn), MIGRATE_HIGHATOMIC);
	/* GFP_NOWAIT has no __GFP_HIGH, thus nothing of its own there */
	rq = (struct mm_alloc_request){ .gfp = GFP_NOWAIT, .node = -1 };
	pfn = mm_alloc_pages(sys, &rq);
	CHECK_EQ(mm_pageblock_type(sys, pfn), MIGRATE_HIGHATOMIC);
	rq.gfp = GFP_NOWAIT | __GFP_NOMEMALLOC;
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	machine_end(&m);
}

/* Reclaim that claims to have freed pages, which others took, @progress times. */
struct nobody {
	unsigned reclaims, progress, ooms;
};

static uint64_t on_reclaim(void *ctx, const struct mm_alloc_request *rq)
{
	struct nobody *n = ctx;

	(void)rq;
	return n->reclaims++ < n->progress;
}

static bool on_oom(void *ctx, const struct mm_alloc_request *rq)
{
	(void)rq;
	((struct nobody *)ctx)->ooms++;
	return false;
}

TEST_NAMED(released,
	   "KAT 2.2f the reserve goes after reclaim that did not help, its last before OOM")
{
	struct nobody n = { .progress = 1 };
	struct mm_hooks hooks = { .ctx = &n,
				  .direct_reclaim = on_reclaim,
				  .out_of_memory = on_oom };
	struct mm_system *sys;
	struct machine m;

	all_reserved(&m, 2);
	sys = m.sys;
	mm_set_hooks(sys, &hooks);
	CHECK(get(sys, GFP_KERNEL, 4, 0) != PFN_NONE);
	CHECK_EQ(n.reclaims, 1);
	CHECK_EQ(sys->zone[0].reserved_highatomic, 512);
	machine_end(&m);
	/* the last pageblock is kept until the OOM killer would be called */
	all_reserved(&m, 1);
	sys = m.sys;
	mm_set_hooks(sys, &hooks);
	n = (struct nobody){ .progress = 1 };
	CHECK_EQ(get(sys, GFP_KERNEL | __GFP_NORETRY, 0, 0), PFN_NONE);
	CHECK_EQ(sys->zone[0].reserved_highatomic, 512);
	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK_EQ(n.reclaims, 2);
	CHECK_EQ(n.ooms, 0);
	CHECK_EQ(sys->zone[0].reserved_highatomic, 0);
	machine_end(&m);
}

TEST_MAIN
