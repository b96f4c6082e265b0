// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: what is free before the first event. A machine begins with every frame in use; boot, or
 * the snapshot of a recorded machine, then says what is free and of which type pageblocks are.
 *
 *     seed_boot:   [4096 .......................... managed][reserved | holes]
 *                   10 10 10 10 ... 10 9 5 2 0   largest blocks, ascending, all MOVABLE
 *
 * Reference: Linux 6.12 mm/memblock.c free_low_memory_core_early(), mm/page_alloc.c
 * __free_pages_core(), mm/mm_init.c deferred_free_pages().
 *
 * Invariants: I1 a seeded block was in use before; I2 it merges with its free buddy as any free
 * does. Cost: O(blocks); order 9 and up touch no page record.
 *
 * Differs from Linux:
 * - a zone's managed frames are its first ones: the layout of holes and boot reservations is lost;
 * - frames that come online need no accepting or initialising.
 */
#include "lib/mm/pages/buddy.h"
#include "lib/mm/pages/fallback.h"
#include "lib/mm/pages/pcp.h"

#include <errno.h>
#include <string.h>

/* Frames that were in use are now free, in the largest blocks, at the lists' tails. */
static int free_range(struct mm_system *sys, struct zone *z, uint64_t pfn, uint64_t end,
		      struct mmt_err *e)
{
	while (pfn < end) {
		unsigned order = pfn ? (unsigned)__builtin_ctzll(pfn) : MAX_PAGE_ORDER;

		if (order > MAX_PAGE_ORDER)
			order = MAX_PAGE_ORDER;
		while (pfn + (1u << order) > end)
			order--;
		if (order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, (pfn_t)pfn))
			return mmt_fail(e, ENOMEM, "no memory for page records");
		z->unknown -= 1 << order;
		buddy_free(sys, z, (pfn_t)pfn, order, true);
		pfn += 1u << order;
	}
	return 0;
}

int mm_seed_boot(struct mm_system *sys, struct mmt_err *e)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++)
		if (sys->zone[i].unknown != sys->zone[i].managed)
			return mmt_fail(e, EINVAL, "the machine is running already");
	for (i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];
		int err = free_range(sys, z, z->start, (uint64_t)z->start + z->managed, e);

		if (err)
			return err;
	}
	return 0;
}

static bool any_free(const struct mm_system *sys, pfn_t start)
{
	pfn_t pfn, head;
	unsigned order;

	for (pfn = start; pfn < start + PAGEBLOCK_PAGES; pfn++)
		if (frames_find_block(&sys->frames, pfn, &head, &order) == PAGE_BUDDY)
			return true;
	return false;
}

int mm_seed_pageblock(struct mm_system *sys, pfn_t pfn, enum migratetype type, struct mmt_err *e)
{
	struct zone *z = zone_of(sys, pfn);
	pfn_t start = pfn & ~(PAGEBLOCK_PAGES - 1), head;
	unsigned order;

	if (!z || (unsigned)type >= MIGRATE_TYPES)
		return mmt_fail(e, EINVAL, "pageblock at %u, type %u: no such zone or type", pfn,
				(unsigned)type);
	if (frames_block(&sys->frames, start)->type == type)
		return 0;
	if (frames_find_block(&sys->frames, start, &head, &order) == PAGE_BUDDY && head != start)
		return mmt_fail(e, EINVAL, "pageblock at %u is the second half of a free block",
				start);
	if (move_freepages_block(sys, z, start, type))
		return 0;
	/* On a zone's edge there is no whole pageblock whose free blocks could change lists. */
	if (any_free(sys, start))
		return mmt_fail(e, EINVAL, "pageblock at %u, on the edge of a zone, has free pages",
				start);
	zone_set_pageblock(sys, start, type);
	return 0;
}

/* Takes a block that is in use out of what nobody owns; @zone becomes its zone. */
static int seed_block(struct mm_system *sys, pfn_t pfn, unsigned order, struct zone **zone,
		      struct mmt_err *e)
{
	struct zone *z = zone_of_block(sys, pfn, order);
	const char *why = NULL;

