#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7d refills double while nothing is freed
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

alloc a order=0
expect pcp_refill_pages == 63
alloc b order=0 n=63
expect pcp_refill_pages == 189            # + 126
alloc c order=0 n=126
expect pcp_refill_pages == 441            # + 252
alloc d order=0 n=252
expect pcp_refill_pages == 945            # + 504
alloc e order=0 n=504
expect pcp_refill_pages == 1953           # + 1008
alloc f order=0 n=1008
expect pcp_refill_pages == 3969           # + 2016
expect pcp_refill == 6
