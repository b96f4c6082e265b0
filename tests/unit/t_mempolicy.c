// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA memory policies: on which node a page is, of the three nodes of R2, 20 apart:
 *
 *	node 0 tries 0 1 2    node 1 tries 1 2 0    node 2 tries 2 0 1
 */
#include "lib/mm/profile.h"
#include "tests/unit/mm_machine.h"

/* R2 with all its memory free. */
static struct mm_system *boot(struct machine *m)
{
	struct mm_system *sys = machine_r2(m);

	if (!sys || mm_seed_boot(sys, &m->err))
		return NULL;
	return sys;
}

/* What is free in the zone of a node goes: tasks that free memory take everything. */
static void exhaust(struct mm_system *sys, int node)
{
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL | __GFP_THISNODE,
				       .node = (int16_t)node,
				       .memalloc = true };
	int order;

	for (order = MAX_PAGE_ORDER; order >= 0; order--) {
		rq.order = (uint8_t)order;
		while (mm_alloc_pages(sys, &rq) != PFN_NONE)
			;
	}
}

static struct mm_mempolicy policy_of(struct machine *m, enum mm_mempolicy_mode mode, uint64_t nodes)
{
	struct mm_mempolicy p = { 0 };

	if (mm_mempolicy_init(m->sys, &p, mode, nodes, 0, &m->err))
		test_true(__FILE__, __LINE__, m->err.text, false);
	return p;
}

static struct mm_task_policy task_of(struct machine *m, enum mm_mempolicy_mode mode, uint64_t nodes)
{
	struct mm_mempolicy p = policy_of(m, mode, nodes);
	struct mm_task_policy task = { 0 };

	mm_task_set_policy(&task, &p);
	return task;
}

#define NODES(...) nodes_of((const int[]){ __VA_ARGS__, -1 })

static uint64_t nodes_of(const int *n)
{
	uint64_t mask = 0;

	for (; *n >= 0; n++)
		mask |= 1ull << *n;
	return mask;
}

static struct mm_alloc_request user(unsigned cpu)
{
	return (struct mm_alloc_request){ .gfp = GFP_HIGHUSER_MOVABLE,
					  .cpu = (uint16_t)cpu,
					  .node = -1 };
}

/* Node of the page, or -1. */
static int where(struct mm_system *sys, pfn_t pfn)
{
	int z = pfn == PFN_NONE ? -1 : mm_zone_of(sys, pfn);
	struct mm_zone_view v;

	if (z < 0)
		return -1;
	mm_view_zone(sys, (unsigned)z, &v);
	return (int)v.node;
}

/* Nodes of @n single pages in a row, as "0202". With @vma: of its pages 0, 1, 2 ... */
static const char *row(struct mm_system *sys, struct mm_alloc_request rq,
		       struct mm_task_policy *task, struct mm_vma_policy *vma, unsigned n,
		       char *buf)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		int node;

		if (vma)
			vma->offset = i;
		node = where(sys, mm_alloc_pages_mpol(sys, &rq, task, vma));
		buf[i] = node < 0 ? '-' : (char)('0' + node);
	}
	buf[n] = 0;
	return buf;
}

TEST_NAMED(numbers, "KAT 4.3a modes are numbered and spelled as in Linux")
{
	CHECK_EQ(MPOL_DEFAULT, 0);
	CHECK_EQ(MPOL_PREFERRED, 1);
	CHECK_EQ(MPOL_BIND, 2);
	CHECK_EQ(MPOL_INTERLEAVE, 3);
	CHECK_EQ(MPOL_LOCAL, 4);
	CHECK_EQ(MPOL_PREFERRED_MANY, 5);
	CHECK_EQ(MPOL_WEIGHTED_INTERLEAVE, 6);
	CHECK_STR(mm_mempolicy_name(MPOL_PREFERRED_MANY), "preferred_many");
	CHECK_STR(mm_mempolicy_name(NR_MPOL_MODES), "?");
}

