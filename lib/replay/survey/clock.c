// SPDX-License-Identifier: GPL-2.0-only
/*
 * When vmstat_update() ran, which drains a CPU's lists about once a second: as the trace tells it,
 * or, of a trace that does not, as the drains do.
 *
 *	worker 7   begins, on CPU 1             a run; all of them are told so, or none
 *	worker 7   drains 480 pages             of that run
 *	task 3     frees a page, drains 31      not
 *	worker 7   drains 31 pages              of that run: task 3 was let in between
 *
 * What a run drains depends on what the lists hold then: one that is let in upon before it drains
 * anything counts from its first drain on.
 *
 * Reference: Linux 6.12 mm/vmstat.c vmstat_update(), whose timers are rounded to whole seconds, of
 * all CPUs to the same; kernel/workqueue.c process_one_work() (workqueue_execute_start).
 *
 * I1  Where no run is told, a drain counts as the clock's if the CPU's last event was no free of the
 *     same task, and that task's last drain there lies TICK_APART or more back: a drain cannot be
 *     interrupted.
 * I2  A run frees no more of a zone than batch << PCP_BATCH_SCALE_MAX pages (decay_pcp_high()), and
 *     zones in turn. Where more went, or an earlier zone's, there were two: while one is at work it
 *     is not pending, and vmstat_shepherd(), whose timer expires with it, has it run again at once.
 *
 * Differs from Linux: where no run is told, the drains of drain_all_pages(), which a task short of
 * memory does for all CPUs, and those of a compactor are taken for a run of the clock on its own.
 *
 * Cost: some comparisons a drain; 40 bytes a run.
 */
#include "lib/replay/survey/clock.h"

#include <errno.h>
#include <string.h>

#define SECOND	   1000000000u
#define TICK_APART 400000000u
#define MOST_LATE  400000000u /* after a run began, and others were let in */
#define BIN	   (SECOND / FLOW_BINS)
#define PHASE_BINS (FLOW_BINS / 5) /* a busy CPU is late by that much */

/* Of a list of another node, if idle for long: blocks until they make a batch or more. */
static void note_remote(struct flow_tick *tick, struct flow_cpu *c, const struct machine_zone *z,
			uint32_t batch, unsigned order)
{
	if (c->drained_node != z->node)
		c->drained_pages = 0;
	c->drained_node = (uint16_t)z->node;
	if (c->drained_pages < batch)
		tick->nodes |= UINT64_C(1) << z->node;
	else
		tick->nodes &= ~(UINT64_C(1) << z->node);
	c->drained_pages += 1u << order;
}

/* Of a list of the CPU's own node: until so many pages or more are freed, then it goes on. What is
 * more than two runs drain was not ordered by the clock. */
static void note_own(struct flow_tick *tick, struct flow_cpu *c, unsigned zone, uint32_t batch,
		     unsigned order)
{
	uint32_t most = batch << LEVEL_MOST_FACTOR;

	/* zones take turns in their order */
	if (zone + 1 < c->drained_own && !tick->told)
		tick->again = true;
	if (zone + 1 != c->drained_own)
		c->drained_own_pages = 0;
	c->drained_own = zone + 1;
	if (most && c->drained_own_pages >= most && !tick->told)
		tick->again = c->drained_own_pages < 2 * most;
	c->drained_own_pages += 1u << order;
}

/* The zone of a frame, nr_zones: none that has lists of @cpu. */
static unsigned zone_of(const struct machine *m, pfn_t pfn, unsigned cpu)
{
	for (unsigned i = 0; i < m->nr_zones; i++)
		if (machine_zone_holds(&m->zone[i], pfn))
			return cpu < m->zone[i].nr_pcp ? i : m->nr_zones;
	return m->nr_zones;
}

/* A drain of run c->in_tick. */
static void note_run(struct flow *f, struct flow_cpu *c, const struct page_event *ev,
		     const struct machine *m)
{
	struct flow_tick *tick = &f->tick[c->in_tick - 1];
	unsigned i = zone_of(m, ev->pfn, ev->cpu);
	const struct machine_zone *z;

	if (i == m->nr_zones)
		return;
	z = &m->zone[i];
	if (z->node != m->node_of_cpu[ev->cpu])
		note_remote(tick, c, z, z->pcp[ev->cpu].batch, ev->order);
	else
		note_own(tick, c, i, z->pcp[ev->cpu].batch, ev->order);
}

