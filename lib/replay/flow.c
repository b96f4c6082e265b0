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
 *	CPU 1   drains that no free caused   vmstat_update() runs, about once a second
 *	zone    high 6203 in four snapshots  no higher is allowed: high_max as the kernel computed
 *	        and never more               it when it booted and fewer pages were managed
 *
 * Reference: Linux 6.12 mm/page_alloc.c rmqueue_bulk(), __rmqueue_smallest() (which tells
 * mm_page_alloc_zone_locked), free_pcppages_bulk() (mm_page_pcpu_drain); mm/vmstat.c
 * vmstat_update(), whose timers are rounded to whole seconds, of all CPUs to the same.
 *
 * I1  Nothing of an event after the start survives but that a list was empty once, when the clock's
 *     worker ran, and whether it found lists of another node idle: never how much was refilled or
 *     drained, nor what.
 * I2  A drain counts as the clock's if the CPU's last event was no free of the same task, and that
 *     task's last drain there lies TICK_APART or more back: a drain cannot be interrupted.
 *
 * A block that a refill claims or steals from another type is told by mm_page_alloc_extfrag; when
 * it is claimed within a pageblock, also by mm_page_alloc_zone_locked right before.
 *
 * Cost: some comparisons an event; 32 bytes for each event before the zones were read.
 */
#include "lib/replay/flow.h"

#include "lib/mm/gfp.h"

#include <errno.h>

#define SECOND	   1000000000u
#define TICK_APART 400000000u
#define BIN	   (SECOND / FLOW_BINS)
#define PHASE_BINS (FLOW_BINS / 5) /* a busy CPU is late by that much */

struct page_event page_event_alloc(const struct mmt_event *ev)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = ev->v[MMT_F(mm_page_alloc, pfn)],
				    .gfp = (uint32_t)ev->v[MMT_F(mm_page_alloc, gfp)],
				    .task = ev->task,
				    .cpu = ev->cpu,
				    .order = (uint8_t)ev->v[MMT_F(mm_page_alloc, order)],
				    .type = (uint8_t)ev->v[MMT_F(mm_page_alloc, migratetype)],
				    .names_node =
					    ev->v[MMT_F(mm_page_alloc, gfp)] & __GFP_THISNODE };
}

struct page_event page_event_free(const struct mmt_event *ev)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = ev->v[MMT_F(mm_page_free, pfn)],
				    .task = ev->task,
				    .cpu = ev->cpu,
				    .order = (uint8_t)ev->v[MMT_F(mm_page_free, order)] };
}

