#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3e the watermarks are read with the boost
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840 free=0
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000 free=0
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

#  every pageblock:  [ movable order 8, in use ][ movable order 8, free ]
alloc M order=8 gfp=GFP_HIGHUSER_MOVABLE|__GFP_MEMALLOC n=12890
free M stride=2
drain_all
expect zone.0.Normal.boost == 0

alloc A order=8
expect zone.0.Normal.min == 14232
expect zone.0.Normal.low == 17662
expect zone.0.Normal.high == 21092
