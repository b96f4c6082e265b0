#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.2d the sum of all reserves
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

expect totalreserve_pages == 42047
set vm.min_free_kbytes=16127              # as a boot without THP has it
expect totalreserve_pages == 28876
