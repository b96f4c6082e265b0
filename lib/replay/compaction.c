// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction, as it was recorded.
 *
 * A compactor takes free blocks out of the lists, moves pages there and frees where they were. Only
 * the last of these is told by a page event; of the first, how many pages between which frames. So
 * the model takes as many out of its own lists, from between the same frames as far as they are
 * free there, and holds them until the host frees what no allocation accounts for:
 *
 *	isolate_freepages 0x10e00..0x11000, 256 taken	256 pages leave the model's lists: held
 *	migrate_pages begins				the task moves
 *	remove_migration_pte frame 0x10f03		in use: a held page stands for it
 *	free of frame 0x2017 (where the page was)	as any free
 *	free of frame 0x10f44, by the task that moves	back to the compactor, not to the lists; but
 *							what it moves away from there: a held page
 *	migrate_pages ends
 *	free of frame 0x10f50, unknown			a held page: left over, or moved there
 *
 * A compactor that wants a block of some order drains the zone's lists of its CPU once the pages it
 * moved away may merge; kcompactd those of all CPUs where nothing came of it. The first block that is
 * drained tells when; what the lists hold is the model's own affair:
 *
 *	compaction_migratepages				pages were moved
 *	pcpu_drain, 5842 times				once: the model's lists are drained
 *	compaction_finished				the next pageblock, or the end
 *
 * Which held page is freed for an unknown frame: the one of that number, else one of its pageblock,
 * else the last taken of its zone. The same holds for CMA's and others' isolate_freepages_range().
 *
 * Reference: Linux 6.12 mm/compaction.c isolate_freepages_block(), fast_isolate_freepages(),
 * compaction_alloc(), compaction_free(), compact_zone(), kcompactd_do_work(), release_free_list(),
 * whose releases are told as frees; in 6.1 (release_freepages()) one by one, and compaction_free() is
 * not told.
 *
 * I1  A frame whose bit is set belongs to a block the model gave out that is in no map of frames.
 * I2  zone.pages is the number of its bits, pages their sum.
 *
 * Differs from Linux: the model does not compact by itself. In a what-if of the same zones, too,
 * what the host's compaction took and freed is taken and freed; of other zones, it is requested
 * like movable pages, and released from what was taken, wherever that is. A task that was lost
 * track of among more than COMPACTION_TASKS frees what it gave back to the compactor. What an
 * interrupt of a compactor drains from full lists, between its moves, is taken for its own drain.
 *
 * Cost: a bit and 4 bytes a page taken; a look at the records between two frames for each event.
 */
#include "lib/replay/compaction.h"

#include "lib/mm/gfp.h"
#include "lib/replay/allocator.h"

#include <errno.h>
#include <string.h>

#define SECTION_ORDER  15
#define SECTION_FRAMES (1u << SECTION_ORDER)
#define NR_SECTIONS    (1u << (32 - SECTION_ORDER))
#define MOST_PAGES     (1u << MAX_PAGE_ORDER) /* that one event takes */
#define REASON	       0		      /* MR_COMPACTION of migrate_pages() */

/* How a pass ends without a block: enum compact_result. */
#define COMPLETE	5
#define PARTIAL_SKIPPED 6

void compaction_end(struct compaction *c)
{
	for (unsigned i = 0; c->zone && i < c->nr_zones; i++)
		mmt_free(c->alloc, c->zone[i].frame);
	for (uint32_t i = 0; i < c->nr_sections; i++)
		mmt_free(c->alloc, c->held[i]);
	mmt_free(c->alloc, c->held);
	mmt_free(c->alloc, c->zone);
	*c = (struct compaction){ 0 };
}

static bool is_held(const struct compaction *c, pfn_t pfn)
{
	const uint64_t *s = c->held[pfn >> SECTION_ORDER];

	return s && s[(pfn & (SECTION_FRAMES - 1)) / 64] >> (pfn & 63) & 1;
}

/* The zone whose pages stand for frame @pfn: the first one for all, if zones are not the host's. */
static struct compaction_zone *zone_of_frame(const struct allocator *a, pfn_t pfn)
{
	int index = a->as_recorded ? mm_zone_of(a->sys, pfn) : 0;

	return index < 0 ? NULL : &a->compaction.zone[index];
}

static int prepare(struct allocator *a, struct mmt_err *e)
{
	struct compaction *c = &a->compaction;

	if (c->zone)
		return 0;
	c->nr_zones = mm_nr_zones(a->sys);
	c->held = mmt_calloc(c->alloc, NR_SECTIONS, sizeof(*c->held));
	c->zone = mmt_calloc(c->alloc, c->nr_zones, sizeof(*c->zone));
	return c->held && c->zone ? 0 : mmt_fail(e, ENOMEM, "no memory for compaction");
}

