/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces for tests: random events that are valid, written into memory; and what a reader makes of
 * any bytes.
 */
#ifndef MMT_TEST_TRACE_SAMPLE_H
#define MMT_TEST_TRACE_SAMPLE_H

#include "lib/base/crc32c.h"
#include "lib/base/json.h"
#include "lib/base/rng.h"
#include "lib/trace/frame.h"
#include "lib/trace/reader.h"
#include "lib/trace/seek.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#define SAMPLE_ID UINT64_C(0x0123456789abcdef)

/* A value a file may hold in such a field: small, large and the limit itself. */
static inline uint64_t sample_value(struct mmt_rng *r, enum mmt_unit unit)
{
	uint64_t limit = mmt_unit_limit(unit), v;

	do {
		v = mmt_rng_next(r) >> mmt_rng_below(r, 64);
		if (mmt_rng_below(r, 10) == 0)
			v = limit;
		if (limit != UINT64_MAX)
			v %= limit + 1;
	} while (!mmt_unit_valid(unit, v));
	return v;
}

/* A valid event of @kind. */
static inline void sample_event_of(struct mmt_rng *r, unsigned kind, uint64_t *time,
				   struct mmt_event *ev)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	memset(ev, 0, sizeof(*ev));
	*time += mmt_rng_below(r, 4000);
	ev->time = *time;
	ev->kind = (uint16_t)kind;
	ev->cpu = (uint16_t)mmt_rng_below(r, 4);
	ev->task = (uint32_t)mmt_rng_below(r, 20);
	ev->flags = mmt_rng_below(r, 50) == 0;
	for (unsigned f = 0; f < info->nr_fields; f++)
		ev->v[f] = sample_value(r, info->fields[f].unit);
}

/* A valid event of any kind. */
static inline void sample_event(struct mmt_rng *r, uint64_t *time, struct mmt_event *ev)
{
	unsigned kind;

	do
		kind = (unsigned)mmt_rng_below(r, MMT_KIND_MAX + 1);
	while (!mmt_event_info(kind));
	sample_event_of(r, kind, time, ev);
}

static inline bool sample_equal(const struct mmt_event *a, const struct mmt_event *b)
{
	return a->time == b->time && a->task == b->task && a->kind == b->kind && a->cpu == b->cpu &&
	       a->flags == b->flags && memcmp(a->v, b->v, sizeof(a->v)) == 0;
}

/* All bytes of @fd from its start; free() them. */
static inline uint8_t *sample_slurp(int fd, size_t *n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *p = malloc(size ? (size_t)size : 1);

	*n = p && pread(fd, p, (size_t)size, 0) == size ? (size_t)size : 0;
	return p;
}

#define SAMPLE_FRAMES 64

struct sample {
	uint8_t *bytes;
	size_t n;
	struct mmt_event *events;
	size_t nr_events;
	/* whole frames: where each ends, and how many events stand before that end */
	size_t nr_frames, end[SAMPLE_FRAMES], events_before[SAMPLE_FRAMES];
	uint8_t type[SAMPLE_FRAMES];
};

/* Walk the frames of a sound trace. */
static inline void sample_walk(struct sample *s)
{
	struct mmt_frame f;
	size_t at = 0, events = 0;

	while (s->nr_frames < SAMPLE_FRAMES &&
	       mmt_frame_peek(&f, s->bytes + at, s->n - at, NULL) == 0) {
		at += mmt_frame_len(&f);
		events += f.nr_events;
		s->type[s->nr_frames] = f.type;
		s->end[s->nr_frames] = at;
		s->events_before[s->nr_frames++] = events;
	}
}

/*
 * A sealed trace of @frames frames with @per random events each, strings, a task and losses. The
 * caller frees it with sample_free(). Returns false (and a failed CHECK) if it could not be made.
 */
