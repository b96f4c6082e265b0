#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.3e Linux 6.1 interleaves by the low 32 bits of the page's index: 2^32 is 1 modulo 3
machine mem=12G nodes=3 cpus=3 profile=6.1

alloc a order=0 gfp=GFP_HIGHUSER_MOVABLE vma=interleave:0,1,2 ilx=0x100000000
expect alloc.a.node == 0
alloc b order=0 gfp=GFP_HIGHUSER_MOVABLE vma=interleave:0,1,2 ilx=0x0ffffffff
expect alloc.b.node == 0
