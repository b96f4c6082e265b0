/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/record/session/flight.c: what is held, what goes, and that a dump is a whole trace.
 *
 *	| D S e e e e | D S e e e e | D S e e     D dictionaries, S snapshot, e events
 *	  goes as a whole             is made at half the memory, or after the window
 */
#include "lib/record/session/flight.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

#define KIB   1024
#define STEP  1000    /* ns from event to event */
#define START 5000000 /* the clock, to begin */
#define ROWS  200     /* of a snapshot */

static struct mmt_alloc heap;
static struct mmt_io io;

struct plane {
	struct rec_flight *f;
	struct mmt_writer *w;
	struct mmt_rng rng;
	uint64_t now;	 /* of the last event */
	uint32_t tasks;	 /* ids defined so far */
	int error;	 /* first of a call */
	unsigned paused; /* calls of pause() */
};

static void add(struct plane *p, unsigned kind, uint32_t task, uint64_t v0, uint64_t v1)
{
	struct mmt_event ev = { .time = p->now, .kind = (uint16_t)kind, .task = task };
	int err;

	ev.v[0] = v0;
	ev.v[1] = v1;
	err = mmt_writer_add(p->w, &ev, NULL);
	p->error = p->error ? p->error : err;
}

/* @n events, each a step later, of tasks that were defined at any time before. */
static void events(struct plane *p, unsigned n)
{
	struct mmt_dict_entry task = { .kind = MMT_DICT_TASK, .name = "worker" };

	for (unsigned i = 0; i < n; i++) {
		if (i % 100 == 0) {
			task.id = ++p->tasks;
			task.num[0] = 1000 + task.id;
			mmt_writer_define(p->w, &task, NULL);
		}
		p->now += STEP;
		add(p, MMT_EV_page_fault_user, 1 + (uint32_t)mmt_rng_below(&p->rng, p->tasks),
		    mmt_rng_below(&p->rng, UINT64_C(1) << 46), 6);
	}
}

/* A snapshot that takes @cost, of which the memory has to hold @rows. */
static int segment(struct plane *p, unsigned rows, uint64_t cost, struct mmt_err *e)
{
	mmt_writer_flush(p->w, NULL);
	rec_flight_begin(p->f);
	mmt_writer_repeat(p->w, NULL);
	add(p, MMT_EV_snapshot_begin, 0, MMT_SNAP_FULL, 0);
	for (unsigned i = 0; i < rows; i++)
		add(p, MMT_EV_snap_vmstat, 0, mmt_writer_string(p->w, "pgfault", NULL),
		    mmt_rng_below(&p->rng, UINT64_C(1) << 60));
	add(p, MMT_EV_snapshot_end, 0, MMT_SNAP_FULL, 0);
	mmt_writer_flush(p->w, NULL);
	return rec_flight_whole(p->f, p->now, cost, e);
}

static bool take_off(struct plane *p, size_t bytes, uint64_t window)
{
	struct mmt_writer_options o = { .frame_bytes = 8192,
					.keep = rec_flight_keep,
					.dict_repeat_bytes = UINT64_MAX,
					.dict_repeat_ns = UINT64_MAX };

	*p = (struct plane){ .now = START, .f = rec_flight_new(&heap, bytes, window, NULL) };
	p->rng.state = 1;
	o.keep_arg = p->f;
	p->w = mmt_writer_new(&heap, &io, -1, &o, NULL, NULL);
	return p->f && p->w;
}

static void land(struct plane *p)
{
	mmt_writer_free(p->w);
	rec_flight_free(p->f);
}

static int more_events(void *arg, struct mmt_err *e)
{
	struct plane *p = arg;

	(void)e;
	p->paused++;
	events(p, 500);
	return mmt_writer_flush(p->w, NULL);
}

/*
 * Dump, and read the dump: the number of its events (no rows), which are the last ones without a
 * hole, of tasks that are known; *@first is the time of the first. 0: something is wrong with it.
 */
