// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random allocations and frees on one node, against the naive allocator: see run.h.
 */
#include "tests/oracle/run.h"

static const struct mm_zone_config small_zones[] = {
	{ 0, ZONE_DMA32, 0, 2048, 2048, 2048 },
	{ 0, ZONE_NORMAL, 2048, 4096, 4096, 4096 },
};

static void small(enum mm_profile profile, uint64_t seed)
{
	run_plan(&(struct plan){ .profile = profile,
				 .zones = small_zones,
				 .nr_zones = 2,
				 .nr_nodes = 1,
				 .nr_cpus = 2,
				 .min_free_kbytes = 400,
				 .drifts = profile != MM_PROFILE_6_18,
				 .pages = 8192,
				 .whole = 1,
				 .events = 3400000,
				 .seed = seed },
		 NULL);
}

TEST_NAMED(small_6_12,
	   "KAT 20.1 a small machine agrees with the oracle; every frame checked after each event")
{
	small(MM_PROFILE_6_12, 1);
}

TEST_NAMED(small_6_1, "KAT 20.1 the same machine as Linux 6.1 has it")
{
	small(MM_PROFILE_6_1, 3);
}

TEST_NAMED(small_6_18, "KAT 20.1 the same machine as Linux 6.18 has it")
{
	small(MM_PROFILE_6_18, 4);
}

TEST_NAMED(atomic_reserve, "KAT 20.1 2.2f a zone large enough for the high-order reserve agrees")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 0, 2048, 2048, 2048 },
		{ 0, ZONE_NORMAL, 2048, 55296, 55296, 53248 },
	};

	/* Most of Normal stays in use: 4096 pages come and go above watermarks of some hundred. */
	run_plan(&(struct plan){ .profile = MM_PROFILE_6_12,
				 .zones = zones,
				 .nr_zones = 2,
				 .nr_nodes = 1,
				 .nr_cpus = 2,
				 .min_free_kbytes = 2000,
				 .pages = 4096,
				 .whole = 512,
				 .events = 10000000,
				 .seed = 2 },
		 NULL);
}

TEST_MAIN
