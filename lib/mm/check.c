// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the invariants of the other files, checked from outside. Level 1 compares sums, level 2
 * walks every list, level 3 every frame. A broken invariant is our mistake, never an input's.
 *
 * Reference: the numbered invariants of zone.c, page.c, deque.c, buddy.c and pcp.c.
 * Invariants: I1 checking changes nothing. I2 It ends even when lists are circular.
 * Cost: level 1 O(zones x CPUs), level 2 O(free blocks), level 3 O(frames of touched sections).
 *
 * Differs from Linux: CONFIG_DEBUG_VM and page_alloc's own checks look at one page at a time.
 */
#include "lib/mm/pages/buddy.h"
#include "lib/mm/pages/pcp.h"

#include "lib/mm/profile.h"

#include <errno.h>
#include <string.h>

static int broken(struct mmt_err *e, const struct zone *z, const char *what, int64_t a, int64_t b)
{
	return mmt_fail(e, EUCLEAN, "zone %u (%s of node %u): %s: %lld, %lld", z->index,
			mm_zone_name((enum zone_type)z->type), z->node, what, (long long)a,
			(long long)b);
}

/* What the CPUs have not added to the counter of free pages. */
static int64_t uncounted(const struct mm_system *sys, const struct zone *z)
{
	int64_t pages = 0;

	for (unsigned cpu = 0; cpu < sys->nr_cpus; cpu++)
		pages += z->cpu[cpu].free_diff;
	return pages;
}

static int check_sums(const struct mm_system *sys, const struct zone *z, struct mmt_err *e)
{
	int64_t free = 0, isolated = 0, pcp, cma = 0, highatomic = 0;
	unsigned o, t;

	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		const struct free_area *a = &z->area[o];
		uint32_t blocks = 0;

		for (t = 0; t < MIGRATE_TYPES; t++) {
			int64_t pages = (int64_t)a->count[t] << o;

			blocks += a->count[t];
			*(t == MIGRATE_ISOLATE ? &isolated : &free) += pages;
			cma += t == MIGRATE_CMA ? pages : 0;
			highatomic += t == MIGRATE_HIGHATOMIC ? pages : 0;
		}
		if (blocks != a->nr_free)
			return broken(e, z, "buddy I3: nr_free of an order", a->nr_free, blocks);
	}
	if (free != z->free || isolated != z->isolated)
		return broken(e, z, "zone I2: free pages and lists", z->free, free);
	if (cma != z->free_cma || highatomic != z->free_highatomic)
		return broken(e, z, "zone I2: free CMA or HIGHATOMIC", z->free_cma, cma);
	if (z->unusable_highatomic !=
	    (z->rules->highatomic_by_block ? z->reserved_highatomic : highatomic))
		return broken(e, z, "highatomic I2: what watermark checks leave out",
			      z->unusable_highatomic, highatomic);
	if (uncounted(sys, z) != z->uncounted)
		return broken(e, z, "vmstat I1: free pages that CPUs have not counted",
			      z->uncounted, uncounted(sys, z));
	pcp = zone_pcp_pages(sys, z);
	if (z->managed != free + isolated + pcp + z->allocated + z->unknown || z->allocated < 0 ||
	    z->unknown < 0)
		return broken(e, z, "zone I1: managed pages and their uses", z->managed,
			      free + isolated + pcp + z->allocated + z->unknown);
	if (z->wmark[WMARK_MIN] > z->wmark[WMARK_LOW] || z->wmark[WMARK_LOW] > z->wmark[WMARK_HIGH])
		return broken(e, z, "wmark I1: watermarks descend", z->wmark[WMARK_MIN],
			      z->wmark[WMARK_HIGH]);
	return 0;
}

/* As zone_of_block(), asked of the one zone it must be: that would be most of a check's cost. */
static bool misplaced(const struct zone *z, pfn_t pfn, unsigned order)
{
	return order > MAX_PAGE_ORDER || pfn < z->start || pfn >= z->end ||
	       z->end - pfn < 1u << order || pfn & ((1u << order) - 1);
}

static int check_record(const struct mm_system *sys, const struct zone *z, pfn_t pfn,
			unsigned order, enum page_kind kind, struct mmt_err *e)
{
	uint8_t state;

	if (misplaced(z, pfn, order))
		return broken(e, z, "buddy I1: misplaced block", pfn, order);
	state = *frames_state(&sys->frames, pfn, order);
	if ((state & PAGE_STATE(3, 15, 0)) != PAGE_STATE(kind, order, 0))
		return broken(e, z, "page I1: record of a listed block", pfn, state);
	return 0;
}

/* Two free buddies of pageblock order, the first in a list of type @mine: whether they may not have
 * merged when the later of them was freed. */
