#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2f pageblocks set aside for atomic requests: at most a hundredth, 65 of R1
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840 free=0
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000 free=0
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000 free=1000000

set vm.watermark_scale_factor=3000        # low is far above what is free
alloc A order=9 gfp=GFP_ATOMIC n=100
expect alloc.A.blocks == 100
expect highatomic_reserve == 65           # 33280 pages
expect zone.0.Normal.pageblocks.highatomic == 65
