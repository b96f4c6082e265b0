#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2d 200 free and 12 alike are less: a block is stolen, the type stays
machine mem=4M
zone 0 DMA start=0 spanned=512 present=512 managed=512 free=500
set vm.min_free_kbytes=0

alloc M order=0 gfp=GFP_HIGHUSER_MOVABLE n=300
drain_all
expect free.0.DMA == 200
#  alike = 512 - (200 + 300) = 12; 212 < 256
alloc U order=0
expect pageblock_claim == 0
expect pageblock_steal == 32              # a refill: batch 1, doubled five times
expect pageblock.0 == movable
