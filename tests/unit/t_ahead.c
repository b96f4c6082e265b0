/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/ahead.c: a reader that decodes ahead says what one does that does not, whatever the
 * bytes are. */
#include "lib/trace/ahead.h"
#include "lib/trace/column/column.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <sched.h>
#include <stdatomic.h>

static struct sample sample;

static atomic_uint begun; /* frames of which something is made in advance */
static atomic_bool go_on;

static void make_slowly(const void *ctx, const struct mmt_view *v, struct mmt_wr *w)
{
	(void)ctx, (void)v, (void)w;
	begun++;
	while (!go_on)
		sched_yield();
	usleep(5000); /* so that who waits for this frame is asleep by then */
}

/* All that a reader says of some bytes, as a sum, and some of it to look at. */
struct said {
	uint32_t sum;
	uint64_t events, lost;
	size_t gaps;
	bool complete;
	int err;
};

static void add(struct said *s, const void *p, size_t n)
{
	s->sum = mmt_crc32c(s->sum, p, n);
}

static void add_state(struct said *s, struct mmt_reader *r)
{
	const struct mmt_reader_state *state = mmt_reader_state(r);
	uint64_t figures[] = { state->events, state->frames, state->bytes,	state->raw_bytes,
			       state->lost,   state->rows,   state->first_time, state->last_time,
			       state->sealed, state->nr_gaps };

	add(s, figures, sizeof(figures));
	add(s, state->why_incomplete, strlen(state->why_incomplete));
	for (size_t i = 0; i < state->nr_gaps; i++) {
		const struct mmt_gap *g = &state->gaps[i];
		uint64_t gap[] = { g->offset, g->bytes, g->first_frame, g->frames, g->time };

		add(s, gap, sizeof(gap));
		add(s, g->why, strlen(g->why));
	}
}

/* The events of a frame in their order, and what the dictionary says of their tasks by then. */
static void add_view(struct said *s, struct mmt_reader *r, const struct mmt_view *v)
{
	for (uint32_t i = 0; i < v->n; i++) {
		struct mmt_lane *lane = &v->lanes[v->cpu[i] & v->lane_mask];
		uint32_t at = lane->at++, shared = 0;
		unsigned place = v->place[at];
		const struct mmt_dict_entry *task;
		struct mmt_event ev;

		if (v->kinds[place].shared)
			shared = *v->lanes[v->cpu[i] % MMT_LANES].shared++;
		if (!v->kinds[place].info)
			continue;
		mmt_view_event(v, at, v->cpu[i], lane->number[place]++, shared, &ev);
		CHECK_EQ(mmt_reader_reach(r, i, NULL), 0);
		task = mmt_dict_get(mmt_reader_dict(r), MMT_DICT_TASK, ev.task);
		add(s, &ev.time, sizeof(ev.time));
		add(s, ev.v, sizeof(ev.v));
		add(s, task ? task->num : ev.v, sizeof(task->num));
	}
}

static struct said all_of(struct mmt_reader *r, unsigned workers)
{
	const struct mmt_view *v = NULL;
	struct said s = { 0 };

	mmt_reader_read_ahead_by(r, workers);
	while ((s.err = mmt_reader_next_view(r, &v, NULL)) == 1) {
		add_view(&s, r, v);
		add_state(&s, r);
	}
	add_state(&s, r);
	s.events = mmt_reader_state(r)->events;
	s.lost = mmt_reader_state(r)->lost;
	s.gaps = mmt_reader_state(r)->nr_gaps;
	s.complete = mmt_reader_state(r)->complete;
	mmt_reader_free(r);
	return s;
}

static struct said read_bytes(const uint8_t *p, size_t n, unsigned workers)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_reader *r = mmt_reader_open_memory(&a, p, n, NULL);
	struct said s = { .err = -1 };

	if (r)
		s = all_of(r, workers);
	test_eq(__FILE__, __LINE__, "memory", a.used, 0);
	return s;
}

/* Read @n bytes at @p without workers and with @workers, from memory and from a file; what they say. */
static struct said same_with(const uint8_t *p, size_t n, unsigned workers)
{
	struct said alone = read_bytes(p, n, 0), with = read_bytes(p, n, workers), file;
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	int fd = memfd_create("ahead", MFD_CLOEXEC);
	struct mmt_reader *r;

