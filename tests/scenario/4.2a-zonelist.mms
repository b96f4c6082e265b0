#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.1 4.2a Normal, then DMA32, then DMA
machine mem=6G
set vm.min_free_kbytes=0
set vm.watermark_scale_factor=1
set vm.lowmem_reserve_ratio=0 0 0 0 0
#  as far as the low watermarks: the last block of each zone stays
alloc a order=10 gfp=GFP_HIGHUSER_MOVABLE n=511
expect alloc.a.zone == 2
expect free.0.Normal == 1024
expect zone.0.DMA32.used == 0
alloc b order=10 gfp=GFP_HIGHUSER_MOVABLE n=1019
expect alloc.b.zone == 1
expect free.0.DMA32 == 1024
expect zone.0.DMA.used == 0
alloc c order=10 gfp=GFP_HIGHUSER_MOVABLE
expect alloc.c.zone == 0
