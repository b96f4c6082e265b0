#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2e pages freed after a claim go to the claimer's list
machine mem=4M
zone 0 DMA start=0 spanned=512 present=512 managed=512 free=450
set vm.min_free_kbytes=0

alloc M order=0 gfp=GFP_HIGHUSER_MOVABLE n=250
drain_all
alloc U order=0
expect pageblock.0 == unmovable
free M
drain_all
expect free.0.DMA == 449
expect buddy.0.DMA.7.unmovable >= 1
expect buddy.0.DMA.7.movable == 0
expect buddy.0.DMA.8.movable == 0
