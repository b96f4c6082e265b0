// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open-loop replay of the page allocator.
 *
 *	recorded:  alloc -> pfn 4711, order 0           free pfn 4711
 *	               |                                    |
 *	model:     mm_alloc_pages() -> 90210   map: 4711 -> 90210   mm_free_pages(90210)
 *
 * The demand is the host's: its requests by CPU, order and flags, and the moments of its frees. The
 * placement is the model's own: zone, fallback, per-CPU lists, splitting and merging. Where the two
 * meet in ways that cannot both be true, the event is counted as a divergence and the host is
 * believed.
 *
 * A free may name less than was allocated (a huge page that was split, the tail that
 * alloc_pages_exact() gives back) or more (a block whose parts came back from a split): it is
 * carried out in the largest pieces that are one block in the model.
 *
 * I1  Every frame LIVE in the map is allocated in the model, and belongs to one recorded block.
 * I2  allocs + frees = faithful + events with a divergence that replaces or alters them.
 * I3  In a base replay a recorded success is served whenever the model has the frames at all: with
 *     the reserves if need be, and in smaller blocks where none is whole; counted as
 *     refused_success.
 *
 * Differs from the host: pages that the bulk allocator (kernel stacks, vmalloc) takes have no
 * event. In a base replay the next request of the list tells of them, as a rule (untold.c); of others
 * the later free is free_unknown and changes nothing. To take each of these just before its free was
 * tried on three recordings of a 6.18 host, and the mean and worst errors of free pages rose as often
 * as they fell. The preferred node is the CPU's, unless the
 * request named one, or its task came from a CPU of that node while it was under way; memory policies
 * were not recorded.
 *
 * Cost: one request, and one entry of the map per page. Map and page records are larger than the
 * host's caches and touched at random: who knows the frames of events to come says so before
 * (allocator_expect()), which takes most of the waiting away.
 */
#include "lib/replay/allocator.h"

#include "lib/mm/gfp.h"
#include "lib/replay/untold.h"

#include <errno.h>

/* Frames come under management by the section, as deferred_grow_zone() takes them. */
#define ONLINE_PAGES 32768u

const char *divergence_name(enum divergence d)
{
#define X(id, name, help) name,
	static const char *const names[] = { DIVERGENCES(X) };
#undef X
	return names[d];
}

const char *divergence_help(enum divergence d)
{
#define X(id, name, help) help,
	static const char *const helps[] = { DIVERGENCES(X) };
#undef X
	return helps[d];
}

static bool give_back(struct allocator *a, pfn_t pfn, unsigned order, unsigned cpu)
{
	return a->lists_locked ? mm_free_pages_locked(a->sys, pfn, order, cpu)
			       : mm_free_pages(a->sys, pfn, order, cpu);
}

/* Make the part of order @piece at @pfn a block of its own, by halves: what the host frees of the rest
 * may be as large as they are. */
static int cut_out(struct allocator *a, pfn_t pfn, struct frame_entry entry, unsigned piece,
		   struct mmt_err *e)
{
	int ret = 0;

	for (unsigned order = entry.order; order-- > piece && !ret;) {
		pfn_t offset = pfn & ((2u << order) - 1), head = pfn - offset;
		pfn_t model = entry.model - offset, half = 1u << order;

		if (!mm_split_page(a->sys, model, order + 1, order))
			return mmt_fail(e, ENOMEM, "no memory to split a block");
		ret = framemap_set(&a->map, head, order, FRAME_LIVE, model, e);
		if (!ret)
			ret = framemap_set(&a->map, head + half, order, FRAME_LIVE, model + half,
					   e);
	}
	return ret;
}

/* Free what the model has of frame @pfn's block, of which @pages frames from @pfn are to go, at
 * most. *@done: frames dealt with, at least 1. */
