#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3f WEIGHTED_INTERLEAVE gives each node as many pages as it weighs
machine mem=2G nodes=2 cpus=2
set mempolicy.weighted_interleave.node0=3

#  by the page of the VMA:  0 0 0 1  0 0 0 1
alloc p0 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=0
alloc p1 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=1
alloc p2 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=2
alloc p3 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=3
alloc p4 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=4
alloc p5 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=5
alloc p6 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=6
alloc p7 order=0 gfp=GFP_HIGHUSER_MOVABLE vma=weighted:0,1 ilx=7
expect alloc.p0.node == 0
expect alloc.p1.node == 0
expect alloc.p2.node == 0
expect alloc.p3.node == 1
expect alloc.p4.node == 0
expect alloc.p5.node == 0
expect alloc.p6.node == 0
expect alloc.p7.node == 1
#  by turns: 400 pages of a task
task 1 policy=weighted:0,1
alloc t order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1 n=400
expect zone.1.DMA32.used == 102
#  0 is the default, which is 1
set mempolicy.weighted_interleave.node0=0
policy 1 weighted:0,1
alloc u order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1 n=400
expect zone.1.DMA32.used == 302
fails(EINVAL) set mempolicy.weighted_interleave.node2=1
