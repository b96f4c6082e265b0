// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: free memory is kept in blocks of 2^order pages. A request takes the smallest block that
 * is large enough and splits it; a freed block merges with its buddy, the other half of the next
 * larger block, as long as that is free as a whole.
 *
 *     take 2 of a free 8 at 0:     [0 1|2 3|4 5 6 7]    lists: order 2: 4, order 1: 2
 *                                   ^^^ given out
 *     free 2 while 0-1, 3, 4-7 are free:  2+3 -> 2-3,  0-1 + 2-3 -> 0-3,  0-3 + 4-7 -> 0-7
 *
 * Reference: Linux 6.12 mm/page_alloc.c __free_one_page(), expand(), __rmqueue_smallest(),
 * split_large_buddy(), buddy_merge_likely().
 *
 * On its way up a block of the order that a compactor waits for goes to that instead
 * (compaction_capture()), unless it would put unmovable pages into a movable pageblock.
 *
 * Invariants:
 * I1 A free block of order k starts at a multiple of 2^k, lies in one zone, its record says
 * PAGE_BUDDY and k, and it is in the list of the type that the record tells, which is that of its
 * (first) pageblock unless the profile lets blocks keep their list's type (6.1). I2 Merges are
 * maximal: the buddy of a free block below order 10 is not free at the same order, unless the
 * pair's pageblocks (order 9 and up) had different types of which one cannot merge when the later
 * of them was freed. I3 area[k].nr_free is the number of blocks in all lists of order k; zone free
 * counts follow.
 *
 * Cost: O(orders) per operation; the caller charges the zone lock.
 *
 * Differs from Linux:
 * - no page guard, page reporting, shuffling or poisoning: debugging aids that move no page by
 *   default.
 */
#include "lib/mm/pages/buddy.h"

#include "lib/mm/profile.h"

void buddy_add(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
	       enum migratetype type, bool tail)
{
	struct free_area *a = &z->area[order];

	*frames_state(&sys->frames, pfn, order) = PAGE_STATE(PAGE_BUDDY, order, list_tag(type));
	if (tail)
		page_list_add_tail(&sys->frames, &a->list[type], pfn, order);
	else
		page_list_add_head(&sys->frames, &a->list[type], pfn, order);
	a->count[type]++;
	a->nr_free++;
	zone_account_free(z, 1 << order, type);
}

void buddy_del(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order)
{
	struct free_area *a = &z->area[order];
	uint8_t *state = frames_state(&sys->frames, pfn, order);
	enum migratetype type = frames_list_type(&sys->frames, pfn, *state);

	page_list_del(&sys->frames, &a->list[type], pfn, order);
	a->count[type]--;
	a->nr_free--;
	zone_account_free(z, -(1 << order), type);
	*state = PAGE_USED;
}

unsigned buddy_expand(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned low, unsigned high,
		      enum migratetype type)
{
	unsigned added = 0;

	while (high > low) {
		high--;
		buddy_add(sys, z, pfn + (1u << high), high, type, false);
		added += 1u << high;
	}
	return added;
}

void buddy_take(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order, unsigned high,
		enum migratetype type)
{
	buddy_del(sys, z, pfn, high);
	buddy_expand(sys, z, pfn, order, high, type);
}

pfn_t buddy_rmqueue_smallest(struct mm_system *sys, struct zone *z, unsigned order,
			     enum migratetype type)
{
	unsigned o;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		pfn_t pfn = z->area[o].list[type].first;

		if (pfn == PFN_NONE)
			continue;
		if (order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
			return PFN_NONE;
		buddy_take(sys, z, pfn, order, o, type);
		return pfn;
	}
	return PFN_NONE;
}

bool buddy_is_free(const struct mm_system *sys, const struct zone *z, pfn_t pfn, unsigned order)
{
	return zone_holds(z, pfn) && (*frames_state(&sys->frames, pfn, order) &
				      PAGE_STATE(3, 15, 0)) == PAGE_STATE(PAGE_BUDDY, order, 0);
}

/* The block above the one about to be listed has a free buddy: another merge may be near, so the
 * block had better not be the next one given out. */
static bool merge_likely(const struct mm_system *sys, const struct zone *z, pfn_t pfn,
			 unsigned order)
{
	if (order >= MAX_PAGE_ORDER - 1)
		return false;
	return buddy_is_free(sys, z, buddy_of(pfn & ~(1u << order), order + 1), order + 1);
}

/* The block goes to the compactor that waits for its order. */
static bool capture(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type)
{
	struct capture *c = &sys->capture;

	if (z->index != c->zone || type == MIGRATE_CMA || type == MIGRATE_ISOLATE)
		return false;
	if (c->order < PAGEBLOCK_ORDER && type == MIGRATE_MOVABLE &&
	    (c->type != MIGRATE_MOVABLE || sys->rules->movable_is_not_captured))
		return false;
	if (c->order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
		return false;
	*frames_state(&sys->frames, pfn, c->order) =
		(uint8_t)PAGE_STATE(PAGE_ALLOCATED, c->order, c->type);
	z->allocated += 1 << c->order;
	sys->counter[C_COMPACT_CAPTURE]++;
	if (type != c->type && sys->rules->counts_captured_theft)
		sys->counter[C_EXTFRAG]++;
	c->pfn = pfn;
	c->order = NO_CAPTURE;
	return true;
}

void buddy_free_one(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
		    enum migratetype type, bool to_tail)
{
	while (order < MAX_PAGE_ORDER) {
		pfn_t buddy = buddy_of(pfn, order);
		const struct pageblock *other;

		if (order == sys->capture.order && capture(sys, z, pfn, type))
			return;
		if (!buddy_is_free(sys, z, buddy, order))
			break;
		other = frames_block(&sys->frames, buddy);
		if (order >= PAGEBLOCK_ORDER && other->type != type &&
		    !(migratetype_is_mergeable(type) && migratetype_is_mergeable(other->type)))
			break;
		buddy_del(sys, z, buddy, order);
		if (!sys->rules->blocks_keep_list_type && other->type != type)
			zone_set_pageblock(sys, buddy, type);
		pfn &= buddy;
		order++;
	}
	buddy_add(sys, z, pfn, order, type, to_tail || merge_likely(sys, z, pfn, order));
}

void buddy_free(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order, bool to_tail)
{
	bool split = order > PAGEBLOCK_ORDER && !sys->rules->blocks_keep_list_type;
	unsigned step = split ? PAGEBLOCK_ORDER : order;
	pfn_t end = pfn + (1u << order);

	for (; pfn < end; pfn += 1u << step)
		buddy_free_one(sys, z, pfn, step, frames_block(&sys->frames, pfn)->type, to_tail);
}
