#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.6b any other block goes to the head
machine mem=4M
zone 0 DMA start=0 spanned=256 present=256 managed=256
set vm.min_free_kbytes=0

alloc P order=5 n=8
free P first=7 n=1
free P first=0 n=1
alloc A order=5
expect alloc.A.pfn == 0                   # freed last, taken first
