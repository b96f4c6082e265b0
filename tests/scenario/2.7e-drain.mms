#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7e a full list gives back the oldest
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

#  high == high_min == 4287: one free that brings the list there drains a batch of 63
set vm.percpu_pagelist_high_fraction=0
alloc A order=0 n=8000
settle 1ms
expect zone.0.Normal.pcp_high >= 4287
free A n=4000
expect pcp.0.0.Normal == 4000
expect pcp_drain == 1
