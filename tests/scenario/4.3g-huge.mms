#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3g a huge page comes from its node or, without direct reclaim, not at all
machine mem=1G nodes=2 cpus=2
#  node 0 in pieces:  [ 16 in use ][ 16 free ] ...; node 1 all free
alloc pieces order=4 node=0 gfp=GFP_HIGHUSER_MOVABLE|__GFP_THISNODE|__GFP_MEMALLOC n=10000
free pieces stride=2
drain_all
expect buddy.0.DMA32.9 == 0
expect buddy.0.DMA32.4 > 3000
expect zone.1.DMA32.used == 0
#  thp.defrag=madvise, not advised: a small page will be taken instead
alloc light order=9 cpu=0 gfp=GFP_TRANSHUGE_LIGHT vma=default
expect alloc.light.failed == 1
#  advised, it may reclaim, and may leave the node
alloc advised order=9 cpu=0 gfp=GFP_TRANSHUGE vma=default
expect alloc.advised.node == 1
#  interleaving asks its node in the ordinary way, the kernel itself any node
alloc woven order=9 cpu=0 gfp=GFP_TRANSHUGE_LIGHT vma=interleave:0,1
expect alloc.woven.node == 1
alloc own order=9 cpu=0 gfp=GFP_TRANSHUGE_LIGHT
expect alloc.own.node == 1
