#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.5b the smallest block that fits is cut
machine mem=4M
zone 0 DMA start=0 spanned=1024 present=1024 managed=1024
set vm.min_free_kbytes=0

#  free: order 6 at 64, order 8 at 256
alloc P order=6 n=16
free P first=1 n=1
free P first=4 n=4
expect buddy.0.DMA.6 == 1
expect buddy.0.DMA.8 == 1
alloc S order=5
expect alloc.S.pfn == 64
expect buddy.0.DMA.5 == 1                 # 96
expect buddy.0.DMA.8 == 1
