#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.8b free CMA pages count for requests that may use them only
machine mem=64M
zone 0 DMA start=0 spanned=0 present=0 managed=0
zone 0 DMA32 start=0 spanned=16384 present=16384 managed=16384 free=4106
set cma=16M
set vm.min_free_kbytes=128
#	the 12278 frames in use are packed below the area: 10 ordinary frames are free
expect zone.0.DMA32.min == 32
expect pageblock.12288 == cma
expect buddy.0.DMA32.10.cma == 4
alloc K order=0 gfp=GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY
expect alloc.K.failed == 1
alloc M order=0 gfp=GFP_HIGHUSER_MOVABLE
expect alloc.M.failed == 0