TEST_NAMED(precedence, "KAT 4.3a the policy of a VMA beats the task's, and that the default")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy task = task_of(&m, MPOL_INTERLEAVE, NODES(0, 1));
	struct mm_vma_policy bound = { .policy = policy_of(&m, MPOL_BIND, NODES(1)) };
	struct mm_vma_policy none = { .policy = { .mode = MPOL_DEFAULT } };
	char buf[16];

	CHECK_STR(row(sys, user(0), &task, &bound, 4, buf), "1111");
	CHECK_STR(row(sys, user(2), &task, &none, 4, buf), "0101");
	CHECK_STR(row(sys, user(2), NULL, &none, 4, buf), "2222");
	/* Kernel pages of the task heed its own policy, unless they name their node. */
	CHECK_STR(row(sys, user(2), &task, NULL, 4, buf), "0101");
	{
		struct mm_alloc_request rq = user(2);

		rq.gfp |= __GFP_THISNODE;
		CHECK_STR(row(sys, rq, &task, NULL, 4, buf), "2222");
	}
	mm_destroy(sys);
}

TEST_NAMED(restricted,
	   "KAT 4.3a a policy keeps the nodes that have memory and that the cpuset allows")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 65536, 65536, 65536 },
		{ 1, ZONE_NORMAL, 65536, 65536, 65536, 65536 },
	};
	struct mm_config c = machine_config(zones, 2, 3, 3); /* node 2 has none */
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);
	struct mm_mempolicy p;

	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_BIND, NODES(0, 1, 2), 0, &m.err), 0);
	CHECK_EQ(p.nodes, NODES(0, 1));
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_BIND, NODES(0, 1, 2), NODES(1, 2), &m.err), 0);
	CHECK_EQ(p.nodes, NODES(1));
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_BIND, NODES(2), 0, &m.err), -EINVAL);
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_BIND, 0, 0, &m.err), -EINVAL);
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_DEFAULT, NODES(0), 0, &m.err), -EINVAL);
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_LOCAL, NODES(0), 0, &m.err), -EINVAL);
	CHECK_EQ(mm_mempolicy_init(sys, &p, NR_MPOL_MODES, NODES(0), 0, &m.err), -EINVAL);
	CHECK_EQ(p.nodes, NODES(1));
	/* PREFERRED takes one node; of none, it is LOCAL. */
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_PREFERRED, NODES(0, 1), NODES(1), &m.err), 0);
	CHECK_EQ(p.nodes, NODES(1));
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_PREFERRED, 0, 0, &m.err), 0);
	CHECK_EQ(p.mode, MPOL_LOCAL);
	machine_end(&m);
}

TEST_NAMED(bind,
	   "KAT 4.3b BIND stays on its nodes, nearest first, and fails rather than leave them")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy task = task_of(&m, MPOL_BIND, NODES(1, 2));
	char buf[16];

	/* From the CPU's node: 0 tries 1 before 2. */
	CHECK_STR(row(sys, user(0), &task, NULL, 3, buf), "111");
	CHECK_STR(row(sys, user(2), &task, NULL, 3, buf), "222");
	exhaust(sys, 1);
	CHECK_STR(row(sys, user(0), &task, NULL, 3, buf), "222");
	exhaust(sys, 2);
	CHECK_EQ(counter(sys, "oom_constraint_mempolicy"), 0);
	CHECK_STR(row(sys, user(0), &task, NULL, 1, buf), "-");
	CHECK(sys->zone[0].free > 60000);
	/* The OOM killer was asked for a victim among those who use these nodes. */
	CHECK(counter(sys, "oom_constraint_mempolicy") > 0);
	CHECK_EQ(counter(sys, "oom_constraint_mempolicy"), counter(sys, "out_of_memory_calls"));
	machine_end(&m);
}

TEST_NAMED(home, "KAT 4.3b a home node is where BIND and PREFERRED_MANY begin")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy bind = task_of(&m, MPOL_BIND, NODES(0, 1, 2));
	struct mm_task_policy many = task_of(&m, MPOL_PREFERRED_MANY, NODES(0, 2));
	struct mm_mempolicy preferred = policy_of(&m, MPOL_PREFERRED, NODES(1));
	char buf[16];

	CHECK_EQ(mm_mempolicy_set_home(sys, &bind.policy, 2, &m.err), 0);
	CHECK_EQ(mm_mempolicy_set_home(sys, &many.policy, 1, &m.err), 0);
	CHECK_EQ(mm_mempolicy_set_home(sys, &preferred, 1, &m.err), -EOPNOTSUPP);
	CHECK_EQ(mm_mempolicy_set_home(sys, &bind.policy, 3, &m.err), -EINVAL);
	CHECK_STR(row(sys, user(0), &bind, NULL, 2, buf), "22");
	/* Node 1 is not in the set: of 0 and 2, 2 is next on its list. */
	CHECK_STR(row(sys, user(0), &many, NULL, 2, buf), "22");
	machine_end(&m);
}

