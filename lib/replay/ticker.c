// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock of vmstat_update(), which once a second lets each CPU's lists shrink.
 *
 *	after a run at    timer     rounded     so the next run is at
 *	15.13             16.13     down        16.12
 *	15.67, late       16.67     up          17.12
 *	phase .12: whole seconds of the recorded machine's timers
 *
 * Reference: Linux 6.12 mm/vmstat.c vmstat_update(), kernel/time/timer.c round_jiffies_relative():
 * down within the first quarter of a second, else up.
 *
 * A worker runs when the scheduler lets it, which no model of memory can know, and what it drains
 * depends on what the lists hold at that very moment. So where drains of the recorded kernel tell
 * that its worker ran (clock.c), the model's runs then too, rather than at the computed time. What
 * it drains is the model's own affair.
 *
 * Whose turn is next stands at the root of a tree of the CPUs' times, each node the sooner of the
 * two below it:
 *
 *	            [1] .12
 *	     [2] .12       [3] .67
 *	  [4] .15  [5] .12  [6] .67  [7] never
 *	  cpu 0    cpu 1    cpu 2
 *
 * Where the trace tells of all its runs (clock.c), the model's are these, and no others.
 *
 * I1  Runs of one CPU that are computed are MIN_APART or more apart, but for two as one (clock.c).
 * I2  After IDLE_SECONDS without an event the lists have come to rest: a longer time runs as many.
 *
 * Differs from Linux: a timer rounds to the same moment on every CPU, where the kernel's are 12 ms
 * apart; on a CPU whose lists and counters are at rest the kernel runs no worker, the model one
 * that changes nothing.
 *
 * Cost: a walk from a leaf to the root and back for each run.
 */
#include "lib/replay/ticker.h"

#include "lib/replay/survey/clock.h"

#include <errno.h>
#include <string.h>

#define SECOND	     UINT64_C(1000000000)
#define MIN_APART    (SECOND / 4)
#define LATE	     (SECOND * 3 / 4)
#define IDLE_SECONDS 64
#define EDGE	     (SECOND / 50)

/* The moment of the phase nearest to @time as round_jiffies() rounds it. */
static uint64_t rounded(const struct ticker *t, uint64_t time)
{
	uint64_t past = (time + SECOND - t->phase) % SECOND;

	return past < SECOND / 4 ? time - past : time - past + SECOND;
}

/* The window that holds @time, or NULL. Windows that end before it are done with. */
static const struct decay_window *window_of(const struct ticker *t, struct ticker_cpu *c,
					    uint64_t time)
{
	const struct decay_window *window = t->flow->window;

	while (c->window && window[c->window - 1].to < time)
		c->window = window[c->window - 1].next;
	return c->window && window[c->window - 1].from < time ? &window[c->window - 1] : NULL;
}

/* Whether the run that is told is the one due at @next, early or late: not if it may be the one of
 * a second later. */
static bool is_due(const struct flow_tick *told, uint64_t next)
{
	return told->time <= next || (told->time < next + LATE && told->until < next + SECOND);
}

/* The runs of CPU @c are all told: the next of them. */
static void follow(const struct ticker *t, struct ticker_cpu *c)
{
	const struct flow_tick *told = t->flow->tick;

	c->due = c->told;
	c->next = c->told ? told[c->told - 1].time : UINT64_MAX;
	c->told = c->told ? told[c->told - 1].next : 0;
}

