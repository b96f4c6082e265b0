#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 15.2c fragmentation figures of a zone in pieces
machine mem=4M
zone 0 DMA start=0 spanned=1024 present=1024 managed=1024
set vm.min_free_kbytes=0

#  order 4, every second one free: nothing of order 5 and up
alloc P order=4 n=64
free P stride=2
expect buddy.0.DMA.4 == 32
expect unusable.0.DMA.4 == 0
expect unusable.0.DMA.5 == 1000
expect extfrag.0.DMA.4 == -1000
#  order 9: 1000 - (1000 + 512 * 1000 / 512) / 32
expect extfrag.0.DMA.9 == 938
expect fragscore.0 == 99                  # 100 x 1024 / 1025
