/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lanes: the order of a frame's columns, and the way back to that of its events.
 *
 * Theory. Columns stand lane by lane (column.c draws them), so finding an event's values takes a
 * few counters for each lane: where its next event is, and how many events of each kind it and the
 * lanes before it had so far. They are set by counting, once for a frame:
 *
 *	cpu     0 0 1 0 1      lane 0 begins at 0, lane 1 at 3
 *	place   A B A A A      lane 0: A from 0, B from 0; lane 1: A from 2, B from 1
 *
 * A frame of version 1.0 has its events in one row, whatever their CPUs, and lanes in the shared
 * column only.
 *
 * Invariants: (1) after counting, walking the events in their order gives each value of each column
 * once, and no more: counts are those of the columns themselves, never what a list says.
 *
 * Cost: counting is an addition for each event, by tables that take turns. The ways back are for
 * messages: a pass over the frame.
 */
#include "lib/trace/column/lane.h"

#include <errno.h>
#include <string.h>

#define FEW   8	    /* CPUs: each is counted by itself, which needs no table */
#define PART  32768 /* events, whose number fits 16 bits */
#define ALIKE 16    /* events that are counted at once if all are of one kind, as rows often are */
#define TURNS 4	    /* counters take turns: the same one twice running would wait for itself */

static unsigned lane_of(const struct mmt_view *v, uint32_t i)
{
	return v->cpu[i] & v->lane_mask;
}

/* How many of @n CPUs are @cpu. */
static uint32_t count_cpu(const uint16_t *cpus, uint32_t n, uint16_t cpu)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < n; at += PART) {
		uint32_t end = n - at < PART ? n : at + PART;
		uint16_t some = 0; /* as wide as a CPU: more of them at once */

		for (uint32_t i = at; i < end; i++)
			some = (uint16_t)(some + (cpus[i] == cpu));
		count += some;
	}
	return count;
}

static void count_lanes(const struct mmt_view *v, uint32_t *count)
{
	uint32_t counts[TURNS][MMT_LANES] = { 0 };

	for (uint32_t i = 0; i < v->n; i++)
		counts[i % TURNS][lane_of(v, i)]++;
	for (size_t l = 0; l < MMT_LANES; l++)
		count[l] = counts[0][l] + counts[1][l] + counts[2][l] + counts[3][l];
}

void mmt_lanes_begin(struct mmt_view *v, uint64_t cpus)
{
	uint32_t count[MMT_LANES] = { 0 }, at = 0;

	if (!v->lane_mask) {
		count[0] = v->n;
	} else if (cpus < FEW) {
		count[0] = v->n;
		for (uint16_t c = 1; c <= cpus; c++) {
			count[c] = count_cpu(v->cpu, v->n, c);
			count[0] -= count[c];
		}
	} else {
		count_lanes(v, count);
	}
	for (size_t l = 0; l < MMT_LANES; l++) {
		v->first[l] = v->lanes[l].at = at;
		at += count[l];
	}
}

/* Where the events of lane @l end in the columns. */
static uint32_t lane_end(const struct mmt_view *v, size_t l)
{
	return l + 1 < MMT_LANES ? v->first[l + 1] : v->n;
}

/* Whether @n, a multiple of 4, places at @place are all the first. */
static inline bool alike(const uint16_t *place, size_t n)
{
	const uint64_t like = place[0] * UINT64_C(0x0001000100010001);
	uint64_t x, others = 0;

	for (size_t i = 0; i < n; i += 4) {
		memcpy(&x, place + i, sizeof(x));
		others |= x ^ like;
	}
	return !others;
}

