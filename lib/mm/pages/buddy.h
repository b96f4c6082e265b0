/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy allocator of one zone: free lists by order and migratetype, splitting and merging.
 * Callers count the holds of zone->lock.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "lib/mm/pages/zone.h"

/* A block enters the list of @type, which its pageblock has or is about to get, or leaves the list
 * of its pageblock's type; its frames are accounted. */
void buddy_add(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
	       enum migratetype type, bool tail);
void buddy_del(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order);
/* Give back the upper halves of a block of @high so that one of @low at @pfn remains; returns the
 * pages given back, 2^high - 2^low. */
unsigned buddy_expand(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned low, unsigned high,
		      enum migratetype type);
/* Take the block at @pfn, free at @high, out of its list and return its unneeded halves to @type.
 */
void buddy_take(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order, unsigned high,
		enum migratetype type);
/* First block of the smallest sufficient order in the lists of @type; PFN_NONE: none (or no host
 * memory to record the split). */
pfn_t buddy_rmqueue_smallest(struct mm_system *sys, struct zone *z, unsigned order,
			     enum migratetype type);
/* Free a block: merge it upwards, then list it, at the tail when told or when its next merge is
 * likely. @type is that of its pageblock. */
void buddy_free_one(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
		    enum migratetype type, bool to_tail);
/* The same for any order: larger than a pageblock is freed pageblock by pageblock. */
void buddy_free(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order, bool to_tail);

/* Whether pageblocks of the type may merge with other types: not HIGHATOMIC, CMA, ISOLATE. */
static inline bool migratetype_is_mergeable(unsigned type)
{
	return type < MIGRATE_HIGHATOMIC;
}

static inline pfn_t buddy_of(pfn_t pfn, unsigned order)
{
	return pfn ^ 1u << order;
}

/* Whether @pfn heads a free block of exactly @order in @z. */
bool buddy_is_free(const struct mm_system *sys, const struct zone *z, pfn_t pfn, unsigned order);

#endif
