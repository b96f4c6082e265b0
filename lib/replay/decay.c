// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the size of per-CPU lists tells of the clock.
 *
 * `high`, which limits a CPU's lists in a zone, grows with each refill by what is refilled, and
 * falls by an eighth whenever vmstat_update() runs there. Snapshots tell it. So of the runs between
 * two snapshots that no drain told (flow.c), one can be found: where it must have been among the
 * refills for high to end as it did. That only needs the refills' sizes, not what they brought:
 *
 *	high 7018   refills +31 +62 +124 .. (29, 3596 in all)   run   +31 +62 +31   high 9412
 *	without a run 10738, with one before all others 9861, after them 9396; here 9412
 *
 * Reference: Linux 6.12 mm/page_alloc.c nr_pcp_alloc(), decay_pcp_high().
 *
 * I1  A window says that all runs between two snapshots are in f->tick; there is at most one window
 *     for each two snapshots and CPU.
 * I2  A run that is found has a time from the refill before it up to the refill after it; where the
 *     lists of two zones tell of it, within both.
 *
 * A refill of a thousand pages takes the host some milliseconds, during which it is interrupted,
 * and a snapshot may be read; the model does it at the moment of the request. So for each snapshot
 * is kept when the requests were served that were under way.
 *
 * Not found are: two runs or more that no drain told between two snapshots; runs while high rests
 * at its lower limit, or grows otherwise than by refills (bursts of frees, a zone low on memory).
 * There the computed moments stay.
 *
 * Cost: 32 bytes a refill and row; for each two snapshots the square of the refills between, of
 * which there may be MOST_REFILLS.
 */
#include "lib/replay/decay.h"

#include "lib/replay/flow.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_REFILLS 400

