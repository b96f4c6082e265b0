// SPDX-License-Identifier: GPL-2.0-only
/*
 * How full per-CPU lists are. A snapshot counts their pages; from then on the events do:
 *
 *	row      refill   alloc   free   drain	   free
 *	2371     +31      -1      +1     -992      +1      = 1411
 *
 * So at each drain is known how many pages were too many (decay.c). It is no part of the model,
 * which fills and drains its lists by itself.
 *
 * And what no snapshot tells: how large the next refill is to be. It doubles with each, and halves
 * with each block that is freed, so that the first refill tells it of the start:
 *
 *	batch 31   refill of 62, no free before it	factor 1
 *	           refill of 62, one free before it	factor 2 (or 3)
 *	           refill of 31, one free before it	factor 0 (or 1): the same from then on
 *
 * But that lists may hold more goes by the refill that was meant, and what they get is bounded by
 * what they may hold. Of full lists a refill of a batch may have been meant to be of two; a run of
 * the clock that drains them afterwards, or a row, tells by the high it leaves:
 *
 *	high 405, full	refill of 31	meant to be 31: high 436, a run leaves 405
 *					62: high 467, 409
 *
 * The number of pages freed in a row is halved by each allocation. Where blocks of orders 1 to 3 are
 * drained although lists are not full, it had come to a batch, of which it was a part at first what
 * the frees since then do not account for; if none was freed since, the last one before was of these
 * orders, too; full lists that keep less than a batch were drained for these, too. Else full lists drain
 * as many pages as it counts, unless that is less than a batch, or more than leaves one:
 *
 *	high 447, batch 15	drained 315, freed since 286	29 at first
 *	high 447, batch 15	drained 432, freed since 286	146 or more: then high grew to hold them
 *				drained 480			and a batch, and 194 it was
 *				or the next row's high is 495	likewise
 *
 * Which drain finds them full shows by what they may hold: as the snapshot says, more by each refill,
 * less by each run of vmstat_update() that is told.
 *
 * Reference: Linux 6.12 mm/page_alloc.c nr_pcp_alloc(), free_unref_page_commit(), nr_pcp_free(),
 * decay_pcp_high().
 *
 * Off by what has no event: pages that the bulk allocator takes; and by what an event tells before
 * it is done: a free, by up to 31 pages. Both are few; what was lost shows as more, and then the
 * next row is believed.
 *
 * Cost: some comparisons an event; 40 bytes for each CPU that there may be, in zones that there are.
 */
#include "lib/replay/survey/level.h"

#include "lib/replay/survey/flow.h"

#include <errno.h>

#define FAR_OFF	   256	/* pages */
#define MOST_FREES 6	/* after as many the factor is 0 */
#define MOST_COUNT 2016 /* 63 << 5: no batch is larger */
#define MOST_BITS  11	/* of it */
#define IN_HAND	   31	/* pages whose free is told before it is done */

void level_free(struct flow *f)
{
	for (unsigned i = 0; i < MACHINE_MAX_ZONES; i++)
		mmt_free(f->alloc, f->level[i]);
}

bool level_find(const struct flow *f, struct level_place *place, const struct machine *m,
		unsigned cpu, pfn_t pfn)
{
	if (pfn - place->from < place->pages)
		return true;
	for (unsigned i = 0; i < m->nr_zones; i++) {
		const struct machine_zone *z = &m->zone[i];

		if (!machine_zone_holds(z, pfn))
			continue;
		if (!f->level[i])
			return false;
		*place = (struct level_place){
			.zone = i, .from = z->start, .pages = z->spanned, .level = &f->level[i][cpu]
		};
		return true;
	}
	return false;
}

void level_learn(struct level *l, unsigned order, bool is_free)
{
	if (!is_free) {
		l->freed >>= 1;
		l->allocs += l->allocs < MOST_BITS;
		l->settled = l->refilled && l->allocs == MOST_BITS;
		return;
	}
	l->factor[0] >>= 1;
	l->factor[1] >>= 1;
	l->blocks_freed += l->blocks_freed < 2;
	if (l->freed < MOST_COUNT)
		l->freed = (uint16_t)(l->freed + (1u << order));
	if (!l->refill && l->frees < MOST_FREES)
		l->frees++;
}

void level_burst(struct level *l, unsigned order, uint32_t batch)
{
	/* the block that led to it did not count yet */
	uint32_t freed = l->freed > 1u << order ? l->freed - (1u << order) : 0;
	uint32_t lacks = freed < batch ? (batch - freed) << l->allocs : 0;

	if (!l->drained && l->allocs < MOST_BITS && lacks <= batch << LEVEL_MOST_FACTOR)
		l->free_count = (uint16_t)lacks;
	/* there must have been one before that block */
	if (!l->drained && !l->settled)
		l->freed_high = l->blocks_freed == 1;
	l->drained = true;
}

