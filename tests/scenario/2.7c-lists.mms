#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7c 6.2a per-CPU lists have orders 0 to 3 and 9
machine mem=1G
alloc A order=3
expect pcp.0.0.DMA32 == 48                # 7 blocks refilled, one given
settle 1ms
alloc B order=4
alloc C order=8
expect pcp.0.0.DMA32 == 0
alloc D order=9 gfp=GFP_TRANSHUGE
expect pcp.0.0.DMA32 == 512               # a refill is two blocks
free D
expect pcp.0.0.DMA32 == 1024
free B
free C
expect pcp.0.0.DMA32 == 1024
free A
expect pcp.0.0.DMA32 == 1032
