#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7b how much per-CPU lists may hold
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

expect zone.0.Normal.pcp_high_min == 4287
expect zone.0.Normal.pcp_high_max == 103125
expect zone.0.DMA32.pcp_high_min == 987
expect zone.0.DMA32.pcp_high_max == 23750
expect zone.0.DMA.pcp_high_min == 4
expect zone.0.DMA.pcp_high_max == 120
set vm.percpu_pagelist_high_fraction=8
expect zone.0.Normal.pcp_high_min == 103125
expect zone.0.Normal.pcp_high_max == 103125
set vm.percpu_pagelist_high_fraction=0
set vm.min_free_kbytes=16127              # as a boot without THP has it
expect zone.0.Normal.pcp_high_min == 1643
