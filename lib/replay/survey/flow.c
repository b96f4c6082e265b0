// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refills and drains of per-CPU lists, heard before the replay. They are outcomes and never
 * replayed; but how the lists stood when the trace began is recorded nowhere else:
 *
 *	frame   first event                  so at the start it was
 *	100     left the buddy lists         in a free list
 *	101     allocated by CPU 1           in a list of CPU 1, near the top
 *	102     drained on CPU 1             in a list of CPU 1, near the bottom
 *	103     freed                        in use
 *
 *	CPU 1   refill of order 0, MOVABLE   that list is empty now: all it held has been named
 *	CPU 1   count 3120 at the snapshot,  3120 + 4 at the start
 *	        4 allocations before it
 *	zone    high 6203 in four snapshots  no higher is allowed: high_max as the kernel computed
 *	        and never more               it when it booted and fewer pages were managed
 *
 * Reference: Linux 6.12 mm/page_alloc.c rmqueue_bulk(), __rmqueue_smallest() (which tells
 * mm_page_alloc_zone_locked), free_pcppages_bulk() (mm_page_pcpu_drain).
 *
 * I1  Nothing of an event after the start survives but that a list was empty once, when the clock's
 *     worker ran, and whether it found lists of another node idle: never how much was refilled or
 *     drained, nor what.
 *
 * A block that a refill claims or steals from another type is told by mm_page_alloc_extfrag; when
 * it is claimed within a pageblock, also by mm_page_alloc_zone_locked right before.
 *
 * Cost: some comparisons an event; 32 bytes for each event before the zones were read.
 */
#include "lib/replay/survey/flow.h"

#include "lib/mm/gfp.h"
#include "lib/replay/survey/clock.h"

#include <errno.h>

#define IN_HAND	     31	 /* frees that are told before the first of them is done (folio_batch) */
#define IN_HAND_OLD  512 /* before 6.7 */
#define MOST_HELD_UP 100000000u /* a CPU among them */

/* A frame that no machine has, which only a liar names, is another such. */
static uint32_t pfn_of(uint64_t pfn)
{
	return pfn <= UINT32_MAX ? (uint32_t)pfn : UINT32_MAX - 1;
}

struct page_event page_event_alloc(const struct mmt_event *ev)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = pfn_of(ev->v[MMT_F(mm_page_alloc, pfn)]),
				    .gfp = (uint32_t)ev->v[MMT_F(mm_page_alloc, gfp)],
				    .task = ev->task,
				    .cpu = ev->cpu,
				    .order = (uint8_t)ev->v[MMT_F(mm_page_alloc, order)],
				    .type = ev->v[MMT_F(mm_page_alloc, migratetype)] & 15,
				    .names_node = (ev->v[MMT_F(mm_page_alloc, gfp)] &
						   __GFP_THISNODE) != 0 };
}

struct page_event page_event_free(const struct mmt_event *ev)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = pfn_of(ev->v[MMT_F(mm_page_free, pfn)]),
				    .task = ev->task,
				    .cpu = ev->cpu,
				    .order = (uint8_t)ev->v[MMT_F(mm_page_free, order)] };
}

/* Unlike a request's type, a list's may be any that the format has. */
static struct page_event block_event(const struct mmt_event *ev, uint64_t pfn, uint64_t order,
				     uint64_t type)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = pfn_of(pfn),
				    .task = ev->task,
				    .cpu = ev->cpu,
				    .order = (uint8_t)order,
				    .type = type & 15 };
}

struct page_event page_event_locked(const struct mmt_event *ev)
{
	return block_event(ev, ev->v[MMT_F(mm_page_alloc_zone_locked, pfn)],
			   ev->v[MMT_F(mm_page_alloc_zone_locked, order)],
			   ev->v[MMT_F(mm_page_alloc_zone_locked, migratetype)]);
}

struct page_event page_event_drain(const struct mmt_event *ev)
{
	return block_event(ev, ev->v[MMT_F(mm_page_pcpu_drain, pfn)],
			   ev->v[MMT_F(mm_page_pcpu_drain, order)],
			   ev->v[MMT_F(mm_page_pcpu_drain, migratetype)]);
}

