// SPDX-License-Identifier: GPL-2.0-only
/*
 * The survey: what has to be known of a trace before its first event can be replayed.
 *
 * A frame's first event tells what it was before: allocated first, or taken from the buddy lists,
 * or drained to them, it was free; freed first, it was in use. Blocks that were free and not in
 * the buddy lists are kept: they waited in per-CPU lists. In which order free frames were taken is kept
 * as well. A tracepoint that names the type of a
 * pageblock (mm_page_alloc_zone_locked: whose list a block left; mm_page_alloc_extfrag: where the
 * fallback went; mm_page_pcpu_drain: the block drained to) is a witness of that type; so is a block
 * that is freed and given out again without any of these: a free puts it into the list of its
 * pageblock's type, from where only a request of that type takes it. A movable huge page that waited
 * in a list is of a movable pageblock. A free that makes a list too long drains that list first: what
 * is drained tells the type of the pageblock of what was freed.
 *
 *	time     snapshot begins ... kpageflags of frame 7 read: ANON ... ends
 *	events   alloc 7 ^              -> frame 7 was free at the start, whatever the snapshot saw
 *
 * Off where compaction or reclaim flushes lists behind a free: a movable pageblock is told where it was
 * reclaimable, or behind a free of the kernel's an unmovable one, whichever it was.
 *
 * I1  first[] holds each frame at most once, in the order of events, none that a refill named.
 *
 * Cost: one decode of the trace, a byte written per page of the first event on each frame, 8 bytes for
 * each run of frames that were taken one after the other.
 */
#include "lib/replay/survey/survey.h"

#include "lib/mm/gfp.h"
#include "lib/replay/survey/clock.h"

#include <errno.h>

#define READ_ORDER 12  /* the recorder reads frames in larger chunks than that */
#define BEYOND	   512 /* sections of the population that no zone told of: 2 MiB of the host */

/* As many sections as the zones told so far can fill, and some: events and rows of a stranger's trace
 * may name any frame, each in a section of its own. */
