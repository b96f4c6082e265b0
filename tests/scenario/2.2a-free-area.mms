#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2a free blocks of an order, and free pages
machine mem=4M
zone 0 DMA start=0 spanned=128 present=128 managed=128
set vm.min_free_kbytes=0

#  blocks of 16 pages:  0 1 2 3 4 5 6 7       free: 1, 2, 4 and half of 7
alloc P order=4 n=8
free P first=1 n=2
free P first=4 n=1
expect free.0.DMA == 48
expect buddy.0.DMA.4 == 3
free P first=7 n=1
alloc Q order=3
drain_all
expect buddy.0.DMA.3 == 1
expect buddy.0.DMA.4 == 3
expect buddy.0.DMA.4.movable == 3          # no whole pageblock: its type never changes
expect buddy.0.DMA.4.unmovable == 0
expect free.0.DMA == 56
