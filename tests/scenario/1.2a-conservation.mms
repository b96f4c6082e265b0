#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.2a managed = free + per-CPU + in use, whatever happens
machine mem=6G
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=759856
expect zone.0.DMA32.spanned == 1044480
expect zone.0.DMA32.present == 782336      # a hole of 262144
expect zone.0.DMA32.managed == 759856      # 22480 reserved
expect free.0.DMA32 == 759856
alloc A order=0 gfp=GFP_DMA32 n=100
alloc B order=4 gfp=GFP_DMA32 n=10
#  759856 = 759507 free + 89 per CPU + 260 in use
expect zone.0.DMA32.used == 260
expect pcp.0.0.DMA32 == 89                 # refills of 63 and 126
expect free.0.DMA32 == 759507
free A stride=2
drain_all
expect zone.0.DMA32.used == 210
expect pcp.0.0.DMA32 == 0
expect free.0.DMA32 == 759646