TEST_NAMED(bind_low, "KAT 4.3b BIND does not bind requests for lower zones than all nodes have")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 4096, 65536, 65536, 65536 },
		{ 0, ZONE_NORMAL, 1048576, 65536, 65536, 65536 },
		{ 1, ZONE_NORMAL, 1114112, 65536, 65536, 65536 },
	};
	struct mm_config c = machine_config(zones, 3, 2, 2);
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);
	struct mm_task_policy task = task_of(&m, MPOL_BIND, NODES(1));
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL | __GFP_DMA32, .node = -1 };

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, &task, NULL)), 0);
	rq.gfp = GFP_KERNEL;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, &task, NULL)), 1);
	machine_end(&m);
}

TEST_NAMED(bind_movable, "KAT 4.3b nodes of movable memory alone bind movable requests alone")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 65536, 65536, 65536 },
		{ 1, ZONE_MOVABLE, 65536, 65536, 65536, 65536 },
	};
	struct mm_config c = machine_config(zones, 2, 2, 2);
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);
	struct mm_task_policy task = task_of(&m, MPOL_BIND, NODES(1));
	struct mm_alloc_request rq = { .gfp = GFP_HIGHUSER_MOVABLE, .node = -1 };

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, &task, NULL)), 1);
	rq.gfp = GFP_KERNEL;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, &task, NULL)), 0);
	machine_end(&m);
}

TEST_NAMED(preferred,
	   "KAT 4.3c PREFERRED begins at its node and LOCAL at the CPU's: both may leave it")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy preferred = task_of(&m, MPOL_PREFERRED, NODES(1));
	struct mm_task_policy local = task_of(&m, MPOL_LOCAL, 0);
	char buf[16];

	CHECK_STR(row(sys, user(0), &preferred, NULL, 2, buf), "11");
	CHECK_STR(row(sys, user(2), &local, NULL, 2, buf), "22");
	exhaust(sys, 1);
	exhaust(sys, 2);
	CHECK_STR(row(sys, user(0), &preferred, NULL, 2, buf), "00");
	CHECK_STR(row(sys, user(2), &local, NULL, 2, buf), "00");
	machine_end(&m);
}

static unsigned reclaims;

static uint64_t on_reclaim(void *ctx, const struct mm_alloc_request *rq)
{
	(void)ctx;
	(void)rq;
	reclaims++;
	return 0;
}

TEST_NAMED(preferred_many,
	   "KAT 4.3d PREFERRED_MANY tries its nodes without reclaim, then all nodes")
{
	static const struct mm_hooks hooks = { .direct_reclaim = on_reclaim };
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy task = task_of(&m, MPOL_PREFERRED_MANY, NODES(1, 2));
	char buf[16];

	reclaims = 0;
	mm_set_hooks(sys, &hooks);
	CHECK_STR(row(sys, user(0), &task, NULL, 2, buf), "11");
	exhaust(sys, 1);
	CHECK_STR(row(sys, user(0), &task, NULL, 2, buf), "22");
	exhaust(sys, 2);
	CHECK_STR(row(sys, user(0), &task, NULL, 2, buf), "00");
	CHECK_EQ(reclaims, 0);
	/* The second pass may do whatever the request allows. */
	exhaust(sys, 0);
	CHECK_STR(row(sys, user(0), &task, NULL, 1, buf), "-");
	CHECK(reclaims > 0);
	CHECK_EQ(counter(sys, "oom_constraint_mempolicy"), 0);
	machine_end(&m);
}