static uint64_t dump(struct plane *p, int (*pause)(void *, struct mmt_err *), uint64_t *first)
{
	struct mmt_writer_options o = { .file_id = SAMPLE_ID };
	int fd = memfd_create("dump", MFD_CLOEXEC);
	const struct mmt_reader_state *s;
	const struct mmt_event *ev;
	struct mmt_err e = { 0 };
	struct mmt_writer *w;
	struct mmt_reader *r;
	uint64_t n = 0, at = 0;
	bool good = true;
	size_t len;
	uint8_t *bytes;

	*first = 0;
	mmt_writer_flush(p->w, NULL);
	w = mmt_writer_new(&heap, &io, fd, &o, NULL, NULL);
	if (rec_flight_write(p->f, w, pause, p, &e) || mmt_writer_seal(w, NULL, &e))
		printf("# %s\n", e.text);
	mmt_writer_free(w);
	bytes = sample_slurp(fd, &len);
	close(fd);
	r = mmt_reader_open_memory(&heap, bytes, len, &e);
	if (!r)
		return 0;
	while (mmt_reader_next(r, &ev, &e) > 0) {
		if (!at && !n)
			good &= ev->kind == MMT_EV_snapshot_begin;
		at = at ? at : 1;
		if (ev->kind != MMT_EV_page_fault_user)
			continue;
		good &= mmt_dict_get(mmt_reader_dict(r), MMT_DICT_TASK, ev->task) != NULL;
		good &= !n || ev->time == at + STEP;
		*first = n++ ? *first : ev->time;
		at = ev->time;
	}
	s = mmt_reader_state(r);
	if (!s->complete)
		printf("# %s\n", s->why_incomplete);
	good &= s->complete && (!n || at == p->now);
	mmt_reader_free(r);
	free(bytes);
	return good ? n : 0;
}

TEST_NAMED(all_of_it, "before the window is full a dump has everything")
{
	struct plane p;
	uint64_t first;

	CHECK(take_off(&p, 1024 * KIB, 1000000 * STEP));
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	events(&p, 5000);
	CHECK_EQ(dump(&p, NULL, &first), 5000);
	CHECK_EQ(first, START + STEP);
	events(&p, 1000);
	CHECK_EQ(dump(&p, NULL, &first), 6000); /* a dump takes nothing away */
	CHECK_EQ(rec_flight_state(p.f).held, 6000 + ROWS + 2);
	CHECK_EQ(rec_flight_state(p.f).rows, ROWS + 2);
	CHECK_EQ(rec_flight_state(p.f).left, 0);
	CHECK(rec_flight_state(p.f).whole);
	CHECK_EQ(p.error, 0);
	land(&p);
	CHECK_EQ(heap.used, 0);
}

/*
 *	| S 10 events | S 10 events | S ....		window: 10 events
 *	              t1            t2 t2 + 10: only now the second one holds a whole window
 */
TEST_NAMED(by_time, "a segment goes when the next one's snapshot is older than the window")
{
	const uint64_t window = 1000 * STEP;
	uint64_t first, n;
	struct plane p;

	CHECK(take_off(&p, 4096 * KIB, window));
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	CHECK(!rec_flight_tick(p.f, p.now));
	events(&p, 999);
	CHECK(!rec_flight_tick(p.f, p.now));
	events(&p, 1);
	CHECK(rec_flight_tick(p.f, p.now)); /* time for another */
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	events(&p, 900);
	CHECK(!rec_flight_tick(p.f, p.now));
	CHECK_EQ(rec_flight_state(p.f).segments, 2);
	CHECK_EQ(dump(&p, NULL, &first), 1900);
	events(&p, 100);
	CHECK(rec_flight_tick(p.f, p.now));
	CHECK_EQ(rec_flight_state(p.f).segments, 1);
	CHECK_EQ(rec_flight_state(p.f).left, 1000 + ROWS + 2);
	CHECK_EQ(dump(&p, NULL, &first), 1000);
	CHECK_EQ(first, START + 1001 * STEP);
	/* for ever: a window is held, and never two and the snapshot's time */
	for (int i = 0; i < 20; i++) {
		if (rec_flight_tick(p.f, p.now))
			CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
		events(&p, 300);
		rec_flight_tick(p.f, p.now);
		n = dump(&p, NULL, &first);
		CHECK(n >= 1000);
		CHECK(n <= 2300);
	}
	CHECK_EQ(p.error, 0);
	land(&p);
	CHECK_EQ(heap.used, 0);
}

TEST_NAMED(snapshot_cost, "snapshots begin ten times as far apart as one takes")
{
	struct plane p;

	CHECK(take_off(&p, 4096 * KIB, 10 * STEP));
	CHECK_EQ(segment(&p, ROWS, 20 * STEP, NULL), 0);
	events(&p, 199);
	CHECK(!rec_flight_tick(p.f, p.now));
	events(&p, 1);
	CHECK(rec_flight_tick(p.f, p.now));
	land(&p);
}

