// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: free pages leave the buddy lists without a request: a compactor takes them to move others
 * there. It names where; the block that lies there is cut so that no more goes than it takes.
 *
 *     take 4 of 8..15, free as a block of 16 at 0:   [0 ... 7 | 8 9 10 11 | 12 .. 15]
 *                                                      list       taken       list
 *
 * Reference: Linux 6.12 mm/page_alloc.c __isolate_free_page(); mm/compaction.c
 * isolate_freepages_block(), fast_isolate_freepages(), mark_allocated().
 *
 * Invariants:
 * I1 What is taken is recorded as given out, as one block, for a movable request.
 * I2 A pageblock of which half or more is taken at once becomes MOVABLE, if its type can merge;
 *    with what else is free there, but for Linux 6.1.
 *
 * Cost: one look at a record for each frame that is not free, one hold of the zone lock a
 * block.
 *
 * Differs from Linux:
 * - no watermark is asked: who calls knows that the host's allowed it;
 * - part of a free block can be taken, where Linux takes the whole or leaves it.
 */
#include "lib/mm/gfp.h"
#include "lib/mm/pages/fallback.h"
#include "lib/mm/profile.h"

/* The free block at @head of @high lists what is not in the block at @pfn of @order. */
static void cut(struct mm_system *sys, struct zone *z, pfn_t head, unsigned high, pfn_t pfn,
		unsigned order)
{
	enum migratetype type =
		frames_list_type(&sys->frames, head, *frames_state(&sys->frames, head, high));

	buddy_del(sys, z, head, high);
	while (high > order) {
		pfn_t upper = head + (1u << --high);

		buddy_add(sys, z, pfn < upper ? upper : head, high, type, false);
		if (pfn >= upper)
			head = upper;
	}
}

static void make_movable(struct mm_system *sys, struct zone *z, pfn_t pfn)
{
	if (sys->rules->blocks_keep_list_type)
		zone_set_pageblock(sys, pfn, MIGRATE_MOVABLE);
	else
		move_freepages_block(sys, z, pfn, MIGRATE_MOVABLE);
}

/* Take the block at @pfn, part of the free one of @high at @head. False: no host memory. */
static bool take(struct mm_system *sys, struct zone *z, pfn_t head, unsigned high, pfn_t pfn,
		 unsigned order)
{
	if (order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
		return false;
	sys->counter[C_LOCK_ALLOC]++;
	cut(sys, z, head, high, pfn, order);
	for (pfn_t at = pfn; order + 1 >= PAGEBLOCK_ORDER && at < pfn + (1u << order);
	     at += PAGEBLOCK_PAGES)
		if (migratetype_is_mergeable(frames_block(&sys->frames, at)->type))
			make_movable(sys, z, at);
	z->allocated += 1 << order;
	*frames_state(&sys->frames, pfn, order) =
		PAGE_STATE(PAGE_ALLOCATED, order, MIGRATE_MOVABLE);
	return true;
}

pfn_t mm_isolate_range(struct mm_system *sys, pfn_t from, pfn_t end, pfn_t pages, unsigned *order)
{
	pfn_t pfn = from, head;
	unsigned high, o;

	if (end > sys->frames.nr)
		end = sys->frames.nr;
	while (pfn < end && pages) {
		enum page_kind kind = frames_find_block(&sys->frames, pfn, &head, &high);

		if (kind == PAGE_BUDDY)
			break;
		pfn = kind == PAGE_USED ? pfn + 1 : head + (1u << high);
	}
	if (pfn >= end || !pages)
		return PFN_NONE;
	o = pfn > head ? (unsigned)__builtin_ctz(pfn - head) : high;
	while (1u << o > pages || 1u << o > end - pfn)
		o--;
	*order = o;
	return take(sys, zone_of(sys, head), head, high, pfn, o) ? pfn : PFN_NONE;
}

pfn_t mm_isolate_any(struct mm_system *sys, unsigned zone_index, unsigned order)
{
	static const enum migratetype types[] = { MIGRATE_MOVABLE, MIGRATE_CMA, MIGRATE_RECLAIMABLE,
						  MIGRATE_UNMOVABLE };
	struct zone *z = &sys->zone[zone_index];

	for (unsigned i = 0; zone_index < sys->nr_zones && i < sizeof(types) / sizeof(*types); i++)
		for (unsigned o = order; o < NR_PAGE_ORDERS; o++) {
			pfn_t pfn = z->area[o].list[types[i]].first;

			if (pfn != PFN_NONE)
				return take(sys, z, pfn, o, pfn, order) ? pfn : PFN_NONE;
		}
	return PFN_NONE;
}