int flow_init(struct flow *f, struct mmt_alloc *a, struct mmt_err *e)
{
	*f = (struct flow){ .alloc = a,
			    .trylock.alloc = a,
			    .waiting = { .alloc = a, .pool.alloc = a } };
	f->emptied = mmt_calloc(a, (size_t)MACHINE_MAX_ZONES * MM_MAX_CPUS, sizeof(*f->emptied));
	f->cpu = mmt_calloc(a, MM_MAX_CPUS, sizeof(*f->cpu));
	f->high = mmt_calloc(a, MACHINE_MAX_ZONES, sizeof(*f->high));
	if (f->emptied && f->cpu && f->high)
		return 0;
	flow_free(f);
	return mmt_fail(e, ENOMEM, "no memory for the survey");
}

void flow_free(struct flow *f)
{
	mmt_free(f->alloc, f->early);
	mmt_free(f->alloc, f->emptied);
	level_free(f);
	mmt_free(f->alloc, f->cpu);
	mmt_free(f->alloc, f->high);
	mmt_free(f->alloc, f->tick);
	mmt_free(f->alloc, f->decay);
	mmt_free(f->alloc, f->window);
	mmt_free(f->alloc, f->reading);
	trylock_free(&f->trylock);
	waiting_free(&f->waiting);
	*f = (struct flow){ 0 };
}

static bool has_list(unsigned order)
{
	return order <= 3 || order == PAGEBLOCK_ORDER;
}

/* A bit for each list that a request of @type and @order uses; FLOW_NO_LIST: none does. */
static uint8_t list_of(uint64_t type, unsigned order)
{
	if (type >= MIGRATE_HIGHATOMIC || !has_list(order))
		return FLOW_NO_LIST;
	return (uint8_t)(order == PAGEBLOCK_ORDER ? 12 + (type == MIGRATE_MOVABLE)
						  : 3 * order + type);
}

static void mark_emptied(struct flow *f, const struct machine *m, pfn_t pfn, unsigned cpu,
			 uint8_t list)
{
	for (unsigned i = 0; i < m->nr_zones && list != FLOW_NO_LIST; i++) {
		if (!machine_zone_holds(&m->zone[i], pfn))
			continue;
		f->emptied[(size_t)i * MM_MAX_CPUS + cpu] |= (uint16_t)(1u << list);
		return;
	}
}

/* Pages that the event moved into the lists of its CPU; *@list: the list it proves empty. */
static int32_t into_lists(struct flow *f, struct flow_cpu *c, unsigned kind,
			  const struct page_event *ev, uint8_t *list)
{
	int32_t pages = 1 << ev->order;

	*list = FLOW_NO_LIST;
	if (kind == MMT_EV_mm_page_pcpu_drain)
		return -pages;
	if (kind == MMT_EV_mm_page_alloc_zone_locked)
		f->told = true;
	*list = list_of(ev->type, ev->order);
	/* one block may be told by both, before 6.7 the other way round */
	if (*list == FLOW_NO_LIST || (c->locked == ev->pfn && c->locked_by != kind))
		pages = 0;
	c->locked = ev->pfn;
	c->locked_by = (uint16_t)kind;
	return pages;
}

/* A block went to a list: perhaps one more of a refill. */
static int note_refill(struct flow *f, struct flow_cpu *c, const struct page_event *ev,
		       const struct machine *m, struct mmt_err *e)
{
	bool more = c->kind == MMT_EV_mm_page_alloc_zone_locked ||
		    c->kind == MMT_EV_mm_page_alloc_extfrag;

	if (!level_find(f, &c->place, m, ev->cpu, ev->pfn))
		return 0;
	level_refill(c->place.level, ev->order, more);
	if (!more && !m->fixed_high) {
		trylock_told(&f->trylock, &c->watch, PFN_NONE, ev->cpu);
		c->watch = (struct trylock_watch){ .open = true,
						   .task = ev->task,
						   .first = ev->pfn,
						   .from = c->place.from,
						   .pages = c->place.pages };
	}
	return decay_refill(f, c->place.zone, ev->cpu, ev->order, ev->time, more, e);
}

/* What a drain of lists that hold @l tells: of its own node a run of the clock drains down to high;
 * a free that fills a list drains it from high on. */
