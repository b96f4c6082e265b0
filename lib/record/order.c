/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations and frees of one frame, in the order that can have been.
 *
 * Theory. Within a CPU the order of records is the truth, but between CPUs there is only the clock,
 * and a record's time is a little earlier than what it tells: it may be that of the fault the
 * allocation is for, or of the first free of a run. So when a frame goes from one CPU to another
 * within microseconds, the records may stand the wrong way round:
 *
 *	cpu 0    free A ............            alloc A while it is allocated: hold it (and all
 *	cpu 1            alloc A                behind it) for WINDOW; the free of cpu 0 comes:
 *	trace    alloc A, free A      ->        free A, alloc A
 *
 * and likewise a free of a free frame, whose allocation comes. Two bits a frame tell what was last
 * heard of it; of frames never heard of anything is believed. Before what is swapped go the events
 * that its CPU had before it, with the time of the one it overtakes.
 *   I1  Events of one CPU leave in the order they came.
 *   I2  Times that came in order leave in order.
 *   I3  Nothing is held longer than until an event WINDOW later, a full queue, or a flush.
 *
 * Cost: a look at two bits for each allocation and free; the queue is used only after a
 * contradiction (also what the kernel frees without having told its allocation: bulk allocation).
 * Memory: 64 KiB for each GiB of frames that is seen, up to 256 GiB.
 */
#include "lib/record/order.h"

#include <errno.h>
#include <string.h>

#define WINDOW	    100000 /* ns */
#define QUEUE	    4096   /* events, a power of two */
#define CHUNK_SHIFT 18	   /* frames of a chunk */
#define CHUNKS	    256

enum heard { NOTHING, GIVEN, FREED };

struct rec_order {
	struct mmt_alloc *alloc;
	struct mmt_writer *writer;
	uint8_t *chunk[CHUNKS]; /* two bits for each frame */
	struct mmt_event *queue;
	unsigned head, tail; /* running; the event at head contradicts what was heard */
	unsigned seen;	     /* events from here on were not compared with it yet */
	struct rec_order_counts counts;
};

struct rec_order *rec_order_new(struct mmt_alloc *a, struct mmt_writer *w, struct mmt_err *e)
{
	struct rec_order *o = mmt_calloc(a, 1, sizeof(*o));

	if (o)
		o->queue = mmt_calloc(a, QUEUE, sizeof(*o->queue));
	if (!o || !o->queue) {
		mmt_free(a, o);
		mmt_fail(e, ENOMEM, "no memory to order events");
		return NULL;
	}
	o->alloc = a;
	o->writer = w;
	return o;
}

void rec_order_free(struct rec_order *o)
{
	if (!o)
		return;
	for (unsigned i = 0; i < CHUNKS; i++)
		mmt_free(o->alloc, o->chunk[i]);
	mmt_free(o->alloc, o->queue);
	mmt_free(o->alloc, o);
}

struct rec_order_counts rec_order_counts(const struct rec_order *o)
{
	return o->counts;
}

/* --- what was heard of frames --- */

static enum heard tells(const struct mmt_event *ev)
{
	if (ev->kind == MMT_EV_mm_page_alloc && ev->v[0] != MMT_PFN_NONE)
		return GIVEN;
	return ev->kind == MMT_EV_mm_page_free ? FREED : NOTHING;
}

static bool contradicts(const struct rec_order *o, const struct mmt_event *ev)
{
	uint64_t pfn = ev->v[0], chunk = pfn >> CHUNK_SHIFT;
	enum heard what = tells(ev);

	if (!what || chunk >= CHUNKS || !o->chunk[chunk])
		return false;
	pfn &= (1 << CHUNK_SHIFT) - 1;
	return (o->chunk[chunk][pfn / 4] >> pfn % 4 * 2 & 3) == what;
}

static int hear(struct rec_order *o, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t pfn = ev->v[0], end, chunk = pfn >> CHUNK_SHIFT;
	enum heard what = tells(ev);

	if (!what || chunk >= CHUNKS)
		return 0;
	if (!o->chunk[chunk]) {
		o->chunk[chunk] = mmt_calloc(o->alloc, 1, (1 << CHUNK_SHIFT) / 4);
		if (!o->chunk[chunk])
			return mmt_fail(e, ENOMEM, "no memory to order events");
	}
	/* a block is aligned to its size, so it lies within one chunk */
	pfn &= (1 << CHUNK_SHIFT) - 1;
	end = pfn + (ev->v[1] <= MMT_ORDER_MAX ? UINT64_C(1) << ev->v[1] : 1);
	for (; pfn < end && pfn < 1 << CHUNK_SHIFT; pfn++) {
		uint8_t *byte = &o->chunk[chunk][pfn / 4];
		unsigned shift = pfn % 4 * 2;

		*byte = (uint8_t)((*byte & ~(3u << shift)) | (unsigned)what << shift);
	}
	return 0;
}

/* --- the queue --- */

static struct mmt_event *at(struct rec_order *o, unsigned i)
{
	return &o->queue[i % QUEUE];
}

/* What the format cannot hold is lost. */
static int let_go(struct rec_order *o, const struct mmt_event *ev, struct mmt_err *e)
{
	int err = mmt_writer_add(o->writer, ev, e);

	if (!err) {
		o->counts.written++;
		return hear(o, ev, e);
	}
	if (err != -EINVAL)
		return err;
	o->counts.refused++;
	return mmt_writer_lost(o->writer, ev->cpu, ev->kind, MMT_LOST_USER, 1, e);
}

/* Take the events of one CPU up to @i out of the queue, to the time of its head. */
static int overtake(struct rec_order *o, unsigned i, struct mmt_err *e)
{
	unsigned cpu = at(o, i)->cpu;
	int err = 0;

	for (unsigned j = o->head + 1; j - o->head <= i - o->head && !err; j++) {
		struct mmt_event *ev = at(o, j);

		if (ev->cpu != cpu || !ev->kind)
			continue;
		ev->time = at(o, o->head)->time;
		err = let_go(o, ev, e);
		ev->kind = 0; /* gone */
	}
	o->counts.swapped++;
	return err;
}

static bool pair(const struct mmt_event *a, const struct mmt_event *b)
{
	return a->cpu != b->cpu && tells(a) + tells(b) == GIVEN + FREED && tells(a) != tells(b) &&
	       tells(a) && tells(b) && a->v[0] == b->v[0] && a->v[1] == b->v[1];
}

/* Look for what the head waits for: 1: found and dealt with; 0: the head waits on; -errno. */
static int look(struct rec_order *o, struct mmt_err *e)
{
	const struct mmt_event *first = at(o, o->head);

	for (; o->seen != o->tail; o->seen++) {
		const struct mmt_event *ev = at(o, o->seen);
		int err;

		if (!ev->kind)
			continue;
		if (ev->time > first->time && ev->time - first->time > WINDOW)
			return 1; /* it had its time */
		if (!pair(first, ev))
			continue;
		err = overtake(o, o->seen, e);
		return err ? err : 1;
	}
	return 0;
}

/* Write from the head on, as far as nothing must wait; with @all, whatever must. */
static int advance(struct rec_order *o, bool all, struct mmt_err *e)
{
	while (o->head != o->tail) {
		const struct mmt_event *first = at(o, o->head);
		int n = 0;

		if (first->kind && contradicts(o, first)) {
			n = look(o, e);
			if (n < 0)
				return n;
			if (!n && !all)
				return 0;
		}
		n = first->kind ? let_go(o, first, e) : 0;
		if (n)
			return n;
		o->seen = ++o->head + 1;
	}
	return 0;
}

int rec_order_add(struct rec_order *o, const struct mmt_event *ev, struct mmt_err *e)
{
	int err = 0;

	if (o->head == o->tail && !contradicts(o, ev))
		return let_go(o, ev, e);
	if (o->tail - o->head == QUEUE)
		err = advance(o, true, e);
	if (err)
		return err;
	if (o->head == o->tail)
		o->seen = o->head + 1;
	*at(o, o->tail++) = *ev;
	return advance(o, false, e);
}

int rec_order_flush(struct rec_order *o, struct mmt_err *e)
{
	return advance(o, true, e);
}
