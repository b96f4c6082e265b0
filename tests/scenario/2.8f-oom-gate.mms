#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.8f who may call the OOM killer
machine mem=16M
zone 0 DMA start=0 spanned=4096 present=4096 managed=4096 free=0
alloc A order=4
alloc B order=0 gfp=GFP_KERNEL|__GFP_NORETRY
alloc C order=0 gfp=GFP_KERNEL|__GFP_RETRY_MAYFAIL
alloc D order=0 gfp=GFP_KERNEL|__GFP_THISNODE
alloc E order=0 gfp=GFP_KERNEL|GFP_DMA
alloc F order=0 gfp=GFP_ATOMIC
expect alloc_fail == 6
expect out_of_memory_calls == 0
alloc G order=0
expect alloc.G.failed == 1
expect out_of_memory_calls >= 1
