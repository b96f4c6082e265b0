#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.8a Normal below its low watermark: DMA32 helps out
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000 free=20000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000 free=17150

#  DMA32: 20000 > low 3948 + 12890 withheld
alloc A order=0
expect alloc.A.zone == 1
expect alloc_slowpath == 0
