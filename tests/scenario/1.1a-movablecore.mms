#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1a movablecore= cuts zone Movable off the highest zone type, where a node has any of it
machine mem=8G nodes=2 cpus=2
set movablecore=2G
#	the kernel keeps 2097151 - 524288 frames; node 0, below 4 GiB, is the kernel's anyway
expect zone.0.DMA32.managed == 1044480
expect zone.1.Normal.start == 1048576
expect zone.1.Normal.managed == 524288
expect zone.1.Movable.start == 1572864
expect zone.1.Movable.managed == 524288
alloc U order=0 gfp=GFP_HIGHUSER_MOVABLE cpu=1
alloc K order=0 cpu=1
expect alloc.U.zone == 3
expect alloc.K.zone == 2
