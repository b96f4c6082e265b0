#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1a kernelcore= is spread over the nodes; zone Movable begins at a multiple of 1024 frames
machine mem=512M nodes=2
set kernelcore=50%
#	131071 frames, 65535 for the kernel: 32767 a node, from frame 1 and from frame 65536 on; one
#	is left, and with one node left to restart for, that is not more than one node
expect zone.0.DMA32.managed == 28672
expect zone.0.Movable.start == 32768
expect zone.0.Movable.managed == 32768
expect zone.1.DMA32.start == 65536
expect zone.1.DMA32.managed == 32768
expect zone.1.Movable.start == 98304