static void bound_population(struct survey *s)
{
	uint64_t most = machine_frames(&s->machine) / POPULATION_SECTION + BEYOND;

	s->population.most = most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

int survey_init(struct survey *s, struct mmt_alloc *a, struct mmt_err *e)
{
	int ret;

	*s = (struct survey){ .alloc = a, .claimed = PFN_NONE };
	machine_init(&s->machine, a);
	ret = population_init(&s->population, a, e);
	bound_population(s);
	if (!ret)
		ret = flow_init(&s->flow, a, e);
	if (ret) {
		survey_free(s);
		return ret;
	}
	s->witness = mmt_calloc(a, (size_t)1 << (32 - PAGEBLOCK_ORDER), 1);
	s->read_time = mmt_calloc(a, (size_t)1 << (32 - READ_ORDER), sizeof(*s->read_time));
	if (s->witness && s->read_time)
		return 0;
	survey_free(s);
	return mmt_fail(e, ENOMEM, "no memory for the survey");
}

void survey_free(struct survey *s)
{
	machine_free(&s->machine);
	population_free(&s->population);
	mmt_free(s->alloc, s->first);
	mmt_free(s->alloc, s->taken);
	flow_free(&s->flow);
	mmt_free(s->alloc, s->witness);
	mmt_free(s->alloc, s->read_time);
	*s = (struct survey){ 0 };
}

/* The snapshot read the frame before @time, and saw it in use by something that no list holds: it was
 * freed since, without an event. */
static bool seen_in_use(const struct survey *s, pfn_t pfn, uint8_t v, uint64_t time)
{
	uint64_t read = s->read_time[pfn >> READ_ORDER];

	return (v & FRAME_USE_MASK) > FRAME_KERNEL && read && read <= time;
}

/* Note what the first event on each frame of a block says. *@fresh: no event named any before, and
 * each was free if @marks say so. */
static int mark(struct survey *s, pfn_t pfn, unsigned order, uint8_t marks, uint64_t time,
		bool *fresh, struct mmt_err *e)
{
	*fresh = true;
	for (pfn_t i = 0; i < 1u << order; i++) {
		uint8_t v = population_get(&s->population, pfn + i), first;
		int ret;

		if (v & FRAME_SEEN) {
			*fresh = false;
			continue;
		}
		/* Rows of a snapshot may stand before events that are older than they. */
		if (time < s->read_time[pfn >> READ_ORDER])
			marks |= FRAME_LATE;
		first = marks;
		if (first & FRAME_FIRST_ALLOC && seen_in_use(s, pfn + i, v, time)) {
			first &= (uint8_t)~FRAME_FIRST_ALLOC;
			*fresh = false;
		}
		ret = population_set(&s->population, pfn + i, v | first, e);
		if (ret)
			return ret;
	}
	return 0;
}

/* A block of the model's world: its frames exist and the order is one the buddy allocator has. */
static bool is_block(uint64_t pfn, uint64_t order)
{
	return order <= MAX_PAGE_ORDER && pfn < PFN_NONE - (1u << MAX_PAGE_ORDER) &&
	       !(pfn & ((1u << order) - 1));
}

/* Whether it is the first to tell the type of its pageblock. */
static bool witness(struct survey *s, uint64_t pfn, uint64_t type)
{
	uint8_t *told;

	if (pfn >= PFN_NONE || type >= MIGRATE_TYPES)
		return false;
	told = &s->witness[pfn >> PAGEBLOCK_ORDER];
	if (*told && !(*told & SURVEY_LISTED))
		return false;
	*told = (uint8_t)(type + 1);
	return true;
}

/* A block that was freed is given out again, and nothing told that it, or another of its pageblock,
 * had been in the buddy lists meanwhile: it waited in a list, that of the pageblock's type. So did a
 * whole pageblock that no event named before: a refill that takes it from another type claims it.
 * Of those one list has the movable ones, another all others. */
static void witness_list(struct survey *s, const struct page_event *ev)
{
	uint8_t *told = &s->witness[ev->pfn >> PAGEBLOCK_ORDER];
	bool whole = ev->order == PAGEBLOCK_ORDER && ev->type == MIGRATE_MOVABLE;
	bool again = population_get(&s->population, (pfn_t)ev->pfn) & FRAME_SEEN &&
		     ev->type <= MIGRATE_RECLAIMABLE && ev->order <= PAGE_ALLOC_COSTLY_ORDER;

	if (*told || !(whole || again))
		return;
	*told = (uint8_t)((ev->type + 1) | SURVEY_LISTED);
}

static bool same_zone(const struct machine *m, pfn_t a, pfn_t b)
{
	for (unsigned i = 0; i < m->nr_zones; i++)
		if (machine_zone_holds(&m->zone[i], a))
			return machine_zone_holds(&m->zone[i], b);
	return false;
}

/* The first block of a drain, behind a free: both are of one list. Another reason to drain is the clock,
 * which is told; and compaction and reclaim, behind frees of users' pages, begin with the unmovable list,
 * which is not empty if what was freed is there. */
static void witness_drained(struct survey *s, const struct page_event *ev)
{
	const struct flow_cpu *c = &s->flow.cpu[ev->cpu];
	uint8_t *told = &s->witness[c->page >> PAGEBLOCK_ORDER], use;

	if (c->kind != MMT_EV_mm_page_free || c->task != ev->task || c->order != ev->order ||
	    ev->type > MIGRATE_RECLAIMABLE || *told || (c->run && c->runner == ev->task) ||
	    !same_zone(&s->machine, c->page, ev->pfn))
		return;
	use = population_get(&s->population, c->page) & FRAME_USE_MASK;
	if (ev->type != MIGRATE_UNMOVABLE || use == FRAME_KERNEL || use == FRAME_SLAB ||
	    use == FRAME_PGTABLE)
		*told = (uint8_t)((ev->type + 1) | SURVEY_LISTED);
}

/* Keep a block that was free and that no event named before. */
static int add_first(struct survey *s, struct survey_block block, struct mmt_err *e)
{
	struct survey_block *first =
		mmt_grow(s->alloc, s->first, &s->cap_first, s->nr_first + 1, sizeof(*first));

	if (!first)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	s->first = first;
	first[s->nr_first++] = block;
	return 0;
}

/* A block that was free, and that no event named before, was taken. */
static int add_taken(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	struct survey_run *last = s->nr_taken ? &s->taken[s->nr_taken - 1] : NULL, *taken;
	pfn_t pages = 1u << ev->order;

	if (last && last->pfn + last->pages == ev->pfn) {
		last->pages += pages;
		return 0;
	}
	taken = mmt_grow(s->alloc, s->taken, &s->cap_taken, s->nr_taken + 1, sizeof(*taken));
	if (!taken)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	s->taken = taken;
	taken[s->nr_taken++] = (struct survey_run){ ev->pfn, pages };
	return 0;
}

/* A block that was free before the event, in the buddy lists if @listed. */
static int take_free_block(struct survey *s, unsigned kind, const struct page_event *ev,
			   bool listed, struct mmt_err *e)
{
	struct survey_block block = { .pfn = ev->pfn,
				      .cpu = ev->cpu,
				      .order = ev->order,
				      .type = ev->type,
				      .drained = true };
	bool fresh;
	int ret = flow_block(&s->flow, kind, ev, &s->machine, s->zone_time, e);

	if (!ret)
		ret = mark(s, ev->pfn, ev->order, FRAME_SEEN | FRAME_FIRST_ALLOC, ev->time, &fresh,
			   e);
	if (ret || !fresh)
		return ret;
	return listed ? add_taken(s, ev, e) : add_first(s, block, e);
}

int survey_alloc(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	bool fresh;
	int ret;

	s->allocs++;
	if (!is_block(ev->pfn, ev->order))
		return 0;
	witness_list(s, ev);
	ret = flow_page(&s->flow, MMT_EV_mm_page_alloc, ev, &s->machine, s->zone_time, e);
	if (!ret)
		ret = mark(s, (pfn_t)ev->pfn, ev->order, FRAME_SEEN | FRAME_FIRST_ALLOC, ev->time,
			   &fresh, e);
	if (ret || !fresh)
		return ret;
	ret = add_taken(s, ev, e);
	if (ret)
		return ret;
	return add_first(s,
			 (struct survey_block){ .pfn = (pfn_t)ev->pfn,
						.cpu = ev->cpu,
						.order = ev->order,
						.type = ev->type },
			 e);
}

/* A block left the buddy lists: for a per-CPU list, or for the request itself. */
int survey_locked(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	if (!is_block(ev->pfn, ev->order))
		return 0;
	s->claimed = PFN_NONE;
	if (witness(s, ev->pfn, ev->type))
		s->claimed = ev->pfn;
	return take_free_block(s, MMT_EV_mm_page_alloc_zone_locked, ev, true, e);
}

/* A request went to a free block of another type, which may be two pageblocks: all of it was of that. */
static void witness_fallback(struct survey *s, uint64_t pfn, uint64_t order, uint64_t type)
{
	pfn_t pages = order > PAGEBLOCK_ORDER && is_block(pfn, order) ? 1u << order : 1;

	for (pfn_t i = 0; i < pages; i += PAGEBLOCK_PAGES)
		witness(s, pfn + i, type);
}

static int take_extfrag(struct survey *s, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t pfn = ev->v[MMT_F(mm_page_alloc_extfrag, pfn)];
	uint64_t order = ev->v[MMT_F(mm_page_alloc_extfrag, alloc_order)];
	struct page_event page = { .time = ev->time,
				   .pfn = (pfn_t)pfn,
				   .task = ev->task,
				   .cpu = ev->cpu,
				   .order = (uint8_t)order,
				   .type = ev->v[MMT_F(mm_page_alloc_extfrag, alloc_migratetype)] &
					   15 };

	/* a claim changes the type, then takes the block, then is told */
	if (is_block(pfn, order) && s->claimed == pfn)
		s->witness[pfn >> PAGEBLOCK_ORDER] = 0;
	witness_fallback(s, pfn, ev->v[MMT_F(mm_page_alloc_extfrag, fallback_order)],
			 ev->v[MMT_F(mm_page_alloc_extfrag, fallback_migratetype)]);
	if (!is_block(pfn, order))
		return 0;
	return take_free_block(s, MMT_EV_mm_page_alloc_extfrag, &page, true, e);
}

int survey_drain(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	witness(s, ev->pfn, ev->type);
	if (!is_block(ev->pfn, ev->order))
		return 0;
	if (ev->cpu < MM_MAX_CPUS)
		witness_drained(s, ev);
	return take_free_block(s, MMT_EV_mm_page_pcpu_drain, ev, false, e);
}

/* The snapshot, which is over, saw the block in a free list, and no event took it from there:
 * compaction did, or the bulk allocator. */
static bool taken_since(const struct survey *s, const struct page_event *ev)
{
	uint8_t v = population_get(&s->population, (pfn_t)ev->pfn);

	return s->has_machine && ev->time > s->machine.end && !(v & FRAME_SEEN) &&
	       (v & FRAME_USE_MASK) == FRAME_FREE;
}

int survey_free_page(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	uint8_t marks = FRAME_SEEN;
	bool fresh;
	int ret;

	s->frees++;
	if (!is_block(ev->pfn, ev->order))
		return 0;
	ret = flow_page(&s->flow, MMT_EV_mm_page_free, ev, &s->machine, s->zone_time, e);
	if (!ret && taken_since(s, ev))
		marks |= FRAME_FIRST_ALLOC;
	return ret ? ret : mark(s, (pfn_t)ev->pfn, ev->order, marks, ev->time, &fresh, e);
}

/* The frames that a snapshot reads; all of their numbers exist. */
static int fill(struct survey *s, uint64_t time, pfn_t pfn, pfn_t pages, enum frame_use use,
		struct mmt_err *e)
{
	for (pfn_t i = pfn >> READ_ORDER; i <= (pfn + pages) >> READ_ORDER; i++)
		s->read_time[i] = time;
	return population_fill(&s->population, pfn, pages, use, e);
}

static int take_pages(struct survey *s, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t pfn = ev->v[MMT_F(snap_pages, pfn)], pages = ev->v[MMT_F(snap_pages, pages)];

	if (pfn >= PFN_NONE || pages > PFN_NONE - pfn)
		return mmt_fail(e, EBADMSG, "snap_pages: %llu frames from %llu exceed %u",
				(unsigned long long)pages, (unsigned long long)pfn, PFN_NONE);
	return fill(
		s, ev->time, (pfn_t)pfn, (pfn_t)pages,
		frame_use_of(ev->v[MMT_F(snap_pages, flags)], ev->v[MMT_F(snap_pages, mapcount)]),
		e);
}

int survey_pages(struct survey *s, uint64_t time, pfn_t pfn, pfn_t pages, enum frame_use use,
		 struct mmt_err *e)
{
	return s->has_machine ? 0 : fill(s, time, pfn, pages, use, e);
}

/* Sizes of per-CPU lists tell what they are limited to, whichever snapshot has them. */
static int take_pcp_row(struct survey *s, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t node = ev->v[MMT_F(snap_pcp, node)], type = ev->v[MMT_F(snap_pcp, zone)];
	const struct machine_zone *z = NULL;

	if (node < MM_MAX_NODES && type < MAX_NR_ZONES)
		z = machine_zone(&s->machine, (unsigned)node, (enum zone_type)type);
	return z ? flow_pcp_row(&s->flow, ev, &s->machine, z, e) : 0;
}

/* A row of the first full snapshot, or of one that was broken off. */
static int take_machine(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
			struct mmt_err *e)
{
	int ret;

	if (ev->kind == MMT_EV_snap_pages)
		return take_pages(s, ev, e);
	ret = machine_row(&s->machine, ev, dict, e);
	if (ev->kind == MMT_EV_snap_zone) {
		s->zone_time = s->zone_time ? s->zone_time : ev->time;
		bound_population(s);
	}
	if (ret == 1) {
		s->has_machine = s->machine.kind == MMT_SNAP_FULL;
		ret = 0;
	}
	return ret;
}

static int take_snapshot(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
			 struct mmt_err *e)
{
	int ret = 0;

	if (ev->kind == MMT_EV_snapshot_begin)
		flow_snapshot(&s->flow, ev->time);
	if (ev->kind == MMT_EV_snapshot_end && ev->v[MMT_F(snapshot_end, kind)] != MMT_SNAP_FULL)
		s->nr_light++;
	if (ev->kind == MMT_EV_snap_vmstat)
		host_only_event(&s->host_only, ev, dict);
	if (!s->has_machine)
		ret = take_machine(s, ev, dict, e);
	if (!ret && ev->kind == MMT_EV_snap_pcp)
		ret = take_pcp_row(s, ev, e);
	return ret;
}

void survey_count(struct survey *s, uint64_t n, uint64_t first_time, uint64_t last_time,
		  uint64_t self)
{
	if (!n)
		return;
	if (!s->events)
		s->first_time = first_time;
	if (last_time > s->last_time)
		s->last_time = last_time;
	s->events += n;
	s->self += self;
}

bool survey_wants(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	switch (kind) {
	case MMT_EV_snap_resident:
	case MMT_EV_vma_list:
	case MMT_EV_vma:
		return false; /* many, and of no use */
	case MMT_EV_mm_page_alloc:
	case MMT_EV_mm_page_free:
	case MMT_EV_mm_page_alloc_zone_locked:
	case MMT_EV_mm_page_alloc_extfrag:
	case MMT_EV_mm_page_pcpu_drain:
	case MMT_EV_workqueue_execute_start:
		return true;
	default:
		return (info && info->class == MMT_SNAPSHOT) || host_only_wants(kind);
	}
}

int survey_take(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e)
{
	struct page_event page;

	if (!survey_wants(ev->kind))
		return 0;
	switch (ev->kind) {
	case MMT_EV_mm_page_alloc:
		page = page_event_alloc(ev);
		return survey_alloc(s, &page, e);
	case MMT_EV_mm_page_free:
		page = page_event_free(ev);
		return survey_free_page(s, &page, e);
	case MMT_EV_mm_page_alloc_zone_locked:
		page = page_event_locked(ev);
		return survey_locked(s, &page, e);
	case MMT_EV_mm_page_alloc_extfrag:
		return take_extfrag(s, ev, e);
	case MMT_EV_mm_page_pcpu_drain:
		page = page_event_drain(ev);
		return survey_drain(s, &page, e);
	case MMT_EV_workqueue_execute_start:
		return clock_run(&s->flow, ev, dict, e);
	default:
		if (mmt_event_info(ev->kind)->class == MMT_SNAPSHOT)
			return take_snapshot(s, ev, dict, e);
		host_only_event(&s->host_only, ev, dict);
		return 0;
	}
}

int survey_event(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		 struct mmt_err *e)
{
	survey_count(s, 1, ev->time, ev->time, ev->flags & MMT_EVENT_SELF);
	return survey_take(s, ev, dict, e);
}

int survey_end(struct survey *s, struct mmt_err *e)
{
	return flow_settle(&s->flow, &s->machine, s->zone_time, e);
}
