#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.4 2.6a freed buddies merge as far as they can
machine mem=4M
zone 0 DMA start=0 spanned=128 present=128 managed=128
set vm.min_free_kbytes=0

#  order 4 blocks 0..7: free 3, then 0 1, then 4 5 6 7, then 2
alloc P order=4 n=8
free P first=3 n=1
free P first=0 n=2
free P first=4 n=4
expect buddy.0.DMA.4 == 1
expect buddy.0.DMA.5 == 1
expect buddy.0.DMA.6 == 1
expect free.0.DMA == 112
free P
expect buddy.0.DMA.4 == 0
expect buddy.0.DMA.5 == 0
expect buddy.0.DMA.6 == 0
expect buddy.0.DMA.7 == 1