static enum decay_kind drain_tells(const struct flow_cpu *c, const struct level *before,
				   const struct machine_zone *z, bool freed, unsigned node)
{
	if (c->in_tick)
		return z->node == node ? DECAY_DRAIN_CLOCK : DECAY_DRAIN;
	return freed && !c->order && c->place.level == before ? DECAY_DRAIN_FULL : DECAY_DRAIN;
}

/* When the frees began that were told but not done at @time. */
static uint64_t row_before(const struct flow_cpu *c, uint64_t time)
{
	return time - c->row_before > MOST_HELD_UP ? time - MOST_HELD_UP : c->row_before;
}

/* A block left a list for the zone: perhaps one more of a drain. */
static int note_level(struct flow *f, struct flow_cpu *c, const struct page_event *ev,
		      const struct machine *m, struct mmt_err *e)
{
	bool more = c->drain && c->kind == MMT_EV_mm_page_pcpu_drain && c->task == ev->task;
	bool freed = c->kind == MMT_EV_mm_page_free && c->task == ev->task;
	const struct level *before = c->place.level;
	const struct machine_zone *z;
	enum decay_kind kind;
	bool burst, full;
	int ret = 0;

	if (!level_find(f, &c->place, m, ev->cpu, ev->pfn))
		return 0;
	z = &m->zone[c->place.zone];
	if (!more || f->decay[c->drain - 1].zone != c->place.zone) {
		kind = drain_tells(c, before, z, freed, m->node_of_cpu[ev->cpu]);
		burst = freed && c->order && c->order <= 3 && ev->cpu < z->nr_pcp;
		full = burst && c->place.level->pages >= (int64_t)z->pcp[ev->cpu].high;
		if (burst && !full)
			level_burst(c->place.level, c->order, z->pcp[ev->cpu].batch);
		level_drain(c->place.level, kind);
		if (full)
			level_doubt(c->place.level, c->order, z->pcp[ev->cpu].batch);
		ret = decay_drain(f, c->place.zone, ev->cpu, ev->time,
				  freed ? row_before(c, ev->time) : ev->time, kind,
				  c->place.level->pages, e);
	}
	if (!ret)
		decay_drained(f, ev->cpu, ev->order, ev->time);
	level_drained(c->place.level, ev->order);
	return ret;
}

