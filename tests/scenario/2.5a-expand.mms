#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.5a splitting leaves the upper halves, and gives the lowest block
machine mem=4M
zone 0 DMA start=0 spanned=128 present=128 managed=128
set vm.min_free_kbytes=0

#  order 7 -> 5:  0..31 given | 32..63 order 5 | 64..127 order 6
expect buddy.0.DMA.7 == 1
alloc A order=5
expect alloc.A.pfn == 0
expect buddy.0.DMA.7 == 0
expect buddy.0.DMA.6 == 1
expect buddy.0.DMA.5 == 1
expect free.0.DMA == 96                   # 2^7 - 2^5
alloc B order=5
expect alloc.B.pfn == 32
alloc C order=6
expect alloc.C.pfn == 64
