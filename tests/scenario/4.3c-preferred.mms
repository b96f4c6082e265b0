#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3c PREFERRED and LOCAL fall back
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144 free=0
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144

task 1 policy=preferred:2
alloc A order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
expect alloc.A.node == 2
policy 1 preferred:1
alloc B order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
expect alloc.B.node == 2                  # next on node 1's list
cpu 1 1
policy 1 local
alloc C order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
expect alloc.C.node == 2
policy 1 default
cpu 1 0
alloc D order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
expect alloc.D.node == 0