/* Keep the block that the model gave out. */
static int hold(struct compaction *c, struct compaction_zone *z, pfn_t pfn, unsigned order,
		struct mmt_err *e)
{
	pfn_t pages = 1u << order;
	uint32_t i = pfn >> SECTION_ORDER;
	pfn_t *frame = mmt_grow(c->alloc, z->frame, &z->cap, z->nr + pages, sizeof(*frame));

	if (frame)
		z->frame = frame;
	if (frame && !c->held[i]) {
		c->held[i] = mmt_calloc(c->alloc, SECTION_FRAMES / 64, sizeof(**c->held));
		if (i >= c->nr_sections)
			c->nr_sections = i + 1;
	}
	if (!frame || !c->held[i])
		return mmt_fail(e, ENOMEM, "no memory for compaction");
	for (pfn_t at = pfn; at < pfn + pages; at++) {
		c->held[i][(at & (SECTION_FRAMES - 1)) / 64] |= UINT64_C(1) << (at & 63);
		/* the lowest on top: the one taken first */
		z->frame[z->nr + pages - 1 - (at - pfn)] = at;
	}
	z->nr += pages;
	z->pages += pages;
	c->pages += pages;
	return 0;
}

/* The block is no longer held. */
static void let_go(struct compaction *c, struct compaction_zone *z, pfn_t pfn, unsigned order)
{
	for (pfn_t at = pfn; at < pfn + (1u << order); at++)
		c->held[at >> SECTION_ORDER][(at & (SECTION_FRAMES - 1)) / 64] &=
			~(UINT64_C(1) << (at & 63));
	z->pages -= 1u << order;
	c->pages -= 1u << order;
	if (!z->pages)
		z->nr = 0;
}

/* A held frame of zone @z, which holds some, to stand for recorded frame @pfn. */
static pfn_t find_held(const struct allocator *a, struct compaction_zone *z, pfn_t pfn)
{
	const struct compaction *c = &a->compaction;
	pfn_t start = pfn & ~(PAGEBLOCK_PAGES - 1);

	if (a->as_recorded && is_held(c, pfn))
		return pfn;
	for (pfn_t at = start; a->as_recorded && at < start + PAGEBLOCK_PAGES; at++)
		if (is_held(c, at) && zone_of_frame(a, at) == z)
			return at;
	while (!is_held(c, z->frame[z->nr - 1]))
		z->nr--;
	return z->frame[z->nr - 1];
}

/* The block of at most 2^@order that held frame @pfn is in, cut to that size: its head; *@order.
 * PFN_NONE: no host memory. */
static pfn_t cut_held(const struct allocator *a, pfn_t pfn, unsigned *order)
{
	pfn_t head;
	int has = mm_find_allocated(a->sys, pfn, &head);

	if (has < 0)
		return PFN_NONE;
	if ((unsigned)has <= *order) {
		*order = (unsigned)has;
		return head;
	}
	/* by halves, as compaction_alloc() does: the rest is released as large as it stays */
	for (unsigned half = (unsigned)has; half-- > *order;) {
		if (!mm_split_page(a->sys, head, half + 1, half))
			return PFN_NONE;
		head = pfn & ~((1u << half) - 1);
	}
	return head;
}

/* The lists gave less than the host's did. */
static void fall_short(struct allocator *a, uint64_t pages)
{
	a->divergence[DIVERGENCE_COMPACTION_SHORT] += pages;
}

/* @pages pages leave the lists, from between @from and @end if they can. */
static int isolate(struct allocator *a, pfn_t from, pfn_t end, pfn_t pages, bool one_block,
		   struct mmt_err *e)
{
	struct compaction_zone *z = zone_of_frame(a, from);
	unsigned order = 0;

	while (z && pages && from < end) {
		pfn_t pfn = mm_isolate_range(a->sys, from, end, pages, &order);
		int ret;

		if (pfn == PFN_NONE)
			break;
		ret = hold(&a->compaction, z, pfn, order, e);
		if (ret)
			return ret;
		pages -= 1u << order;
		from = pfn + (1u << order);
	}
	while (z && pages) {
		int ret;
		pfn_t pfn;

		order = one_block ? 31 - (unsigned)__builtin_clz(pages) : 0;
		pfn = mm_isolate_any(a->sys, (unsigned)(z - a->compaction.zone), order);
		if (pfn == PFN_NONE && !one_block)
			break;
		one_block = one_block && pfn != PFN_NONE;
		if (pfn == PFN_NONE)
			continue;
		ret = hold(&a->compaction, z, pfn, order, e);
		if (ret)
			return ret;
		pages -= 1u << order;
	}
	fall_short(a, pages);
	return 0;
}