static bool may_stay_apart(const struct mm_system *sys, pfn_t pfn, pfn_t buddy, unsigned mine)
{
	unsigned own = frames_block(&sys->frames, pfn)->type;
	unsigned other = frames_block(&sys->frames, buddy)->type;

	/* What kept them apart may be gone: nobody merges them then. */
	if (sys->counter[C_HIGHATOMIC_UNRESERVE])
		return true;
	/* Where lists and pageblocks may differ, it was one type of the one and the other type of
	 * the other that counted. */
	if (sys->rules->blocks_keep_list_type &&
	    (!migratetype_is_mergeable(own) || !migratetype_is_mergeable(other)))
		return true;
	return mine != other &&
	       (!migratetype_is_mergeable(mine) || !migratetype_is_mergeable(other));
}

/* buddy I2, and the types of a block of a free list and of its pageblock. */
static int check_merged(const struct mm_system *sys, const struct zone *z, pfn_t pfn,
			unsigned order, unsigned type, struct mmt_err *e)
{
	unsigned mine =
		frames_list_type(&sys->frames, pfn, *frames_state(&sys->frames, pfn, order));

	if (mine != type)
		return broken(e, z, "buddy I1: list and recorded type", pfn, mine);
	if (mine != frames_block(&sys->frames, pfn)->type && !sys->rules->blocks_keep_list_type)
		return broken(e, z, "buddy I1: list and pageblock type", pfn, mine);
	if (order == MAX_PAGE_ORDER || !buddy_is_free(sys, z, buddy_of(pfn, order), order))
		return 0;
	if (order >= PAGEBLOCK_ORDER && may_stay_apart(sys, pfn, buddy_of(pfn, order), mine))
		return 0;
	return broken(e, z, "buddy I2: two buddies both free", pfn, order);
}

/* One free list, forwards; returns the number of its blocks or a negative errno. */
static int64_t check_list(const struct mm_system *sys, const struct zone *z, unsigned order,
			  unsigned type, struct mmt_err *e)
{
	const struct page_list *l = &z->area[order].list[type];
	pfn_t pfn, previous = PFN_NONE;
	int64_t n = 0;

	for (pfn = l->first; pfn != PFN_NONE; n++) {
		int err = check_record(sys, z, pfn, order, PAGE_BUDDY, e);

		if (!err)
			err = check_merged(sys, z, pfn, order, type, e);
		if (err)
			return err;
		if (frames_link(&sys->frames, pfn, order)->prev != previous)
			return broken(e, z, "page I4: links of a list", pfn, previous);
		if (n > z->managed)
			return broken(e, z, "page I4: circular list", pfn, n);
		previous = pfn;
		pfn = frames_link(&sys->frames, pfn, order)->next;
	}
	if (l->last != previous)
		return broken(e, z, "page I4: end of a list", l->last, previous);
	return n;
}

/* The list of a CPU, of which every entry has to have a record; its pages, or a negative errno. */
static int64_t check_pcp_list(const struct mm_system *sys, const struct zone *z,
			      const struct deque *l, unsigned order, struct mmt_err *e)
{
	uint32_t i, n = deque_len(l);

	if (n > l->cap || l->cap & (l->cap - 1))
		return broken(e, z, "deque I1: entries and slots", n, l->cap);
	for (i = 0; i < n; i++) {
		int err = check_record(sys, z, deque_at(l, i), order, PAGE_PCP, e);

		if (err)
			return err;
	}
	return (int64_t)n << order;
}

static int check_lists(const struct mm_system *sys, const struct zone *z, struct mmt_err *e)
{
	unsigned o, t, cpu, i;
	int64_t n;

	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		for (t = 0; t < MIGRATE_TYPES; t++) {
			n = check_list(sys, z, o, t, e);
			if (n < 0)
				return (int)n;
			if (n != z->area[o].count[t])
				return broken(e, z, "buddy I3: blocks in a list", n,
					      z->area[o].count[t]);
		}
	}
	for (cpu = 0; cpu < sys->nr_cpus; cpu++) {
		const struct per_cpu_pages *pcp = &z->cpu[cpu];
		int64_t pages = 0;

		for (i = 0; i < NR_PCP_LISTS; i++) {
			n = check_pcp_list(sys, z, &pcp->list[i], pcp_order(i), e);
			if (n < 0)
				return (int)n;
			pages += n;
		}
		if (pages != pcp->count)
			return broken(e, z, "pcp I1: pages in the lists of a CPU", pages,
				      pcp->count);
	}
	return 0;
}

/* State of the block that starts at @pfn; both places it can be kept in are looked at. */
static int block_at(const struct mm_system *sys, const struct zone *z, pfn_t pfn, uint8_t *state,
		    struct mmt_err *e)
{
	uint8_t small = *frames_state(&sys->frames, pfn, 0);
	uint8_t large = pfn % PAGEBLOCK_PAGES ? PAGE_USED : frames_block(&sys->frames, pfn)->state;

