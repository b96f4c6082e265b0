#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7a the batch of per-CPU lists
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

expect zone.0.Normal.pcp_batch == 63
expect zone.0.DMA32.pcp_batch == 63
expect zone.0.DMA.pcp_batch == 1
