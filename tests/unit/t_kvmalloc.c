// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the kernel's that need not lie together. */
#include "tests/unit/mm_machine.h"

#define PAGES 32768u /* 128 MiB */

static pfn_t held[PAGES], page[1025];

/* A machine where every other page is free, so that there is no block but single pages. */
static struct mm_system *fragmented(struct machine *m)
{
	static const struct mm_zone_config zone = { 0, ZONE_NORMAL, 0, PAGES, PAGES, PAGES };
	struct mm_config c = machine_config(&zone, 1, 1, 1);
	struct mm_system *sys = machine_create(m, &c);
	const struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1, .memalloc = true };
	unsigned n = 0;

	if (!sys || mm_seed_boot(sys, &m->err))
		return NULL;
	while (n < PAGES && (held[n] = mm_alloc_pages(sys, &rq)) != PFN_NONE)
		n++;
	for (unsigned i = 0; i < n; i++)
		if (held[i] & 1)
			mm_free_pages(sys, held[i], 0, 0);
	mm_drain_all_pages(sys);
	return sys;
}

TEST_NAMED(single, "KAT 14.2 kvmalloc of 1 MiB without a block of order 8 gets 256 pages")
{
	struct machine m;
	struct mm_system *sys = fragmented(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };
	struct mm_zone_view before, after;
	bool whole = true;

	mm_view_zone(sys, 0, &before);
	CHECK_EQ(mm_kvmalloc(sys, &rq, 1 << 20, page, &whole), 256);
	CHECK(!whole);
	for (unsigned i = 0; i < 256; i++)
		CHECK(mm_is_allocated(sys, page[i], 0));
	mm_view_zone(sys, 0, &after);
	CHECK_EQ(before.free + before.pcp - after.free - after.pcp, 256);
	for (unsigned i = 0; i < 256; i++)
		CHECK(mm_free_pages(sys, page[i], 0, 0));
	machine_end(&m);
}

TEST_NAMED(block, "KAT 14.2 kvmalloc of 1 MiB gets a block of order 8 where there is one")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	const struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };
	bool whole;

	CHECK_EQ(mm_kvmalloc(sys, &rq, (1 << 20) - 5, page, &whole), 1);
	CHECK(whole);
	CHECK(mm_is_allocated(sys, page[0], 8));
	/* above the largest order there is no block to be asked for */
	CHECK_EQ(mm_kvmalloc(sys, &rq, (4 << 20) + 1, page, &whole), 1025);
	CHECK(!whole);
	machine_end(&m);
}

/* The block is asked for without retries, whatever the request says: nobody is killed for it. */
static unsigned kills;

static bool on_kill(void *ctx, const struct mm_alloc_request *rq)
{
	(void)ctx;
	(void)rq;
	kills++;
	return false;
}

TEST_NAMED(gentle,
	   "KAT 14.2 kvmalloc insists on no block: not for NOFAIL, and not if it cannot wait")
{
	struct mm_hooks hooks = { .out_of_memory = on_kill };
	struct machine m;
	struct mm_system *sys = fragmented(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL | __GFP_NOFAIL, .node = -1 };
	bool whole;

	mm_set_hooks(sys, &hooks);
	CHECK_EQ(mm_kvmalloc(sys, &rq, 2 << 20, page, &whole), 512);
	CHECK_EQ(kills, 0);
	for (unsigned i = 0; i < 512; i++)
		CHECK(mm_free_pages(sys, page[i], 0, 0));
	rq.gfp = GFP_ATOMIC;
	CHECK_EQ(mm_kvmalloc(sys, &rq, 1 << 20, page, &whole), 0);
	/* slabs are somebody else's */
	rq.gfp = GFP_KERNEL;
	CHECK_EQ(mm_kvmalloc(sys, &rq, 8192, page, &whole), 0);
	CHECK_EQ(counter(sys, "alloc_invalid"), 1);
	machine_end(&m);
}

/* 64 MiB are not there: what was got goes back. */
TEST_NAMED(nothing, "KAT 14.2 kvmalloc that does not get all keeps nothing")
{
	static pfn_t many[PAGES];
	struct machine m;
	struct mm_system *sys = fragmented(&m);
	const struct mm_alloc_request rq = { .gfp = GFP_KERNEL | __GFP_NORETRY, .node = -1 };
	struct mm_zone_view before, after;
	bool whole;

	mm_view_zone(sys, 0, &before);
	CHECK_EQ(mm_kvmalloc(sys, &rq, (uint64_t)PAGES << 12, many, &whole), 0);
	mm_view_zone(sys, 0, &after);
	CHECK_EQ(before.free + before.pcp, after.free + after.pcp);
	machine_end(&m);
}

TEST_MAIN