/* After a run at @now. */
static void schedule(struct ticker *t, struct ticker_cpu *c, uint64_t now)
{
	const struct flow_tick *told = t->flow->tick;
	const struct decay_window *window;

	if (t->flow->clocked) {
		follow(t, c);
		return;
	}
	while (c->told && told[c->told - 1].until < now + MIN_APART)
		c->told = told[c->told - 1].next;
	c->next = rounded(t, now + SECOND);
	c->due = 0;
	for (;;) {
		if (c->told && is_due(&told[c->told - 1], c->next)) {
			const struct flow_tick *this = &told[c->told - 1];
			uint64_t edge = (this->until - this->time) / 4;

			/* what bounds it may come some pages later in the model */
			edge = edge < EDGE ? edge : EDGE;
			if (c->next < this->time + edge)
				c->next = this->time + edge;
			if (c->next > this->until - edge)
				c->next = this->until - edge;
			c->due = c->told;
			c->told = this->next;
			return;
		}
		window = window_of(t, c, c->next);
		if (!window)
			return;
		/* all of that time's are told: none then, perhaps one after it */
		c->next = window->to + 1;
		c->next += (t->phase + SECOND - c->next % SECOND) % SECOND;
	}
}

/* The time of CPU @cpu has changed. */
static void moved(struct ticker *t, unsigned cpu)
{
	unsigned node = t->leaves + cpu;

	t->sooner[node] = t->cpu[cpu].next;
	while (node > 1) {
		node /= 2;
		t->sooner[node] = t->sooner[2 * node] < t->sooner[2 * node + 1]
					  ? t->sooner[2 * node]
					  : t->sooner[2 * node + 1];
	}
	t->soonest = t->sooner[1];
}

/* The CPU whose turn is next, the first of those whose it is at the same time. */
static unsigned first(const struct ticker *t)
{
	unsigned node = 1;

	while (node < t->leaves) {
		node *= 2;
		node += t->sooner[node] != t->soonest;
	}
	return node - t->leaves;
}

int ticker_init(struct ticker *t, struct mmt_alloc *a, const struct flow *flow, unsigned nr_cpus,
		uint64_t now, struct mmt_err *e)
{
	int64_t phase = clock_phase(flow);

	*t = (struct ticker){ .alloc = a,
			      .flow = flow,
			      .nr_cpus = nr_cpus,
			      .leaves = 1,
			      .soonest = UINT64_MAX,
			      .phase = phase < 0 ? now % SECOND : (uint64_t)phase };
	while (t->leaves < nr_cpus)
		t->leaves *= 2;
	t->cpu = mmt_calloc(a, nr_cpus, sizeof(*t->cpu));
	t->sooner = mmt_calloc(a, 2 * t->leaves, sizeof(*t->sooner));
	if (!t->cpu || !t->sooner) {
		ticker_free(t);
		return mmt_fail(e, ENOMEM, "no memory for clocks");
	}
	memset(t->sooner, 0xff, 2 * t->leaves * sizeof(*t->sooner));
	for (unsigned i = 0; i < nr_cpus; i++) {
		t->cpu[i].told = i < MM_MAX_CPUS ? flow->cpu[i].first_tick : 0;
		t->cpu[i].window = i < MM_MAX_CPUS ? flow->cpu[i].first_window : 0;
		/* the last run was less than a second ago */
		schedule(t, &t->cpu[i], rounded(t, now) - SECOND);
		if (t->cpu[i].next <= now && !flow->clocked)
			schedule(t, &t->cpu[i], t->cpu[i].next);
		moved(t, i);
	}
	return 0;
}

void ticker_free(struct ticker *t)
{
	mmt_free(t->alloc, t->cpu);
	mmt_free(t->alloc, t->sooner);
	*t = (struct ticker){ 0 };
}

int ticker_due(struct ticker *t, uint64_t time)
{
	unsigned cpu;

	if (time < t->soonest || t->soonest == UINT64_MAX)
		return -1;
	cpu = first(t);
	if (time - t->soonest > IDLE_SECONDS * SECOND)
		t->cpu[cpu].next = rounded(t, time - IDLE_SECONDS * SECOND);
	t->cpu[cpu].nodes = t->cpu[cpu].due ? t->flow->tick[t->cpu[cpu].due - 1].nodes : 0;
	t->cpu[cpu].again = t->cpu[cpu].due && t->flow->tick[t->cpu[cpu].due - 1].again;
	schedule(t, &t->cpu[cpu], t->cpu[cpu].next);
	moved(t, cpu);
	return (int)cpu;
}