static int free_piece(struct allocator *a, pfn_t pfn, unsigned order, unsigned cpu, bool *diverged,
		      pfn_t *done, struct mmt_err *e)
{
	struct frame_entry entry = framemap_get(&a->map, pfn);
	enum divergence why = NR_DIVERGENCES;
	unsigned piece = 0;
	uint8_t v;

	switch (entry.state) {
	case FRAME_LIVE:
	case FRAME_UNBACKED:
		piece = entry.order < order ? entry.order : order;
		if (pfn & ((1u << piece) - 1))
			piece = 0;
		break;
	case FRAME_FREED:
		why = a->lossy ? DIVERGENCE_AFTER_GAP : DIVERGENCE_FREE_UNKNOWN;
		break;
	case FRAME_EVICTED:
		why = DIVERGENCE_EVICTED_FREE;
		break;
	default:
		v = population_get(&a->survey->population, pfn);
		if (v & FRAME_IN_PCP || frame_was_free(v))
			why = a->lossy ? DIVERGENCE_AFTER_GAP : DIVERGENCE_FREE_UNKNOWN;
		else
			piece = order;
		/* a block in use at the start goes as one only if all of it was */
		for (pfn_t i = 1; i < 1u << piece; i++)
			if (framemap_get(&a->map, pfn + i).state != FRAME_AS_AT_START)
				piece = 0;
		entry.model = pfn;
	}
	*done = 1u << piece;
	if (entry.state == FRAME_LIVE && entry.order > piece) {
		int ret = cut_out(a, pfn, entry, piece, e);

		if (ret)
			return ret;
	}
	if (entry.state == FRAME_UNBACKED)
		why = DIVERGENCE_UNBACKED_FREE;
	else if (why == NR_DIVERGENCES && !give_back(a, entry.model, piece, cpu))
		why = DIVERGENCE_FREE_REFUSED;
	if (why != NR_DIVERGENCES) {
		a->divergence[why]++;
		*diverged = true;
	}
	return framemap_set(&a->map, pfn, piece, FRAME_FREED, PFN_NONE, e);
}

static int free_block(struct allocator *a, pfn_t pfn, unsigned order, unsigned cpu, bool *diverged,
		      struct mmt_err *e)
{
	pfn_t end = pfn + (1u << order);

	while (pfn < end) {
		unsigned fits = pfn ? (unsigned)__builtin_ctz(pfn) : order;
		pfn_t done = 1;
		int ret;

		if (fits > order)
			fits = order;
		while (end - pfn < 1u << fits)
			fits--;
		ret = free_piece(a, pfn, fits, cpu, diverged, &done, e);
		if (ret)
			return ret;
		pfn += done;
	}
	return 0;
}

/* Whether an event names a block the map can hold; else what is wrong with it. */
static bool check_block(struct allocator *a, uint64_t pfn, uint64_t order)
{
	enum divergence why = NR_DIVERGENCES;

	if (order > MAX_PAGE_ORDER)
		why = DIVERGENCE_ORDER_BEYOND_MODEL;
	else if (pfn >= PFN_NONE - (1u << MAX_PAGE_ORDER) || pfn & ((1u << order) - 1))
		why = DIVERGENCE_FRAME_BEYOND_MACHINE;
	if (why == NR_DIVERGENCES)
		return true;
	a->divergence[why]++;
	return false;
}

bool allocator_is_free(const struct allocator *a, pfn_t pfn)
{
	enum frame_state state = framemap_get(&a->map, pfn).state;
	uint8_t v = population_get(&a->survey->population, pfn);

	if (state != FRAME_AS_AT_START)
		return state == FRAME_FREED;
	return v & FRAME_IN_PCP || frame_was_free(v);
}

/* A free that no allocation accounts for, while pages are held for the host's compaction. */
static int free_compacted(struct allocator *a, const struct page_event *ev, unsigned cpu,
			  struct mmt_err *e)
{
	pfn_t left;
	int ret = compaction_release(a, (pfn_t)ev->pfn, ev->order, cpu, ev->task, &left, e);

