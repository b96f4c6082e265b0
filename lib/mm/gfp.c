// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: from GFP flags to zone, migratetype and allocation flags.
 *
 * Reference: Linux 6.12 include/linux/gfp.h gfp_zone(), gfp_migratetype(); mm/page_alloc.c
 * gfp_to_alloc_flags(), __gfp_pfmemalloc_flags().
 *
 * Invariants: I1 the result depends on the arguments alone. I2 ALLOC_MIN_RESERVE and ALLOC_KSWAPD
 * have the values of __GFP_HIGH and __GFP_KSWAPD_RECLAIM, so they are copied, not translated.
 * Cost: table lookups; no cycles are charged here.
 *
 * Differs from Linux:
 * - no memalloc_nofs/noio/pin scopes of the task: a recorded gfp mask already has them applied;
 * - a PF_MEMALLOC task in a soft interrupt is not told from one outside: the trace does not say.
 */
#include "lib/mm/gfp.h"

int gfp_zone(uint32_t gfp)
{
	/* HIGHMEM alone is NORMAL on 64 bit; combinations not named here contradict themselves. */
	static const uint8_t zone_plus_one[16] = {
		[0] = 1 + ZONE_NORMAL,
		[__GFP_DMA] = 1 + ZONE_DMA,
		[__GFP_HIGHMEM] = 1 + ZONE_NORMAL,
		[__GFP_DMA32] = 1 + ZONE_DMA32,
		[__GFP_MOVABLE] = 1 + ZONE_NORMAL,
		[__GFP_MOVABLE | __GFP_DMA] = 1 + ZONE_DMA,
		[__GFP_MOVABLE | __GFP_HIGHMEM] = 1 + ZONE_MOVABLE,
		[__GFP_MOVABLE | __GFP_DMA32] = 1 + ZONE_DMA32,
	};

	return zone_plus_one[gfp & (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE)] - 1;
}

int gfp_migratetype(uint32_t gfp)
{
	static const int8_t type[4] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE,
					-1 };

	return type[(gfp & (__GFP_MOVABLE | __GFP_RECLAIMABLE)) >> 3];
}

uint32_t gfp_to_alloc_flags(uint32_t gfp, unsigned order, bool rt_task, bool cma)
{
	uint32_t flags = ALLOC_WMARK_MIN | ALLOC_CPUSET;

	_Static_assert(__GFP_HIGH == ALLOC_MIN_RESERVE, "I2");
	_Static_assert(__GFP_KSWAPD_RECLAIM == ALLOC_KSWAPD, "I2");
	flags |= gfp & (__GFP_HIGH | __GFP_KSWAPD_RECLAIM);
	if (!(gfp & __GFP_DIRECT_RECLAIM)) {
		if (!(gfp & __GFP_NOMEMALLOC)) {
			flags |= ALLOC_NON_BLOCK;
			if (order > 0 && (flags & ALLOC_MIN_RESERVE))
				flags |= ALLOC_HIGHATOMIC;
		}
		if (flags & ALLOC_MIN_RESERVE)
			flags &= ~ALLOC_CPUSET;
	} else if (rt_task) {
		flags |= ALLOC_MIN_RESERVE;
	}
	if (cma && gfp_migratetype(gfp) == MIGRATE_MOVABLE)
		flags |= ALLOC_CMA;
	return flags;
}

uint32_t gfp_pfmemalloc_flags(uint32_t gfp, bool memalloc, bool oom_victim)
{
	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if ((gfp & __GFP_MEMALLOC) || memalloc)
		return ALLOC_NO_WATERMARKS;
	return oom_victim ? ALLOC_OOM : 0;
}
