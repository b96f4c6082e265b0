#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1a the kernel's part may end before the highest zone: that zone is Movable as a whole
machine mem=8G
set kernelcore=2G
expect zone.0.DMA32.managed == 1044480
expect zone.0.Normal.managed == 0
expect zone.0.Movable.start == 1048576
expect zone.0.Movable.managed == 1048576
