#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2c CMA serves movable requests only, and first once it has more than half of what is free
machine mem=64M
set cma=16M
set vm.min_free_kbytes=128
#	DMA32: 4096..12287 movable, 12288..16383 CMA, at the end of RAM
expect pageblock.12287 == movable
expect pageblock.12288 == cma
expect zone.0.DMA32.pageblocks.cma == 8
expect buddy.0.DMA32.10.cma == 4
alloc M order=4 gfp=GFP_HIGHUSER_MOVABLE
expect alloc.M.pfn < 12288
alloc K order=10 n=6
#	2032 ordinary frames are left beside 4096
alloc N order=4 gfp=GFP_HIGHUSER_MOVABLE
expect alloc.N.pfn >= 12288
expect pageblock.12288 == cma
