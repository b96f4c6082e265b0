// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a request that cannot wait and wants more than a page finds it hard. When one succeeds,
 * its pageblock is set aside for the next, up to one per cent of the zone; when others are about to
 * fail, pageblocks return one by one.
 *
 *                     zones              limit                        watermarks leave out
 *     6.1             all                managed / 100 + 512          what is set aside
 *     6.12            >= 51200 pages     managed / 100, rounded up    what of it is free
 *
 * Reference: Linux 6.12.117 and 6.1.192 mm/page_alloc.c reserve_highatomic_pageblock(),
 * unreserve_highatomic_pageblock(), __zone_watermark_unusable_free().
 *
 * Invariants:
 * I1 reserved_highatomic is a multiple of 512, and less than its limit before the last pageblock
 * came. I2 unusable_highatomic is what the watermark checks leave out: free_highatomic, or in 6.1
 * reserved_highatomic.
 *
 * Cost: one hold of the zone lock, and a pageblock's records.
 *
 * Differs from Linux: in nothing known.
 */
#include "lib/mm/pages/highatomic.h"

#include "lib/mm/pages/steal.h"
#include "lib/mm/profile.h"

static void add_reserved(struct mm_system *sys, struct zone *z, int64_t pages)
{
	z->reserved_highatomic += pages;
	if (sys->rules->highatomic_by_block)
		z->unusable_highatomic += pages;
}

/* Pages that may be set aside; 0: none in a zone of this size. */
static int64_t limit(const struct mm_system *sys, const struct zone *z)
{
	int64_t most = z->managed / 100;

	if (sys->rules->highatomic_by_block)
		return most + PAGEBLOCK_PAGES;
	if (most < PAGEBLOCK_PAGES)
		return 0;
	return (most + PAGEBLOCK_PAGES - 1) & ~(int64_t)(PAGEBLOCK_PAGES - 1);
}

void reserve_highatomic_pageblock(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order)
{
	if (z->reserved_highatomic >= limit(sys, z))
		return;
	sys->counter[C_LOCK_MOVE_BLOCK]++;
	if (!migratetype_is_mergeable(frames_block(&sys->frames, pfn)->type))
		return;
	if (sys->rules->highatomic_by_block) {
		/* Counted and typed even where the free blocks cannot follow. */
		zone_set_pageblock(sys, pfn, MIGRATE_HIGHATOMIC);
		move_listed_blocks(sys, z, pfn, MIGRATE_HIGHATOMIC, NULL);
		add_reserved(sys, z, PAGEBLOCK_PAGES);
	} else if (order < PAGEBLOCK_ORDER) {
		if (!move_freepages_block(sys, z, pfn, MIGRATE_HIGHATOMIC))
			return;
		add_reserved(sys, z, PAGEBLOCK_PAGES);
	} else {
		change_pageblock_range(sys, pfn, order, MIGRATE_HIGHATOMIC);
		add_reserved(sys, z, 1 << order);
	}
	sys->counter[C_HIGHATOMIC_RESERVE]++;
}

/* The pageblock of a free HIGHATOMIC block of @order goes to @type. */
static bool release(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order,
		    enum migratetype type)
{
	const struct pageblock *block = frames_block(&sys->frames, pfn);
	int64_t size = PAGEBLOCK_PAGES;

	if (!sys->rules->highatomic_by_block && order > PAGEBLOCK_ORDER)
		size = 1 << order;
	if (size > z->reserved_highatomic)
		size = z->reserved_highatomic;
	/* A block may keep the type when its pageblock has lost it: then it was counted before. */
	if (block->type == MIGRATE_HIGHATOMIC) {
		add_reserved(sys, z, -size);
		sys->counter[C_HIGHATOMIC_UNRESERVE]++;
	}
	if (sys->rules->highatomic_by_block) {
		zone_set_pageblock(sys, pfn, type);
		return move_listed_blocks(sys, z, pfn, type, NULL) > 0;
	}
	if (order < PAGEBLOCK_ORDER)
		return move_freepages_block(sys, z, pfn, type);
	move_to_list(sys, z, pfn, order, type);
	change_pageblock_range(sys, pfn, order, type);
	return true;
}

bool unreserve_highatomic_pageblock(struct mm_system *sys, struct zone *z, enum migratetype type,
				    bool force)
{
	unsigned o;

	if (!force && z->reserved_highatomic <= PAGEBLOCK_PAGES)
		return false;
	sys->counter[C_LOCK_MOVE_BLOCK]++;
	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		pfn_t pfn = z->area[o].list[MIGRATE_HIGHATOMIC].first;

		if (pfn != PFN_NONE && release(sys, z, pfn, o, type))
			return true;
	}
	return false;
}