/* Events of each kind from @at to @end. */
static void count_places(const uint16_t *place, uint32_t at, uint32_t end, uint32_t nr_kinds,
			 uint32_t *number)
{
	uint32_t count[TURNS][MMT_KIND_MAX];

	for (size_t t = 0; t < TURNS; t++)
		memset(count[t], 0, nr_kinds * sizeof(count[t][0]));
	while (at + ALIKE <= end) {
		uint32_t stop = at + ALIKE;

		if (alike(place + at, ALIKE)) {
			count[0][place[at]] += ALIKE;
			at = stop;
		}
		for (; at < stop; at += TURNS) {
			count[0][place[at]]++;
			count[1][place[at + 1]]++;
			count[2][place[at + 2]]++;
			count[3][place[at + 3]]++;
		}
	}
	for (; at < end; at++)
		count[0][place[at]]++;
	for (size_t k = 0; k < nr_kinds; k++)
		number[k] = count[0][k] + count[1][k] + count[2][k] + count[3][k];
}

/* Of version 1.0: the values of the lanes in the shared column do not follow from their events. */
static void count_shared(struct mmt_view *v)
{
	uint32_t counts[TURNS][MMT_LANES] = { 0 };

	for (uint32_t i = 0; i < v->n; i++)
		counts[i % TURNS][v->cpu[i] % MMT_LANES] += v->kinds[v->place[i]].shared != 0;
	for (size_t l = 0; l < MMT_LANES; l++)
		v->lanes[l].nr_shared = counts[0][l] + counts[1][l] + counts[2][l] + counts[3][l];
}

int mmt_lanes_count(struct mmt_view *v, uint32_t *numbers, struct mmt_err *e)
{
	uint32_t before[MMT_KIND_MAX];

	memset(before, 0, v->nr_kinds * sizeof(before[0]));
	for (size_t l = 0; l < MMT_LANES; l++) {
		struct mmt_lane *lane = &v->lanes[l];

		lane->nr_shared = 0;
		lane->number = numbers;
		if (v->first[l] == lane_end(v, l))
			continue;
		count_places(v->place, v->first[l], lane_end(v, l), v->nr_kinds, numbers);
		for (size_t k = 0; k < v->nr_kinds; k++) {
			uint32_t n = numbers[k];

			numbers[k] = before[k];
			before[k] += n;
			if (v->lane_mask && v->kinds[k].shared)
				lane->nr_shared += n;
		}
		numbers += v->nr_kinds;
	}
	for (size_t k = 0; k < v->nr_kinds; k++) {
		if (before[k] != v->kinds[k].n)
			return mmt_fail(e, EBADMSG, "kind %u has not the %u events its list says",
					v->kinds[k].kind, v->kinds[k].n);
	}
	if (!v->lane_mask)
		count_shared(v);
	return 0;
}

/* --- back to events --- */

uint32_t mmt_lanes_event(const struct mmt_view *v, uint32_t at)
{
	unsigned lane = 0;

	while (at >= lane_end(v, lane))
		lane++;
	at -= v->first[lane];
	for (uint32_t i = 0; i < v->n; i++)
		if (lane_of(v, i) == lane && !at--)
			return i;
	return v->n;
}

uint32_t mmt_lanes_event_of_kind(const struct mmt_view *v, size_t place, size_t i)
{
	uint32_t at = 0;

	while (at < v->n && (v->place[at] != place || i--))
		at++;
	return at < v->n ? mmt_lanes_event(v, at) : v->n;
}

uint32_t mmt_lanes_event_shared(const struct mmt_view *v, size_t i)
{
	uint32_t at[MMT_LANES], n = 0;
	size_t lane = 0;

	while (i >= v->lanes[lane].nr_shared)
		i -= v->lanes[lane++].nr_shared;
	memcpy(at, v->first, sizeof(at));
	for (; n < v->n; n++)
		if (v->kinds[v->place[at[lane_of(v, n)]++]].shared &&
		    v->cpu[n] % MMT_LANES == lane && !i--)
			break;
	return n;
}

uint32_t mmt_view_known(const struct mmt_view *v, uint32_t n)
{
	uint32_t at[MMT_LANES], known = 0;

	if (n == v->n) {
		for (uint32_t k = 0; k < v->nr_kinds; k++)
			known += v->kinds[k].info ? v->kinds[k].n : 0;
		return known;
	}
	memcpy(at, v->first, sizeof(at));
	for (uint32_t i = 0; i < n; i++)
		known += v->kinds[v->place[at[lane_of(v, i)]++]].info != NULL;
	return known;
}
