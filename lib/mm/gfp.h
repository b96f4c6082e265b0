/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GFP flags: what an allocation asks for, in the canonical bits of Linux 6.12 without KASAN
 * (KAT 3.*), and the ALLOC_* flags the page allocator derives from them.
 */
#ifndef MM_GFP_H
#define MM_GFP_H

#include "lib/mm/mm.h"

#define __GFP_DMA	     0x1u
#define __GFP_HIGHMEM	     0x2u
#define __GFP_DMA32	     0x4u
#define __GFP_MOVABLE	     0x8u
#define __GFP_RECLAIMABLE    0x10u
#define __GFP_HIGH	     0x20u
#define __GFP_IO	     0x40u
#define __GFP_FS	     0x80u
#define __GFP_ZERO	     0x100u
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE	     0x1000u
#define __GFP_NOWARN	     0x2000u
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL	     0x8000u
#define __GFP_NORETRY	     0x10000u
#define __GFP_MEMALLOC	     0x20000u
#define __GFP_COMP	     0x40000u
#define __GFP_NOMEMALLOC     0x80000u
#define __GFP_HARDWALL	     0x100000u
#define __GFP_THISNODE	     0x200000u
#define __GFP_ACCOUNT	     0x400000u
#define __GFP_RECLAIM	     (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC	     (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL	     (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT	     (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO	     __GFP_RECLAIM
#define GFP_NOFS	     (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER	     (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA		     __GFP_DMA
#define GFP_DMA32	     __GFP_DMA32
#define GFP_HIGHUSER	     (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_TRANSHUGE_LIGHT \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

/* The low bits of the allocation flags name the watermark, as enum zone_watermark. */
#define ALLOC_WMARK_MIN	    WMARK_MIN
#define ALLOC_WMARK_LOW	    WMARK_LOW
#define ALLOC_WMARK_HIGH    WMARK_HIGH
#define ALLOC_WMARK_MASK    0x3u
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM	    0x8u
#define ALLOC_NON_BLOCK	    0x10u
#define ALLOC_MIN_RESERVE   0x20u
#define ALLOC_CPUSET	    0x40u
#define ALLOC_CMA	    0x80u
#define ALLOC_NOFRAGMENT    0x100u
#define ALLOC_HIGHATOMIC    0x200u
#define ALLOC_KSWAPD	    0x800u
#define ALLOC_RESERVES	    (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)

/* Orders above this one are "costly": the allocator does not insist on them. */
#define PAGE_ALLOC_COSTLY_ORDER 3

/* Highest zone the flags allow, or -1 when their zone bits contradict each other. */
int gfp_zone(uint32_t gfp);
/* Migratetype of the request, or -1 when it is both movable and reclaimable. */
int gfp_migratetype(uint32_t gfp);
/* Flags of the slow path's first attempts. @rt_task: real-time and not in an interrupt; @cma: the
 * kernel has CMA. */
uint32_t gfp_to_alloc_flags(uint32_t gfp, unsigned order, bool rt_task, bool cma);
/* Reserves the task may dig into: ALLOC_NO_WATERMARKS, ALLOC_OOM or 0. */
uint32_t gfp_pfmemalloc_flags(uint32_t gfp, bool memalloc, bool oom_victim);

#endif
