#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 3.1c GFP_NOWAIT wakes kswapd and reclaims nothing itself
machine mem=16M
zone 0 DMA start=0 spanned=4096 present=4096 managed=4096 free=900
set vm.min_free_kbytes=4000
alloc A order=0 gfp=GFP_NOWAIT
expect alloc.A.failed == 1
expect kswapd_wake_calls > 0
expect allocstall_dma == 0
alloc B order=0 gfp=GFP_KERNEL
expect allocstall_normal > 0
