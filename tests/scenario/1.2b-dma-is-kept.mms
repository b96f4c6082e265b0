#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.2b a GFP_KERNEL request never gets DMA pages on R1
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000 free=0
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000 free=0

#  DMA 3840 free, but 15859 withheld from requests that could use Normal
alloc A order=0
expect alloc.A.failed == 1
alloc B order=0 gfp=GFP_DMA
expect alloc.B.zone == 0
