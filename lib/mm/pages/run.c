// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a refill splits a block, takes its first part, then what was split off, smallest first, until
 * nothing is left; a drain of pages that were once taken so joins them again. What is in between is
 * seen by nobody, for the zone's lock is held. So whole runs go at once:
 *
 *	free lists   order 0..3 empty, order 4: 64
 *	refill 13    64 .. 71 as one (order 3), 72 .. 75 (order 2), 76 (order 0)
 *	left         order 0: 77, order 1: 78
 *
 *	drain        64 65 66 67 | 69 70 | 71 68	64 as order 2, the others one by one
 *
 * Reference: Linux 6.12 mm/page_alloc.c rmqueue_bulk(), expand(), free_pcppages_bulk(),
 * __free_one_page(), which go block by block.
 *
 * Invariants:
 * I1 The lists hold the same blocks in the same order as if each block had gone on its own: those
 *    below the block taken were empty, and a block of a run has its buddies within the run until the
 *    last of it is there.
 *
 * Cost: a look at each list from the request's order up to where there is a block; a comparison for
 * each block of a run.
 */
#include "lib/mm/pages/run.h"

#include "lib/mm/pages/buddy.h"
#include "lib/mm/profile.h"

/* log2, rounded down, of @n, which is not 0. */
static unsigned log2_of(uint32_t n)
{
	return 31 - (unsigned)__builtin_clz(n);
}

pfn_t run_take(struct mm_system *sys, struct zone *z, unsigned order, enum migratetype type,
	       int32_t nr, unsigned *run)
{
	unsigned high = order;
	pfn_t pfn;

	/* a request may prefer CMA, or steal what lies in another list */
	if (nr < 2 || order >= PAGEBLOCK_ORDER || z->free_cma || sys->rules->blocks_keep_list_type)
		return PFN_NONE;
	while (high < NR_PAGE_ORDERS && z->area[high].list[type].first == PFN_NONE)
		high++;
	if (high == order || high == NR_PAGE_ORDERS)
		return PFN_NONE;
	pfn = z->area[high].list[type].first;
	if (!frames_touch(&sys->frames, pfn))
		return PFN_NONE;
	*run = order + log2_of((uint32_t)nr);
	if (*run > high)
		*run = high;
	buddy_take(sys, z, pfn, *run, high, type);
	return pfn;
}

uint32_t run_find(const struct deque *list, unsigned order, int32_t pages, pfn_t *pfn,
		  unsigned *run)
{
	uint32_t len = deque_len(list), most, n;
	pfn_t size = 1u << order, first = deque_at(list, len - 1), step = size;
	unsigned aligned;

	*pfn = first;
	*run = order;
	if (len < 2 || order >= PAGEBLOCK_ORDER)
		return 1;
	/* upwards from its first block, or downwards from its last */
	if (deque_at(list, len - 2) != first + size) {
		step = -size;
		if (deque_at(list, len - 2) != first - size)
			return 1;
	}
	aligned = PAGEBLOCK_ORDER;
	if ((step == size ? first : first + size) & (PAGEBLOCK_PAGES - 1))
		aligned = (unsigned)__builtin_ctz(step == size ? first : first + size);
	most = ((uint32_t)pages + size - 1) >> order;
	if (most > len)
		most = len;
	if (most > 1u << (aligned - order))
		most = 1u << (aligned - order);
	for (n = 2; n < most && deque_at(list, len - 1 - n) == first + n * step; n++)
		;
	if (most < 2)
		return 1;
	n = 1u << log2_of(n);
	*run = order + log2_of(n);
	*pfn = step == size ? first : first + size - n * size;
	return n;
}
