#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.6b a block whose buddy's neighbours are free waits at the tail
machine mem=4M
zone 0 DMA start=0 spanned=256 present=256 managed=256
set vm.min_free_kbytes=0

#  order 5 blocks 0..7.  2 and 3 free as one of order 6; then 7; then 0, whose buddy 1 is in use:
#  the pair 0 1 would merge with 2 3, so 0 goes behind 7
alloc P order=5 n=8
free P first=2 n=2
expect buddy.0.DMA.6 == 1
free P first=7 n=1
free P first=0 n=1
expect buddy.0.DMA.5 == 2
alloc A order=5
expect alloc.A.pfn == 224                 # 7, not the one freed last
alloc B order=5
expect alloc.B.pfn == 0
