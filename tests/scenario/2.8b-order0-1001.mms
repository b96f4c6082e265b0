#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.8b order 0 at a mark of 1000 with 1001 free: served
machine mem=16M
zone 0 DMA start=0 spanned=4096 present=4096 managed=4096 free=1001
set vm.min_free_kbytes=4000
expect zone.0.DMA.min == 1000
alloc A order=0 gfp=GFP_NOWAIT
expect alloc.A.failed == 0