static int add(struct flow *f, struct decay_event event, struct mmt_err *e)
{
	struct decay_event *grown =
		mmt_grow(f->alloc, f->decay, &f->cap_decay, f->nr_decay + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->decay = grown;
	grown[f->nr_decay++] = event;
	return 0;
}

int decay_refill(struct flow *f, unsigned zone, unsigned cpu, unsigned order, uint64_t time,
		 bool more, struct mmt_err *e)
{
	struct flow_cpu *c = &f->cpu[cpu];
	struct decay_event event = { .time = time,
				     .pages = order ? 0 : 1,
				     .cpu = (uint16_t)cpu,
				     .zone = (uint16_t)zone,
				     .kind = order ? DECAY_REFILL_BATCH : DECAY_REFILL };
	int ret;

	if (more && c->refill && f->decay[c->refill - 1].zone == zone &&
	    f->decay[c->refill - 1].kind == event.kind) {
		f->decay[c->refill - 1].pages += event.pages;
		return 0;
	}
	ret = add(f, event, e);
	c->refill = f->nr_decay;
	return ret;
}

int decay_row(struct flow *f, unsigned zone, unsigned cpu, uint64_t time, uint32_t high,
	      struct mmt_err *e)
{
	if (cpu >= MM_MAX_CPUS)
		return 0;
	return add(f,
		   (struct decay_event){ .time = time,
					 .pages = high,
					 .cpu = (uint16_t)cpu,
					 .zone = (uint16_t)zone,
					 .kind = DECAY_ROW },
		   e);
}

static int by_list(const void *a, const void *b)
{
	const struct decay_event *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* What lies between two snapshots of a list. */
struct between {
	const struct flow *flow;
	const struct decay_event *row; /* the first one; refills follow, then the second row */
	size_t refills;
	uint32_t batch, lowest;
};

static uint32_t ran(const struct between *b, uint32_t high)
{
	uint32_t less = high - (high >> 3);

	return less > b->lowest ? less : b->lowest;
}

/* The high that results from the runs that drains told, and one that none did before refill @extra
 * (refills + 1: there was none). */
static uint32_t result(const struct between *b, size_t extra)
{
	const struct flow_tick *told = b->flow->tick;
	uint32_t high = b->row->pages, tick = b->flow->cpu[b->row->cpu].first_tick;

	while (tick && told[tick - 1].until <= b->row->time)
		tick = told[tick - 1].next;
	for (size_t i = 0; i <= b->refills; i++) {
		const struct decay_event *next = &b->row[1 + i];

		for (; tick && told[tick - 1].until <= next->time; tick = told[tick - 1].next)
			if (told[tick - 1].time == told[tick - 1].until)
				high = ran(b, high);
		if (i == extra)
			high = ran(b, high);
		if (i < b->refills)
			high += next->kind == DECAY_REFILL ? next->pages : b->batch;
	}
	return high;
}

/* Put a run that was found in its place among those of its CPU. */
static int insert(struct flow *f, unsigned cpu, uint64_t from, uint64_t until, struct mmt_err *e)
{
	struct flow_tick *tick =
		mmt_grow(f->alloc, f->tick, &f->cap_ticks, f->nr_ticks + 1, sizeof(*tick));
	uint32_t *link = &f->cpu[cpu].first_tick;

	if (!tick)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->tick = tick;
	while (*link && tick[*link - 1].until < from)
		link = &tick[*link - 1].next;
	tick[f->nr_ticks] = (struct flow_tick){ .time = from, .until = until, .next = *link };
	*link = (uint32_t)++f->nr_ticks;
	return 0;
}

/* Two snapshots of a CPU that were made out before, from another zone: the window, or NULL. */
static struct decay_window *find_window(const struct flow *f, const struct between *b)
{
	for (uint32_t w = f->cpu[b->row->cpu].first_window; w; w = f->window[w - 1].next)
		if (f->window[w - 1].to == b->row[1 + b->refills].time)
			return &f->window[w - 1];
	return NULL;
}

static int add_window(struct flow *f, const struct between *b, struct mmt_err *e)
{
	struct decay_window *window =
		mmt_grow(f->alloc, f->window, &f->cap_windows, f->nr_windows + 1, sizeof(*window));
	uint32_t *link = &f->cpu[b->row->cpu].first_window;

	if (!window)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->window = window;
	while (*link && window[*link - 1].to <= b->row->time)
		link = &window[*link - 1].next;
	window[f->nr_windows] = (struct decay_window){ .from = b->row->time,
						       .to = b->row[1 + b->refills].time,
						       .next = *link };
	*link = (uint32_t)++f->nr_windows;
	return 0;
}

/* The window was found by another zone, with a run within it that no drain told: narrow that. */
static void narrow(struct flow *f, const struct between *b, uint64_t from, uint64_t until)
{
	uint32_t tick = f->cpu[b->row->cpu].first_tick;

	for (; tick; tick = f->tick[tick - 1].next) {
		struct flow_tick *t = &f->tick[tick - 1];

		if (t->time == t->until || t->time < b->row->time)
			continue;
		if (t->time > until || t->until < from)
			continue;
		t->time = t->time > from ? t->time : from;
		t->until = t->until < until ? t->until : until;
		return;
	}
}

/* Whether high ends as it did without a run that no drain told. A burst of frees of blocks of
 * orders 1 to 3 takes off 32 batches, whenever it is. */
static bool without(const struct between *b, uint32_t high)
{
	uint32_t ends = result(b, b->refills + 1), less = b->batch << 5;

	return ends == high || (less && (ends == high + less || ends == high + 2 * less));
}

static int solve(struct flow *f, const struct between *b, struct mmt_err *e)
{
	uint32_t high = b->row[1 + b->refills].pages;
	size_t first = SIZE_MAX, last = 0;
	bool none = without(b, high);
	struct decay_window *known = find_window(f, b);
	uint64_t from, until;
	int ret = 0;

	for (size_t i = 0; i <= b->refills; i++) {
		if (result(b, i) != high)
			continue;
		first = first == SIZE_MAX ? i : first;
		last = i;
	}
	/* neither, or both: nothing is told */
	if (none == (first != SIZE_MAX))
		return 0;
	if (none)
		return known ? 0 : add_window(f, b, e);
	from = b->row[first].time + 1;
	until = b->row[1 + last].time;
	if (until < from)
		from = until;
	if (known) {
		narrow(f, b, from, until);
		return 0;
	}
	ret = insert(f, b->row->cpu, from, until, e);
	return ret ? ret : add_window(f, b, e);
}

static int by_time(const void *a, const void *b)
{
	const struct decay_in_flight *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

uint64_t decay_in_flight(const struct flow *f, uint64_t at)
{
	size_t low = 0, high = f->nr_in_flight;
	uint64_t until = at;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->in_flight[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < f->nr_in_flight && f->in_flight[low].at == at; low++)
		if (f->in_flight[low].until > until)
			until = f->in_flight[low].until;
	return until;
}

/* The row follows its list's last refill before it, if there is any. */
static int note_in_flight(struct flow *f, const struct decay_event *row, struct mmt_err *e)
{
	struct decay_in_flight *grown;

	if (row == f->decay || row[-1].cpu != row->cpu || row[-1].zone != row->zone ||
	    row[-1].kind == DECAY_ROW || row[-1].until <= row->time)
		return 0;
	grown = mmt_grow(f->alloc, f->in_flight, &f->cap_in_flight, f->nr_in_flight + 1,
			 sizeof(*grown));
	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->in_flight = grown;
	grown[f->nr_in_flight++] =
		(struct decay_in_flight){ .at = row->time, .until = row[-1].until };
	return 0;
}

static uint32_t batch_of(const struct machine *m, const struct decay_event *event)
{
	const struct machine_zone *z = &m->zone[event->zone];

	return event->zone < m->nr_zones && event->cpu < z->nr_pcp ? z->pcp[event->cpu].batch : 0;
}

int decay_settle(struct flow *f, const struct machine *m, struct mmt_err *e)
{
	struct between b = { .flow = f };
	int ret = 0;

	if (!f->told || !f->nr_decay)
		return 0;
	qsort(f->decay, f->nr_decay, sizeof(*f->decay), by_list);
	for (size_t i = 0; i < f->nr_decay && !ret; i++) {
		const struct decay_event *row = &f->decay[i];
		bool same = b.row && b.row->cpu == row->cpu && b.row->zone == row->zone;

		if (row->kind != DECAY_ROW)
			continue;
		if (!same)
			b.lowest = row->pages;
		b.refills = same ? (size_t)(row - b.row) - 1 : 0;
		b.batch = batch_of(m, row);
		b.lowest = row->pages < b.lowest ? row->pages : b.lowest;
		/* lists of a fixed size do not decay */
		if (same && b.refills <= MOST_REFILLS && !m->fixed_high)
			ret = solve(f, &b, e);
		if (!ret)
			ret = note_in_flight(f, row, e);
		b.row = row;
	}
	if (f->nr_in_flight)
		qsort(f->in_flight, f->nr_in_flight, sizeof(*f->in_flight), by_time);
	return ret;
}