static inline bool sample_make(struct sample *s, size_t frames, size_t per, uint64_t seed)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	struct mmt_err e = { 0 };
	struct mmt_writer_options o = { .file_id = SAMPLE_ID, .dict_repeat_ns = 60000 };
	struct mmt_rng r = { seed };
	uint64_t time = 1000000;
	int fd = memfd_create("sample", MFD_CLOEXEC);
	struct mmt_writer *w = mmt_writer_new(&a, &io, fd, &o, NULL, &e);
	bool ok = w != NULL;

	memset(s, 0, sizeof(*s));
	s->events = calloc(frames * per + 1, sizeof(*s->events));
	for (size_t i = 0; ok && i < frames * per; i++) {
		struct mmt_dict_entry task = {
			MMT_DICT_TASK, 1 + (uint32_t)(i / 7), { i, i, 0 }, "a task"
		};
		struct mmt_event *ev = &s->events[s->nr_events++];

		if (i % 7 == 0)
			ok = mmt_writer_define(w, &task, &e) == 0;
		if (i % 11 == 0)
			ok = ok && mmt_writer_string(w, i % 2 ? "odd" : "even", &e) != 0;
		sample_event(&r, &time, ev);
		ok = ok && mmt_writer_add(w, ev, &e) == 0;
		if (i % 13 == 0)
			ok = ok &&
			     mmt_writer_lost(w, (unsigned)i % 3, 2, MMT_LOST_RING, i + 1, &e) == 0;
		if (i % per == per - 1)
			ok = ok && mmt_writer_flush(w, &e) == 0;
	}
	ok = ok && mmt_writer_seal(w, NULL, &e) == 0;
	mmt_writer_free(w);
	s->bytes = sample_slurp(fd, &s->n);
	close(fd);
	sample_walk(s);
	if (!ok)
		printf("# %s\n", e.text);
	return test_true(__FILE__, __LINE__, "a sample was made", ok && !a.used);
}

static inline void sample_free(struct sample *s)
{
	free(s->bytes);
	free(s->events);
	memset(s, 0, sizeof(*s));
}

/*
 * Append a frame by hand, with a right CRC: @f's type, seq, nr_events (and raw_len, if not 0, as a
 * lie) and @raw as its payload.
 */
static inline void sample_put(struct mmt_wr *w, struct mmt_frame f, const void *raw, size_t n)
{
	size_t bound = ZSTD_compressBound(n);
	void *comp = malloc(bound);

	f.file_id = f.file_id ? f.file_id : SAMPLE_ID;
	f.major = f.major ? f.major : MMT_FRAME_MAJOR;
	f.raw_len = f.raw_len ? f.raw_len : (uint32_t)n;
	f.comp_len = (uint32_t)ZSTD_compress(comp, bound, raw, n, 3);
	mmt_frame_put(w, &f, NULL, comp);
	free(comp);
}

/* A header frame by hand. */
static inline void sample_put_header(struct mmt_wr *w)
{
	static const char json[] = "{\"schema\": \"mmtrace.trace/1\"}";

	sample_put(w, (struct mmt_frame){ .type = MMT_FRAME_HEADER }, json, sizeof(json) - 1);
}

/* The trailer of @s for a file of @bytes bytes whose frames have the CRC @crc; NULL: a failed CHECK
 * was printed. */
static inline json_t *sample_trailer(const struct sample *s, uint64_t bytes, uint32_t crc)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_reader *r = mmt_reader_open_memory(&a, s->bytes, s->n, NULL);
	const struct mmt_event *ev;
	json_t *j = NULL;

	while (r && mmt_reader_next(r, &ev, NULL) > 0)
		;
	if (r && mmt_reader_state(r)->complete)
		j = json_deep_copy(mmt_reader_trailer(r));
	mmt_reader_free(r);
	json_object_del(j, "events_by_kind");
	if (test_true(__FILE__, __LINE__, "the sample has a trailer",
		      j && mmt_json_set(j, "bytes", mmt_json_u64(bytes)) &&
			      mmt_json_set(j, "frames_crc", json_integer(crc))))
		return j;
	json_decref(j);
	return NULL;
}