	if (ret)
		return ret;
	if (left)
		a->divergence[a->lossy ? DIVERGENCE_AFTER_GAP : DIVERGENCE_FREE_UNKNOWN]++;
	else
		a->faithful++;
	return framemap_set(&a->map, (pfn_t)ev->pfn, ev->order, FRAME_FREED, PFN_NONE, e);
}

/* The usual free: of one page that the model gave. False: not that, and nothing is done. */
static bool free_quickly(struct allocator *a, const struct page_event *ev, unsigned cpu)
{
	struct frame_entry *entry = ev->order ? NULL : framemap_at(&a->map, (pfn_t)ev->pfn);

	if (!entry || entry->state != FRAME_LIVE || entry->order)
		return false;
	if (mm_free_pages(a->sys, entry->model, 0, cpu))
		a->faithful++;
	else
		a->divergence[DIVERGENCE_FREE_REFUSED]++;
	entry->state = FRAME_FREED;
	entry->model = PFN_NONE;
	a->map.live--;
	return true;
}

/* Whether the free interrupted a refill: then it waits for the request. *@past: it goes past the
 * lists. */
static bool held_back(struct allocator *a, const struct page_event *ev, unsigned cpu, bool *past)
{
	struct trylock_hold *h = &a->hold;
	enum trylock_way way = trylock_way(&a->survey->flow.trylock, h);
	bool follow = a->base && a->as_recorded;

	*past = follow && way == TRYLOCK_PAST;
	if (!follow || (way != TRYLOCK_HOLD && way != TRYLOCK_AFTER))
		return false;
	h->held[h->nr].pfn = (pfn_t)ev->pfn;
	h->held[h->nr].order = ev->order;
	h->held[h->nr].locked = way == TRYLOCK_HOLD;
	h->held[h->nr++].cpu = (uint16_t)cpu;
	return true;
}

/* Do what was held back: of @cpu, and of frames in the block about to be named (@order < 0: none). */
static int let_go(struct allocator *a, unsigned cpu, pfn_t pfn, int order, struct mmt_err *e)
{
	struct trylock_hold *h = &a->hold;
	unsigned n = 0;
	int ret = 0;

	for (unsigned i = 0; i < h->nr; i++) {
		bool diverged = false;
		unsigned wide = order > h->held[i].order ? (unsigned)order : h->held[i].order;
		bool due =
			order < 0 ? h->held[i].cpu == cpu : h->held[i].pfn >> wide == pfn >> wide;

		if (ret || !due) {
			h->held[n++] = h->held[i];
			continue;
		}
		a->lists_locked = h->held[i].locked;
		ret = free_block(a, h->held[i].pfn, h->held[i].order, h->held[i].cpu, &diverged, e);
		a->lists_locked = false;
		a->faithful += !diverged;
	}
	h->nr = n;
	return ret;
}

int allocator_free_page(struct allocator *a, const struct page_event *ev, struct mmt_err *e)
{
	unsigned cpu = ev->cpu < a->nr_cpus ? ev->cpu : ev->cpu % a->nr_cpus;
	bool diverged = false, past = false;
	int ret = 0;

	a->frees++;
	idle_acts(&a->idle, a->sys, a->nr_cpus, cpu, ev->time);
	if (!check_block(a, ev->pfn, ev->order) || held_back(a, ev, cpu, &past))
		return 0;
	if (past || !free_quickly(a, ev, cpu)) {
		if (a->compaction.pages && allocator_is_free(a, (pfn_t)ev->pfn))
			return free_compacted(a, ev, cpu, e);
		a->lists_locked = past;
		ret = free_block(a, (pfn_t)ev->pfn, ev->order, cpu, &diverged, e);
		a->lists_locked = false;
		a->faithful += !diverged;
	}
	if (!ret && mm_host_failed(a->sys))
		ret = mmt_fail(e, ENOMEM, "no memory for page records");
	return ret;
}

int allocator_free(struct allocator *a, const struct mmt_event *ev, struct mmt_err *e)
{
	struct page_event page = page_event_free(ev);

	return allocator_free_page(a, &page, e);
}