/* A run begins. */
static int add_run(struct flow *f, struct flow_cpu *c, uint64_t time, bool told, struct mmt_err *e)
{
	struct flow_tick *tick;

	c->in_tick = 0;
	c->drained_pages = c->drained_own_pages = c->drained_own = 0;
	if (f->nr_ticks == UINT32_MAX)
		return 0;
	tick = mmt_grow(f->alloc, f->tick, &f->cap_ticks, f->nr_ticks + 1, sizeof(*tick));
	if (!tick)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->tick = tick;
	f->bin[time % SECOND / BIN]++;
	tick[f->nr_ticks++] = (struct flow_tick){ .time = time, .until = time, .told = told };
	if (c->last_tick)
		tick[c->last_tick - 1].next = (uint32_t)f->nr_ticks;
	else
		c->first_tick = (uint32_t)f->nr_ticks;
	c->last_tick = c->in_tick = (uint32_t)f->nr_ticks;
	return 0;
}

int clock_run(struct flow *f, const struct mmt_event *ev, const struct mmt_dict *dict,
	      struct mmt_err *e)
{
	const struct mmt_dict_entry *function = mmt_dict_get(
		dict, MMT_DICT_STRING, (uint32_t)ev->v[MMT_F(workqueue_execute_start, function)]);
	struct flow_cpu *c;

	if (ev->cpu >= MM_MAX_CPUS || !function || strcmp(function->name, "vmstat_update") != 0)
		return 0;
	c = &f->cpu[ev->cpu];
	f->clocked = true;
	level_ran(f, ev->cpu);
	c->kind = ev->kind;
	c->task = ev->task;
	if (add_run(f, c, ev->time, true, e))
		return -ENOMEM;
	c->run = c->in_tick;
	c->runner = ev->task;
	return 0;
}

/* Where runs are told: whether the drain is of the last one. */
static void in_run(struct flow *f, struct flow_cpu *c, const struct page_event *ev)
{
	struct flow_tick *tick = c->run ? &f->tick[c->run - 1] : NULL;

	if (c->task == ev->task &&
	    (c->kind == MMT_EV_workqueue_execute_start || c->kind == MMT_EV_mm_page_pcpu_drain))
		return;
	c->in_tick = 0;
	if (!tick || c->runner != ev->task || c->task == ev->task ||
	    ev->time - tick->until > MOST_LATE)
		return;
	c->in_tick = c->run;
	if (!c->drained_pages && !c->drained_own_pages)
		tick->time = tick->until = ev->time;
}

/* Where none is told: whether it is of the last one, or begins one. */
static int find_run(struct flow *f, struct flow_cpu *c, const struct page_event *ev,
		    struct mmt_err *e)
{
	bool burst =
		c->last_drain && ev->time - c->last_drain < TICK_APART && c->drained_by == ev->task;
	bool freed = c->kind == MMT_EV_mm_page_free && c->task == ev->task;

	c->last_drain = ev->time;
	c->drained_by = ev->task;
	if (burst)
		return 0;
	c->in_tick = 0;
	return c->kind && !freed ? add_run(f, c, ev->time, false, e) : 0;
}

int clock_drain(struct flow *f, struct flow_cpu *c, const struct page_event *ev,
		const struct machine *m, struct mmt_err *e)
{
	int ret = 0;

	if (f->clocked)
		in_run(f, c, ev);
	else
		ret = find_run(f, c, ev, e);
	if (!ret && c->in_tick)
		note_run(f, c, ev, m);
	return ret;
}

/* A drain before the zones were known: perhaps of a run that was told. */
static void note_early(struct flow *f, const struct flow_early *drain, const struct machine *m)
{
	struct flow_cpu *c = &f->cpu[drain->cpu];
	unsigned i = zone_of(m, drain->pfn, drain->cpu);
	uint32_t tick = 0;

	for (uint32_t k = c->first_tick; k && f->tick[k - 1].time <= drain->time;
	     k = f->tick[k - 1].next)
		tick = k;
	if (i == m->nr_zones || m->zone[i].node == m->node_of_cpu[drain->cpu] || !tick ||
	    !f->tick[tick - 1].told || drain->time - f->tick[tick - 1].time > MOST_LATE)
		return;
	if (c->in_tick != tick)
		c->drained_pages = 0;
	c->in_tick = tick;
	note_remote(&f->tick[tick - 1], c, &m->zone[i], m->zone[i].pcp[drain->cpu].batch,
		    (unsigned)__builtin_ctz((unsigned)-drain->pcp));
}

void clock_settle(struct flow *f, const struct machine *m)
{
	for (size_t i = 0; i < f->nr_early && f->clocked; i++)
		if (!f->early[i].pages && f->early[i].pcp < 0)
			note_early(f, &f->early[i], m);
	for (unsigned cpu = 0; f->clocked && cpu < MM_MAX_CPUS; cpu++) {
		uint32_t *link = &f->cpu[cpu].first_tick;

		/* what drains seemed to tell before the first that was told */
		while (*link) {
			struct flow_tick *tick = &f->tick[*link - 1];

			if (tick->told)
				link = &tick->next;
			else
				*link = tick->next;
		}
	}
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

int64_t clock_phase(const struct flow *f)
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