TEST_NAMED(interleave, "KAT 4.3e INTERLEAVE takes node after node, or the node of the page's index")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy task = task_of(&m, MPOL_INTERLEAVE, NODES(0, 2));
	struct mm_vma_policy vma = { .policy = policy_of(&m, MPOL_INTERLEAVE, NODES(0, 2)) };
	struct mm_alloc_request rq = user(1);
	char buf[16];

	CHECK_STR(row(sys, rq, &task, NULL, 5, buf), "02020");
	/* Indices 3 4 5 6: odd ones are on node 2, whatever was taken before. */
	vma.pgoff = 3;
	CHECK_STR(row(sys, rq, &task, &vma, 4, buf), "2020");
	CHECK_STR(row(sys, rq, &task, &vma, 4, buf), "2020");
	vma.base = 1;
	CHECK_STR(row(sys, rq, &task, &vma, 4, buf), "0202");
	/* Large pages have indices in their own size: (8 >> 2) + (4 >> 2) = 3. */
	vma = (struct mm_vma_policy){ .policy = vma.policy, .pgoff = 8, .offset = 4 };
	rq.order = 2;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 2);
	/* A task's policy goes by index too where there is a VMA. */
	vma = (struct mm_vma_policy){ .pgoff = 5 };
	rq.order = 0;
	CHECK_STR(row(sys, rq, &task, &vma, 4, buf), "2020");
	/* Not BIND: a full node's share goes elsewhere. */
	exhaust(sys, 2);
	CHECK_STR(row(sys, rq, &task, NULL, 4, buf), "0000");
	machine_end(&m);
}

TEST_NAMED(index_6_1,
	   "KAT 4.3e Linux 6.1 interleaves by 32 bits, and adds the inode to the page's number")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_vma_policy vma = { .policy = policy_of(&m, MPOL_INTERLEAVE, NODES(0, 1, 2)) };
	struct mm_alloc_request rq = user(1);

	/* 2^32 is 1 modulo 3 */
	vma.pgoff = UINT64_C(1) << 32;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 1);
	sys->rules = mm_profile_rules(MM_PROFILE_6_1);
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 0);
	/* 3 and 5, in pages of order 2: 8 >> 2 is 2; 3 + (5 >> 2) would be 4 */
	vma.base = 3;
	vma.pgoff = 5;
	rq.order = 2;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 2);
	sys->rules = mm_profile_rules(MM_PROFILE_6_12);
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 1);
	machine_end(&m);
}

TEST_NAMED(weighted, "KAT 4.3f WEIGHTED_INTERLEAVE gives each node as many in a row as it weighs")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_tunables t = sys->tunables;
	struct mm_vma_policy vma = {
		.policy = { .mode = MPOL_WEIGHTED_INTERLEAVE, .nodes = 3, .home_node = -1 }
	};
	struct mm_task_policy task;
	char buf[16];

	CHECK_STR(row(sys, user(2), NULL, &vma, 4, buf), "0101");
	t.interleave_weight[0] = 3;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_STR(row(sys, user(2), NULL, &vma, 8, buf), "00010001");
	task = task_of(&m, MPOL_WEIGHTED_INTERLEAVE, NODES(0, 1));
	CHECK_STR(row(sys, user(2), &task, NULL, 6, buf), "000100");
	/* A new policy begins anew; one that lost the node it was at goes on with the next. */
	mm_task_set_policy(&task, &vma.policy);
	CHECK_STR(row(sys, user(2), &task, NULL, 2, buf), "00");
	task.policy.nodes = NODES(1, 2);
	CHECK_STR(row(sys, user(2), &task, NULL, 4, buf), "1212");
	machine_end(&m);
}

/* Free memory of a node in single pages: no huge page there. */
static void shatter(struct mm_system *sys, int node, unsigned cpu)
{
	struct mm_alloc_request rq = { .gfp = GFP_HIGHUSER_MOVABLE | __GFP_THISNODE,
				       .cpu = (uint16_t)cpu,
				       .node = (int16_t)node,
				       .memalloc = true };
	pfn_t pfn;

	/* A refill for a huge page leaves another in the CPU's list. */
	mm_drain_all_pages(sys);
	while (mm_alloc_pages(sys, &rq) != PFN_NONE)
		;
	mm_drain_all_pages(sys);
	for (pfn = sys->zone[node].start; pfn < sys->zone[node].end; pfn += 2)
		mm_free_pages(sys, pfn, 0, cpu);
	mm_drain_all_pages(sys);
}

