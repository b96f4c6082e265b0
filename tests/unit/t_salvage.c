/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/salvage.c and the reader's gaps: every cut, every flip, bursts, frames moved. */
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>
#include <time.h>

static struct sample sample;

/* header | events | dictionary | events | dictionary | ... | trailer | seek table */
static bool make_whole(size_t frames, size_t per)
{
	sample_free(&sample);
	return sample_make(&sample, frames, per, 77);
}

/* The same with the least of JSON, which every opening parses. */
static bool make(size_t frames, size_t per)
{
	return make_whole(frames, per) && sample_slim(&sample);
}

/* The frame that byte @at is in; nr_frames: the seek table. */
static size_t frame_of(size_t at)
{
	size_t i = 0;

	while (i < sample.nr_frames && sample.end[i] <= at)
		i++;
	return i;
}

static size_t events_in(size_t frame)
{
	if (frame >= sample.nr_frames)
		return 0;
	return sample.events_before[frame] - (frame ? sample.events_before[frame - 1] : 0);
}

static void cut_everywhere(void)
{
	for (size_t n = 0; n < sample.n; n++) {
		size_t whole = frame_of(n);
		struct sample_result got;
		/* ASan sees a read beyond the cut */
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, sample.bytes, n);
		got = sample_read(&sample, copy, n);
		free(copy);
		CHECK(!got.wrong && !got.complete);
		if (n < sample.end[0]) {
			CHECK_EQ(got.err, -ENODATA);
			continue;
		}
		CHECK_EQ(got.err, 0);
		CHECK_EQ(got.events, whole ? sample.events_before[whole - 1] : 0);
		CHECK_EQ(got.sealed, n >= sample.end[sample.nr_frames - 1]);
		CHECK(*got.why);
	}
}

TEST_NAMED(truncation, "R6 cut at every byte: the events of whole frames, never complete")
{
	CHECK(make(4, 25));
	cut_everywhere();
	if (!test_long() || test_failed())
		return;
	CHECK(make_whole(4, 25));
	cut_everywhere();
}

static void flip_everywhere(void)
{
	for (size_t bit = 0; bit < sample.n * 8; bit++) {
		size_t frame = frame_of(bit / 8);
		struct sample_result got;

		sample.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		got = sample_read(&sample, sample.bytes, sample.n);
		sample.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(!got.wrong && !got.complete);
		if (frame == 0) {
			CHECK(got.err == -EBADMSG || got.err == -ENODATA);
			continue;
		}
		CHECK_EQ(got.err, 0);
		CHECK_EQ(got.events, sample.nr_events - events_in(frame));
		CHECK(got.nr_gaps == 1);
		if (frame < sample.nr_frames - 1)
			CHECK_EQ(got.frames_missing, 1);
	}
}

TEST_NAMED(flips, "R7 every flipped bit is noticed, and all other frames are read")
{
	CHECK(make(2, 20));
	CHECK_EQ(sample_read(&sample, sample.bytes, sample.n).complete, true);
	flip_everywhere();
	if (!test_long() || test_failed())
		return;
	CHECK(make_whole(2, 20));
	flip_everywhere();
}

/* Overwrite @len bytes at @at of a copy, read, and restore. */
static void burst(uint8_t *copy, size_t at, size_t len, struct mmt_rng *r)
{
	bool zero = mmt_rng_below(r, 4) == 0;
	size_t first = frame_of(at), last = frame_of(at + len - 1), lost = 0;
	struct sample_result got;

	for (size_t i = at; i < at + len; i++)
		copy[i] = zero ? 0 : (uint8_t)mmt_rng_next(r);
	if (memcmp(copy + at, sample.bytes + at, len) != 0) {
		for (size_t f = first; f <= last; f++)
			lost += events_in(f);
		got = sample_read(&sample, copy, sample.n);
		test_true(__FILE__, __LINE__, "noticed", !got.complete && !got.wrong);
		if (!got.err)
			test_true(__FILE__, __LINE__, "all other frames read",
				  got.events >= sample.nr_events - lost);
		else
			test_true(__FILE__, __LINE__, "only the header ends it", first == 0);
	}
	memcpy(copy + at, sample.bytes + at, len);
}

