/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Anti-fragmentation: which migratetype's free memory serves which request, and the pageblocks that
 * change type for it.
 */
#ifndef MM_FALLBACK_H
#define MM_FALLBACK_H

#include "lib/mm/pages/buddy.h"

/* Where the last block of a bulk refill was found; the next one is looked for from there. */
enum rmqueue_mode { RMQUEUE_NORMAL, RMQUEUE_CMA, RMQUEUE_CLAIM, RMQUEUE_STEAL };

/* A block for a request of @type: own lists, CMA, a claimed pageblock, a stolen block. PFN_NONE:
 * none in this zone. */
pfn_t rmqueue(struct mm_system *sys, struct zone *z, unsigned order, enum migratetype type,
	      uint32_t alloc_flags, enum rmqueue_mode *mode);
/* Free blocks of the pageblock of @pfn move to the lists of @type, which it becomes. False: part of
 * it belongs to another zone, nothing is changed. */
bool move_freepages_block(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type);
/* Set the pageblock(s) of a block just given out aside for order > 0 atomic requests. */
void reserve_highatomic_pageblock(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order);
/* Return one reserved pageblock of @z to @type; without @force the last one stays. True if free
 * pages came with it. */
bool unreserve_highatomic_pageblock(struct mm_system *sys, struct zone *z, enum migratetype type,
				    bool force);

#endif
