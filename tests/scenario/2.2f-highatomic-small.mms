#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2f a zone of 3840 pages sets nothing aside
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840 free=1100
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

set vm.watermark_scale_factor=3000
alloc A order=1 gfp=GFP_ATOMIC|GFP_DMA n=100
alloc B order=2 gfp=GFP_ATOMIC|GFP_DMA n=100
expect alloc.B.blocks == 100
expect alloc_slowpath > 0
expect highatomic_reserve == 0
