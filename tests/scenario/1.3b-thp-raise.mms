#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3b khugepaged raises vm.min_free_kbytes
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

expect vm.min_free_kbytes == 67584        # 3 zones x 512 x (2 + 9) pages
set thp.enabled=never
#  sqrt(16 x kB above the high marks, 20580 + 4737 + 21 pages), no longer above 0
expect vm.min_free_kbytes == 16076
set thp.enabled=madvise
expect vm.min_free_kbytes == 67584
