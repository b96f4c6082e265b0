/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draining the rings.
 *
 * Theory. Each CPU writes three streams: its ring, a small one of records that interrupted the
 * writing of another, and one of programs that may be preempted. Within a stream time never goes
 * back. A heap of the streams' next records,
 * ordered by (time, CPU, level), merges them:
 *
 *	cpu 0   |--3--5-----9--|            heap: 3 4 7
 *	cpu 1   |----4----6----|     ->     3 4 5 6 7 9
 *	nested  |-------7------|
 *
 * A record is written to its ring after its time was read, so a drain that began at T may miss one
 * that is older than T by as long as a program runs. Hence the caller asks only for what is older
 * than T less a margin; what still comes late (a virtual CPU that slept in between) is written
 * where it is found, and counted.
 *   I1  A record's words are read before tail passes them, and after head has.
 *   I2  Every record below head is converted exactly once.
 */
#include "lib/record/ring.h"

#include "lib/record/order.h"

#include <errno.h>
#include <string.h>

/*
 * Times in the trace are multiples of this, rounded down after the records are in order: reading
 * the clock takes half as long, and the bits below cost half a byte an event.
 */
#define GRAIN_NS 128
#define GIVE_BACK(words) \
	((words) / 4) /* words read before the writer of a ring may have them back */

struct stream {
	struct rec_ring *ring;
	uint64_t words, at; /* size; the next record to look at */
	uint64_t end;	    /* where this drain stops */
	uint64_t given;	    /* what tail says */
	uint64_t time;	    /* of the record at `at` once ready, else of the last one */
	unsigned cpu, level;
	bool ready;
	uint32_t gfp;		   /* of the last allocation told in two words */
	uint32_t high;		   /* half of the last fault's address told in two words */
	unsigned long long packed; /* the word behind the head, of a record that has none */
	struct rec_task task;
	struct rec_file file;
	uint64_t *lost, *nested; /* counters as told so far */
};

struct rec_drain {
	struct mmt_alloc *alloc;
	struct rec_convert *convert;
	struct mmt_writer *writer;
	struct rec_order *order;
	struct stream *streams;
	unsigned nr_streams;
	unsigned *heap; /* indexes of streams that are ready */
	unsigned nr_heap;
	uint64_t last_time, late, lost;
	void (*see)(void *arg, const struct mmt_event *ev, const struct rec_task *task);
	void *see_arg;
};

static int no_memory(struct mmt_err *e)
{
	return mmt_fail(e, ENOMEM, "no memory to drain the rings");
}

struct rec_drain *rec_drain_new(struct mmt_alloc *a, const struct rec_rings *outer,
				const struct rec_rings *nested, struct rec_convert *c,
				struct mmt_writer *w, struct mmt_err *e)
{
	struct rec_drain *d = mmt_calloc(a, 1, sizeof(*d));
	unsigned n = outer->nr_cpus + nested->nr_cpus;

	if (!d)
		goto fail;
	d->alloc = a;
	d->convert = c;
	d->writer = w;
	d->order = rec_order_new(a, w, e);
	if (!d->order)
		goto fail;
	d->streams = mmt_calloc(a, n, sizeof(*d->streams));
	d->heap = mmt_calloc(a, n, sizeof(*d->heap));
	if (!d->streams || !d->heap)
		goto fail;
	for (; d->nr_streams < n; d->nr_streams++) {
		unsigned i = d->nr_streams, level = i >= outer->nr_cpus;
		const struct rec_rings *r = level ? nested : outer;
		struct stream *s = &d->streams[i];

		s->cpu = i % outer->nr_cpus;
		s->level = i / outer->nr_cpus;
		s->words = r->words;
		s->ring =
			(void *)((char *)r->base + r->stride * (i - (level ? outer->nr_cpus : 0)));
		s->lost = mmt_calloc(a, REC_KINDS, sizeof(*s->lost));
		s->nested = mmt_calloc(a, REC_KINDS, sizeof(*s->nested));
		if (!s->lost || !s->nested) {
			d->nr_streams++;
			goto fail;
		}
	}
	return d;
fail:
	no_memory(e);
	rec_drain_free(d);
	return NULL;
}