TEST_NAMED(bursts, "R8 random damage of 1 to 64 bytes is always noticed")
{
	struct mmt_rng r = { 99 };
	uint8_t *copy;
	size_t rounds = test_long() ? 1000000 : 5000;

	CHECK(make(4, 25));
	copy = malloc(sample.n);
	memcpy(copy, sample.bytes, sample.n);
	for (size_t i = 0; i < rounds && !test_failed(); i++) {
		size_t len = 1 + mmt_rng_below(&r, 64);
		/* mostly behind the header, whose damage is told at once */
		size_t from = mmt_rng_below(&r, 10) ? sample.end[0] : 0;

		burst(copy, from + mmt_rng_below(&r, sample.n - len - from + 1), len, &r);
	}
	free(copy);
}

/* A trace of frames @order[0..nr) of the sample, with its seek table. */
static struct sample_result reorder(const size_t *order, size_t nr)
{
	size_t table = sample.end[sample.nr_frames - 1], n = 0;
	uint8_t *bytes = malloc(3 * sample.n);
	struct sample_result got;

	for (size_t i = 0; i < nr; i++) {
		size_t start = order[i] ? sample.end[order[i] - 1] : 0;

		memcpy(bytes + n, sample.bytes + start, sample.end[order[i]] - start);
		n += sample.end[order[i]] - start;
	}
	memcpy(bytes + n, sample.bytes + table, sample.n - table);
	got = sample_read(&sample, bytes, n + sample.n - table);
	free(bytes);
	return got;
}

TEST_NAMED(moved, "R8 frames swapped, doubled or taken out are noticed, and no event comes twice")
{
	size_t order[SAMPLE_FRAMES + 1], nr;
	struct sample_result got;

	CHECK(make(5, 20));
	nr = sample.nr_frames;
	for (size_t i = 0; i < nr; i++)
		order[i] = i;
	got = reorder(order, nr);
	CHECK(got.complete && got.events == sample.nr_events);

	for (size_t i = 1; i < nr; i++) {
		/* without frame i */
		memmove(order + i, order + i + 1, (nr - i - 1) * sizeof(*order));
		got = reorder(order, nr - 1);
		CHECK(!got.complete && !got.wrong && !got.err);
		CHECK_EQ(got.events, sample.nr_events - events_in(i));
		CHECK_EQ(got.frames_missing, i < nr - 1);
		/* frame i twice */
		memmove(order + i + 2, order + i, (nr - i - 1) * sizeof(*order));
		order[i] = order[i + 1] = i;
		got = reorder(order, nr + 1);
		CHECK(!got.complete && !got.wrong && !got.err);
		CHECK_EQ(got.events, sample.nr_events);
		if (i < nr - 1)
			CHECK(strstr(got.why, " again, or out of order"));
		for (size_t k = 0; k < nr; k++)
			order[k] = k;
	}
	for (size_t i = 1; i + 1 < nr; i++) {
		/* frames i and i + 1 changed places */
		order[i] = i + 1;
		order[i + 1] = i;
		got = reorder(order, nr);
		CHECK(!got.complete && !got.wrong && !got.err);
		CHECK(got.events >= sample.nr_events - events_in(i));
		order[i] = i;
		order[i + 1] = i + 1;
	}
	/* the first events once more, at the end */
	order[nr] = 1;
	got = reorder(order, nr + 1);
	CHECK(!got.complete && !got.wrong && !got.err);
	CHECK(strstr(got.why, "frame 1 after the trailer"));
}

