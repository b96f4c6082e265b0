#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2d a movable request steals below order 4
machine mem=4M
zone 0 DMA start=0 spanned=512 present=512 managed=512
set vm.min_free_kbytes=0

alloc X order=3 n=64           # the first one claims the pageblock
free X stride=2
drain_all
expect buddy.0.DMA.3.unmovable == 32
expect pageblock_claim == 1
alloc M order=0 gfp=GFP_HIGHUSER_MOVABLE
expect pageblock_claim == 1
expect pageblock_steal >= 1
expect pageblock.0 == unmovable