/* The recorded zone that holds @pfn. */
static const struct machine_zone *recorded_zone(const struct allocator *a, pfn_t pfn)
{
	const struct machine *m = &a->survey->machine;

	for (unsigned i = 0; i < m->nr_zones; i++)
		if (pfn >= m->zone[i].start && pfn - m->zone[i].start < m->zone[i].spanned)
			return &m->zone[i];
	return NULL;
}

/* Bring @pages frames from @pfn under management, here and in what is known of the start. */
static int online(struct allocator *a, pfn_t pfn, pfn_t pages, struct mmt_err *e)
{
	/* refused where part of it is managed already: then nothing has to be done */
	if (mm_online_pages(a->sys, pfn, pages, NULL))
		return mm_host_failed(a->sys) ? mmt_fail(e, ENOMEM, "no memory for page records")
					      : 0;
	a->onlined_pages += pages;
	return population_fill(&a->survey->population, pfn, pages, FRAME_FREE, e);
}

/* The host gave out a frame that was not under management at the start: its section is now. */
static int online_section(struct allocator *a, pfn_t pfn, struct mmt_err *e)
{
	const struct machine_zone *z = recorded_zone(a, pfn);
	pfn_t start = pfn & ~(ONLINE_PAGES - 1), end = start + ONLINE_PAGES;

	if (!z || !a->as_recorded)
		return 0;
	if (start < z->start)
		start = z->start;
	if (end > z->start + z->spanned)
		end = z->start + z->spanned;
	return online(a, start, end - start, e);
}

int allocator_online(struct allocator *a, const struct machine_zone *z, pfn_t managed,
		     struct mmt_err *e)
{
	int index = a->as_recorded ? mm_zone_of(a->sys, z->start) : -1;
	struct mm_zone_view v;
	pfn_t pfn;

	if (index < 0)
		return 0;
	mm_view_zone(a->sys, (unsigned)index, &v);
	if (managed <= v.managed)
		return 0;
	managed -= v.managed;
	/* the lowest frames that are not managed, as many as the host says */
	for (pfn = z->start; managed && pfn < z->start + z->spanned;) {
		pfn_t end = population_run(&a->survey->population, pfn, z->start + z->spanned);
		uint8_t v8 = population_get(&a->survey->population, pfn);
		pfn_t pages = end - pfn;
		int ret;

		if (pages > managed)
			pages = managed;
		if ((v8 & FRAME_USE_MASK) == FRAME_ABSENT && !(pfn & (PAGEBLOCK_PAGES - 1)) &&
		    pages >= PAGEBLOCK_PAGES) {
			ret = online(a, pfn, pages, e);
			if (ret)
				return ret;
			managed -= pages;
		}
		pfn = end;
	}
	return 0;
}

static void compare_placement(struct allocator *a, pfn_t recorded, pfn_t model, bool *diverged)
{
	int zr = mm_zone_of(a->sys, recorded), zm = mm_zone_of(a->sys, model);

	if (!a->as_recorded || zr < 0 || zm < 0)
		return;
	a->compared++;
	a->same_frame += recorded == model;
	a->same_pageblock += recorded >> PAGEBLOCK_ORDER == model >> PAGEBLOCK_ORDER;
	a->same_zone += zr == zm;
	if (zr == zm)
		return;
	*diverged = true;
	a->divergence[DIVERGENCE_ZONE_DIFFERS]++;
	if (a->zone_node[zr] != a->zone_node[zm])
		a->divergence[DIVERGENCE_NODE_DIFFERS]++;
}

/* The host's own request failed: so should the model's. */
static void replay_failure(struct allocator *a, const struct mm_alloc_request *rq)
{
	pfn_t pfn = mm_alloc_pages(a->sys, rq);

	if (pfn == PFN_NONE) {
		a->faithful++;
		return;
	}
	mm_free_pages(a->sys, pfn, rq->order, rq->cpu);
	a->divergence[DIVERGENCE_GRANTED_FAILURE]++;
}