/* The zones are not the host's: pages to move to are asked for like others. */
static int request(struct allocator *a, pfn_t pages, unsigned cpu, struct mmt_err *e)
{
	struct mm_alloc_request rq = { .gfp = GFP_HIGHUSER_MOVABLE & ~__GFP_DIRECT_RECLAIM,
				       .cpu = (uint16_t)(cpu % a->nr_cpus),
				       .node = -1 };

	for (; pages; pages--) {
		pfn_t pfn = mm_alloc_pages(a->sys, &rq);
		int ret;

		if (pfn == PFN_NONE)
			break;
		ret = hold(&a->compaction, a->compaction.zone, pfn, 0, e);
		if (ret)
			return ret;
	}
	fall_short(a, pages);
	return 0;
}

static int on_isolate(struct allocator *a, const struct mmt_event *ev, uint64_t from, uint64_t end,
		      uint64_t taken, struct mmt_err *e)
{
	bool fast = ev->kind == MMT_EV_mm_compaction_fast_isolate_freepages;
	pfn_t pages = taken < MOST_PAGES ? (pfn_t)taken : MOST_PAGES;
	int ret;

	if (!pages || from >= PFN_NONE - MOST_PAGES)
		return 0;
	if (end > from + MOST_PAGES)
		end = from + MOST_PAGES;
	ret = prepare(a, e);
	if (!ret && a->as_recorded)
		ret = isolate(a, (pfn_t)from, fast ? (pfn_t)from : (pfn_t)end, pages, fast, e);
	else if (!ret)
		ret = request(a, pages, ev->cpu, e);
	if (!ret && mm_host_failed(a->sys))
		return mmt_fail(e, ENOMEM, "no memory for page records");
	return ret;
}

static struct compaction_task *find_task(struct compaction *c, uint32_t task)
{
	for (unsigned i = 0; i < c->nr_tasks; i++)
		if (c->task[i].task == task)
			return &c->task[i];
	return NULL;
}

static struct compaction_task *add_task(struct compaction *c, uint32_t task)
{
	struct compaction_task *t = find_task(c, task);

	if (t)
		return t;
	if (c->nr_tasks == COMPACTION_TASKS)
		memmove(c->task, c->task + 1, sizeof(c->task) - sizeof(*c->task));
	else
		c->nr_tasks++;
	t = &c->task[c->nr_tasks - 1];
	*t = (struct compaction_task){ .task = task };
	return t;
}

/* The task gathers pages to move, from one pageblock after another until it moves them. */
static void on_gathered(struct compaction *c, uint32_t task, uint64_t from, uint64_t end)
{
	struct compaction_task *t = add_task(c, task);

	if (from >= end || end > PFN_NONE)
		return;
	if (t->moved || !t->end) {
		t->moved = false;
		t->from = (pfn_t)from;
		t->end = (pfn_t)end;
	}
	t->from = from < t->from ? (pfn_t)from : t->from;
	t->end = end > t->end ? (pfn_t)end : t->end;
}

static void end_moving(struct compaction *c, uint32_t task)
{
	struct compaction_task *t = find_task(c, task);

	if (t) {
		t->moving = false;
		t->moved = true;
		t->unflushed = t->for_order;
	}
}

/* A pass of @task over a zone begins, for a block of @order (MMT_ORDER_ANY: for none). */
static void on_begin(struct compaction *c, uint32_t task, uint64_t order)
{
	struct compaction_task *t = add_task(c, task);

	t->for_order = order && order != MMT_ORDER_ANY;
	t->unflushed = t->failed = false;
}

/* It is over. */
static void on_end(struct compaction *c, uint32_t task, uint64_t status)
{
	struct compaction_task *t = find_task(c, task);

	if (!t)
		return;
	t->failed = t->daemon && t->for_order && (status == COMPLETE || status == PARTIAL_SKIPPED);
	t->for_order = t->unflushed = false;
}

void compaction_drained(struct allocator *a, const struct page_event *ev)
{
	struct compaction_task *t = find_task(&a->compaction, ev->task);
	int zone = a->as_recorded && ev->pfn != PFN_NONE ? mm_zone_of(a->sys, ev->pfn) : -1;

	/* while it moves pages, their frees fill lists */
	if (!t || t->moving || zone < 0)
		return;
	for (unsigned cpu = 0; t->failed && cpu < a->nr_cpus; cpu++)
		mm_drain_pages_zone(a->sys, (unsigned)zone, cpu);
	if (t->unflushed)
		mm_drain_pages_zone(a->sys, (unsigned)zone, ev->cpu % a->nr_cpus);
	t->failed = t->unflushed = false;
}

