#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7g drain_all gives all per-CPU pages back
machine mem=1G cpus=2
alloc A order=0 cpu=0
alloc B order=1 cpu=1
expect pcp.0.0.DMA32 == 62
expect pcp.1.0.DMA32 == 60
expect free.0.DMA32 == 257923             # 258048 - 1 - 2 - 62 - 60
drain_all
expect pcp.0.0.DMA32 == 0
expect pcp.1.0.DMA32 == 0
expect free.0.DMA32 == 258045
expect drain_all_pages == 1
