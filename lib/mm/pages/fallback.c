// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: pages that can be moved and pages that cannot are kept in different pageblocks, so that
 * whole pageblocks can become free again. When the lists of a type are empty, a foreign pageblock
 * is *claimed* (its free pages change lists, it changes type) if that looks worthwhile, else a
 * block is *stolen* from it and the pageblock stays what it was.
 *
 *     claim looks at large blocks first        steal takes the smallest
 *     order 10 <- 9 <- 8 ... <- request        request -> ... 8 -> 9 -> 10
 *
 * Older releases do both at once: see steal.c.
 *
 * Reference: Linux 6.12 (stable) mm/page_alloc.c __rmqueue(), __rmqueue_claim(), __rmqueue_steal(),
 * try_to_claim_block(), find_suitable_fallback(), move_freepages_block().
 *
 * Invariants:
 * I1 With ALLOC_NOFRAGMENT no foreign block below pageblock order is taken.
 * I2 HIGHATOMIC, CMA and ISOLATE pageblocks are never claimed or stolen from.
 *
 * Cost: a claim looks at up to 512 page records for each order it tries.
 *
 * Differs from Linux:
 * - movable pages are those allocated with a movable gfp mask (or seeded as movable), where Linux
 *   looks at PageLRU and movable_ops: page-cache pages of filesystems that allocate unmovable count
 *   as unmovable here;
 * - vm.defrag_mode (6.15 and later) does not exist, as when it is 0, its default;
 * - 6.18 has the claim and steal order of the stable release 6.12.117.
 */
#include "lib/mm/pages/fallback.h"

#include "lib/mm/gfp.h"
#include "lib/mm/pages/steal.h"
#include "lib/mm/pages/vmstat.h"
#include "lib/mm/pages/wmark.h"
#include "lib/mm/profile.h"

#define NR_FALLBACKS 2

static const uint8_t fallbacks[MIGRATE_HIGHATOMIC][NR_FALLBACKS] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

int suitable_fallback(const struct free_area *a, enum migratetype type)
{
	unsigned i;

	for (i = 0; a->nr_free && i < NR_FALLBACKS; i++)
		if (a->count[fallbacks[type][i]])
			return fallbacks[type][i];
	return -1;
}

bool should_try_claim(unsigned order, enum migratetype type)
{
	/* Movable pages leave no lasting mark on a foreign pageblock. */
	return order >= PAGEBLOCK_ORDER / 2 || type != MIGRATE_MOVABLE;
}

void change_pageblock_range(struct mm_system *sys, pfn_t pfn, unsigned order, enum migratetype type)
{
	pfn_t end = pfn + (1u << order);

	for (; pfn < end; pfn += PAGEBLOCK_PAGES)
		zone_set_pageblock(sys, pfn, type);
}

static bool spans_pageblock(const struct zone *z, pfn_t start)
{
	return start >= z->start && start + PAGEBLOCK_PAGES <= z->end;
}

/* What a pageblock holds below pageblock order. */
static void count_pageblock(const struct mm_system *sys, pfn_t start, unsigned *free,
			    unsigned *movable)
{
	pfn_t pfn = start;

	*free = *movable = 0;
	while (pfn < start + PAGEBLOCK_PAGES) {
		uint8_t state = *frames_state(&sys->frames, pfn, 0);
		unsigned nr = 1u << state_order(state);

		if (state_kind(state) == PAGE_BUDDY)
			*free += nr;
		else if (state_kind(state) != PAGE_PCP && state_type(state) == MIGRATE_MOVABLE)
			*movable += nr;
		pfn += nr;
	}
}

void move_to_list(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
		  enum migratetype type)
{
	buddy_del(sys, z, pfn, order);
	/* At the tail, so that what just moved is not the next to be given out. */
	buddy_add(sys, z, pfn, order, type, true);
}

static unsigned move_free_blocks(struct mm_system *sys, struct zone *z, pfn_t start,
				 enum migratetype type)
{
	uint8_t state = frames_block(&sys->frames, start)->state;
	unsigned moved = 0;
	pfn_t pfn = start;

	if (state_kind(state) == PAGE_BUDDY) {
		move_to_list(sys, z, start, state_order(state), type);
		return 1u << state_order(state);
	}
	while (pfn < start + PAGEBLOCK_PAGES) {
		unsigned nr;

		state = *frames_state(&sys->frames, pfn, 0);
		nr = 1u << state_order(state);
		if (state_kind(state) == PAGE_BUDDY) {
			move_to_list(sys, z, pfn, state_order(state), type);
			moved += nr;
		}
		pfn += nr;
	}
	return moved;
}

/* Pages moved, or -1. */
static int move_block(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type)
{
	pfn_t start = pfn & ~(PAGEBLOCK_PAGES - 1);
	int moved;

	if (!spans_pageblock(z, start))
		return -1;
	moved = (int)move_free_blocks(sys, z, start, type);
	zone_set_pageblock(sys, start, type);
	return moved;
}

