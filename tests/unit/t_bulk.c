// SPDX-License-Identifier: GPL-2.0-only
/* Many single pages at once, by node and by policy; reclaim of a near node before a far one. */
#include "tests/unit/mm_machine.h"

static struct mm_system *boot(struct machine *m)
{
	struct mm_system *sys = machine_r2(m);

	if (!sys || mm_seed_boot(sys, &m->err))
		return NULL;
	return sys;
}

/* How many of the pages are on each node, as "4 0 2". */
static const char *nodes(const struct mm_system *sys, const pfn_t *pfn, unsigned n, char *buf,
			 size_t size)
{
	unsigned on[3] = { 0 }, i;

	for (i = 0; i < n; i++)
		on[sys->zone[mm_zone_of(sys, pfn[i])].node]++;
	snprintf(buf, size, "%u %u %u", on[0], on[1], on[2]);
	return buf;
}

/*
 * A bulk takes its pages from the node preferred or gives up for a request for one page, so it has
 * no miss of its own: where its node is short, a caller who wants 4 pages asks 4 times, and each
 * page that comes is a miss there and foreign here.
 */
TEST_NAMED(stats, "KAT 4.4c a bulk of 4 on a remote node is 4 hits; 4 misses are 4 bulks")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = 1 };
	struct zone *z = sys->zone;
	pfn_t pfn[4];

	/* Asked from node 1 by CPU 0: on the node preferred, not on the CPU's. */
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 4, pfn), 4);
	CHECK_EQ(z[1].counter[ZC_ALLOC], 4);
	CHECK_EQ(z[1].counter[ZC_NUMA_OTHER], 4);
	CHECK_EQ(counter(sys, "numa_hit"), 4);
	CHECK_EQ(counter(sys, "pgalloc_normal"), 4);
	CHECK_EQ(counter(sys, "pcp_refill"), 1);
	/* A policy's mask leaves node 1 the first that may serve: it is the preferred one then. */
	rq.node = 0;
	rq.nodemask = 2;
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 4, pfn), 4);
	CHECK_EQ(counter(sys, "numa_miss"), 0);
	/* Node 0 is short of memory: the rest of the nodes get an ordinary request for one. */
	rq.nodemask = 0;
	z[0].wmark[WMARK_LOW] = z[0].wmark[WMARK_HIGH] = z[0].wmark[WMARK_PROMO] = 65536;
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 4, pfn), 1);
	CHECK_EQ(mm_zone_of(sys, pfn[0]), 1);
	CHECK_EQ(z[1].counter[ZC_NUMA_MISS], 1);
	CHECK_EQ(z[0].counter[ZC_NUMA_FOREIGN], 1);
	for (unsigned n = 1; n < 4; n++)
		CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 4 - n, pfn + n), 1);
	CHECK_EQ(z[1].counter[ZC_NUMA_MISS], 4);
	CHECK_EQ(z[0].counter[ZC_NUMA_FOREIGN], 4);
	CHECK_EQ(counter(sys, "numa_hit"), 8);
	machine_end(&m);
}

/*	Two zones of one node: Normal too low for the bulk, DMA32 not. Preferred is Normal, the page
 *	comes from its own node: hits, whatever the zone. */
TEST_NAMED(zones, "KAT 2.8a 4.4c a bulk wants its pages above the low watermark, in one zone")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 4096, 16384, 16384, 16384 },
		{ 0, ZONE_NORMAL, 1048576, 16384, 16384, 16384 },
	};
	struct mm_config c = machine_config(zones, 2, 1, 1);
	struct machine m;
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };
	struct mm_system *sys;
	pfn_t pfn[64];
	int64_t low;

	c.tunables.thp = false;
	sys = machine_create(&m, &c);
	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	low = zone_wmark(&sys->zone[1], WMARK_LOW);
	force_free(sys, 1, low + 65);
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 64, pfn), 64);
	CHECK_EQ(mm_zone_of(sys, pfn[0]), 1);
	mm_drain_all_pages(sys);
	/* Not strictly more than low + 64: the next zone. */
	force_free(sys, 1, low + 64);
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 64, pfn), 64);
	CHECK_EQ(mm_zone_of(sys, pfn[0]), 0);
	CHECK_EQ(counter(sys, "numa_hit"), 128);
	force_free(sys, 1, 16384 - 64);
	mm_destroy(sys);
}

TEST_NAMED(single, "KAT 14.2 a bulk of one, or one charged to a memcg, is an ordinary request")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL_ACCOUNT, .node = -1 };
	pfn_t pfn[8];

	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 8, pfn), 1);
	rq.gfp = GFP_KERNEL;
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 1, pfn), 1);
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 0, pfn), 0);
	rq.order = 1;
	CHECK_EQ(mm_alloc_pages_bulk(sys, &rq, 8, pfn), 0);
	CHECK_EQ(counter(sys, "alloc_invalid"), 1);
	machine_end(&m);
}