	*state = large == PAGE_USED ? small : large;
	if (state_kind(small) != PAGE_USED && state_order(small) >= PAGEBLOCK_ORDER)
		return broken(e, z, "page I2: large block in a section", pfn, small);
	if (large != PAGE_USED && (small != PAGE_USED || state_order(large) < PAGEBLOCK_ORDER))
		return broken(e, z, "page I2: two records of one frame", pfn, large);
	return 0;
}

/* The first frame from @pfn on that may have a record, where pageblocks begin at the latest. Nobody
 * wrote to a blank section; elsewhere frames without a record are passed by eight at a time. */
static uint64_t next_record(const struct mm_system *sys, uint64_t pfn)
{
	uint32_t at = pfn % SECTION_PAGES, end = (at | (PAGEBLOCK_PAGES - 1)) + 1;
	uint64_t eight, used = PAGE_USED * 0x0101010101010101ull;
	const struct section *s;

	if (pfn % PAGEBLOCK_PAGES == 0)
		return pfn;
	s = frames_section(&sys->frames, (pfn_t)pfn);
	if (s == sys->frames.blank)
		return pfn + (end - at);
	pfn -= at;
	while (at + sizeof(eight) <= end) {
		memcpy(&eight, &s->state[at], sizeof(eight));
		if (eight != used)
			break;
		at += sizeof(eight);
	}
	while (at < end && s->state[at] == PAGE_USED)
		at++;
	return pfn + at;
}

/* What is kept of pageblocks by type, beside a count. */
static int check_pageblocks(const struct mm_system *sys, const struct zone *z, struct mmt_err *e)
{
	uint32_t count[MIGRATE_TYPES] = { 0 };
	uint64_t b = (z->start + PAGEBLOCK_PAGES - 1) & ~(uint64_t)(PAGEBLOCK_PAGES - 1);

	for (; b < z->end; b += PAGEBLOCK_PAGES)
		count[frames_block(&sys->frames, (pfn_t)b)->type]++;
	for (unsigned t = 0; t < MIGRATE_TYPES; t++)
		if (count[t] != z->pageblocks[t])
			return broken(e, z, "zone I4: pageblocks of a type", z->pageblocks[t],
				      count[t]);
	return 0;
}

static int check_frames(const struct mm_system *sys, const struct zone *z, struct mmt_err *e)
{
	int64_t pages[PAGE_ALLOCATED + 1] = { 0 };
	uint64_t pfn, end = z->start;

	/* Every frame, not only heads: one inside a block must have no record of its own. */
	for (pfn = z->start; pfn < z->end; pfn = next_record(sys, pfn + 1)) {
		uint8_t state;
		int err = block_at(sys, z, (pfn_t)pfn, &state, e);

		if (err)
			return err;
		if (state == PAGE_USED)
			continue;
		if (pfn < end)
			return broken(e, z, "page I1: block inside another", (int64_t)pfn,
				      (int64_t)end);
		if (state_kind(state) == PAGE_USED)
			continue;
		if (misplaced(z, (pfn_t)pfn, state_order(state)))
			return broken(e, z, "buddy I1: misplaced block", (int64_t)pfn, state);
		end = pfn + (1u << state_order(state));
		pages[state_kind(state)] += 1 << state_order(state);
	}
	if (pages[PAGE_BUDDY] != z->free + z->isolated)
		return broken(e, z, "page I1: frames in free blocks", pages[PAGE_BUDDY], z->free);
	if (pages[PAGE_PCP] != zone_pcp_pages(sys, z))
		return broken(e, z, "page I1: frames in PCP lists", pages[PAGE_PCP],
			      zone_pcp_pages(sys, z));
	if (pages[PAGE_ALLOCATED] != z->allocated)
		return broken(e, z, "page I1: frames given out", pages[PAGE_ALLOCATED],
			      z->allocated);
	return 0;
}

/* What all sections nobody wrote to share: each state is the first one, and that is PAGE_USED. */
static int check_blank(const struct mm_system *sys, struct mmt_err *e)
{
	const uint8_t *state = sys->frames.blank->state;

	if (state[0] == PAGE_USED && memcmp(state, state + 1, SECTION_PAGES - 1) == 0)
		return 0;
	return broken(e, &sys->zone[0], "page I3: a record in the blank section", state[0], 0);
}

int mm_check(const struct mm_system *sys, int level, struct mmt_err *e)
{
	unsigned i;
	int err = level >= 3 ? check_blank(sys, e) : 0;

	for (i = 0; i < sys->nr_zones && !err; i++) {
		const struct zone *z = &sys->zone[i];

		if (level >= 1)
			err = check_sums(sys, z, e);
		if (!err && level >= 2)
			err = check_lists(sys, z, e);
		if (!err && level >= 3)
			err = check_frames(sys, z, e);
		if (!err && level >= 3)
			err = check_pageblocks(sys, z, e);
	}
	return err;
}