TEST_NAMED(by_size,
	   "memory is never more than what was given, and nearly half of it is always used")
{
	const size_t size = 256 * KIB;
	uint64_t first, n, most = 0, used;
	struct plane p;

	CHECK(take_off(&p, size, UINT64_MAX));
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	used = heap.used;
	for (int i = 0; i < 300; i++) {
		if (rec_flight_tick(p.f, p.now))
			CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
		events(&p, 701);
		CHECK(rec_flight_state(p.f).used <= size);
		CHECK(rec_flight_state(p.f).whole);
		if (i > 100)
			CHECK(rec_flight_state(p.f).used >= size * 3 / 8);
		most = heap.used > most ? heap.used : most;
		if (i % 10)
			continue;
		n = dump(&p, NULL, &first);
		CHECK(n > 0);
		CHECK_EQ(first + (n - 1) * STEP, p.now);
	}
	/* beside the ring there are the writer's dictionaries, which grew */
	CHECK(most < used + 300 * 8 * 200 + 512 * KIB);
	CHECK(rec_flight_state(p.f).left > 100000);
	CHECK_EQ(rec_flight_state(p.f).missed, 0);
	CHECK_EQ(p.error, 0);
	land(&p);
	CHECK_EQ(heap.used, 0);
}

TEST_NAMED(burst, "a burst that fills all memory costs what is held, and the next segment is due")
{
	struct plane p;
	uint64_t first;

	CHECK(take_off(&p, 128 * KIB, UINT64_MAX));
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	events(&p, 100000);
	CHECK(rec_flight_state(p.f).used <= 128 * KIB);
	CHECK(rec_flight_state(p.f).missed > 0);
	CHECK(!rec_flight_state(p.f).whole);
	CHECK_EQ(rec_flight_state(p.f).held, 0);
	CHECK(rec_flight_overrun(p.f));
	/* until there is time for a snapshot: the last events, without a state to replay them on */
	for (int i = 0; i < 100; i++) {
		if (rec_flight_overrun(p.f)) {
			mmt_writer_flush(p.w, NULL);
			rec_flight_begin_bare(p.f);
			mmt_writer_repeat(p.w, NULL);
		}
		events(&p, 700);
		CHECK(rec_flight_state(p.f).used <= 128 * KIB);
	}
	CHECK(rec_flight_state(p.f).held > 3000);
	CHECK(!rec_flight_state(p.f).whole);
	CHECK(!dump(&p, NULL, &first)); /* it does not begin with a snapshot */
	CHECK(rec_flight_tick(p.f, p.now));
	CHECK(!rec_flight_tick(p.f, p.now)); /* and not at once again */
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	events(&p, 1000);
	CHECK_EQ(rec_flight_state(p.f).segments, 1);
	CHECK(rec_flight_state(p.f).whole);
	CHECK_EQ(dump(&p, NULL, &first), 1000);
	CHECK_EQ(p.error, 0);
	land(&p);
}

TEST_NAMED(too_small, "memory that holds no four snapshots is refused, with what is needed")
{
	struct mmt_err e = { 0 };
	struct plane p;

	CHECK(take_off(&p, 128 * KIB, UINT64_MAX));
	CHECK_EQ(segment(&p, 6000, 1, &e), -ENOSPC);
	CHECK(strstr(e.text, "KiB is the least"));
	land(&p);
	/* not even one: the writer says so */
	CHECK(take_off(&p, 64 * KIB, UINT64_MAX));
	segment(&p, 20000, 1, NULL);
	CHECK_EQ(p.error, -ENOSPC);
	land(&p);
	CHECK_EQ(heap.used, 0);
}

TEST_NAMED(while_dumping, "what comes while a dump is written is in it, and nothing of it goes")
{
	struct plane p;
	uint64_t first, n;

	CHECK(take_off(&p, 16384 * KIB, UINT64_MAX));
	CHECK_EQ(segment(&p, ROWS, 1, NULL), 0);
	events(&p, 600000); /* some 5 MiB */
	CHECK(rec_flight_state(p.f).used > 3072 * KIB);
	n = dump(&p, more_events, &first);
	CHECK_EQ(n, 600000 + 500 * p.paused);
	CHECK(p.paused >= 3);
	CHECK_EQ(first, START + STEP);
	CHECK_EQ(p.error, 0);
	land(&p);
	CHECK_EQ(heap.used, 0);
}

TEST_NAMED(no_memory, "R14 without memory there is no flight recorder")
{
	struct mmt_err e = { 0 };

	for (unsigned n = 1; n <= 2; n++) {
		heap.fail_at = heap.calls + n;
		CHECK(!rec_flight_new(&heap, 64 * KIB, 1, &e));
		CHECK_EQ(e.code, ENOMEM);
	}
	heap.fail_at = 0;
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN
