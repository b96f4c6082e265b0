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
#include "lib/replay/survey/decay.h"

#include "lib/replay/survey/flow.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_REFILLS 400
#define SOON	     UINT64_C(250000000)
#define MOST_OFF     96 /* pages that were told but not freed yet, or taken without being told */

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

int decay_drain(struct flow *f, unsigned zone, unsigned cpu, uint64_t time, uint64_t since,
		enum decay_kind kind, int32_t pages, struct mmt_err *e)
{
	struct decay_event event = { .time = time,
				     .until = time,
				     .pages = pages > 0 ? (uint32_t)pages : 0,
				     .before = (uint32_t)(time - since > UINT32_MAX ? UINT32_MAX
										    : time - since),
				     .cpu = (uint16_t)cpu,
				     .zone = (uint16_t)zone,
				     .kind = (uint8_t)kind };
	int ret = add(f, event, e);

	f->cpu[cpu].drain = ret ? 0 : f->nr_decay;
	return ret;
}

void decay_drained(struct flow *f, unsigned cpu, unsigned order, uint64_t time)
{
	struct decay_event *event = &f->decay[f->cpu[cpu].drain - 1];

	event->until = time;
	if (event->kind == DECAY_DRAIN_CLOCK)
		event->pages -= event->pages < 1u << order ? event->pages : 1u << order;
}

/* The reading that ended at @time, which is the last one or a new one. */
static struct decay_reading *reading_at(struct flow *f, uint64_t time, struct mmt_err *e)
{
	struct decay_reading *grown;

	if (f->nr_readings && f->reading[f->nr_readings - 1].at == time)
		return &f->reading[f->nr_readings - 1];
	grown = mmt_grow(f->alloc, f->reading, &f->cap_readings, f->nr_readings + 1,
			 sizeof(*grown));
	if (!grown) {
		mmt_fail(e, ENOMEM, "no memory for the survey");
		return NULL;
	}
	f->reading = grown;
	grown[f->nr_readings] = (struct decay_reading){
		.from = f->reading_from < time ? f->reading_from : time, .at = time, .until = time
	};
	grown[f->nr_readings].since = grown[f->nr_readings].from;
	return &grown[f->nr_readings++];
}

int decay_row(struct flow *f, unsigned zone, unsigned cpu, uint64_t time, uint32_t high,
	      struct mmt_err *e)
{
	struct decay_reading *reading;