static uint32_t at_most(uint32_t high, uint32_t most)
{
	return most && high > most ? most : high;
}

/* A refill lets lists hold more: as much as it would have liked to get. */
static void grow(struct level *l, unsigned order)
{
	uint32_t pages = order ? l->batch : l->batch << l->factor[0];
	bool first = !order && !l->refill;
	int64_t room;

	/* the first one, if it may have been of twice as many, and is bounded to a batch then */
	if (first && !l->factor[0] && l->factor[1] && (int64_t)l->high <= l->pages)
		l->twice = at_most(l->high + 2 * l->batch, l->high_max);
	else if (l->twice)
		l->twice = order ? at_most(l->twice + l->batch, l->high_max) : 0;

	l->steady = false;
	l->vague |= !order && l->factor[0] != l->factor[1];
	l->high = at_most(l->high + pages, l->high_max);
	room = (int64_t)l->high - l->pages - l->batch;
	if (!order && l->factor[0] < LEVEL_MOST_FACTOR && (pages <= room || pages == l->batch))
		l->factor[0] = ++l->factor[1];
}

/* What a run leaves of @high. */
static uint32_t decayed(const struct level *l, uint32_t high)
{
	int64_t least = l->pages - (int64_t)(l->batch << LEVEL_MOST_FACTOR);

	if (high <= l->high_min)
		return high;
	high -= high >> 3;
	if (high < least)
		high = (uint32_t)least;
	return high > l->high_min ? high : l->high_min;
}

void level_ran(const struct flow *f, unsigned cpu)
{
	for (unsigned i = 0; i < MACHINE_MAX_ZONES; i++) {
		struct level *l = f->level[i] ? &f->level[i][cpu] : NULL;

		if (!l)
			continue;
		l->steady = false;
		l->high = decayed(l, l->high);
		l->twice = decayed(l, l->twice);
	}
}

/* What high is, or begins to be drained to, may answer whether the first refill was meant to be of
 * twice as many. */
static void ask(struct level *l, bool drains, uint32_t left)
{
	if (!l->twice || l->twice == l->high)
		return;
	l->asks = drains;
	l->left = left;
	l->twice_left = l->twice;
	l->twice = 0;
}

/* The first drain of full lists. */
static void first_full(struct level *l)
{
	/* they hold as much now: what is more was told, and is not there yet */
	int64_t in_hand = l->pages - (int64_t)l->high;

	l->drained = true;
	if (l->vague || l->allocs == MOST_BITS || in_hand < 0 || in_hand > IN_HAND)
		return;
	l->full_freed = (uint16_t)(l->freed > in_hand ? l->freed - in_hand : 0);
	l->full_allocs = l->allocs;
	l->full_high = (uint16_t)(l->high < UINT16_MAX ? l->high : UINT16_MAX);
	l->steady = true;
	l->filled = true;
	l->nr_full++;
}

void level_doubt(struct level *l, unsigned order, uint32_t batch)
{
	if (l->drained || l->settled)
		return;
	first_full(l);
	l->doubtful = (uint8_t)order;
	l->doubtful_batch = batch;
	l->doubtful_pages = 0;
}

/* They keep less than a batch: it was for blocks of these orders. */
static void no_doubt(struct level *l)
{
	l->nr_full = 0;
	l->full[0] = 0;
	l->filled = l->steady = l->drained = false;
	level_burst(l, l->doubtful, l->doubtful_batch);
	l->doubtful = 0;
}

void level_drain(struct level *l, enum decay_kind kind)
{
	l->filled = l->steady = l->asks = false;
	l->doubtful = 0;
	if (kind == DECAY_DRAIN_CLOCK)
		ask(l, true, 0);
	if (kind != DECAY_DRAIN_FULL)
		return;
	if (!l->drained) {
		first_full(l);
	} else if (l->nr_full == 1) {
		l->filled = true;
		l->nr_full++;
	}
}

void level_drained(struct level *l, unsigned order)
{
	l->pages -= 1 << order;
	if (l->asks)
		l->left = l->pages > 0 ? (uint32_t)l->pages : 0;
	if (l->filled && l->full[l->nr_full - 1] < MOST_COUNT)
		l->full[l->nr_full - 1] = (uint16_t)(l->full[l->nr_full - 1] + (1u << order));
	l->doubtful_pages += 1u << order;
	if (l->doubtful && l->doubtful_pages + l->doubtful_batch > l->high)
		no_doubt(l);
}

void level_refill(struct level *l, unsigned order, bool more)
{
	if (!more)
		grow(l, order);
	l->pages += 1 << order;
	if (!more && l->refill)
		l->refilled = true;
	if (!order && !l->refilled && l->refill < UINT16_MAX)
		l->refill++;
}

