#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.4c 1.2c statistics are kept by request and by node
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144

alloc A order=0 cpu=2
alloc B order=0 cpu=2 node=0
expect zone.2.Normal.numa_hit == 1
expect zone.2.Normal.numa_local == 1
expect zone.0.Normal.numa_hit == 1
expect zone.0.Normal.numa_other == 1
expect numa_miss == 0
