// SPDX-License-Identifier: GPL-2.0-only
/* GFP flags: values, zone, migratetype, allocation flags. */
#include "tests/unit/mm_machine.h"

TEST_NAMED(zone_index, "KAT 1.1a zone numbers without highmem")
{
	CHECK_EQ(ZONE_DMA, 0);
	CHECK_EQ(ZONE_DMA32, 1);
	CHECK_EQ(ZONE_NORMAL, 2);
	CHECK_EQ(ZONE_MOVABLE, 3);
	CHECK_EQ(ZONE_DEVICE, 4);
	CHECK_EQ(MAX_NR_ZONES, 5);
}

TEST_NAMED(zone_table, "KAT 1.1b 3.1a gfp_zone of all sixteen masks")
{
	/*                             0  D  H  -  D32             M  MD MH    MD32            */
	static const int want[16] = { 2, 0, 2, -1, 1, -1, -1, -1, 2, 0, 3, -1, 1, -1, -1, -1 };
	uint32_t mask;

	CHECK_EQ(__GFP_DMA, 1);
	CHECK_EQ(__GFP_HIGHMEM, 2);
	CHECK_EQ(__GFP_DMA32, 4);
	CHECK_EQ(__GFP_MOVABLE, 8);
	for (mask = 0; mask < 16; mask++) {
		CHECK_EQ(gfp_zone(mask), want[mask]);
		CHECK_EQ(gfp_zone(mask | GFP_KERNEL | __GFP_ZERO), want[mask]);
	}
}

TEST_NAMED(types, "KAT 2.2b migratetypes and the type of a request")
{
	CHECK_EQ(MIGRATE_UNMOVABLE, 0);
	CHECK_EQ(MIGRATE_MOVABLE, 1);
	CHECK_EQ(MIGRATE_RECLAIMABLE, 2);
	CHECK_EQ(MIGRATE_HIGHATOMIC, 3);
	CHECK_EQ(MIGRATE_CMA, 4);
	CHECK_EQ(MIGRATE_ISOLATE, 5);
	CHECK_EQ(gfp_migratetype(GFP_HIGHUSER_MOVABLE), MIGRATE_MOVABLE);
	CHECK_EQ(gfp_migratetype(GFP_KERNEL | 0x10), MIGRATE_RECLAIMABLE);
	CHECK_EQ(gfp_migratetype(GFP_KERNEL), MIGRATE_UNMOVABLE);
	CHECK_EQ(gfp_migratetype(GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_MOVABLE), -1);
}

TEST_NAMED(modifiers, "KAT 3.1b 3.1c 3.1d modifier bits")
{
	CHECK_EQ(__GFP_HIGH, 0x20);
	CHECK_EQ(__GFP_MEMALLOC, 0x20000);
	CHECK_EQ(__GFP_NOMEMALLOC, 0x80000);
	CHECK_EQ(__GFP_IO, 0x40);
	CHECK_EQ(__GFP_FS, 0x80);
	CHECK_EQ(__GFP_DIRECT_RECLAIM, 0x400);
	CHECK_EQ(__GFP_KSWAPD_RECLAIM, 0x800);
	CHECK_EQ(__GFP_RETRY_MAYFAIL, 0x4000);
	CHECK_EQ(__GFP_NOFAIL, 0x8000);
	CHECK_EQ(__GFP_NORETRY, 0x10000);
	CHECK_EQ(__GFP_ZERO, 0x100);
	CHECK_EQ(__GFP_COMP, 0x40000);
	CHECK_EQ(__GFP_NOWARN, 0x2000);
	CHECK_EQ(__GFP_ACCOUNT, 0x400000);
	CHECK_EQ(__GFP_WRITE, 0x1000);
	CHECK_EQ(__GFP_HARDWALL, 0x100000);
	CHECK_EQ(__GFP_THISNODE, 0x200000);
}

TEST_NAMED(compound, "KAT 3.2 compound flags of 6.12")
{
	CHECK_EQ(GFP_ATOMIC, 0x820);
	CHECK_EQ(GFP_KERNEL, 0xcc0);
	CHECK_EQ(GFP_NOWAIT, 0x2800);
	CHECK_EQ(GFP_NOIO, 0xc00);
	CHECK_EQ(GFP_NOFS, 0xc40);
	CHECK_EQ(GFP_USER, 0x100cc0);
	CHECK_EQ(GFP_HIGHUSER, 0x100cc2);
	CHECK_EQ(GFP_HIGHUSER_MOVABLE, 0x100cca);
	CHECK_EQ(GFP_KERNEL_ACCOUNT, 0x400cc0);
	CHECK_EQ(GFP_KERNEL | __GFP_ZERO, 0xdc0);
	CHECK_EQ(GFP_TRANSHUGE_LIGHT, 0x1c20ca);
	CHECK_EQ(GFP_TRANSHUGE, 0x1c24ca);
}

TEST_NAMED(alloc_flags, "KAT 3.3a gfp_to_alloc_flags")
{
	CHECK_EQ(gfp_to_alloc_flags(GFP_ATOMIC, 0, false, false), 0x830);
	CHECK_EQ(gfp_to_alloc_flags(GFP_ATOMIC, 2, false, false), 0xa30);
	CHECK_EQ(gfp_to_alloc_flags(GFP_KERNEL, 0, false, false), 0x840);
	CHECK_EQ(gfp_to_alloc_flags(GFP_NOWAIT, 0, false, false), 0x850);
	/* Not waiting, not high: no high-order reserve. */
	CHECK_EQ(gfp_to_alloc_flags(GFP_NOWAIT, 2, false, false), 0x850);
	/* NOMEMALLOC takes the non-blocking extras away, __GFP_HIGH alone still frees from cpusets.
	 */
	CHECK_EQ(gfp_to_alloc_flags(GFP_ATOMIC | __GFP_NOMEMALLOC, 2, false, false), 0x820);
	/* A real-time task may dig if it can also reclaim. */
	CHECK_EQ(gfp_to_alloc_flags(GFP_KERNEL, 0, true, false), 0x860);
	CHECK_EQ(gfp_to_alloc_flags(GFP_NOWAIT, 0, true, false), 0x850);
	/* CMA is for movable requests of kernels that have it. */
	CHECK_EQ(gfp_to_alloc_flags(GFP_HIGHUSER_MOVABLE, 0, false, true), 0x8c0);
	CHECK_EQ(gfp_to_alloc_flags(GFP_HIGHUSER_MOVABLE, 0, false, false), 0x840);
	CHECK_EQ(gfp_to_alloc_flags(GFP_KERNEL, 0, false, true), 0x840);
}

TEST_NAMED(reserves, "KAT 3.3d PF_MEMALLOC and OOM victims")
{
	CHECK_EQ(gfp_pfmemalloc_flags(GFP_KERNEL, false, false), 0);
	CHECK_EQ(gfp_pfmemalloc_flags(GFP_KERNEL, true, false), ALLOC_NO_WATERMARKS);
	CHECK_EQ(gfp_pfmemalloc_flags(GFP_KERNEL | __GFP_MEMALLOC, false, false),
		 ALLOC_NO_WATERMARKS);
	CHECK_EQ(gfp_pfmemalloc_flags(GFP_KERNEL, false, true), ALLOC_OOM);
	CHECK_EQ(gfp_pfmemalloc_flags(GFP_KERNEL | __GFP_NOMEMALLOC, true, true), 0);
	CHECK_EQ(gfp_pfmemalloc_flags(__GFP_MEMALLOC | __GFP_NOMEMALLOC, false, false), 0);
}

TEST_MAIN
