#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 3.2 flags by name and by number are the same requests
machine mem=6G
#  GFP_ATOMIC 0x820, GFP_DMA32|GFP_KERNEL 0xcc4, GFP_HIGHUSER_MOVABLE 0x100cca
alloc a order=0 gfp=GFP_ATOMIC
alloc b order=0 gfp=0x820
alloc c order=0 gfp=GFP_KERNEL|GFP_DMA32
alloc d order=0 gfp=0xcc4
alloc e order=9 gfp=GFP_HIGHUSER_MOVABLE
alloc f order=9 gfp=0x100cca
expect alloc.a.zone == 2
expect alloc.b.zone == 2
expect alloc.c.zone == 1
expect alloc.d.zone == 1
expect alloc.e.zone == 2
expect alloc.f.zone == 2
