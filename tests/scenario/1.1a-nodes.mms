#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1a zones of equal nodes
machine mem=8G nodes=2 cpus=4
expect zone.0.DMA.managed == 4095
expect zone.0.DMA32.managed == 1044480
expect zone.0.Normal.managed == 0
expect zone.1.Normal.start == 1048576
expect zone.1.Normal.managed == 1048576
alloc A order=0 cpu=1
alloc B order=0 cpu=2
expect alloc.A.node == 0
expect alloc.B.node == 1
