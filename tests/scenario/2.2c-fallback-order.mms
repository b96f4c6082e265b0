#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2c an unmovable request falls back to reclaimable before movable
machine mem=32M
zone 0 DMA start=0 spanned=0 present=0 managed=0
zone 0 DMA32 start=0 spanned=4096 present=4096 managed=4096
set vm.min_free_kbytes=0
#  blocks of order 10:  P movable | R reclaimable | Q movable | S movable
alloc P order=10 gfp=GFP_HIGHUSER_MOVABLE
alloc R order=10 gfp=GFP_KERNEL|__GFP_RECLAIMABLE
alloc Q order=10 gfp=GFP_HIGHUSER_MOVABLE
alloc S order=10 gfp=GFP_HIGHUSER_MOVABLE
free R
free S
expect buddy.0.DMA32.10.reclaimable == 1
expect buddy.0.DMA32.10.movable == 1
alloc U order=5
expect alloc.R.pfn == 1024
expect alloc.U.pfn == 1024
expect pageblock.1024 == unmovable
expect buddy.0.DMA32.10.movable == 1