TEST_NAMED(thp, "KAT 4.3g a huge page comes from its node or, without direct reclaim, not at all")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_vma_policy vma = { .policy = { .mode = MPOL_DEFAULT } };
	struct mm_vma_policy interleave = { .policy = policy_of(&m, MPOL_INTERLEAVE, NODES(0, 1)) };
	struct mm_vma_policy bind = { .policy = policy_of(&m, MPOL_BIND, NODES(1)) };
	struct mm_alloc_request rq = { .gfp = GFP_TRANSHUGE_LIGHT,
				       .order = PAGEBLOCK_ORDER,
				       .node = -1 };

	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 0);
	shatter(sys, 0, 0);
	CHECK(sys->zone[0].free > 30000);
	/* defrag=madvise and no advice: small pages instead, though others have plenty. */
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), -1);
	/* With direct reclaim, and not for a VMA, any node will do. */
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, NULL)), 1);
	rq.gfp = GFP_TRANSHUGE;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma)), 1);
	/* Interleaving asks for its node in the ordinary way, so does BIND to other nodes. */
	rq.gfp = GFP_TRANSHUGE_LIGHT;
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &interleave)), 1);
	CHECK_EQ(where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &bind)), 1);
	machine_end(&m);
}

/* Node of a huge page for a VMA bound to all nodes, at home on node 2, asked by a CPU of node 0
 * that has none; -1: none. */
static int thp_at_home(enum mm_profile profile)
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 65536, 65536, 65536 },
		{ 1, ZONE_NORMAL, 65536, 65536, 65536, 65536 },
		{ 2, ZONE_NORMAL, 131072, 65536, 65536, 65536 },
	};
	struct mm_config c = machine_config(zones, 3, 3, 3);
	struct mm_alloc_request rq = { .gfp = GFP_TRANSHUGE, .order = PAGEBLOCK_ORDER, .node = -1 };
	struct mm_vma_policy vma = { 0 };
	struct machine m;
	struct mm_system *sys;
	int node;

	c.profile = profile;
	c.tunables.thp = false;
	sys = machine_create(&m, &c);
	mm_seed_boot(sys, &m.err);
	vma.policy = policy_of(&m, MPOL_BIND, NODES(0, 1, 2));
	mm_mempolicy_set_home(sys, &vma.policy, 2, &m.err);
	shatter(sys, 0, 0);
	node = where(sys, mm_alloc_pages_mpol(sys, &rq, NULL, &vma));
	machine_end(&m);
	return node;
}

TEST_NAMED(thp_home,
	   "KAT 4.3g a huge page begins at the home node; in 6.1 at the CPU's, and goes on there")
{
	CHECK_EQ(thp_at_home(MM_PROFILE_6_12), 2);
	CHECK_EQ(thp_at_home(MM_PROFILE_6_1), 1); /* 0 1 2, as from any CPU of node 0 */
}

TEST_NAMED(hits, "KAT 4.4c a page on the node that interleaving asked for is an interleave hit")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_task_policy task = task_of(&m, MPOL_INTERLEAVE, NODES(0, 1));
	struct mm_task_policy weighted = task_of(&m, MPOL_WEIGHTED_INTERLEAVE, NODES(0, 1));
	struct mm_zone_view v;
	char buf[16];

	row(sys, user(0), &task, NULL, 6, buf);
	mm_view_zone(sys, 1, &v);
	CHECK_EQ(v.numa_interleave, 3);
	CHECK_EQ(v.numa_hit, 3);
	CHECK_EQ(v.numa_other, 3);
	/* What lands elsewhere is a miss there and foreign where it was wanted; no hit. */
	exhaust(sys, 1);
	row(sys, user(0), &task, NULL, 2, buf);
	CHECK_STR(buf, "02");
	CHECK_EQ(counter(sys, "numa_interleave"), 7);
	CHECK_EQ(counter(sys, "numa_miss"), 1);
	CHECK_EQ(sys->zone[1].counter[ZC_NUMA_FOREIGN], 1);
	CHECK_EQ(sys->zone[2].counter[ZC_NUMA_MISS], 1);
	/* Linux counts hits of weighted interleaving since 6.14. */
	row(sys, user(0), &weighted, NULL, 4, buf);
	CHECK_EQ(counter(sys, "numa_interleave"), 7);
	sys->rules = mm_profile_rules(MM_PROFILE_6_18);
	row(sys, user(0), &weighted, NULL, 4, buf);
	CHECK_STR(buf, "0202");
	CHECK_EQ(counter(sys, "numa_interleave"), 9);
	machine_end(&m);
}