/* An event left the frame in use, or it was when the trace began, and no event named it since. */
static bool is_in_use(const struct allocator *a, pfn_t pfn, struct frame_entry entry)
{
	if (entry.state != FRAME_AS_AT_START)
		return entry.state == FRAME_LIVE || entry.state == FRAME_UNBACKED;
	return a->as_recorded && frame_was_used(population_get(&a->survey->population, pfn));
}

/* Make sure that the block is not in use and is under management. *@managed: it was. */
static int prepare(struct allocator *a, pfn_t pfn, unsigned order, unsigned cpu, bool *managed,
		   bool *diverged, struct mmt_err *e)
{
	struct frame_entry *head = framemap_at(&a->map, pfn);
	bool live = false, told = false;
	int ret;

	*managed = (head && head->managed) ||
		   (population_get(&a->survey->population, pfn) & FRAME_USE_MASK) != FRAME_ABSENT;
	if (!*managed) {
		ret = online_section(a, pfn, e);
		if (ret)
			return ret;
	}
	for (pfn_t i = 0; i < 1u << order && !told; i++) {
		struct frame_entry entry = framemap_get(&a->map, pfn + i);
		bool in_use = is_in_use(a, pfn + i, entry);

		live |= in_use;
		told = in_use && !entry.untold;
	}
	if (!live)
		return 0;
	a->divergence[DIVERGENCE_DOUBLE_ALLOC] += told;
	*diverged |= told;
	for (pfn_t i = 0; i < 1u << order; i++) {
		struct frame_entry entry = framemap_get(&a->map, pfn + i);
		bool ignored;

		if (!is_in_use(a, pfn + i, entry))
			continue;
		a->divergence[DIVERGENCE_UNTOLD] -= entry.untold;
		ret = free_block(a, pfn + i, 0, cpu, &ignored, e);
		if (ret)
			return ret;
	}
	return 0;
}

/* The block at @pfn is @model now, or could not be had. */
static int note_block(struct allocator *a, pfn_t pfn, unsigned order, pfn_t model, bool managed,
		      struct mmt_err *e)
{
	enum frame_state state = model == PFN_NONE ? FRAME_UNBACKED : FRAME_LIVE;
	struct frame_entry *entry = order ? NULL : framemap_at(&a->map, pfn);
	int ret;

	if (entry) {
		/* prepare() left it neither LIVE nor UNBACKED */
		*entry = (struct frame_entry){ .model = model,
					       .state = (uint8_t)state,
					       .managed = managed };
		a->map.live++;
		return 0;
	}
	ret = framemap_set(&a->map, pfn, order, state, model, e);
	if (!ret)
		framemap_at(&a->map, pfn)->managed = managed;
	return ret;
}

/* The host had a block where the model has none: it gets the smaller blocks that there are. *@any:
 * there was one. */
static int note_pieces(struct allocator *a, pfn_t pfn, struct mm_alloc_request rq, bool managed,
		       bool *any, struct mmt_err *e)
{
	bool got = false;
	int ret = 0;

	rq.order--;
	for (unsigned half = 0; half < 2 && !ret; half++) {
		pfn_t at = pfn + (half << rq.order), model = mm_alloc_pages(a->sys, &rq);

		got |= model != PFN_NONE;
		if (model == PFN_NONE && rq.order)
			ret = note_pieces(a, at, rq, managed, &got, e);
		else
			ret = note_block(a, at, rq.order, model, managed, e);
	}
	*any |= got;
	return ret || got ? ret : note_block(a, pfn, rq.order + 1u, PFN_NONE, managed, e);
}

/* The node that a request asked for other than by its CPU: its own choice, or that of the CPU where it
 * began: its task allocated there before, and never since. -1: none. */