TEST(frames_of_another_trace_are_not_taken)
{
	/* frame 2 replaced by frame 2 of a trace that differs in its id only */
	struct sample other;
	struct sample_result got;
	struct mmt_frame f;
	size_t at;

	CHECK(make(3, 20));
	CHECK(sample_make(&other, 3, 20, 77));
	for (size_t i = 0; i < other.nr_frames; i++) {
		struct mmt_alloc a = MMT_ALLOC_INIT;
		struct mmt_wr w = { .alloc = &a };

		at = i ? other.end[i - 1] : 0;
		CHECK_EQ(mmt_frame_peek(&f, other.bytes + at, other.n - at, NULL), 0);
		if (i != 2)
			continue;
		f.file_id++;
		f.nr_losses = 0;
		mmt_frame_put(&w, &f, NULL, other.bytes + at + f.head_len);
		CHECK(w.len <= other.end[i] - at);
		memcpy(other.bytes + at, w.buf, w.len);
		mmt_wr_free(&w);
	}
	got = sample_read(&other, other.bytes, other.n);
	CHECK(!got.complete && !got.wrong);
	CHECK_EQ(got.events, sample.nr_events - events_in(2));
	CHECK_EQ(got.frames_missing, 1);
	CHECK(strstr(got.why, "a frame of another file"));
	sample_free(&other);
}

TEST(a_gap_says_where_it_is_and_what_is_missing)
{
	const struct mmt_reader_state *state;
	struct mmt_alloc a = MMT_ALLOC_INIT;
	const struct mmt_event *ev;
	struct mmt_reader *r;
	uint64_t last = 0;

	CHECK(make(5, 20));
	sample.bytes[sample.end[2] + 100] ^= 1;
	r = mmt_reader_open_memory(&a, sample.bytes, sample.n, NULL);
	CHECK(r);
	while (mmt_reader_next(r, &ev, NULL) > 0)
		if (!mmt_reader_state(r)->nr_gaps)
			last = ev->time;
	state = mmt_reader_state(r);
	CHECK_EQ(state->nr_gaps, 1);
	CHECK_EQ(state->gaps[0].offset, sample.end[2]);
	CHECK_EQ(state->gaps[0].bytes, sample.end[3] - sample.end[2]);
	CHECK_EQ(state->gaps[0].first_frame, 3);
	CHECK_EQ(state->gaps[0].frames, 1);
	CHECK_EQ(state->gaps[0].time, last);
	CHECK(strncmp(state->gaps[0].why, "CRC is 0x", 9) == 0);
	CHECK(strstr(state->gaps[0].why, ", the frame says 0x"));
	CHECK(state->sealed && !state->complete);
	CHECK(strncmp(state->why_incomplete, "1 gap, the first at offset ", 27) == 0);
	mmt_reader_free(r);
	CHECK_EQ(a.used, 0);
}

TEST_NAMED(false_frames, "R10 a file full of false frames is read in linear time")
{
	/* after a header, 4 MiB of headers of 68 bytes that each claim a MiB */
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr w = { .alloc = &a }, one = { .alloc = &a };
	struct mmt_frame f = {
		.type = MMT_FRAME_EVENT, .file_id = SAMPLE_ID, .major = 1, .seq = 1
	};
	struct timespec from, to;
	const struct mmt_event *ev;
	struct mmt_reader *r;

	sample_put_header(&w);
	mmt_frame_put(&one, &f, NULL, "");
	one.buf[42] = 0x0f; /* compressed length 983040 */
	while (w.len < 4 << 20)
		mmt_wr_bytes(&w, one.buf, one.len);
	r = mmt_reader_open_memory(&a, w.buf, w.len, NULL);
	CHECK(r);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	CHECK_EQ(mmt_reader_next(r, &ev, NULL), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	CHECK(to.tv_sec - from.tv_sec < 4);
	CHECK_EQ(mmt_reader_state(r)->nr_gaps, 1);
	CHECK_EQ(mmt_reader_state(r)->bytes, w.len);
	mmt_reader_free(r);
	mmt_wr_free(&w);
	mmt_wr_free(&one);
	CHECK_EQ(a.used, 0);
	sample_free(&sample);
}

TEST_MAIN
