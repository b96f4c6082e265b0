#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.2c 4.4c node 0 full: a miss on node 1, foreign on node 0
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144 free=0
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144

alloc A order=0 cpu=0
expect alloc.A.node == 1
expect zone.1.Normal.numa_miss == 1
expect zone.0.Normal.numa_foreign == 1
expect zone.1.Normal.numa_other == 1
expect numa_hit == 0
alloc B order=0 cpu=0 n=4
expect numa_miss == 5
alloc C order=0 cpu=1
expect zone.1.Normal.numa_hit == 1
expect zone.1.Normal.numa_local == 1
alloc D order=0 cpu=0 gfp=GFP_KERNEL|__GFP_THISNODE|__GFP_NORETRY
expect alloc.D.failed == 1
