#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1a zone boundaries by frame number
machine mem=6G
#     1        4096           1048576        1572864
#     |  DMA   |    DMA32     |    Normal    |
expect zone.0.DMA.start == 1
expect zone.0.DMA.spanned == 4095
expect zone.0.DMA32.start == 4096
expect zone.0.DMA32.spanned == 1044480
expect zone.0.Normal.start == 1048576
expect zone.0.Normal.spanned == 524288
alloc low order=0 gfp=GFP_DMA
alloc mid order=0 gfp=GFP_DMA32
alloc high order=0
expect alloc.low.pfn < 4096
expect alloc.mid.pfn >= 4096
expect alloc.mid.pfn < 1048576
expect alloc.high.pfn >= 1048576
