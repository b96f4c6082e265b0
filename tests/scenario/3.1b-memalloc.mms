#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 3.1b 3.3d __GFP_MEMALLOC has no watermark, __GFP_NOMEMALLOC beats it
machine mem=16M
zone 0 DMA start=0 spanned=4096 present=4096 managed=4096 free=2
set vm.min_free_kbytes=4000
alloc A order=0 gfp=GFP_NOWAIT|__GFP_MEMALLOC|__GFP_NOMEMALLOC
expect alloc.A.failed == 1
alloc B order=0 gfp=GFP_NOWAIT|__GFP_MEMALLOC
expect alloc.B.failed == 0