TEST_NAMED(cpuset, "KAT 2.8a a cpuset's nodes bind what has no mask, and within a mask")
{
	struct machine m;
	struct mm_system *sys = boot(&m);
	struct mm_alloc_request rq = user(0);
	char buf[16];

	rq.mems_allowed = NODES(1, 2);
	CHECK_STR(row(sys, rq, NULL, NULL, 2, buf), "11");
	rq.nodemask = NODES(0, 2);
	CHECK_EQ(where(sys, mm_alloc_pages(sys, &rq)), 2);
	rq.nodemask = 0;
	exhaust(sys, 1);
	exhaust(sys, 2);
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "-");
	CHECK(counter(sys, "oom_constraint_cpuset") > 0);
	/* Those who cannot wait, and those who must not fail, may leave it. */
	rq.gfp = GFP_ATOMIC;
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "0");
	rq.gfp = GFP_USER | __GFP_NOFAIL;
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "0");
	/* So may the kernel for itself, and a victim; a user only with these. */
	rq.gfp = GFP_KERNEL;
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "0");
	rq.nodemask = NODES(0, 1);
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "0");
	rq.gfp = GFP_USER;
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "-");
	rq.oom_victim = true;
	CHECK_STR(row(sys, rq, NULL, NULL, 1, buf), "0");
	machine_end(&m);
}

static bool count_kill(void *ctx, const struct mm_alloc_request *rq)
{
	(void)rq;
	++*(unsigned *)ctx;
	return false;
}

/*	| node 0: Normal | node 1: Movable |	cpuset: node 1 */
TEST_NAMED(insane, "KAT 2.8f a cpuset of movable memory fails others without a kill")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 65536, 65536, 65536 },
		{ 1, ZONE_MOVABLE, 65536, 65536, 65536, 65536 },
	};
	struct mm_config c = machine_config(zones, 2, 2, 2);
	struct mm_alloc_request rq = { .gfp = GFP_HIGHUSER, .node = -1, .mems_allowed = NODES(1) };
	unsigned kills = 0;
	const struct mm_hooks hooks = { .ctx = &kills, .out_of_memory = count_kill };
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	mm_set_hooks(sys, &hooks);
	CHECK_EQ(mm_alloc_pages(sys, &rq), PFN_NONE);
	CHECK_EQ(kills, 0);
	CHECK_EQ(counter(sys, "kswapd_wake_calls"), 0);
	rq.gfp = GFP_HIGHUSER_MOVABLE;
	CHECK_EQ(where(sys, mm_alloc_pages(sys, &rq)), 1);
	rq.gfp = GFP_HIGHUSER | __GFP_NOFAIL;
	CHECK_EQ(where(sys, mm_alloc_pages(sys, &rq)), 0);
	machine_end(&m);
}

TEST_NAMED(constraints, "KAT 4.3b 16.1 what the OOM killer is told about the request")
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };

	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_NONE);
	rq.nodemask = NODES(0, 1, 2);
	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_NONE);
	rq.mems_allowed = NODES(0, 1);
	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_NONE);
	rq.gfp = GFP_USER;
	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_CPUSET);
	rq.oom_victim = true;
	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_NONE);
	rq.oom_victim = false;
	rq.nodemask = NODES(0);
	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_MEMORY_POLICY);
	rq.gfp |= __GFP_THISNODE;
	CHECK_EQ(mm_oom_constraint(sys, &rq), MM_OOM_NONE);
	machine_end(&m);
}

TEST_MAIN
