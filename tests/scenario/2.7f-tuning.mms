#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7f per-CPU lists grow by each refill and shrink with time
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

alloc a order=0
expect zone.0.Normal.pcp_high == 4350     # high_min 4287 + 63
alloc b order=0 n=63
expect zone.0.Normal.pcp_high == 4476     # + 126
alloc c order=0 n=126
expect zone.0.Normal.pcp_high == 4728     # + 252
#  an eighth less each second, down to high_min
@+3s
expect zone.0.Normal.pcp_high == 4287
#  fixed lists neither grow nor shrink
set vm.percpu_pagelist_high_fraction=8
alloc d order=0 n=10000
expect zone.0.Normal.pcp_high == 103125
@+3s
expect zone.0.Normal.pcp_high == 103125
