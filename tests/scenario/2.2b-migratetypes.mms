#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2b the migratetype that the flags ask for
machine mem=512M
alloc M order=8 gfp=GFP_HIGHUSER_MOVABLE
expect mm_page_alloc_extfrag == 0         # every pageblock is movable
alloc R order=8 gfp=GFP_KERNEL|__GFP_RECLAIMABLE
expect zone.0.DMA32.pageblocks.reclaimable == 2  # it claims the block of order 10 it is cut from
alloc U order=8
expect zone.0.DMA32.pageblocks.unmovable == 2
alloc X order=0 gfp=GFP_KERNEL|__GFP_RECLAIMABLE|__GFP_MOVABLE
expect alloc.X.failed == 1                # cannot be both
expect alloc_invalid == 1