	test_eq(__FILE__, __LINE__, "all it says", with.sum, alone.sum);
	test_eq(__FILE__, __LINE__, "result", (uint64_t)with.err, (uint64_t)alone.err);
	test_true(__FILE__, __LINE__, "a file",
		  write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
	r = mmt_reader_open(&a, &io, fd, NULL);
	if (r) {
		file = all_of(r, workers);
		test_eq(__FILE__, __LINE__, "all a file says", file.sum, alone.sum);
	}
	close(fd);
	test_eq(__FILE__, __LINE__, "memory", a.used, 0);
	return with;
}

static struct said same_both_ways(const uint8_t *p, size_t n)
{
	return same_with(p, n, 1);
}

TEST(a_whole_trace_is_read_the_same)
{
	struct said s;

	if (!sample_make(&sample, 30, 150, 5))
		return;
	s = same_both_ways(sample.bytes, sample.n);
	CHECK(s.complete);
	CHECK_EQ(s.events, sample.nr_events);
	CHECK(s.lost);
	sample_free(&sample);
}

TEST(larger_than_the_window_it_is_read_the_same)
{
	struct said s;

	/* frames lie across the window's end; more workers than there may be are as many as may */
	if (!sample_make(&sample, 24, 6000, 6))
		return;
	CHECK(sample.n > 3 << 20);
	for (unsigned workers = 1; workers <= MMT_AHEAD_WORKERS + 1; workers++) {
		s = same_with(sample.bytes, sample.n, workers);
		CHECK(s.complete);
		CHECK_EQ(s.events, sample.nr_events);
	}
	sample_free(&sample);
}

/* One CPU: whoever decodes ahead would only take it from the reader. */
TEST(there_is_one_worker_less_than_cpus)
{
	cpu_set_t all, one;
	int cpus;

	CHECK_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
	cpus = CPU_COUNT(&all);
	CHECK_EQ(mmt_ahead_workers(),
		 cpus > MMT_AHEAD_WORKERS ? MMT_AHEAD_WORKERS : (unsigned)cpus - 1);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	CHECK_EQ(mmt_ahead_workers(), 0);
	CHECK_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

/* The frames that are there when reading ahead begins are decoded before any is asked for. */
TEST(reading_ahead_begins_at_once)
{
	const struct mmt_prepare prepare = { .frame = make_slowly };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_reader *r;
	const struct mmt_view *v;

	if (!sample_make(&sample, 20, 100, 14))
		return;
	begun = 0;
	go_on = true;
	r = mmt_reader_open_memory(&a, sample.bytes, sample.n, NULL);
	mmt_reader_prepare(r, &prepare);
	mmt_reader_read_ahead_by(r, 1);
	for (unsigned ms = 0; !begun && ms < 10000; ms++)
		usleep(1000);
	CHECK(begun);
	CHECK_EQ(mmt_reader_next_view(r, &v, NULL), 1);
	mmt_reader_free(r);
	CHECK_EQ(a.used, 0);
	sample_free(&sample);
}

TEST_NAMED(damaged, "R7 R8 damage is found as without help")
{
	struct mmt_rng r = { 8 };
	unsigned gaps = 0;

	if (!sample_make(&sample, 12, 40, 7))
		return;
	for (int turn = 0; turn < 120; turn++) {
		uint8_t *copy = malloc(sample.n);
		size_t n = sample.n, at = mmt_rng_below(&r, n), len = 1 + mmt_rng_below(&r, 64);

		memcpy(copy, sample.bytes, n);
		if (turn % 3 == 0)
			copy[at] ^= (uint8_t)(1 << mmt_rng_below(&r, 8));
		else if (turn % 3 == 1)
			n = at;
		else
			memset(copy + at, (int)mmt_rng_below(&r, 256), len < n - at ? len : n - at);
		gaps += same_with(copy, n, 1 + (unsigned)turn % 4).gaps != 0;
		free(copy);
		if (test_failed())
			break;
	}
	CHECK(gaps > 40);
	sample_free(&sample);
}

TEST_NAMED(moved, "R8 frames that come again or change places are refused as without help")
{
	uint8_t *copy;
	size_t a, b, c, d;

	if (!sample_make(&sample, 16, 40, 9))
		return;
	copy = malloc(2 * sample.n);
	for (size_t i = 4; i + 3 < sample.nr_frames; i++) {
		a = sample.end[i - 1];
		b = sample.end[i];
		c = sample.end[i + 1];
		d = sample.n;
		/* twice the same */
		memcpy(copy, sample.bytes, b);
		memcpy(copy + b, sample.bytes + a, d - a);
		CHECK(!same_both_ways(copy, b + d - a).complete);
		/* two that changed places */
		memcpy(copy, sample.bytes, a);
		memcpy(copy + a, sample.bytes + b, c - b);
		memcpy(copy + a + (c - b), sample.bytes + a, b - a);
		memcpy(copy + c, sample.bytes + c, d - c);
		CHECK(!same_both_ways(copy, d).complete);
	}
	free(copy);
	sample_free(&sample);
}

/* Append the frame's number of events, and the time of each. */
static void note_times(const void *ctx, const struct mmt_view *v, struct mmt_wr *w)
{
	(void)ctx;
	mmt_wr_u32(w, v->n);
	mmt_wr_bytes(w, v->time, v->n * sizeof(*v->time));
}

/* prepare sees each frame once, before it is given out, and what it made comes with its frame */
TEST(what_is_made_of_a_frame_in_advance_comes_with_it)
{
	const struct mmt_prepare prepare = { .frame = note_times };
	struct mmt_alloc a = MMT_ALLOC_INIT;

	if (!sample_make(&sample, 20, 100, 12))
		return;
	for (unsigned ahead = 0; ahead < 3; ahead++) {
		struct mmt_reader *r = mmt_reader_open_memory(&a, sample.bytes, sample.n, NULL);
		const struct mmt_view *v;
		unsigned frames = 0;

		mmt_reader_prepare(r, &prepare);
		mmt_reader_read_ahead_by(r, ahead);
		while (mmt_reader_next_view(r, &v, NULL) == 1) {
			size_t bytes, times = v->n * sizeof(*v->time);
			const uint8_t *p = mmt_reader_prepared(r, &bytes);
			uint32_t n = 0;

			CHECK_EQ(bytes, sizeof(n) + times);
			if (bytes == sizeof(n) + times) {
				memcpy(&n, p, sizeof(n));
				CHECK_EQ(n, v->n);
				CHECK(memcmp(p + sizeof(n), v->time, times) == 0);
			}
			frames++;
		}
		CHECK(frames >= 20);
		mmt_reader_free(r);
		CHECK_EQ(a.used, 0);
	}
	sample_free(&sample);
}

/* @frames of the sample, from memory or from a file, then no more. */
static void leave_early(unsigned frames, bool from_file)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	int fd = memfd_create("early", MFD_CLOEXEC);
	struct mmt_reader *r;
	const struct mmt_view *v;

	CHECK_EQ(write(fd, sample.bytes, sample.n), sample.n);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	r = from_file ? mmt_reader_open(&a, &io, fd, NULL)
		      : mmt_reader_open_memory(&a, sample.bytes, sample.n, NULL);
	mmt_reader_read_ahead_by(r, 1 + frames % 3);
	for (unsigned i = 0; i < frames; i++)
		CHECK_EQ(mmt_reader_next_view(r, &v, NULL), 1);
	mmt_reader_free(r);
	close(fd);
	CHECK_EQ(a.used, 0);
}

/* the thread may have a frame in hand, whose bytes must last until it has done with them */
TEST(a_reader_left_early_takes_its_thread_along)
{
	if (!sample_make(&sample, 20, 100, 10))
		return;
	for (unsigned frames = 0; frames < 20; frames++) {
		leave_early(frames, false);
		leave_early(frames, true);
	}
	sample_free(&sample);
}

/* Where four frames of events begin. */
static size_t four_of_events(void)
{
	size_t i = 1;

	while (i + 4 < sample.nr_frames &&
	       (sample.type[i] != MMT_FRAME_EVENT || sample.type[i + 1] != MMT_FRAME_EVENT ||
		sample.type[i + 2] != MMT_FRAME_EVENT || sample.type[i + 3] != MMT_FRAME_EVENT))
		i++;
	return sample.end[i - 1];
}

/* Offer some frames, and ask for another when the worker has inflated all and is at the last. */
static void forget_at_the_last(void)
{
	const struct mmt_prepare prepare = { .frame = make_slowly };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_ahead *h = mmt_ahead_new(&a, &prepare, 1);
	size_t at = four_of_events();
	struct mmt_frame f;

	begun = 0;
	go_on = false;
	CHECK(h);
	CHECK_EQ(mmt_frame_peek(&f, sample.bytes, sample.n, NULL), 0);
	mmt_ahead_offer(h, sample.bytes + at, sample.n - at, at, f.file_id);
	CHECK_EQ(mmt_ahead_queued(h), 4);
	while (!begun)
		sched_yield();
	go_on = true;
	CHECK(!mmt_ahead_take(h, at + 1, &f));
	CHECK_EQ(mmt_ahead_queued(h), 0);
	mmt_ahead_free(h);
	CHECK_EQ(a.used, 0);
}

/* What was forgotten may be offered anew at once, so the worker must not begin it any more. It may
 * do so rightly before it is forgotten, if this thread sleeps, but not each time. */
TEST(what_is_forgotten_is_not_begun)
{
	unsigned turns = 0;

	if (!sample_make(&sample, 40, 5, 13))
		return;
	do
		forget_at_the_last();
	while (begun != 1 && ++turns < 100 && !test_failed());
	CHECK_EQ(begun, 1);
	sample_free(&sample);
}

TEST(who_counts_allocations_gets_no_thread)
{
	struct mmt_alloc a = { .limit = 1 << 28 };
	struct mmt_reader *r;
	const struct mmt_view *v;
	uint64_t used;

	if (!sample_make(&sample, 20, 100, 11))
		return;
	r = mmt_reader_open_memory(&a, sample.bytes, sample.n, NULL);
	mmt_reader_read_ahead(r);
	used = a.used;
	while (mmt_reader_next_view(r, &v, NULL) == 1)
		CHECK(a.used >= used); /* its payload is not exchanged for one of another's */
	CHECK_EQ(mmt_reader_state(r)->events, sample.nr_events);
	mmt_reader_free(r);
	CHECK_EQ(a.used, 0);
	sample_free(&sample);
}

TEST_MAIN
