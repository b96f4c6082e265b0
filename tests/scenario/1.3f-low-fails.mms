#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3f Normal at its low watermark: kswapd is woken, and the min watermark passes
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000 free=16838
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000 free=17150

#  DMA32: 16838 = low 3948 + 12890 withheld: it cannot help out
alloc A order=0
expect alloc.A.zone == 2
expect alloc_slowpath == 1
expect kswapd_wake_calls >= 1
