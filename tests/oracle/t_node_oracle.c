// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random allocations and frees on four nodes, by policies, one by one and in bulk, against the
 * naive allocator: see run.h.
 *
 *	node 0		DMA32, Normal with CMA pageblocks	CPU 0
 *	node 1		Normal with a high-order reserve, Movable with CMA	CPUs 1, 3
 *	node 2		no memory				CPU 2
 *	node 3		Normal with an isolated pageblock	no CPU
 */
#include "tests/oracle/run.h"

static void types(struct run *r)
{
	run_pageblock(r, 3072, MIGRATE_CMA);
	run_pageblock(r, 3584, MIGRATE_CMA);
	run_pageblock(r, 5120, MIGRATE_CMA);
	run_pageblock(r, 6144 + 55296 + 512, MIGRATE_CMA);
	run_pageblock(r, 6144 + 55296 + 4096 + 1536, MIGRATE_ISOLATE);
}

static void nodes(enum mm_profile profile, uint64_t seed)
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 0, 2048, 2048, 2048 },
		{ 0, ZONE_NORMAL, 2048, 4096, 4096, 4096 },
		{ 1, ZONE_NORMAL, 6144, 55296, 55296, 53248 },
		{ 1, ZONE_MOVABLE, 61440, 4096, 4096, 4096 },
		{ 3, ZONE_NORMAL, 65536, 8192, 8192, 4096 },
	};
	static const unsigned node_of_cpu[] = { 0, 1, 2, 1 };
	/* clang-format off */
	static const uint8_t distance[] = {
		10, 20, 15, 20,
		20, 10, 30, 20,
		15, 30, 10, 15,
		20, 20, 15, 10,
	};
	/* clang-format on */

	run_plan(&(struct plan){ .profile = profile,
				 .zones = zones,
				 .nr_zones = 5,
				 .drifts = profile != MM_PROFILE_6_18,
				 .nr_nodes = 4,
				 .nr_cpus = 4,
				 .node_of_cpu = node_of_cpu,
				 .distance = distance,
				 .min_free_kbytes = 2000,
				 .pages = 4096,
				 .whole = 512,
				 .events = 3400000,
				 .seed = seed },
		 types);
}

TEST_NAMED(nodes_6_12,
	   "KAT 20.1 4.2c 4.3a four nodes, policies, bulk and CMA agree with the oracle")
{
	nodes(MM_PROFILE_6_12, 1);
}

TEST_NAMED(nodes_6_1, "KAT 20.1 4.2c 4.3a the same machine as Linux 6.1 has it")
{
	nodes(MM_PROFILE_6_1, 2);
}

TEST_NAMED(nodes_6_18, "KAT 20.1 4.2c 4.3a the same machine as Linux 6.18 has it")
{
	nodes(MM_PROFILE_6_18, 3);
}

/* A machine of random nodes: some without memory, some without CPUs, few distances. */
static void random_machine(struct mmt_rng *rng, struct naive *n)
{
	static const uint8_t far[] = { 15, 20, 20, 30 };
	struct mm_zone_config zones[NAIVE_NODES];
	unsigned node_of_cpu[NAIVE_CPUS], nr_zones = 0;
	uint8_t distance[NAIVE_NODES * NAIVE_NODES];
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .node_of_cpu = node_of_cpu,
			       .distance = distance,
			       .zones = zones,
			       .tunables = mm_default_tunables() };
	struct machine m;
	int i, k, node;

	n->nr_nodes = 1 + (int)mmt_rng_below(rng, NAIVE_NODES);
	n->nr_cpus = 1 + (int)mmt_rng_below(rng, NAIVE_CPUS);
	for (i = 0; i < n->nr_cpus; i++) {
		n->node_of_cpu[i] = (int)mmt_rng_below(rng, (unsigned)n->nr_nodes);
		node_of_cpu[i] = (unsigned)n->node_of_cpu[i];
	}
	for (i = 0; i < n->nr_nodes; i++)
		for (k = 0; k < n->nr_nodes; k++) {
			n->distance[i][k] = i == k ? 10 : far[mmt_rng_below(rng, 4)];
			distance[i * n->nr_nodes + k] = (uint8_t)n->distance[i][k];
		}
	for (i = 0; i < n->nr_nodes; i++) {
		if (i && !mmt_rng_below(rng, 4))
			continue;
		n->zone[nr_zones].node = i;
		zones[nr_zones] =
			(struct mm_zone_config){ (unsigned)i, ZONE_NORMAL, nr_zones * 1024,
						 1024,	      1024,	   1024 };
		nr_zones++;
	}
	n->nr_zones = (int)nr_zones;
	n->nr_near = 0;
	n_sort_nodes(n);
	c.nr_nodes = (unsigned)n->nr_nodes;
	c.nr_cpus = (unsigned)n->nr_cpus;
	c.nr_zones = nr_zones;
	CHECK(machine_create(&m, &c));
	for (node = 0; node < n->nr_nodes; node++) {
		struct zone **pos = m.sys->node[node].fallback.zone;

		for (i = 0; i < n->nr_near; i++, pos++)
			CHECK_EQ((*pos)->node, n->near[node][i]);
		CHECK(!*pos);
	}
	machine_end(&m);
}

TEST_NAMED(node_order, "KAT 4.2b the order of the nodes of random machines")
{
	struct naive *n = calloc(1, sizeof(*n));
	struct mmt_rng rng = { 7 };
	unsigned i;

	for (i = 0; i < 2000 && !test_failed(); i++)
		random_machine(&rng, n);
	free(n);
}

TEST_MAIN
