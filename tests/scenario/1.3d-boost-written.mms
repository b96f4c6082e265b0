#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3c 1.3d whatever sets the watermarks ends the boosts, also with the value it has
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840 free=0
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000 free=0
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

alloc M order=8 gfp=GFP_HIGHUSER_MOVABLE|__GFP_MEMALLOC n=12890
free M stride=2
drain_all
alloc A order=8
expect zone.0.Normal.boost == 512
set vm.watermark_scale_factor=10
expect zone.0.Normal.boost == 0
alloc B order=8
expect zone.0.Normal.boost == 512
set vm.min_free_kbytes=67584
expect zone.0.Normal.boost == 0
alloc C order=8
expect zone.0.Normal.boost == 512
set vm.min_free_kbytes=67584
expect zone.0.Normal.boost == 0
alloc D order=8
expect zone.0.Normal.boost == 512
set thp.enabled=madvise
expect zone.0.Normal.boost == 0
#  the other tunables leave it
alloc E order=8
expect zone.0.Normal.boost == 512
set vm.watermark_boost_factor=15000
set vm.lowmem_reserve_ratio=256 256 32 0 0
expect zone.0.Normal.boost == 512