bool move_freepages_block(struct mm_system *sys, struct zone *z, pfn_t pfn, enum migratetype type)
{
	return move_block(sys, z, pfn, type) >= 0;
}

static pfn_t try_to_claim_block(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
				unsigned found, enum migratetype type, enum migratetype block_type,
				uint32_t alloc_flags)
{
	pfn_t start = pfn & ~(PAGEBLOCK_PAGES - 1);
	unsigned free, movable, alike = 0;

	if (found >= PAGEBLOCK_ORDER) {
		if (order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
			return PFN_NONE;
		buddy_del(sys, z, pfn, found);
		change_pageblock_range(sys, pfn, found, type);
		buddy_expand(sys, z, pfn, order, found, type);
		return pfn;
	}
	/* More reclaim now means fewer fallbacks later. */
	if (wmark_boost(sys, z) && (alloc_flags & ALLOC_KSWAPD))
		z->boosted = true;
	if (!spans_pageblock(z, start))
		return PFN_NONE;
	count_pageblock(sys, start, &free, &movable);
	if (type == MIGRATE_MOVABLE)
		alike = movable;
	else if (block_type == MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - (free + movable);
	if (free + alike < PAGEBLOCK_PAGES / 2)
		return PFN_NONE;
	move_block(sys, z, start, type);
	return buddy_rmqueue_smallest(sys, z, order, type);
}

static pfn_t rmqueue_claim(struct mm_system *sys, struct zone *z, unsigned order,
			   enum migratetype type, uint32_t alloc_flags)
{
	unsigned min = order, o;

	if (alloc_flags & ALLOC_NOFRAGMENT && order < PAGEBLOCK_ORDER)
		min = PAGEBLOCK_ORDER;
	/* The largest block is likely to be in the emptiest pageblock. */
	for (o = NR_PAGE_ORDERS; o-- > min && should_try_claim(o, type);) {
		int other = suitable_fallback(&z->area[o], type);
		pfn_t pfn;

		if (other < 0)
			continue;
		pfn = try_to_claim_block(sys, z, z->area[o].list[other].first, order, o, type,
					 (enum migratetype)other, alloc_flags);
		if (pfn == PFN_NONE)
			continue;
		sys->counter[C_EXTFRAG]++;
		sys->counter[C_CLAIM]++;
		return pfn;
	}
	return PFN_NONE;
}

static pfn_t rmqueue_steal(struct mm_system *sys, struct zone *z, unsigned order,
			   enum migratetype type)
{
	unsigned o;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		int other = suitable_fallback(&z->area[o], type);
		pfn_t pfn;

		if (other < 0)
			continue;
		pfn = z->area[o].list[other].first;
		if (order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
			return PFN_NONE;
		buddy_take(sys, z, pfn, order, o, (enum migratetype)other);
		sys->counter[C_EXTFRAG]++;
		sys->counter[C_STEAL]++;
		return pfn;
	}
	return PFN_NONE;
}

/* The lists of @type are empty (or were when this refill began). */
static pfn_t rmqueue_fallback(struct mm_system *sys, struct zone *z, unsigned order,
			      enum migratetype type, uint32_t alloc_flags, enum rmqueue_mode *mode)
{
	pfn_t pfn;

	if (*mode <= RMQUEUE_CMA && alloc_flags & ALLOC_CMA) {
		pfn = buddy_rmqueue_smallest(sys, z, order, MIGRATE_CMA);
		if (pfn != PFN_NONE) {
			*mode = RMQUEUE_CMA;
			return pfn;
		}
	}
	if (*mode <= RMQUEUE_CLAIM) {
		pfn = rmqueue_claim(sys, z, order, type, alloc_flags);
		if (pfn != PFN_NONE) {
			/* Own lists have blocks again. */
			*mode = RMQUEUE_NORMAL;
			return pfn;
		}
	}
	if (alloc_flags & ALLOC_NOFRAGMENT)
		return PFN_NONE;
	pfn = rmqueue_steal(sys, z, order, type);
	if (pfn != PFN_NONE)
		*mode = RMQUEUE_STEAL;
	return pfn;
}

pfn_t rmqueue(struct mm_system *sys, struct zone *z, unsigned order, enum migratetype type,
	      uint32_t alloc_flags, enum rmqueue_mode *mode)
{
	pfn_t pfn;

	/* Movable pages use CMA areas evenly, not as a last resort. */
	if (alloc_flags & ALLOC_CMA && z->free_cma > zone_counted_free(z) / 2) {
		pfn = buddy_rmqueue_smallest(sys, z, order, MIGRATE_CMA);
		if (pfn != PFN_NONE)
			return pfn;
	}
	if (sys->rules->blocks_keep_list_type)
		return rmqueue_stealing(sys, z, order, type, alloc_flags);
	if (*mode == RMQUEUE_NORMAL) {
		pfn = buddy_rmqueue_smallest(sys, z, order, type);
		if (pfn != PFN_NONE)
			return pfn;
	}
	return rmqueue_fallback(sys, z, order, type, alloc_flags, mode);
}
