#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7e a full list gives back the oldest, as many as were freed in a row
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

#  high is 3300000 / 200 / 4 pages, for good
set vm.percpu_pagelist_high_fraction=200
expect zone.0.Normal.pcp_high_min == 4125
expect zone.0.Normal.pcp_high_max == 4125
alloc A order=0 n=8000 cpu=1
expect alloc.A.pfn == 1048576

#  one page short of high
free A cpu=0 n=4124
expect pcp.0.0.Normal == 4124
expect pcp_drain == 0

#  the free that reaches it; frees in a row are counted up to 63 << 5
free A cpu=0 first=4124 n=1
expect pcp_drain == 1
expect pcp_drain_pages == 2016
expect pcp.0.0.Normal == 2109

#  the newest is the next to be given out, the oldest that is left the last
alloc B order=0 cpu=0
expect alloc.B.pfn == 1052700             # A's 4124
alloc C order=0 n=2107 cpu=0
alloc D order=0 cpu=0
expect alloc.D.pfn == 1050592             # A's 2016
expect pcp.0.0.Normal == 0
