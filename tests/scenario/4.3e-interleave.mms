#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3e INTERLEAVE takes turns, or goes by the page of the VMA
machine mem=3G nodes=3 cpus=3
zone 0 DMA start=1 spanned=0 present=0 managed=0
zone 0 DMA32 start=2 spanned=0 present=0 managed=0
zone 1 DMA32 start=3 spanned=0 present=0 managed=0
zone 2 DMA32 start=4 spanned=0 present=0 managed=0
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 1 Normal start=1310720 spanned=262144 present=262144 managed=262144
zone 2 Normal start=1572864 spanned=262144 present=262144 managed=262144

task 1 policy=interleave:0,2
alloc a order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
alloc b order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
alloc c order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
alloc d order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1
expect alloc.a.node == 0
expect alloc.b.node == 2
expect alloc.c.node == 0
expect alloc.d.node == 2
expect numa_interleave == 4
alloc e order=0 gfp=GFP_HIGHUSER_MOVABLE vma=interleave:0,2 ilx=5
expect alloc.e.node == 2
alloc f order=0 gfp=GFP_HIGHUSER_MOVABLE vma=interleave:0,2 ilx=4
expect alloc.f.node == 0