int level_row(struct flow *f, unsigned zone, const struct mmt_event *row, bool first,
	      struct mmt_err *e)
{
	uint64_t cpu = row->v[MMT_F(snap_pcp, cpu)], pages = row->v[MMT_F(snap_pcp, count)];
	struct level *l = f->level[zone];

	if (cpu >= MM_MAX_CPUS || pages > INT32_MAX)
		return 0;
	if (!l)
		l = mmt_calloc(f->alloc, MM_MAX_CPUS, sizeof(*l));
	if (!l)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	f->level[zone] = l;
	l += cpu;
	if (first || l->pages > (int64_t)pages + FAR_OFF || l->pages < (int64_t)pages - FAR_OFF)
		l->pages = (int32_t)pages;
	if (f->clocked && l->steady && row->v[MMT_F(snap_pcp, high)] > l->full_high)
		l->after = (uint16_t)(row->v[MMT_F(snap_pcp, high)] - l->batch);
	l->steady = false;
	if (!first)
		ask(l, false, (uint32_t)row->v[MMT_F(snap_pcp, high)]);
	if (first) {
		l->high = (uint32_t)row->v[MMT_F(snap_pcp, high)];
		/* where it is not told, they never get shorter: then no drain seems to be of full ones */
		l->high_min = (uint32_t)row->v[MMT_F(snap_pcp, high_min)];
		if (!l->high_min)
			l->high_min = l->high;
		l->high_max = (uint32_t)row->v[MMT_F(snap_pcp, high_max)];
		l->batch = (uint32_t)row->v[MMT_F(snap_pcp, batch)];
		l->factor[1] = LEVEL_MOST_FACTOR;
	}
	return 0;
}

/* The same of the events before the snapshot read the zones. */
static struct level early(const struct flow *f, const struct machine_zone *z, unsigned cpu)
{
	struct level l = { 0 };
	const struct flow_early *last = NULL;

	for (size_t i = 0; i < f->nr_early; i++) {
		const struct flow_early *event = &f->early[i];
		bool is_refill = !event->pages && event->pcp > 0;

		if (event->cpu != cpu)
			continue;
		if (machine_zone_holds(z, event->pfn)) {
			if (is_refill)
				level_refill(&l, event->pcp > 1,
					     last && !last->pages && last->pcp > 0);
			else if (event->pages && event->pcp)
				level_learn(&l, 0, event->pages < 0);
		}
		last = event;
	}
	return l;
}

unsigned level_factor(const struct flow *f, const struct machine_zone *z, unsigned zone,
		      unsigned cpu)
{
	const struct level *live = f->level[zone] ? &f->level[zone][cpu] : NULL;
	struct level l = early(f, z, cpu);
	uint32_t batch = cpu < z->nr_pcp ? z->pcp[cpu].batch : 0;
	unsigned factor = 0;

	if (l.refill)
		live = NULL;
	if (live) {
		l.refill = live->refill;
		l.frees = (uint8_t)(l.frees + live->frees);
	}
	while (batch && factor < LEVEL_MOST_FACTOR && l.refill > batch << factor)
		factor++;
	if (live && l.refill == batch && live->left && live->left == live->twice_left)
		factor = 1;
	for (; factor && l.frees && factor < LEVEL_MOST_FACTOR; l.frees--)
		factor <<= 1;
	return factor < LEVEL_MOST_FACTOR ? factor : LEVEL_MOST_FACTOR;
}

bool level_freed_high(const struct flow *f, unsigned zone, unsigned cpu)
{
	return f->level[zone] && f->level[zone][cpu].freed_high;
}

uint32_t level_free_count(const struct flow *f, const struct machine_zone *z, unsigned zone,
			  unsigned cpu)
{
	const struct level *l = f->level[zone] ? &f->level[zone][cpu] : NULL;
	const struct machine_pcp *pcp = cpu < z->nr_pcp ? &z->pcp[cpu] : NULL;
	uint32_t counted, most, lacks;

	if (!l || !pcp || l->full[0] <= pcp->batch)
		return l ? l->free_count : 0;
	counted = l->full[0];
	if (counted + pcp->batch >= l->full_high && l->full[1] > counted)
		counted = l->full[1];
	if (counted + pcp->batch >= l->full_high && l->after > counted)
		counted = l->after;
	most = pcp->batch << LEVEL_MOST_FACTOR;
	lacks = counted > l->full_freed ? counted - l->full_freed : 0;
	/* no more is counted, of which a half is left after each block taken: else something is off */
	return lacks <= most >> l->full_allocs ? lacks << l->full_allocs : 0;
}