TEST_NAMED(policies, "KAT 4.3e 4.3f 4.3d a bulk is dealt to the nodes as the task's policy says")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };
	struct mm_tunables t = sys->tunables;
	struct mm_task_policy task = { 0 };
	struct mm_mempolicy p;
	char buf[32];
	pfn_t pfn[64];

	/* 10 over two nodes; 7: one gets 4, the one that is next. */
	mm_mempolicy_init(sys, &p, MPOL_INTERLEAVE, 5, 0, &m.err);
	mm_task_set_policy(&task, &p);
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 10, pfn), 10);
	CHECK_STR(nodes(sys, pfn, 10, buf, sizeof(buf)), "5 0 5");
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 7, pfn), 7);
	CHECK_STR(nodes(sys, pfn, 7, buf, sizeof(buf)), "4 0 3");
	/* Weights 3 and 1: 6 are 000100, and the next 6 go on with 0 (2 left of it), then 1000 1
	 */
	t.interleave_weight[0] = 3;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	mm_mempolicy_init(sys, &p, MPOL_WEIGHTED_INTERLEAVE, 3, 0, &m.err);
	mm_task_set_policy(&task, &p);
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 6, pfn), 6);
	CHECK_STR(nodes(sys, pfn, 6, buf, sizeof(buf)), "5 1 0");
	CHECK_EQ(task.il_prev, 0);
	CHECK_EQ(task.il_weight, 1);
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 6, pfn), 6);
	CHECK_STR(nodes(sys, pfn, 6, buf, sizeof(buf)), "4 2 0");
	/* Node 1 had its one page more, and nothing is left of it. */
	CHECK_EQ(task.il_prev, 1);
	CHECK_EQ(task.il_weight, 0);
	/* Nobody's turn begins with no page. */
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 0, pfn), 0);
	CHECK_EQ(task.il_prev, 1);
	CHECK_EQ(task.il_weight, 0);
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 2, pfn), 2);
	CHECK_STR(nodes(sys, pfn, 2, buf, sizeof(buf)), "2 0 0");
	CHECK_EQ(task.il_weight, 1);
	mm_mempolicy_init(sys, &p, MPOL_BIND, 4, 0, &m.err);
	mm_task_set_policy(&task, &p);
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 8, pfn), 8);
	CHECK_STR(nodes(sys, pfn, 8, buf, sizeof(buf)), "0 0 8");
	/* PREFERRED_MANY: what its nodes do not give comes from the CPU's. */
	mm_mempolicy_init(sys, &p, MPOL_PREFERRED_MANY, 6, 0, &m.err);
	mm_task_set_policy(&task, &p);
	sys->zone[1].wmark[WMARK_LOW] = sys->zone[1].wmark[WMARK_HIGH] = 65536;
	CHECK_EQ(mm_alloc_pages_bulk_mpol(sys, &rq, &task, 8, pfn), 8);
	CHECK_STR(nodes(sys, pfn, 8, buf, sizeof(buf)), "7 0 1");
	machine_end(&m);
}

struct near {
	struct mm_system *sys;
	unsigned asked, node;
	enum mm_node_reclaim result;
	int64_t frees;
};

static enum mm_node_reclaim on_node_reclaim(void *ctx, unsigned node,
					    const struct mm_alloc_request *rq)
{
	struct near *n = ctx;

	(void)rq;
	n->asked++;
	n->node = node;
	force_free(n->sys, node, n->sys->zone[node].free + n->frees);
	return n->result;
}

TEST_NAMED(near, "KAT 4.2c vm.zone_reclaim_mode reclaims the near node before it takes a far one's")
{
	struct near near = { .result = MM_NODE_RECLAIM_SUCCESS };
	struct mm_hooks hooks = { .ctx = &near, .node_reclaim = on_node_reclaim };
	struct machine m;
	struct mm_system *sys = near.sys = boot(&m);
	struct mm_tunables t = sys->tunables;
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .order = 4, .node = -1 };
	int64_t free = sys->zone[0].free;

	mm_set_hooks(sys, &hooks);
	force_free(sys, 0, 100);
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 1);
	CHECK_EQ(near.asked, 0);
	t.zone_reclaim_mode = 1;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	/* Nothing came of it: the far node after all. */
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 1);
	CHECK_EQ(near.asked, 1);
	CHECK_EQ(near.node, 0);
	CHECK_EQ(counter(sys, "zone_reclaim_success"), 1);
	near.frees = 4000;
	near.result = MM_NODE_RECLAIM_SOME;
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 0);
	CHECK_EQ(counter(sys, "zone_reclaim_failed"), 1);
	/* Not for those that cannot wait, nor on nodes of other CPUs, nor too far. */
	force_free(sys, 0, 100);
	near.asked = 0;
	rq.gfp = GFP_NOWAIT;
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 1);
	rq.gfp = GFP_KERNEL;
	rq.node = 0;
	rq.cpu = 1;
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 1);
	CHECK_EQ(near.asked, 0);
	near.result = MM_NODE_RECLAIM_FULL;
	rq.cpu = 0;
	CHECK_EQ(mm_zone_of(sys, mm_alloc_pages(sys, &rq)), 1);
	CHECK_EQ(near.asked, 1);
	force_free(sys, 0, free);
	mm_destroy(sys);
}

TEST_MAIN
