#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.2b near nodes come first
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144 free=0
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144
distance 0 1 15
distance 1 2 30
#  node 1: 0 is 15 away, 2 is 30
alloc A order=0 node=1
expect alloc.A.node == 0
