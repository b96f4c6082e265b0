#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3a automatic vm.min_free_kbytes
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000
set thp.enabled=never

#  sqrt(16154008 kB x 16): what is above the high marks, which khugepaged had raised
expect vm.min_free_kbytes == 16076
set vm.min_free_kbytes=20000              # a larger one of the user stays
expect vm.min_free_kbytes == 20000
set thp.enabled=always                    # until khugepaged wants more
expect vm.min_free_kbytes == 67584
