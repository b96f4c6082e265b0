#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 3.3c a boost does not bar __GFP_HIGH from its reserve
machine mem=16M
zone 0 DMA start=0 spanned=4096 present=4096 managed=4096
set vm.min_free_kbytes=4000
#  [ movable order 8, in use ][ movable order 8, free ] ...: 2048 free
alloc M order=8 gfp=GFP_HIGHUSER_MOVABLE|__GFP_MEMALLOC n=16
free M stride=2
alloc U order=8 gfp=GFP_NOWAIT
expect zone.0.DMA.boost == 512
expect zone.0.DMA.min == 1512
alloc V order=8 gfp=GFP_NOWAIT|__GFP_MEMALLOC n=3
expect free.0.DMA == 1024
#  boosted 1512: half of it is 756, unboosted 1000: half is 500
alloc W order=8 gfp=GFP_NOWAIT|__GFP_MEMALLOC
expect free.0.DMA == 768
alloc X order=5 gfp=GFP_NOWAIT|__GFP_MEMALLOC
expect free.0.DMA == 736
alloc H order=0 gfp=GFP_KERNEL|__GFP_HIGH|__GFP_NORETRY
expect alloc.H.failed == 0
alloc N order=0 gfp=GFP_KERNEL|__GFP_NORETRY
expect alloc.N.failed == 1