void rec_drain_free(struct rec_drain *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < d->nr_streams; i++) {
		mmt_free(d->alloc, d->streams[i].lost);
		mmt_free(d->alloc, d->streams[i].nested);
	}
	mmt_free(d->alloc, d->streams);
	mmt_free(d->alloc, d->heap);
	rec_order_free(d->order);
	mmt_free(d->alloc, d);
}

void rec_drain_on_event(struct rec_drain *d,
			void (*see)(void *arg, const struct mmt_event *ev,
				    const struct rec_task *task),
			void *arg)
{
	d->see = see;
	d->see_arg = arg;
}

uint64_t rec_drain_events(const struct rec_drain *d)
{
	return rec_order_counts(d->order).written;
}

uint64_t rec_drain_lost(const struct rec_drain *d)
{
	return d->lost + rec_order_counts(d->order).refused;
}

uint64_t rec_drain_late(const struct rec_drain *d)
{
	return d->late;
}

static void give_back(struct stream *s)
{
	s->given = s->at;
	__atomic_store_n(&s->ring->tail, s->at, __ATOMIC_RELEASE);
}

static void pass(struct stream *s, uint64_t words)
{
	s->at += words;
	if (s->at >= s->words)
		s->at = 0;
	if (((s->at - s->given) & (s->words - 1)) >= GIVE_BACK(s->words))
		give_back(s);
}

static void control(struct stream *s, unsigned long long head, const unsigned long long *v)
{
	struct rec_task *t = &s->task;

	switch (REC_AUX(head)) {
	case REC_TIME:
		s->time = v[0];
		break;
	case REC_TASK:
		*t = (struct rec_task){ .tid = (uint32_t)v[0],
					.tgid = (uint32_t)(v[0] >> 32),
					.mm = v[1],
					.cgroup = v[2],
					.flags = (uint32_t)v[3],
					.told = s->time };
		memcpy(t->comm, &v[4], sizeof(t->comm));
		t->comm[sizeof(t->comm) - 1] = 0;
		break;
	case REC_FILE:
		s->file = (struct rec_file){ .dev = v[0],
					     .ino = v[1],
					     .mode = (uint32_t)v[2],
					     .magic = (uint32_t)(v[2] >> 32),
					     .size = v[3] };
		break;
	}
}

/* Go to the next event of a stream, through control records: 1; 0: there is none; -errno. */
static int look(struct stream *s, struct mmt_err *e)
{
	if (s->ready)
		return 1;
	while (s->at != s->end) {
		const unsigned long long *w = &s->ring->words[s->at];

		if (!REC_WORDS(*w))
			return mmt_fail(e, EBADMSG, "the ring of CPU %u is damaged at word %llu",
					s->cpu, (unsigned long long)s->at);
		if (REC_KIND(*w)) {
			if (REC_WORDS(*w) > 1)
				s->time += REC_DELTA(*w);
			s->ready = true;
			return 1;
		}
		control(s, *w, w + 1);
		pass(s, REC_WORDS(*w));
	}
	return 0;
}

/* --- the heap --- */

static bool before(const struct stream *a, const struct stream *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	return a->cpu != b->cpu ? a->cpu < b->cpu : a->level < b->level;
}

static void sink(struct rec_drain *d, unsigned i)
{
	for (;;) {
		unsigned child = 2 * i + 1, was = d->heap[i];

		if (child >= d->nr_heap)
			return;
		if (child + 1 < d->nr_heap &&
		    before(&d->streams[d->heap[child + 1]], &d->streams[d->heap[child]]))
			child++;
		if (!before(&d->streams[d->heap[child]], &d->streams[was]))
			return;
		d->heap[i] = d->heap[child];
		d->heap[child] = was;
		i = child;
	}
}

