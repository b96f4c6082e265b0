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
/* First type that @type falls back to with a free block in @a, or -1. */
int suitable_fallback(const struct free_area *a, enum migratetype type);
/* Whether a foreign free block of @order is worth its whole pageblock to a request of @type. */
bool should_try_claim(unsigned order, enum migratetype type);
/* Free blocks of the pageblock of @pfn move to the lists of @type, which it becomes. False: part of
 * it belongs to another zone, nothing is changed. */
bool move_freepages_block(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type);
/* A free block changes lists, to the end of that of @type. */
void move_to_list(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
		  enum migratetype type);
/* The pageblocks of a block become of @type; its lists are the caller's. */
void change_pageblock_range(struct mm_system *sys, pfn_t pfn, unsigned order,
			    enum migratetype type);

#endif
