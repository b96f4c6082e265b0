#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3e 4.3g pages of a VMA one after the other are on one node after the other, whatever their size
machine mem=8G nodes=2 cpus=2

alloc h order=9 gfp=GFP_TRANSHUGE vma=interleave:0,1 n=4
expect zone.0.DMA32.used == 1024
expect zone.1.Normal.used == 1024
expect numa_interleave == 4
alloc k order=2 gfp=GFP_HIGHUSER_MOVABLE vma=interleave:0,1 n=8
expect zone.0.DMA32.used == 1040
expect zone.1.Normal.used == 1040
#  512 pages in is the second huge page
alloc i order=9 gfp=GFP_TRANSHUGE vma=interleave:0,1 ilx=512
expect alloc.i.node == 1
