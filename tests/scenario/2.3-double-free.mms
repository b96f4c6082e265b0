#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.3 a block is freed once
machine mem=64M
alloc A order=2
settle 1ms
free A
fails free A
fails(ENOENT) free A
fails free B
settle 1ms
expect free.0.DMA32 == 12288