/*
 * The same sample with a header of a few bytes and a trailer without its table of kinds: a sealed
 * trace for those who read it thousands of times, and would parse JSON most of the time.
 */
static inline bool sample_slim(struct sample *s)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr w = { .alloc = &a };
	struct mmt_seek seek = { .alloc = &a };
	struct mmt_frame f = { 0 };
	uint32_t crc = 0;
	json_t *trailer = NULL;
	char *text = NULL;
	uint8_t *bytes;
	bool ok = true;

	for (size_t i = 0, from = 0, at = 0; i < s->nr_frames; i++) {
		size_t start = w.len, to = s->end[i];

		if (i == 0) {
			sample_put_header(&w);
		} else if (i < s->nr_frames - 1) {
			mmt_wr_bytes(&w, s->bytes + from, to - from);
		} else {
			trailer = sample_trailer(s, at, crc);
			text = trailer ? json_dumps(trailer, JSON_SORT_KEYS) : NULL;
			f = (struct mmt_frame){ .type = MMT_FRAME_TRAILER, .seq = i };
			sample_put(&w, f, text ? text : "", text ? strlen(text) : 0);
		}
		ok = ok && !w.bad && mmt_frame_peek(&f, w.buf + start, w.len - start, NULL) == 0 &&
		     mmt_seek_add(&seek, f.head_len, 0) &&
		     mmt_seek_add(&seek, f.comp_len, f.raw_len);
		crc = ok ? mmt_crc32c(crc, w.buf + start + 12, 4) : 0;
		from = to;
		at = w.len;
		s->end[i] = at;
	}
	mmt_seek_put(&seek, &w);
	bytes = malloc(w.len);
	ok = ok && text && bytes && !w.bad;
	if (ok)
		memcpy(bytes, w.buf, s->n = w.len);
	free(s->bytes);
	s->bytes = bytes;
	mmt_seek_free(&seek);
	mmt_wr_free(&w);
	json_decref(trailer);
	free(text);
	return test_true(__FILE__, __LINE__, "a slim sample was made", ok && !a.used);
}

/* What came of reading some bytes to their end. */
struct sample_result {
	int err; /* of opening or reading; 0: read to the end */
	size_t events;
	bool wrong; /* an event was not the next one of the sample, gaps allowed */
	bool complete, sealed;
	size_t nr_gaps;
	uint64_t lost, gap_bytes, frames_missing;
	char why[256];
	struct mmt_err e;
};

/*
 * Read @bytes to the end and compare with the events of @s: each must be one of them, in order,
 * with some left out only where there is a gap.
 */
static inline struct sample_result sample_read(const struct sample *s, const void *bytes, size_t n)
{
	struct sample_result got = { 0 };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_reader *r = mmt_reader_open_memory(&a, bytes, n, &got.e);
	const struct mmt_reader_state *state;
	const struct mmt_event *ev;
	size_t at = 0;
	int more = 0;

	if (!r) {
		got.err = -got.e.code;
		got.wrong = a.used != 0 || !got.e.code;
		return got;
	}
	while ((more = mmt_reader_next(r, &ev, &got.e)) > 0) {
		while (at < s->nr_events && !sample_equal(ev, &s->events[at]))
			at++;
		got.wrong |= at++ >= s->nr_events;
		got.events++;
	}
	state = mmt_reader_state(r);
	got.err = more;
	got.complete = state->complete;
	got.sealed = state->sealed;
	got.nr_gaps = state->nr_gaps;
	got.lost = state->lost;
	for (size_t i = 0; i < state->nr_gaps; i++) {
		got.gap_bytes += state->gaps[i].bytes;
		got.frames_missing += state->gaps[i].frames;
	}
	snprintf(got.why, sizeof(got.why), "%s", state->why_incomplete);
	got.wrong |= state->complete != !*state->why_incomplete;
	got.wrong |= state->events != got.events;
	mmt_reader_free(r);
	got.wrong |= a.used != 0;
	return got;
}

#endif