static int16_t asked_node(struct allocator *a, const struct page_event *ev, unsigned cpu)
{
	const uint16_t *node_of_cpu = a->survey->machine.node_of_cpu;
	uint16_t *last = &a->last_cpu[ev->task % LAST_CPUS], before = *last;
	bool moved = a->base && before && before != cpu + 1;
	int zone, node;

	*last = (uint16_t)(cpu + 1);
	if (!a->as_recorded || !(moved || ev->names_node))
		return -1;
	zone = mm_zone_of(a->sys, (pfn_t)ev->pfn);
	node = zone < 0 ? -1 : a->zone_node[zone];
	if (ev->names_node || (node != node_of_cpu[cpu] && node == node_of_cpu[before - 1]))
		return (int16_t)node;
	return -1;
}

static int alloc_page(struct allocator *a, const struct page_event *ev, struct mmt_err *e)
{
	struct mm_alloc_request rq = {
		.gfp = ev->gfp,
		.order = ev->order,
		.cpu = (uint16_t)(ev->cpu < a->nr_cpus ? ev->cpu : ev->cpu % a->nr_cpus),
		.node = -1
	};
	bool diverged = false, managed;
	pfn_t model;
	int ret;

	a->allocs++;
	idle_acts(&a->idle, a->sys, a->nr_cpus, rq.cpu, ev->time);
	if (ev->pfn == MMT_PFN_NONE && ev->order <= MAX_PAGE_ORDER) {
		replay_failure(a, &rq);
		return 0;
	}
	if (!check_block(a, ev->pfn, ev->order))
		return 0;
	ret = prepare(a, (pfn_t)ev->pfn, rq.order, rq.cpu, &managed, &diverged, e);
	if (ret)
		return ret;
	if (gfp_migratetype(rq.gfp) != ev->type)
		a->divergence[DIVERGENCE_MIGRATETYPE_DIFFERS]++;
	rq.node = asked_node(a, ev, rq.cpu);
	model = mm_alloc_pages(a->sys, &rq);
	if (model == PFN_NONE) {
		a->divergence[DIVERGENCE_REFUSED_SUCCESS]++;
		diverged = true;
		rq.memalloc = true;
		if (a->base)
			model = mm_alloc_pages(a->sys, &rq);
	}
	ret = untold_taken(a, &rq, (pfn_t)ev->pfn, &model, e);
	if (ret)
		return ret;
	if (mm_host_failed(a->sys))
		return mmt_fail(e, ENOMEM, "no memory for page records");
	if (model == PFN_NONE && a->base && rq.order)
		return note_pieces(a, (pfn_t)ev->pfn, rq, managed, &diverged, e);
	if (model != PFN_NONE)
		compare_placement(a, (pfn_t)ev->pfn, model, &diverged);
	a->faithful += !diverged;
	return note_block(a, (pfn_t)ev->pfn, rq.order, model, managed, e);
}

int allocator_alloc_page(struct allocator *a, const struct page_event *ev, struct mmt_err *e)
{
	int ret = 0;

	if (!a->hold.nr)
		return alloc_page(a, ev, e);
	if (ev->order <= MAX_PAGE_ORDER)
		ret = let_go(a, 0, (pfn_t)ev->pfn, ev->order, e);
	if (!ret)
		ret = alloc_page(a, ev, e);
	return ret ? ret
		   : let_go(a, ev->cpu < a->nr_cpus ? ev->cpu : ev->cpu % a->nr_cpus, 0, -1, e);
}

int allocator_alloc(struct allocator *a, const struct mmt_event *ev, bool names_node,
		    struct mmt_err *e)
{
	struct page_event page = page_event_alloc(ev);

	page.names_node |= names_node;
	return allocator_alloc_page(a, &page, e);
}

void allocator_expect(const struct allocator *a, pfn_t soon, pfn_t later)
{
	const struct frame_entry *entry;

	/* a scenario has blocks, not recorded frames */
	if (!a->map.section)
		return;
	entry = framemap_at(&a->map, soon);
	if (entry && entry->state == FRAME_LIVE)
		mm_prefetch(a->sys, entry->model);
	entry = framemap_at(&a->map, later);
	if (entry)
		__builtin_prefetch(entry, 1);
}
