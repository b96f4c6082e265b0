#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.2c __GFP_THISNODE never leaves the node
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144 free=0
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144

alloc A order=0 node=1
expect alloc.A.node == 2
alloc B order=0 node=1 gfp=GFP_KERNEL|__GFP_THISNODE|__GFP_NORETRY
expect alloc.B.failed == 1
alloc C order=0 node=2 gfp=GFP_KERNEL|__GFP_THISNODE
expect alloc.C.node == 2
