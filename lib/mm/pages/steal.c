// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: when the lists of a type are empty, the largest free block of another type moves to them,
 * and if it may, everything free in its pageblock with it; the pageblock changes type when enough
 * of it is free or alike. Then the request is served from its own lists, from the smallest block
 * that will do. What moved stays in the thief's lists even if the pageblock kept its type.
 *
 *     MOVABLE pageblock    [u u u u . . m m]    an UNMOVABLE request steals
 *     lists before          MOVABLE: 4-5
 *     lists after           UNMOVABLE: 5        4 given out, pageblock still MOVABLE
 *
 * Movable requests that find nothing large enough to steal from take the smallest block instead.
 *
 * Reference: Linux 6.1.192 mm/page_alloc.c __rmqueue(), __rmqueue_fallback(),
 * steal_suitable_fallback(), can_steal_fallback(), move_freepages_block().
 *
 * Invariants: I1 With ALLOC_NOFRAGMENT no foreign block below pageblock order moves. I2 HIGHATOMIC,
 * CMA and ISOLATE lists are never stolen from. I3 After a theft the own lists have a block that is
 * large enough.
 *
 * Cost: up to 512 page records for each theft.
 *
 * Differs from Linux: movable pages are those allocated with a movable mask, as in fallback.c.
 * While some pageblock of a zone is isolated, 6.1 returns pages from per-CPU lists to the types of
 * their pageblocks; pageblocks are isolated only in snapshots, so here the recorded type always
 * counts.
 */
#include "lib/mm/pages/steal.h"

#include "lib/mm/gfp.h"
#include "lib/mm/pages/fallback.h"
#include "lib/mm/pages/wmark.h"

unsigned move_listed_blocks(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type,
			    unsigned *movable)
{
	pfn_t start = pfn & ~(PAGEBLOCK_PAGES - 1), end = start + PAGEBLOCK_PAGES;
	unsigned moved = 0;

	if (movable)
		*movable = 0;
	if (end > z->end)
		return 0;
	if (start < z->start)
		start = pfn;
	while (start < end) {
		uint8_t large = start % PAGEBLOCK_PAGES ? PAGE_USED
							: frames_block(&sys->frames, start)->state;
		uint8_t state = large ? large : *frames_state(&sys->frames, start, 0);
		unsigned order = state_order(state), nr = 1u << order;

		if (state_kind(state) == PAGE_BUDDY) {
			move_to_list(sys, z, start, order, type);
			moved += nr;
		} else if (movable && state_kind(state) != PAGE_PCP &&
			   state_type(state) == MIGRATE_MOVABLE) {
			*movable += nr < end - start ? nr : end - start;
		}
		start += nr;
	}
	return moved;
}

/* The block moves to the lists of @type, alone or with its pageblock. */
static void steal(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
		  enum migratetype type, uint32_t alloc_flags, bool whole)
{
	unsigned old = frames_block(&sys->frames, pfn)->type, moved, movable, alike = 0;

	sys->counter[C_EXTFRAG]++;
	if (order >= PAGEBLOCK_ORDER && old != MIGRATE_HIGHATOMIC) {
		change_pageblock_range(sys, pfn, order, type);
		move_to_list(sys, z, pfn, order, type);
		sys->counter[C_CLAIM]++;
		return;
	}
	if (old != MIGRATE_HIGHATOMIC) {
		/* More reclaim now means fewer fallbacks later. */
		if (wmark_boost(sys, z) && (alloc_flags & ALLOC_KSWAPD))
			z->boosted = true;
		moved = whole ? move_listed_blocks(sys, z, pfn, type, &movable) : 0;
		if (moved) {
			if (type == MIGRATE_MOVABLE)
				alike = movable;
			else if (old == MIGRATE_MOVABLE)
				alike = PAGEBLOCK_PAGES - (moved + movable);
			if (moved + alike < PAGEBLOCK_PAGES / 2) {
				sys->counter[C_STEAL]++;
				return;
			}
			zone_set_pageblock(sys, pfn, type);
			sys->counter[C_CLAIM]++;
			return;
		}
	}
	move_to_list(sys, z, pfn, order, type);
	sys->counter[C_STEAL]++;
}

/* Order of the block to steal, and whose it is; -1: there is none. */
static int victim(const struct zone *z, unsigned order, enum migratetype type, uint32_t alloc_flags,
		  enum migratetype *other)
{
	unsigned min = order, o;
	int found = -1;

	if (alloc_flags & ALLOC_NOFRAGMENT && order < PAGEBLOCK_ORDER)
		min = PAGEBLOCK_ORDER;
	/* The largest block is likely to be in the emptiest pageblock. */
	for (o = NR_PAGE_ORDERS; found < 0 && o-- > min;)
		found = suitable_fallback(&z->area[o], type);
	if (found < 0)
		return -1;
	/* What cannot bring its pageblock along had better be small. */
	if (!should_try_claim(o, type) && o > order) {
		o = order;
		while ((found = suitable_fallback(&z->area[o], type)) < 0)
			o++;
	}
	*other = (enum migratetype)found;
	return (int)o;
}

pfn_t rmqueue_stealing(struct mm_system *sys, struct zone *z, unsigned order, enum migratetype type,
		       uint32_t alloc_flags)
{
	pfn_t pfn = buddy_rmqueue_smallest(sys, z, order, type);
	enum migratetype other;
	int o;

	if (pfn == PFN_NONE && alloc_flags & ALLOC_CMA)
		pfn = buddy_rmqueue_smallest(sys, z, order, MIGRATE_CMA);
	if (pfn != PFN_NONE || sys->frames.host_failed)
		return pfn;
	o = victim(z, order, type, alloc_flags, &other);
	if (o < 0)
		return PFN_NONE;
	steal(sys, z, z->area[o].list[other].first, (unsigned)o, type, alloc_flags,
	      should_try_claim((unsigned)o, type));
	return buddy_rmqueue_smallest(sys, z, order, type);
}