static int add_early(struct flow *f, struct flow_early early, struct mmt_err *e)
{
	struct flow_early *grown =
		mmt_grow(f->alloc, f->early, &f->cap_early, f->nr_early + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->early = grown;
	grown[f->nr_early++] = early;
	return 0;
}

/* The request is served that needed the refill. */
static void end_refill(struct flow *f, struct flow_cpu *c, uint64_t time)
{
	f->decay[c->refill - 1].until = time;
	c->refill = 0;
}

/* Frees are told some at a time before they are done: when the last of these began. */
static void note_row(struct flow_cpu *c, const struct page_event *ev, unsigned most)
{
	if (c->kind != MMT_EV_mm_page_free || c->task != ev->task) {
		c->in_row = 0;
		c->row_before = c->row_from = ev->time;
	} else if (++c->in_row == most) {
		c->in_row = 0;
		c->row_before = c->row_from;
		c->row_from = ev->time;
	}
}

/* A block that the CPU took from its lists or put there. */
static void note_page(struct flow *f, struct flow_cpu *c, unsigned kind,
		      const struct page_event *ev, const struct machine *m)
{
	bool is_free = kind == MMT_EV_mm_page_free;
	struct level *l;

	if (is_free)
		note_row(c, ev, m->fixed_high ? IN_HAND_OLD : IN_HAND);
	c->order = ev->order;
	if (!has_list(ev->order) || ((pfn_t)ev->pfn - c->place.from >= c->place.pages &&
				     !level_find(f, &c->place, m, ev->cpu, (pfn_t)ev->pfn)))
		return;
	l = c->place.level;
	l->pages += is_free ? 1 << ev->order : -(1 << ev->order);
	if (!l->settled)
		level_learn(l, ev->order, is_free);
}

/* A block was allocated or freed after a refill whose request was not told: 1: it is a free that may be
 * within the refill. */
static int note_watched(struct flow *f, struct flow_cpu *c, unsigned kind,
			const struct page_event *ev, struct mmt_err *e)
{
	if (kind == MMT_EV_mm_page_free)
		return trylock_note(&f->trylock, &c->watch, (pfn_t)ev->pfn, ev->cpu, ev->task, e);
	trylock_told(&f->trylock, &c->watch, (pfn_t)ev->pfn, ev->cpu);
	return 0;
}

/* A block is told to leave a list. */
static void note_left(struct flow *f, pfn_t pfn)
{
	uint64_t nth = waiting_leaves(&f->waiting, pfn);

	if (nth)
		trylock_left(&f->trylock, nth);
}

int flow_page(struct flow *f, unsigned kind, const struct page_event *ev, const struct machine *m,
	      uint64_t zone_time, struct mmt_err *e)
{
	struct flow_early early = {
		.time = ev->time, .pfn = (pfn_t)ev->pfn, .cpu = ev->cpu, .list = FLOW_NO_LIST
	};
	struct flow_cpu *c;
	int noted = 0;

	f->trylock.frees += kind == MMT_EV_mm_page_free;
	if (ev->cpu >= MM_MAX_CPUS)
		return 0;
	c = &f->cpu[ev->cpu];
	if (c->watch.open)
		noted = note_watched(f, c, kind, ev, e);
	if (noted < 0)
		return noted;
	if (c->refill)
		end_refill(f, c, ev->time);
	/* its worker does something else by now */
	if (ev->task == c->runner)
		c->run = 0;
	if (kind != MMT_EV_mm_page_free)
		note_left(f, (pfn_t)ev->pfn);
	else if (has_list(ev->order) &&
		 waiting_enters(&f->waiting, (pfn_t)ev->pfn, f->trylock.frees,
				noted ? WAITING_NOTED : WAITING_FREED, e))
		return -ENOMEM;
	if (zone_time)
		note_page(f, c, kind, ev, m);
	c->kind = (uint16_t)kind;
	c->page = (pfn_t)ev->pfn;
	c->task = ev->task;
	if (zone_time && ev->time > zone_time)
		return 0;
	early.pages = kind == MMT_EV_mm_page_alloc ? 1 << ev->order : -(1 << ev->order);
	early.pcp = has_list(ev->order) ? -early.pages : 0;
	return add_early(f, early, e);
}

/* A block left the free lists of the zone, for a list if @listed. */
static int note_taken(struct flow *f, const struct page_event *ev, const struct machine *m,
		      bool listed, struct mmt_err *e)
{
	/* until 6.1 interrupts are off while lists are locked */
	if (!m->fixed_high && trylock_taken(&f->trylock, &f->waiting, ev->pfn, ev->order, e))
		return -ENOMEM;
	return listed && !ev->order
		       ? waiting_enters(&f->waiting, ev->pfn, f->trylock.frees, WAITING_REFILL, e)
		       : 0;
}

int flow_block(struct flow *f, unsigned kind, const struct page_event *ev, const struct machine *m,
	       uint64_t zone_time, struct mmt_err *e)
{
	struct flow_early early = {
		.time = ev->time, .pfn = ev->pfn, .cpu = ev->cpu, .list = FLOW_NO_LIST
	};
	struct flow_cpu *c;

	if (ev->cpu >= MM_MAX_CPUS)
		return 0;
	c = &f->cpu[ev->cpu];
	if (kind == MMT_EV_mm_page_pcpu_drain) {
		f->trylock.drains++;
		note_left(f, ev->pfn);
		if (clock_drain(f, c, ev, m, e))
			return -ENOMEM;
		if (zone_time && note_level(f, c, ev, m, e))
			return -ENOMEM;
	}
	early.pcp = into_lists(f, c, kind, ev, &early.list);
	if (kind != MMT_EV_mm_page_pcpu_drain && note_taken(f, ev, m, early.pcp > 0, e))
		return -ENOMEM;
	if (early.pcp > 0 && zone_time && note_refill(f, c, ev, m, e))
		return -ENOMEM;
	c->kind = (uint16_t)kind;
	c->task = ev->task;
	if (zone_time && ev->time > zone_time) {
		mark_emptied(f, m, ev->pfn, ev->cpu, early.list);
		return 0;
	}
	return add_early(f, early, e);
}

int flow_event(struct flow *f, const struct mmt_event *ev, pfn_t pfn, unsigned order,
	       const struct machine *m, uint64_t zone_time, struct mmt_err *e)
{
	struct page_event page = block_event(ev, pfn, order, 0);

	if (ev->kind == MMT_EV_mm_page_alloc || ev->kind == MMT_EV_mm_page_free)
		return flow_page(f, ev->kind, &page, m, zone_time, e);
	if (ev->kind == MMT_EV_mm_page_alloc_zone_locked)
		page.type = ev->v[MMT_F(mm_page_alloc_zone_locked, migratetype)] & 15;
	else if (ev->kind == MMT_EV_mm_page_alloc_extfrag)
		page.type = ev->v[MMT_F(mm_page_alloc_extfrag, alloc_migratetype)] & 15;
	return flow_block(f, ev->kind, &page, m, zone_time, e);
}

void flow_snapshot(struct flow *f, uint64_t time)
{
	f->reading_from = time;
}

int flow_pcp_row(struct flow *f, const struct mmt_event *ev, const struct machine *m,
		 const struct machine_zone *z, struct mmt_err *e)
{
	struct flow_high *h = &f->high[z - m->zone];
	uint64_t high = ev->v[MMT_F(snap_pcp, high)];

	if (high > INT32_MAX || ev->v[MMT_F(snap_pcp, count)] > INT32_MAX)
		return 0;
	if (level_row(f, (unsigned)(z - m->zone), ev,
		      !f->nr_readings || f->reading[0].at == ev->time, e))
		return -ENOMEM;
	if (high >= h->high) {
		h->rows = high == h->high ? h->rows + 1 : 1;
		h->high = (uint32_t)high;
	}
	return decay_row(f, (unsigned)(z - m->zone), (unsigned)ev->v[MMT_F(snap_pcp, cpu)],
			 ev->time, (uint32_t)high, e);
}

uint32_t flow_high_max(const struct flow *f, const struct machine *m, const struct machine_zone *z,
		       uint32_t formula)
{
	const struct flow_high *h = &f->high[z - m->zone];
	uint32_t most = h->rows > 1 ? h->high : h->limit;

	/* an initrd may be a third of a small node, and is managed only later */
	return most >= formula || most < formula - formula / 8 * 3 ? formula : most;
}

int flow_settle(struct flow *f, const struct machine *m, uint64_t zone_time, struct mmt_err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nr_early; i++) {
		mark_emptied(f, m, f->early[i].pfn, f->early[i].cpu, f->early[i].list);
		if (f->early[i].time <= zone_time)
			f->early[n++] = f->early[i];
	}
	f->nr_early = n;
	clock_settle(f, m);
	trylock_settle(&f->trylock);
	waiting_settle(&f->waiting);
	return decay_settle(f, m, e);
}

int64_t flow_net(const struct flow *f, const struct machine_zone *z, uint64_t zone_time)
{
	int64_t net = 0;

	for (size_t i = 0; i < f->nr_early; i++)
		if (f->early[i].time <= zone_time && machine_zone_holds(z, f->early[i].pfn))
			net += f->early[i].pages;
	return net;
}

int64_t flow_net_pcp(const struct flow *f, const struct machine_zone *z, unsigned cpu,
		     uint64_t zone_time)
{
	int64_t net = 0;

	for (size_t i = 0; i < f->nr_early; i++)
		if (f->early[i].time <= zone_time && f->early[i].cpu == cpu &&
		    machine_zone_holds(z, f->early[i].pfn))
			net += f->early[i].pcp;
	return net;
}

bool flow_emptied(const struct flow *f, const struct machine *m, const struct machine_zone *z,
		  unsigned cpu, unsigned type, unsigned order)
{
	uint8_t list = list_of(type, order);

	return list != FLOW_NO_LIST && cpu < MM_MAX_CPUS &&
	       f->emptied[(size_t)(z - m->zone) * MM_MAX_CPUS + cpu] >> list & 1;
}