/* What stands behind the head of the record at @w; a single word has half of it in itself. */
static const unsigned long long *values(struct stream *s, const unsigned long long *w)
{
	unsigned kind = REC_KIND(*w);
	bool fault = kind == MMT_EV_page_fault_user || kind == MMT_EV_page_fault_kernel;
	uint32_t *half = fault ? &s->high : &s->gfp;

	if (REC_WORDS(*w) == 1) {
		s->packed = REC_DELTA(*w) | (unsigned long long)*half << 32;
		return &s->packed;
	}
	if (fault || kind == MMT_EV_mm_page_alloc)
		*half = (uint32_t)(w[1] >> 32);
	return w + 1;
}

static int write_one(struct rec_drain *d, struct stream *s, struct mmt_err *e)
{
	const unsigned long long *w = &s->ring->words[s->at];
	struct rec_raw raw = { .time = s->time,
			       .cpu = s->cpu,
			       .kind = REC_KIND(*w),
			       .aux = REC_AUX(*w),
			       .words = REC_WORDS(*w) > 1 ? REC_WORDS(*w) - 1 : 1,
			       .v = values(s, w),
			       .task = &s->task,
			       .file = &s->file };
	struct mmt_event ev;
	int n = rec_convert(d->convert, &raw, &ev, e);

	pass(s, REC_WORDS(*w));
	s->ready = false;
	if (n <= 0)
		return n;
	d->late += s->time < d->last_time;
	if (s->time > d->last_time)
		d->last_time = s->time;
	ev.time -= ev.time % GRAIN_NS;
	if (d->see)
		d->see(d->see_arg, &ev, &s->task);
	return rec_order_add(d->order, &ev, e);
}

int rec_drain_run(struct rec_drain *d, uint64_t until, struct mmt_err *e)
{
	int n;

	d->nr_heap = 0;
	for (unsigned i = 0; i < d->nr_streams; i++) {
		struct stream *s = &d->streams[i];

		/* once a drain: the writer has the line of `head` the rest of the time */
		s->end = __atomic_load_n(&s->ring->head, __ATOMIC_ACQUIRE);
		n = look(s, e);
		if (n < 0)
			return n;
		if (n)
			d->heap[d->nr_heap++] = i;
	}
	for (unsigned i = d->nr_heap / 2; i-- > 0;)
		sink(d, i);
	while (d->nr_heap) {
		struct stream *s = &d->streams[d->heap[0]];

		if (s->time >= until)
			break;
		n = write_one(d, s, e);
		if (n < 0)
			return n;
		n = look(s, e);
		if (n < 0)
			return n;
		if (!n)
			d->heap[0] = d->heap[--d->nr_heap];
		sink(d, 0);
	}
	for (unsigned i = 0; i < d->nr_streams; i++)
		give_back(&d->streams[i]);
	return 0;
}

int rec_drain_flush(struct rec_drain *d, struct mmt_err *e)
{
	return rec_order_flush(d->order, e);
}

uint64_t rec_drain_swapped(const struct rec_drain *d)
{
	return rec_order_counts(d->order).swapped;
}

static int tell(struct rec_drain *d, struct stream *s, unsigned kind, enum mmt_loss_cause cause,
		const unsigned long long *now, uint64_t *told, struct mmt_err *e)
{
	uint64_t v = __atomic_load_n(&now[kind], __ATOMIC_RELAXED), n = v - told[kind];

	if (!n)
		return 0;
	told[kind] = v;
	d->lost += n;
	return mmt_writer_lost(d->writer, s->cpu, kind, cause, n, e);
}

int rec_drain_losses(struct rec_drain *d, struct mmt_err *e)
{
	for (unsigned i = 0; i < d->nr_streams; i++) {
		struct stream *s = &d->streams[i];

		for (unsigned kind = 1; kind < REC_KINDS; kind++) {
			int n = tell(d, s, kind, MMT_LOST_RING, s->ring->lost, s->lost, e);

			if (!n)
				n = tell(d, s, kind, MMT_LOST_NESTED, s->ring->nested, s->nested,
					 e);
			if (n < 0)
				return n;
		}
	}
	return 0;
}
