// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random allocations and frees on four nodes, by policies, one by one and in bulk, against the
 *naive allocator: see run.h.
 *
 *	node 0		DMA32, Normal with CMA pageblocks	CPU 0
 *	node 1		Normal large enough for the high-order reserve, Movable with CMA	CPUs
 *1, 3 node 2		no memory				CPU 2
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

TEST_MAIN