/* A moved page is mapped at frame @pfn: a held page becomes that frame's. */
static int on_mapped(struct allocator *a, uint64_t pfn, uint64_t order, struct mmt_err *e)
{
	struct compaction *c = &a->compaction;
	struct compaction_zone *z;
	unsigned has = (unsigned)order;
	pfn_t held;

	if (!c->pages || order > MAX_PAGE_ORDER || pfn >= PFN_NONE - MOST_PAGES ||
	    pfn & ((1u << order) - 1) || !allocator_is_free(a, (pfn_t)pfn))
		return 0;
	z = zone_of_frame(a, (pfn_t)pfn);
	if (!z || !z->pages)
		return 0;
	held = cut_held(a, find_held(a, z, (pfn_t)pfn), &has);
	if (held == PFN_NONE)
		return mmt_fail(e, ENOMEM, "no memory to split a block");
	/* in pieces: what it was moved to is found when it is freed */
	if (has != order)
		return 0;
	let_go(c, z, held, has);
	return framemap_set(&a->map, (pfn_t)pfn, has, FRAME_LIVE, held, e);
}

int compaction_event(struct allocator *a, const struct mmt_event *ev, struct mmt_err *e)
{
	struct compaction *c = &a->compaction;

	switch (ev->kind) {
	case MMT_EV_mm_compaction_isolate_freepages:
	case MMT_EV_mm_compaction_fast_isolate_freepages:
		return on_isolate(a, ev, ev->v[MMT_F(mm_compaction_isolate_freepages, start_pfn)],
				  ev->v[MMT_F(mm_compaction_isolate_freepages, end_pfn)],
				  ev->v[MMT_F(mm_compaction_isolate_freepages, nr_taken)], e);
	case MMT_EV_mm_compaction_isolate_migratepages:
		if (ev->v[MMT_F(mm_compaction_isolate_migratepages, nr_taken)])
			on_gathered(c, ev->task,
				    ev->v[MMT_F(mm_compaction_isolate_migratepages, start_pfn)],
				    ev->v[MMT_F(mm_compaction_isolate_migratepages, end_pfn)]);
		return 0;
	case MMT_EV_mm_compaction_kcompactd_wake:
		add_task(c, ev->task)->daemon = true;
		return 0;
	case MMT_EV_mm_compaction_begin:
		on_begin(c, ev->task, ev->v[MMT_F(mm_compaction_begin, order)]);
		return 0;
	case MMT_EV_mm_compaction_end:
		on_end(c, ev->task, ev->v[MMT_F(mm_compaction_end, status)]);
		return 0;
	case MMT_EV_mm_compaction_defer_compaction: /* what kcompactd does after that drain */
		on_end(c, ev->task, 0);
		return 0;
	case MMT_EV_mm_migrate_pages_start:
		if (ev->v[MMT_F(mm_migrate_pages_start, reason)] == REASON)
			add_task(c, ev->task)->moving = true;
		return 0;
	case MMT_EV_mm_migrate_pages:
	case MMT_EV_mm_compaction_migratepages: /* the same moment, should the other be missing */
		end_moving(c, ev->task);
		return 0;
	case MMT_EV_remove_migration_pte:
		return on_mapped(a, ev->v[MMT_F(remove_migration_pte, pfn)],
				 ev->v[MMT_F(remove_migration_pte, order)], e);
	default:
		return 0;
	}
}

int compaction_release(struct allocator *a, pfn_t pfn, unsigned order, unsigned cpu, uint32_t task,
		       pfn_t *left, struct mmt_err *e)
{
	struct compaction *c = &a->compaction;
	struct compaction_zone *z = zone_of_frame(a, pfn);

	const struct compaction_task *t = find_task(c, task);

	*left = 0;
	/* compaction_free() tells a free, and the page stays with the compactor; but what it gathered
	 * may have been moved before, to where no event said */
	if (t && t->moving && (pfn < t->from || pfn >= t->end))
		return 0;
	for (*left = 1u << order; *left && z && z->pages;) {
		unsigned has = 31 - (unsigned)__builtin_clz(*left);
		pfn_t held = cut_held(a, find_held(a, z, pfn + (1u << order) - *left), &has);

		if (held == PFN_NONE)
			return mmt_fail(e, ENOMEM, "no memory to split a block");
		let_go(c, z, held, has);
		mm_free_pages(a->sys, held, has, cpu);
		*left -= 1u << has;
	}
	return 0;
}
