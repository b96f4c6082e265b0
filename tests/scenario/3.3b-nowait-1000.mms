#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 3.3a 3.3b GFP_NOWAIT at a min watermark of 1000 with 1000 free: refused
machine mem=16M
zone 0 DMA start=0 spanned=4096 present=4096 managed=4096 free=1000
set vm.min_free_kbytes=4000
alloc A order=0 gfp=GFP_NOWAIT
expect alloc.A.failed == 1
