#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1b 3.1a the zone that the low four flags ask for
machine mem=6G
zone 0 Normal start=1048576 spanned=262144 present=262144 managed=262144
zone 0 Movable start=1310720 spanned=262144 present=262144 managed=262144
alloc g0 order=0 gfp=0
alloc g1 order=0 gfp=0x1
alloc g2 order=0 gfp=0x2
alloc g4 order=0 gfp=0x4
alloc g8 order=0 gfp=0x8
alloc g9 order=0 gfp=0x9
alloc ga order=0 gfp=0xa
alloc gc order=0 gfp=0xc
expect alloc.g0.zone == 2
expect alloc.g1.zone == 0
expect alloc.g2.zone == 2
expect alloc.g4.zone == 1
expect alloc.g8.zone == 2       # __GFP_MOVABLE alone is no zone
expect alloc.g9.zone == 0
expect alloc.ga.zone == 3       # with __GFP_HIGHMEM it is
expect alloc.gc.zone == 1
expect alloc_invalid == 0
alloc g3 order=0 gfp=0x3        # DMA and HIGHMEM contradict each other
expect alloc.g3.failed == 1
expect alloc_invalid == 1
