#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.1 orders 0 to 10, blocks aligned to their size
machine mem=1G
alloc A order=10
expect alloc.A.failed == 0
expect free.0.DMA32 == 257024             # 258048 - 1024
alloc B order=0
alloc C order=10
expect alloc.C.pfn >= 4096
alloc D order=11
expect alloc.D.failed == 1
expect alloc_invalid == 1