	*zone = NULL;
	if (!z)
		why = "misaligned or outside the zones";
	else if (!frames_all_used(&sys->frames, pfn, order))
		why = "overlaps another";
	else if (z->unknown < 1 << order)
		why = "more free than managed pages";
	if (why)
		return mmt_fail(e, EINVAL, "free block of order %u at %u: %s", order, pfn, why);
	if (order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
		return mmt_fail(e, ENOMEM, "no memory for page records");
	z->unknown -= 1 << order;
	*zone = z;
	return 0;
}

int mm_seed_free(struct mm_system *sys, pfn_t pfn, unsigned order, struct mmt_err *e)
{
	struct zone *z;
	int err = seed_block(sys, pfn, order, &z, e);

	if (!err)
		buddy_free(sys, z, pfn, order, true);
	return err;
}

pfn_t mm_seed_first(struct mm_system *sys, pfn_t pfn)
{
	struct page_list *list;
	unsigned order, type;
	pfn_t head;

	if (pfn >= sys->frames.nr ||
	    frames_find_block(&sys->frames, pfn, &head, &order) != PAGE_BUDDY)
		return PFN_NONE;
	type = frames_list_type(&sys->frames, head, *frames_state(&sys->frames, head, order));
	list = &zone_of(sys, head)->area[order].list[type];
	page_list_del(&sys->frames, list, head, order);
	page_list_add_head(&sys->frames, list, head, order);
	return head;
}

int mm_seed_pcp(struct mm_system *sys, pfn_t pfn, unsigned order, enum migratetype type,
		unsigned cpu, struct mmt_err *e)
{
	struct zone *z;
	int err;

	if (cpu >= sys->nr_cpus || !pcp_allowed_order(order))
		return mmt_fail(e, EINVAL,
				"free block of order %u at %u: no list of CPU %u takes it", order,
				pfn, cpu);
	err = seed_block(sys, pfn, order, &z, e);
	if (err)
		return err;
	if ((unsigned)type >= MIGRATE_TYPES)
		type = (enum migratetype)frames_block(&sys->frames, pfn)->type;
	if (type == MIGRATE_ISOLATE) {
		buddy_free(sys, z, pfn, order, true);
	} else if (!pcp_seed(sys, z, cpu, pfn, order,
			     type < MIGRATE_HIGHATOMIC ? type : MIGRATE_MOVABLE)) {
		z->unknown += 1 << order;
		return mmt_fail(e, ENOMEM, "no memory for per-CPU lists");
	}
	return 0;
}

int mm_seed_movable(struct mm_system *sys, pfn_t pfn, pfn_t count, struct mmt_err *e)
{
	uint64_t at = pfn, end = at + count, n;

	for (; at < end; at += n) {
		const struct zone *z = at < sys->frames.nr ? zone_of(sys, (pfn_t)at) : NULL;
		bool used;

		/* to the end of the pageblock, or one by one to see which it is */
		n = PAGEBLOCK_PAGES - at % PAGEBLOCK_PAGES;
		if (n > end - at)
			n = end - at;
		used = z && at + n <= z->end && frames_run_used(&sys->frames, (pfn_t)at, (pfn_t)n);
		if (z && !used) {
			n = 1;
			used = frames_run_used(&sys->frames, (pfn_t)at, 1);
		}
		if (!used)
			return mmt_fail(e, EINVAL, "page %llu is not in use",
					(unsigned long long)at);
		if (!frames_touch(&sys->frames, (pfn_t)at))
			return mmt_fail(e, ENOMEM, "no memory for page records");
		memset(frames_state(&sys->frames, (pfn_t)at, 0),
		       PAGE_STATE(PAGE_USED, 0, MIGRATE_MOVABLE), n);
	}
	return 0;
}

uint64_t mm_frames_bytes(pfn_t from, pfn_t to)
{
	uint64_t first = ((uint64_t)from + SECTION_PAGES - 1) >> SECTION_ORDER;
	uint64_t end = to >> SECTION_ORDER;

	return end > first ? (end - first) * sizeof(struct section) : 0;
}

/* A range of one zone in which nothing is free, given out, or held by movable content. */
static bool range_used(const struct mm_system *sys, const struct zone *z, pfn_t pfn, pfn_t count)
{
	uint64_t p, end = (uint64_t)pfn + count;

	if (end > z->end)
		return false;
	for (p = pfn; p < end; p++)
		if (!frames_all_used(&sys->frames, (pfn_t)p, 0) ||
		    *frames_state(&sys->frames, (pfn_t)p, 0) != PAGE_USED)
			return false;
	return true;
}

int mm_online_pages(struct mm_system *sys, pfn_t pfn, pfn_t count, struct mmt_err *e)
{
	struct zone *z = zone_of(sys, pfn);

	if (!count)
		return 0;
	if (!z || !range_used(sys, z, pfn, count) || count > z->end - z->start - z->managed)
		return mmt_fail(e, EINVAL,
				"%u pages from %u cannot come online: free or in use already, or "
				"more than their zone spans",
				count, pfn);
	z->managed += count;
	z->unknown += count;
	if (z->present < z->managed)
		z->present = z->managed;
	if (z->stat_threshold)
		mm_let_counters_drift(sys);
	return free_range(sys, z, pfn, (uint64_t)pfn + count, e);
}
