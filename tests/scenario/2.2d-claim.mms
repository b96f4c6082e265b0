#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2d 200 free and 62 alike are half a pageblock: it is claimed
machine mem=4M
zone 0 DMA start=0 spanned=512 present=512 managed=512 free=450
set vm.min_free_kbytes=0

alloc M order=0 gfp=GFP_HIGHUSER_MOVABLE n=250
drain_all
expect free.0.DMA == 200
#  alike = 512 - (200 free + 250 movable) = 62; 262 >= 256
alloc U order=0
expect pageblock_claim == 1
expect pageblock_steal == 0
expect pageblock.0 == unmovable