int flow_init(struct flow *f, struct mmt_alloc *a, struct mmt_err *e)
{
	*f = (struct flow){ .alloc = a };
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
	mmt_free(f->alloc, f->cpu);
	mmt_free(f->alloc, f->high);
	mmt_free(f->alloc, f->tick);
	mmt_free(f->alloc, f->decay);
	mmt_free(f->alloc, f->window);
	mmt_free(f->alloc, f->in_flight);
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

static bool holds(const struct machine_zone *z, pfn_t pfn)
{
	return pfn >= z->start && pfn - z->start < z->spanned;
}

static void mark_emptied(struct flow *f, const struct machine *m, pfn_t pfn, unsigned cpu,
			 uint8_t list)
{
	for (unsigned i = 0; i < m->nr_zones && list != FLOW_NO_LIST; i++) {
		if (!holds(&m->zone[i], pfn))
			continue;
		f->emptied[(size_t)i * MM_MAX_CPUS + cpu] |= (uint16_t)(1u << list);
		return;
	}
}

/* A drain of run c->in_tick: of a list of another node, up to one batch, if idle for long. */
static void note_remote(struct flow *f, struct flow_cpu *c, const struct mmt_event *ev, pfn_t pfn,
			unsigned order, const struct machine *m)
{
	struct flow_tick *tick = &f->tick[c->in_tick - 1];
	const struct machine_zone *z = NULL;

	for (unsigned i = 0; i < m->nr_zones && !z; i++)
		if (holds(&m->zone[i], pfn))
			z = &m->zone[i];
	if (!z || z->node == m->node_of_cpu[ev->cpu] || ev->cpu >= z->nr_pcp)
		return;
	if (c->drained_node != z->node)
		c->drained_pages = 0;
	c->drained_node = (uint16_t)z->node;
	c->drained_pages += 1u << order;
	if (c->drained_pages <= z->pcp[ev->cpu].batch)
		tick->nodes |= UINT64_C(1) << z->node;
	else
		tick->nodes &= ~(UINT64_C(1) << z->node);
}

/* A drain that no free caused was ordered by the clock. */
static int note_drain(struct flow *f, struct flow_cpu *c, const struct mmt_event *ev,
		      struct mmt_err *e)
{
	bool burst =
		c->last_drain && ev->time - c->last_drain < TICK_APART && c->drained_by == ev->task;
	bool freed = c->kind == MMT_EV_mm_page_free && c->task == ev->task;
	struct flow_tick *tick;

	c->last_drain = ev->time;
	c->drained_by = ev->task;
	if (burst)
		return 0;
	c->in_tick = 0;
	c->drained_pages = 0;
	if (!c->kind || freed || f->nr_ticks == UINT32_MAX)
		return 0;
	f->bin[ev->time % SECOND / BIN]++;
	tick = mmt_grow(f->alloc, f->tick, &f->cap_ticks, f->nr_ticks + 1, sizeof(*tick));
	if (!tick)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->tick = tick;
	tick[f->nr_ticks++] = (struct flow_tick){ .time = ev->time, .until = ev->time };
	if (c->last_tick)
		tick[c->last_tick - 1].next = (uint32_t)f->nr_ticks;
	else
		c->first_tick = (uint32_t)f->nr_ticks;
	c->last_tick = c->in_tick = (uint32_t)f->nr_ticks;
	return 0;
}

/* Pages that the event moved into the lists of its CPU; *@list: the list it proves empty. */
static int32_t into_lists(struct flow *f, struct flow_cpu *c, const struct mmt_event *ev, pfn_t pfn,
			  unsigned order, uint8_t *list)
{
	int32_t pages = 1 << order;

	*list = FLOW_NO_LIST;
	switch (ev->kind) {
	case MMT_EV_mm_page_alloc_zone_locked:
		f->told = true;
		c->locked = pfn;
		*list = list_of(ev->v[MMT_F(mm_page_alloc_zone_locked, migratetype)], order);
		return *list == FLOW_NO_LIST ? 0 : pages;
	case MMT_EV_mm_page_alloc_extfrag:
		*list = list_of(ev->v[MMT_F(mm_page_alloc_extfrag, alloc_migratetype)], order);
		return *list == FLOW_NO_LIST || c->locked == pfn ? 0 : pages;
	case MMT_EV_mm_page_pcpu_drain:
		return -pages;
	default:
		return 0;
	}
}

/* A block went to a list: perhaps one more of a refill. */
static int note_refill(struct flow *f, struct flow_cpu *c, const struct mmt_event *ev, pfn_t pfn,
		       unsigned order, const struct machine *m, struct mmt_err *e)
{
	bool more = c->kind == MMT_EV_mm_page_alloc_zone_locked ||
		    c->kind == MMT_EV_mm_page_alloc_extfrag;

	for (unsigned i = 0; i < m->nr_zones; i++)
		if (holds(&m->zone[i], pfn))
			return decay_refill(f, i, ev->cpu, order, ev->time, more, e);
	return 0;
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

int flow_page(struct flow *f, unsigned kind, const struct page_event *ev, uint64_t zone_time,
	      struct mmt_err *e)
{
	struct flow_early early = {
		.time = ev->time, .pfn = (pfn_t)ev->pfn, .cpu = ev->cpu, .list = FLOW_NO_LIST
	};

	if (ev->cpu >= MM_MAX_CPUS)
		return 0;
	if (f->cpu[ev->cpu].refill)
		end_refill(f, &f->cpu[ev->cpu], ev->time);
	f->cpu[ev->cpu].kind = (uint16_t)kind;
	f->cpu[ev->cpu].task = ev->task;
	if (zone_time && ev->time > zone_time)
		return 0;
	early.pages = kind == MMT_EV_mm_page_alloc ? 1 << ev->order : -(1 << ev->order);
	early.pcp = has_list(ev->order) ? -early.pages : 0;
	return add_early(f, early, e);
}

int flow_event(struct flow *f, const struct mmt_event *ev, pfn_t pfn, unsigned order,
	       const struct machine *m, uint64_t zone_time, struct mmt_err *e)
{
	struct flow_early early = {
		.time = ev->time, .pfn = pfn, .cpu = ev->cpu, .list = FLOW_NO_LIST
	};
	struct page_event page;
	struct flow_cpu *c;

	if (ev->kind == MMT_EV_mm_page_alloc || ev->kind == MMT_EV_mm_page_free) {
		page = (struct page_event){ .time = ev->time,
					    .pfn = pfn,
					    .task = ev->task,
					    .cpu = ev->cpu,
					    .order = (uint8_t)order };
		return flow_page(f, ev->kind, &page, zone_time, e);
	}
	if (ev->cpu >= MM_MAX_CPUS)
		return 0;
	c = &f->cpu[ev->cpu];
	if (ev->kind == MMT_EV_mm_page_pcpu_drain) {
		if (note_drain(f, c, ev, e))
			return -ENOMEM;
		if (c->in_tick)
			note_remote(f, c, ev, pfn, order, m);
	}
	early.pcp = into_lists(f, c, ev, pfn, order, &early.list);
	if (early.pcp > 0 && zone_time && note_refill(f, c, ev, pfn, order, m, e))
		return -ENOMEM;
	c->kind = ev->kind;
	c->task = ev->task;
	if (zone_time && ev->time > zone_time) {
		mark_emptied(f, m, pfn, ev->cpu, early.list);
		return 0;
	}
	return add_early(f, early, e);
}

int flow_pcp_row(struct flow *f, const struct mmt_event *ev, const struct machine *m,
		 const struct machine_zone *z, struct mmt_err *e)
{
	struct flow_high *h = &f->high[z - m->zone];
	uint64_t high = ev->v[MMT_F(snap_pcp, high)];

	if (high > INT32_MAX)
		return 0;
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

	/* an initrd may be a third of a small node, and is managed only later */
	if (h->rows < 2 || h->high >= formula || h->high < formula - formula / 8 * 3)
		return formula;
	return h->high;
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
	return decay_settle(f, m, e);
}

int64_t flow_net(const struct flow *f, const struct machine_zone *z, uint64_t zone_time)
{
	int64_t net = 0;

	for (size_t i = 0; i < f->nr_early; i++)
		if (f->early[i].time <= zone_time && holds(z, f->early[i].pfn))
			net += f->early[i].pages;
	return net;
}

int64_t flow_net_pcp(const struct flow *f, const struct machine_zone *z, unsigned cpu,
		     uint64_t zone_time)
{
	int64_t net = 0;

	for (size_t i = 0; i < f->nr_early; i++)
		if (f->early[i].time <= zone_time && f->early[i].cpu == cpu &&
		    holds(z, f->early[i].pfn))
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

/* The window of PHASE_BINS with most ticks; its first bin. */
static unsigned densest(const struct flow *f, uint64_t *ticks)
{
	unsigned best = 0;

	*ticks = 0;
	for (unsigned from = 0; from < FLOW_BINS; from++) {
		uint64_t n = 0;

		for (unsigned i = 0; i < PHASE_BINS; i++)
			n += f->bin[(from + i) % FLOW_BINS];
		if (n <= *ticks)
			continue;
		*ticks = n;
		best = from;
	}
	return best;
}

int64_t flow_phase(const struct flow *f)
{
	uint64_t ticks, n = 0;
	unsigned bin = densest(f, &ticks);

	if (!ticks)
		return -1;
	/* where they begin: most are late, none is early, some are no ticks */
	for (;; bin++) {
		n += f->bin[bin % FLOW_BINS];
		if (16 * n >= ticks)
			break;
	}
	return (int64_t)(bin % FLOW_BINS * (uint64_t)BIN + BIN / 2);
}
