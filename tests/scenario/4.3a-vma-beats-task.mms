#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3a the policy of a VMA beats that of the task
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144

task 1 policy=interleave:0,1
alloc A order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1 vma=bind:1 n=4
expect alloc.A.node == 1
expect zone.1.Normal.used == 4
alloc B order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1 n=4
expect zone.0.Normal.used == 2
expect zone.1.Normal.used == 6
