/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Anti-fragmentation as releases before 6.9 do it: foreign blocks change lists, pageblocks maybe.
 */
#ifndef MM_STEAL_H
#define MM_STEAL_H

#include "lib/mm/pages/buddy.h"

/* A block for a request of @type: own lists, CMA, or own lists after a theft. PFN_NONE: none in
 * this zone. */
pfn_t rmqueue_stealing(struct mm_system *sys, struct zone *z, unsigned order, enum migratetype type,
		       uint32_t alloc_flags);
/* Free blocks of the pageblock of @pfn, from @pfn on where the pageblock begins in another zone,
 * move to the lists of @type; the pageblock's own type is the caller's. Returns their pages, 0
 * where the pageblock ends in another zone; @movable (or NULL): the movable pages among the others.
 */
unsigned move_listed_blocks(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type,
			    unsigned *movable);

#endif