	if (cpu >= MM_MAX_CPUS)
		return 0;
	reading = reading_at(f, time, e);
	if (!reading)
		return -ENOMEM;
	return add(f,
		   (struct decay_event){ .time = time,
					 .pages = high,
					 .before = (uint32_t)(reading - f->reading),
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

static bool same_list(const struct decay_event *a, const struct decay_event *b)
{
	return a->cpu == b->cpu && a->zone == b->zone;
}

static bool is_drain(const struct decay_event *event)
{
	return event->kind >= DECAY_DRAIN && event->kind <= DECAY_DRAIN_CLOCK;
}

/* --- what was under way when a snapshot was read --- */

/* What drain @event was done while the zones were read, or a little later: the frees that led to it
 * were told before. */
static void reach_drain(struct decay_reading *r, const struct decay_event *event)
{
	uint64_t since = event->time > event->before ? event->time - event->before : 0;

	if (is_drain(event) && event->until >= r->from && since <= r->at && since <= r->since)
		r->since = since ? since - 1 : 0;
}

/* The rest of list event[@i] is a row of. */
static void reach(struct flow *f, size_t i)
{
	const struct decay_event *row = &f->decay[i];
	struct decay_reading *r = &f->reading[row->before];

	if (i + 1 < f->nr_decay && same_list(row, row + 1))
		reach_drain(r, row + 1);
	for (size_t k = i; k-- > 0 && same_list(row, &f->decay[k]);) {
		const struct decay_event *event = &f->decay[k];

		if (event->kind == DECAY_ROW)
			continue;
		if (!is_drain(event) && event->until > r->until && event->time <= r->at)
			r->until = event->until;
		reach_drain(r, event);
		if (event->time < r->from)
			return;
	}
}

const struct decay_reading *decay_reading_at(const struct flow *f, uint64_t at)
{
	size_t low = 0, high = f->nr_readings;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->reading[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->nr_readings && f->reading[low].at == at ? &f->reading[low] : NULL;
}

/* --- when vmstat_update() ran --- */

static uint32_t batch_of(const struct machine *m, const struct decay_event *event)
{
	const struct machine_zone *z = &m->zone[event->zone];

	return event->zone < m->nr_zones && event->cpu < z->nr_pcp ? z->pcp[event->cpu].batch : 0;
}

/* How far high may grow: where it did not although there were refills, it had come to rest. */
static uint32_t most_of(const struct flow *f, const struct decay_event *event)
{
	const struct flow_high *h = &f->high[event->zone];

	return h->rows > 1 ? h->high : h->limit ? h->limit : UINT32_MAX;
}

/* The lists from event @i on, a row's: whether what they were found to hold tells of a limit. */
static void limit(struct flow *f, size_t i, uint32_t batch)
{
	struct decay_event *row = &f->decay[i];
	struct flow_high *h = &f->high[row->zone];
	uint64_t grown = row->pages, last = 0;

	for (i++; i < f->nr_decay && same_list(row, &f->decay[i]); i++) {
		const struct decay_event *event = &f->decay[i];

		if (event->kind == DECAY_REFILL || event->kind == DECAY_REFILL_BATCH) {
			grown += event->kind == DECAY_REFILL ? event->pages : batch;
			last = event->time;
			continue;
		}
		if (event->kind != DECAY_DRAIN_FULL && event->kind != DECAY_ROW)
			continue;
		/* a run that no drain told would not have taken so much */
		if (last && event->time - last < SOON && event->pages > h->limit &&
		    grown - (grown >> 3) - (grown >> 4) > event->pages + MOST_OFF)
			h->limit = event->pages;
		if (event->kind == DECAY_ROW)
			return;
	}
}

/* What lies between two moments at which the size of a CPU's lists is known. */
struct between {
	const struct flow *flow;
	struct decay_event *row; /* the first one; refills follow, then the second one */
	size_t refills;
	uint32_t batch, lowest, most;
	bool exact;  /* what is known of the first one */
	int32_t off; /* what counting is off by */
};

static uint32_t ran(const struct between *b, uint32_t high)
{
	uint32_t less = high - (high >> 3);

	return less > b->lowest ? less : b->lowest;
}

static uint32_t grown(const struct between *b, uint32_t high, const struct decay_event *refill)
{
	high += refill->kind == DECAY_REFILL ? refill->pages : b->batch;
	return high < b->most ? high : b->most;
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
			high = grown(b, high, next);
	}
	return high;
}

/* The run may be one that another zone's lists told. */
static struct flow_tick *find(struct flow *f, unsigned cpu, uint64_t from, uint64_t until)
{
	for (uint32_t i = f->cpu[cpu].first_tick; i; i = f->tick[i - 1].next) {
		struct flow_tick *t = &f->tick[i - 1];

		if (t->time != t->until && t->time <= until && t->until >= from)
			return t;
	}
	return NULL;
}

/* Put a run that was found in its place among those of its CPU, which stand by when they are over at
 * the latest: a run that a drain told within its time may be another, and is sooner. */
static int insert(struct flow *f, unsigned cpu, uint64_t from, uint64_t until, struct mmt_err *e)
{
	struct flow_tick *tick = find(f, cpu, from, until);
	uint32_t *link = &f->cpu[cpu].first_tick;

	if (tick) {
		tick->time = tick->time > from ? tick->time : from;
		tick->until = tick->until < until ? tick->until : until;
		return 0;
	}
	tick = mmt_grow(f->alloc, f->tick, &f->cap_ticks, f->nr_ticks + 1, sizeof(*tick));
	if (!tick)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->tick = tick;
	while (*link && tick[*link - 1].until < until)
		link = &tick[*link - 1].next;
	tick[f->nr_ticks] = (struct flow_tick){ .time = from, .until = until, .next = *link };
	*link = (uint32_t)++f->nr_ticks;
	return 0;
}

static int add_window(struct flow *f, const struct between *b, struct mmt_err *e)
{
	struct decay_window *window =
		mmt_grow(f->alloc, f->window, &f->cap_windows, f->nr_windows + 1, sizeof(*window));

	if (!window)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->window = window;
	window[f->nr_windows++] = (struct decay_window){ .from = b->row->time,
							 .to = b->row[1 + b->refills].time,
							 .cpu = b->row->cpu };
	return 0;
}

/* By how much @high misses what is known at the end; a snapshot's row is exact. */
static uint32_t misses(const struct between *b, uint32_t high)
{
	const struct decay_event *end = &b->row[1 + b->refills];
	int64_t off = (int64_t)end->pages - high;

	if (end->kind == DECAY_ROW && b->exact)
		return off ? UINT32_MAX : 0;
	if (end->kind != DECAY_ROW)
		off -= b->off;
	off = off < 0 ? -off : off;
	return off <= MOST_OFF && off <= high / 20 ? (uint32_t)off : UINT32_MAX;
}

/* The high without a run that no drain told; it misses by @missed. A burst of frees of blocks of
 * orders 1 to 3 takes off 32 batches, whenever it is. */
static uint32_t without(const struct between *b, uint32_t *missed)
{
	uint32_t best = result(b, b->refills + 1), high = best, less = b->batch << 5;

	*missed = misses(b, high);
	for (unsigned bursts = 0; bursts < 2 && less && high > less; bursts++) {
		high -= less;
		if (misses(b, high) < *missed) {
			*missed = misses(b, high);
			best = high;
		}
	}
	return best;
}

/* The high with a run before one of the refills @first..@last. */
static uint32_t with(const struct between *b, size_t *first, size_t *last, uint32_t *missed)
{
	uint32_t best = 0;

	*missed = UINT32_MAX;
	for (size_t i = 0; i <= b->refills; i++) {
		uint32_t high = result(b, i), off = misses(b, high);

		if (off == UINT32_MAX || off > *missed)
			continue;
		if (off < *missed)
			*first = i;
		*last = i;
		*missed = off;
		best = high;
	}
	return best;
}

/* What a run took off before refill @last was made up for by that and those after it, up to the
 * limit: there was none since. */
static int add_none_after(struct flow *f, struct between *b, size_t last, uint32_t high, bool *told,
			  struct mmt_err *e)
{
	struct decay_event *end = &b->row[1 + b->refills];
	int ret = add_window(f, b, e);

	if (ret)
		return ret;
	f->window[f->nr_windows - 1].from = b->row[1 + last].time;
	*told = true;
	if (end->kind != DECAY_ROW) {
		b->off = (int32_t)(end->pages - high);
		end->pages = high;
	}
	return 0;
}

/* Whether there was a run that no drain told, if that follows: *@told. */
static int solve(struct flow *f, struct between *b, bool *told, struct mmt_err *e)
{
	struct decay_event *end = &b->row[1 + b->refills];
	size_t first = 0, last = 0;
	uint32_t missed_without, missed_with;
	uint32_t less = without(b, &missed_without), high = with(b, &first, &last, &missed_with);
	uint64_t from, until;
	int ret = 0;

	/* neither, or both: whether there was one is not told */
	*told = (missed_without == UINT32_MAX) != (missed_with == UINT32_MAX);
	if (!*told && missed_with != UINT32_MAX && last < b->refills)
		return add_none_after(f, b, last, less, told, e);
	if (!*told)
		return 0;
	if (missed_with != UINT32_MAX) {
		from = b->row[first].time + 1;
		if (!first && is_drain(b->row))
			from = b->row->until + 1;
		until = b->row[1 + last].time;
		if (until < from)
			from = until;
		ret = insert(f, b->row->cpu, from, until, e);
	} else {
		high = less;
	}
	if (end->kind != DECAY_ROW) {
		b->off = (int32_t)(end->pages - high);
		end->pages = high;
	}
	return ret ? ret : add_window(f, b, e);
}

/* Whether the size of lists is known at an event, given that at b->row. */
static int settle(struct flow *f, struct between *b, bool *known, struct mmt_err *e)
{
	struct decay_event *event = &b->row[1 + b->refills];
	bool told = false;
	int ret = 0;

	*known = event->kind != DECAY_DRAIN_FULL;
	/* after long rows of frees, lists that are too short for them grow */
	if (event->kind == DECAY_DRAIN_FULL && event->pages < (b->batch << 5) + 2 * b->batch)
		return 0;
	if (b->refills <= MOST_REFILLS)
		ret = solve(f, b, &told, e);
	/* a full list shrinks by less than an eighth */
	if (!told && event->kind == DECAY_DRAIN_CLOCK) {
		event->pages = (uint32_t)((int32_t)event->pages - b->off);
		b->exact = false;
	}
	b->exact |= event->kind == DECAY_ROW;
	*known |= told;
	return ret;
}

static int by_cpu(const void *a, const void *b)
{
	const struct decay_window *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* Windows of several zones overlap: join them, and link those of each CPU. */
static void link_windows(struct flow *f)
{
	size_t n = 0;

	if (!f->nr_windows)
		return;
	qsort(f->window, f->nr_windows, sizeof(*f->window), by_cpu);
	for (size_t i = 0; i < f->nr_windows; i++) {
		const struct decay_window w = f->window[i];
		struct decay_window *before = n ? &f->window[n - 1] : NULL;

		if (before && before->cpu == w.cpu && w.from < before->to) {
			before->to = w.to > before->to ? w.to : before->to;
			continue;
		}
		if (before && before->cpu == w.cpu)
			before->next = (uint32_t)n + 1;
		else
			f->cpu[w.cpu].first_window = (uint32_t)n + 1;
		f->window[n++] = w;
	}
	f->nr_windows = n;
}

/* No snapshot is looked at before the last one has been. */
static void part_readings(struct flow *f)
{
	for (size_t i = 1; i < f->nr_readings; i++)
		if (f->reading[i].since <= f->reading[i - 1].until)
			f->reading[i].since = f->reading[i - 1].until + 1;
}

/* Keep what tells of high at the end of decay[0..@n], and make out what happened since the last. */
static int take(struct flow *f, struct between *b, const struct machine *m, size_t *n,
		struct mmt_err *e)
{
	struct decay_event *event = &f->decay[*n];
	bool same = b->row && same_list(b->row, event), known = event->kind == DECAY_ROW;
	int ret = 0;

	if (!same && event->kind != DECAY_ROW)
		return 0;
	if (!same) {
		*b = (struct between){ .flow = f,
				       .batch = batch_of(m, event),
				       .lowest = event->pages,
				       .exact = true,
				       .most = most_of(f, event) };
	} else if (event->kind == DECAY_REFILL || event->kind == DECAY_REFILL_BATCH) {
		(*n)++;
		return 0;
	} else {
		b->refills = (size_t)(event - b->row) - 1;
		if (event->pages < b->lowest)
			b->lowest = event->pages;
		ret = settle(f, b, &known, e);
	}
	if (known) {
		b->row = event;
		(*n)++;
	}
	return ret;
}

int decay_settle(struct flow *f, const struct machine *m, struct mmt_err *e)
{
	struct between b = { .flow = f };
	size_t n = 0, nr = f->nr_decay;
	int ret = 0;

	if (!f->told || !nr)
		return 0;
	qsort(f->decay, nr, sizeof(*f->decay), by_list);
	for (size_t i = 0; i < nr; i++) {
		if (f->decay[i].kind != DECAY_ROW)
			continue;
		reach(f, i);
		limit(f, i, batch_of(m, &f->decay[i]));
	}
	part_readings(f);
	/* lists of a fixed size do not decay */
	for (size_t i = 0; i < nr && !ret && !m->fixed_high && !f->clocked; i++) {
		f->decay[n] = f->decay[i];
		if (f->decay[n].kind != DECAY_DRAIN)
			ret = take(f, &b, m, &n, e);
	}
	link_windows(f);
	return ret;
}
