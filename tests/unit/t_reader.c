/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/reader.c: sound traces, pipes, versions, and what is refused. */
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>
#include <pthread.h>

static struct mmt_alloc heap;
static struct mmt_io io;

TEST(a_trace_gives_its_events_back)
{
	struct sample s;
	struct sample_result got;

	for (size_t frames = 1; frames <= 6; frames++) {
		CHECK(sample_make(&s, frames, 150, frames));
		got = sample_read(&s, s.bytes, s.n);
		CHECK_EQ(got.err, 0);
		CHECK(!got.wrong && got.complete && got.sealed);
		CHECK_EQ(got.events, s.nr_events);
		CHECK(got.lost > 0);
		CHECK_STR(got.why, "");
		sample_free(&s);
	}
}

/* --- pipes --- */

struct feed {
	int fd;
	const uint8_t *p;
	size_t n, step;
};

static void *feed(void *arg)
{
	struct feed *f = arg;

	for (size_t at = 0; at < f->n; at += f->step) {
		size_t n = f->n - at < f->step ? f->n - at : f->step;

		if (write(f->fd, f->p + at, n) != (ssize_t)n)
			break;
	}
	close(f->fd);
	return NULL;
}

TEST(a_pipe_gives_the_same_as_memory_in_whatever_pieces)
{
	const size_t steps[] = { 1, 7, 67, 69, 4096, 65536 };
	struct sample s;

	CHECK(sample_make(&s, 3, 100, 8));
	for (size_t i = 0; i < 6; i++) {
		const struct mmt_event *ev;
		struct mmt_reader *r, *m;
		struct feed f = { .p = s.bytes, .n = s.n, .step = steps[i] };
		pthread_t writer;
		size_t n = 0;
		int fds[2];

		CHECK_EQ(pipe(fds), 0);
		f.fd = fds[1];
		CHECK_EQ(pthread_create(&writer, NULL, feed, &f), 0);
		r = mmt_reader_open(&heap, &io, fds[0], NULL);
		m = mmt_reader_open_memory(&heap, s.bytes, s.n, NULL);
		CHECK(r && m);
		while (mmt_reader_next(r, &ev, NULL) > 0)
			CHECK(sample_equal(ev, &s.events[n++]));
		CHECK_EQ(n, s.nr_events);
		CHECK(mmt_reader_state(r)->complete);
		CHECK_EQ(mmt_reader_state(r)->bytes, s.n);
		while (mmt_reader_next(m, &ev, NULL) > 0)
			;
		CHECK_EQ(mmt_state_digest(mmt_reader_state(r)),
			 mmt_state_digest(mmt_reader_state(m)));
		pthread_join(writer, NULL);
		close(fds[0]);
		mmt_reader_free(r);
		mmt_reader_free(m);
	}
	CHECK_EQ(heap.used, 0);
	sample_free(&s);
}

TEST(events_come_as_soon_as_their_frame_does)
{
	/* a live trace: the reader must not wait for more than the frame it needs */
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .time = 3, .v = { 1, 2 } };
	struct mmt_writer_options o = { .file_id = 1 };
	const struct mmt_event *got;
	struct mmt_writer *w;
	struct mmt_reader *r;
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	w = mmt_writer_new(&heap, &io, fds[1], &o, NULL, NULL);
	r = mmt_reader_open(&heap, &io, fds[0], NULL);
	CHECK(w && r);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
		CHECK_EQ(mmt_writer_flush(w, NULL), 0);
		CHECK_EQ(mmt_reader_next(r, &got, NULL), 1);
		CHECK(sample_equal(got, &ev));
	}
	CHECK_EQ(mmt_writer_seal(w, NULL, NULL), 0);
	close(fds[1]);
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 0);
	CHECK(mmt_reader_state(r)->complete);
	mmt_writer_free(w);
	mmt_reader_free(r);
	close(fds[0]);
	CHECK_EQ(heap.used, 0);
}

/* --- dictionaries --- */

TEST(a_dictionary_entry_holds_from_its_place_on)
{
	/* event 0, task 1 is "sh", event 1, task 1 is "ls", event 2, string: all in one frame */
	struct mmt_dict_entry task = { MMT_DICT_TASK, 1, { 100 }, "sh" };
	struct mmt_event ev = { .kind = MMT_EV_sched_prepare_exec, .task = 1 };
	struct mmt_writer_options o = { .file_id = 1 };
	int fd = memfd_create("x", MFD_CLOEXEC);
	struct mmt_writer *w = mmt_writer_new(&heap, &io, fd, &o, NULL, NULL);
	const struct mmt_event *got;
	const struct mmt_dict *d;
	struct mmt_reader *r;

	CHECK(w);
	CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	CHECK_EQ(mmt_writer_define(w, &task, NULL), 0);
	CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	task.name = "ls";
	CHECK_EQ(mmt_writer_define(w, &task, NULL), 0);
	CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	CHECK_EQ(mmt_writer_string(w, "last", NULL), 1);
	CHECK_EQ(mmt_writer_seal(w, NULL, NULL), 0);
	mmt_writer_free(w);
	lseek(fd, 0, SEEK_SET);
	r = mmt_reader_open(&heap, &io, fd, NULL);
	CHECK(r);
	d = mmt_reader_dict(r);
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 1);
	CHECK(!mmt_dict_get(d, MMT_DICT_TASK, 1));
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 1);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 1)->name, "sh");
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 1);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 1)->name, "ls");
	CHECK(!mmt_dict_get(d, MMT_DICT_STRING, 1));
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 0);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_STRING, 1)->name, "last");
	CHECK(mmt_reader_state(r)->complete);
	mmt_reader_free(r);
	close(fd);
	CHECK_EQ(heap.used, 0);
}

TEST(errors_can_name_the_place_of_an_event)
{
	const struct mmt_event *ev;
	struct mmt_err e = { 0 };
	struct mmt_reader *r;
	char text[700];
	struct sample s;

	CHECK(sample_make(&s, 2, 30, 2));
	r = mmt_reader_open_memory(&heap, s.bytes, s.n, NULL);
	CHECK(r);
	for (int i = 0; i < 34; i++)
		CHECK_EQ(mmt_reader_next(r, &ev, NULL), 1);
	CHECK_STR(mmt_reader_state(r)->why_incomplete, "not read to its end");
	mmt_err_path(&e, "a.mmt");
	mmt_reader_where(r, &e);
	mmt_fail(&e, EBADMSG, "what a thing");
	CHECK_EQ(e.event, 3);
	CHECK_EQ(s.type[e.frame], MMT_FRAME_EVENT);
	CHECK_EQ(e.offset, s.end[e.frame - 1]);
	CHECK(strstr(mmt_err_format(&e, text, sizeof(text)), "event 3: what a thing"));
	mmt_reader_free(r);
	sample_free(&s);
}

/* --- what is no trace --- */

static void refused(const void *bytes, size_t n, int err, const char *text)
{
	struct mmt_err e = { 0 };
	struct mmt_reader *r = mmt_reader_open_memory(&heap, bytes, n, &e);

	test_true(__FILE__, __LINE__, "refused", !r);
	test_eq(__FILE__, __LINE__, text, (uint64_t)e.code, (uint64_t)err);
	test_str(__FILE__, __LINE__, "reason", e.text, text);
	test_eq(__FILE__, __LINE__, "memory", heap.used, 0);
	mmt_reader_free(r);
}

TEST_NAMED(not_a_trace, "R11 what is not a trace is refused with the reason")
{
	static const char text[] =
		"{\"schema\": \"mmtrace.report/1\", \"metrics\": {}, \"series\": []}"
		"                                  ";
	struct mmt_wr w = { .alloc = &heap };
	struct sample s;

	refused("", 0, ENODATA, "empty");
	refused(NULL, 0, ENODATA, "empty");
	refused("mm", 2, ENODATA, "too short for a trace");
	refused(text, sizeof(text) - 1, EBADMSG, "not a trace of mmtrace");
	CHECK(sample_make(&s, 1, 10, 1));
	refused(s.bytes, MMT_FRAME_FIXED - 1, ENODATA, "too short for a trace");
	refused(s.bytes, s.end[0] - 1, ENODATA, "the file ends within frame 0");
	refused(s.bytes + s.end[0], s.n - s.end[0], EBADMSG, "the first frame is not a header");
	s.bytes[s.end[0] - 9] ^= 4;
	{
		struct mmt_err e = { 0 };

		CHECK(!mmt_reader_open_memory(&heap, s.bytes, s.n, &e));
		CHECK_EQ(e.code, EBADMSG);
		CHECK(strncmp(e.text, "CRC is 0x", 9) == 0);
		CHECK(e.has_offset && e.offset == 0);
	}
	sample_free(&s);

	sample_put(&w, (struct mmt_frame){ .type = MMT_FRAME_HEADER }, "[1]", 3);
	{
		struct mmt_err json = { 0 };
		uint8_t copy[4096];
		size_t n = w.len;

		memcpy(copy, w.buf, n);
		mmt_wr_free(&w);
		refused(copy, n, EBADMSG, "JSON is not an object");
		sample_put(&w, (struct mmt_frame){ .type = MMT_FRAME_HEADER },
			   "{\"schema\": \"x\"}", 15);
		n = w.len;
		memcpy(copy, w.buf, n);
		mmt_wr_free(&w);
		sample_put(&w, (struct mmt_frame){ .type = MMT_FRAME_HEADER }, "{\n1", 3);
		CHECK(!mmt_reader_open_memory(&heap, w.buf, w.len, &json));
		CHECK(strncmp(json.text, "JSON line 2: ", 13) == 0 && json.code == EBADMSG);
		CHECK(json.has_offset && json.offset == 0);
		mmt_wr_free(&w);
		refused(copy, n, EBADMSG, "header's schema is \"x\", not mmtrace.trace/1");
	}
}

TEST(an_unknown_major_version_is_refused_by_name)
{
	struct mmt_frame f = { .type = MMT_FRAME_HEADER, .major = 9, .minor = 4 };
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_err e = { 0 };

	sample_put(&w, f, "{}", 2);
	CHECK(!mmt_reader_open_memory(&heap, w.buf, w.len, &e));
	CHECK_EQ(e.code, EBADMSG);
	CHECK_STR(e.text, "trace format version 9.4 is not known; this is 1.1");
	mmt_wr_free(&w);
}

TEST(a_later_minor_version_is_read_and_unknown_frames_passed_over)
{
	/* header | type 77 | events (none) | type 200, empty */
	struct mmt_wr w = { .alloc = &heap };
	const struct mmt_event *ev;
	struct mmt_reader *r;

	sample_put(&w, (struct mmt_frame){ .type = MMT_FRAME_HEADER, .minor = 7 },
		   "{\"schema\": \"mmtrace.trace/1\"}", 29);
	sample_put(&w, (struct mmt_frame){ .type = 77, .seq = 1, .minor = 7 }, "anything", 8);
	sample_put(&w, (struct mmt_frame){ .type = MMT_FRAME_EVENT, .seq = 2, .minor = 7 }, "", 1);
	sample_put(&w, (struct mmt_frame){ .type = 200, .seq = 3, .minor = 7 }, "", 0);
	r = mmt_reader_open_memory(&heap, w.buf, w.len, NULL);
	CHECK(r);
	CHECK_EQ(mmt_reader_next(r, &ev, NULL), 0);
	CHECK_EQ(mmt_reader_state(r)->nr_gaps, 0);
	CHECK_EQ(mmt_reader_state(r)->frames, 4);
	CHECK_STR(mmt_reader_state(r)->why_incomplete, "no trailer: the file ends after frame 3");
	mmt_reader_free(r);
	mmt_wr_free(&w);
}

/* --- frames with a right CRC whose payload lies --- */

/* header | events frame with @raw, said to have @events | nothing: one gap with @why */
static void gap(uint8_t type, uint32_t events, const void *raw, size_t n, const char *why)
{
	struct mmt_wr w = { .alloc = &heap };
	const struct mmt_event *ev;
	struct mmt_reader *r;

	sample_put_header(&w);
	sample_put(&w, (struct mmt_frame){ .type = type, .seq = 1, .nr_events = events }, raw, n);
	r = mmt_reader_open_memory(&heap, w.buf, w.len, NULL);
	test_true(__FILE__, __LINE__, "opens", r);
	test_eq(__FILE__, __LINE__, "no event", (uint64_t)mmt_reader_next(r, &ev, NULL), 0);
	test_eq(__FILE__, __LINE__, "one gap", mmt_reader_state(r)->nr_gaps, 1);
	if (mmt_reader_state(r)->nr_gaps) {
		const struct mmt_gap *g = mmt_reader_state(r)->gaps;

		test_str(__FILE__, __LINE__, "why", g->why, why);
		test_eq(__FILE__, __LINE__, "its frame", g->first_frame, 1);
		test_eq(__FILE__, __LINE__, "one frame", g->frames, 1);
		test_eq(__FILE__, __LINE__, "offset and bytes", g->offset + g->bytes, w.len);
	}
	mmt_reader_free(r);
	mmt_wr_free(&w);
	test_eq(__FILE__, __LINE__, "memory", heap.used, 0);
	test_true(__FILE__, __LINE__, "little memory", heap.peak < 32 << 20);
}

TEST_NAMED(lies, "R9 R11 a payload that lies is a gap, with the reason, in bounded memory")
{
	static const uint8_t id[] = { 1, 0, MMT_DICT_TASK, 0x80, 0x80, 0x80, 0x80, 0x08, 0, 0, 0,
				      0, 0 };
	static const uint8_t name[] = { 1, 0, MMT_DICT_TASK, 1, 0, 0, 0, 0, 0x81, 0x20 };
	static const uint8_t place[] = { 1, 5, MMT_DICT_TASK, 1, 0, 0, 0, 0, 0 };
	static const uint8_t kind[] = { 1, 0, 9, 1, 0, 0, 0, 0, 0 };
	static const uint8_t zero[] = { 1, 0, MMT_DICT_TASK, 1, 0, 0, 0, 0, 3, 'a', 0, 'b' };
	static const uint8_t many[] = { 0xff, 0xff, 0xff, 0xff, 0x0f };
	static const uint8_t kinds[] = { 0, 0xff, 0xff, 0xff, 0xff, 0x0f };
	static const uint8_t column[] = { 0, 1, 5, 2, 4, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0 };

	gap(MMT_FRAME_EVENT, 0, id, sizeof(id), "task id 2147483648 is not in 1..67108864");
	gap(MMT_FRAME_EVENT, 0, name, sizeof(name), "a dictionary name of 4097 bytes exceeds 4096");
	gap(MMT_FRAME_EVENT, 0, zero, sizeof(zero), "a dictionary name holds a zero byte");
	gap(MMT_FRAME_EVENT, 3, place, sizeof(place), "dictionary entry 0 is after the last event");
	gap(MMT_FRAME_EVENT, 0, kind, sizeof(kind), "dictionary 9 exceeds 4");
	gap(MMT_FRAME_EVENT, 0, many, sizeof(many), "a dictionary entry is cut short");
	gap(MMT_FRAME_EVENT, 0, "", 0, "payload is cut short");
	gap(MMT_FRAME_EVENT, 5, kinds, sizeof(kinds), "4294967295 kinds among 5 events");
	gap(MMT_FRAME_EVENT, 4, column, sizeof(column), "a column is cut short");
	gap(MMT_FRAME_EVENT, 0, "\0x", 2, "1 bytes in a frame without events");
	gap(MMT_FRAME_DICT, 1, "", 1, "a dictionary frame with 1 events");
	gap(MMT_FRAME_HEADER, 0, "{}", 2, "a second header");
	gap(MMT_FRAME_TRAILER, 0, "[1]", 3, "JSON is not an object");
	gap(MMT_FRAME_TRAILER, 0, "{}", 2, "trailer has no number \"frames\"");
	gap(MMT_FRAME_TRAILER, 0, "{\"frames\": 9}", 13, "trailer says frames 9, the file has 1");
}

TEST_NAMED(column_place, "R11 a value beyond its limit is told with the field's name")
{
	/* one event of mm_page_free: place, time, cpu, task, flags 0; pfn 1; order 40 */
	static const uint8_t raw[] = { 0, 1, 5, 2, 1, 0, 2, 0, 0, 2, 0, 0, 2, 0,
				       0, 2, 0, 0, 2, 0, 0, 2, 0, 1, 2, 0, 40 };

	gap(MMT_FRAME_EVENT, 1, raw, sizeof(raw),
	    "event 0: order of mm_page_free is 40, the limit of order 18");
}

TEST_NAMED(column_shapes, "R11 columns that are cut, left over or beyond a limit are told")
{
	/* as above; [22] is the pfn's column, [25] the order's */
	static const uint8_t raw[] = { 0, 1, 5, 2, 1, 0, 2, 0, 0, 2, 0, 0, 2, 0,
				       0, 2, 0, 0, 2, 0, 0, 2, 0, 1, 2, 0, 4, 7 };
	static const uint8_t shared[] = { 0, 1, 5, 2, 1, 3 };
	/* one event of kind 1000, whose field is in the shared column: 2^32 */
	static const uint8_t far[] = { 0, 1, 0xe8, 7, 1, 1, 1, 2, 0, 0,	   2,	 0,    0,    2,	  0,
				       0, 2, 0,	   0, 2, 0, 0, 6, 0, 0x80, 0x80, 0x80, 0x80, 0x10 };
	uint8_t flags[sizeof(raw) - 1];

	memcpy(flags, raw, sizeof(flags));
	flags[20] = 9;
	gap(MMT_FRAME_EVENT, 1, flags, sizeof(flags), "event 0: flags is 9, its limit 1");
	gap(MMT_FRAME_EVENT, 1, raw, sizeof(raw), "1 bytes are left over after the columns");
	gap(MMT_FRAME_EVENT, 1, raw, 22, "a column of kind 5 is cut short");
	gap(MMT_FRAME_EVENT, 1, raw, 4, "the list of kinds is cut short");
	gap(MMT_FRAME_EVENT, 1, shared, sizeof(shared),
	    "field 2 of kind 5 cannot be in the shared column");
	gap(MMT_FRAME_EVENT, 1, far, sizeof(far),
	    "event 0: a field of an unknown kind is 4294967296, the limit of pfn 4294967295");
}

/* header | frame 1 by hand | nothing: reading ends with one gap, and @why begins so */
static void bad_frame(const struct mmt_wr *frame, size_t n, const char *why)
{
	struct mmt_wr w = { .alloc = &heap };
	const struct mmt_event *ev;
	struct mmt_reader *r;

	sample_put_header(&w);
	mmt_wr_bytes(&w, frame->buf, n);
	r = mmt_reader_open_memory(&heap, w.buf, w.len, NULL);
	test_true(__FILE__, __LINE__, "opens", r);
	test_eq(__FILE__, __LINE__, "no event", (uint64_t)mmt_reader_next(r, &ev, NULL), 0);
	test_eq(__FILE__, __LINE__, "one gap", mmt_reader_state(r)->nr_gaps, 1);
	if (mmt_reader_state(r)->nr_gaps &&
	    strncmp(mmt_reader_state(r)->gaps[0].why, why, strlen(why)))
		test_str(__FILE__, __LINE__, "why", mmt_reader_state(r)->gaps[0].why, why);
	mmt_reader_free(r);
	mmt_wr_free(&w);
}

TEST_NAMED(bad_frames, "R11 a frame that is cut, of another version or file, or not zstd is told")
{
	struct mmt_frame f = { .type = MMT_FRAME_EVENT, .seq = 1 };
	struct mmt_wr w = { .alloc = &heap };
	uint8_t text[3000], comp[4000];
	struct mmt_rng rng = { 6 };

	sample_put(&w, f, "\0", 2);
	bad_frame(&w, MMT_FRAME_FIXED - 1, "the file ends within a frame's header");
	bad_frame(&w, w.len - 1, "the file ends within frame 1");
	mmt_wr_free(&w);
	f.major = 9;
	f.minor = 4;
	sample_put(&w, f, "\0", 2);
	bad_frame(&w, w.len, "a frame of format version 9.4");
	mmt_wr_free(&w);
	f = (struct mmt_frame){ .type = MMT_FRAME_EVENT, .seq = 1, .file_id = 5 };
	sample_put(&w, f, "\0", 2);
	bad_frame(&w, w.len, "a frame of another file");
	mmt_wr_free(&w);

	/* text that compresses; the bits that say how are turned one by one, and the CRC is right
	 */
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)('a' + mmt_rng_below(&rng, 6));
	f = (struct mmt_frame){
		.type = MMT_FRAME_EVENT, .seq = 1, .file_id = SAMPLE_ID, .major = 1
	};
	f.raw_len = sizeof(text);
	f.comp_len = (uint32_t)ZSTD_compress(comp, sizeof(comp), text, sizeof(text), 3);
	comp[14] ^= 0xff;
	mmt_frame_put(&w, &f, NULL, comp);
	bad_frame(&w, w.len, "zstd: ");
	mmt_wr_free(&w);
	CHECK_EQ(heap.used, 0);
}

TEST(what_follows_the_end_is_told)
{
	struct sample_result got;
	struct sample s;
	uint8_t *twice;

	CHECK(sample_make(&s, 2, 20, 5));
	twice = malloc(2 * s.n);
	memcpy(twice, s.bytes, s.n);
	memcpy(twice + s.n, s.bytes, s.n);
	/* one byte, or the same trace again */
	for (size_t n = s.n + 1; n <= 2 * s.n; n += s.n - 1) {
		got = sample_read(&s, twice, n);
		CHECK_EQ(got.err, 0);
		CHECK(!got.complete && !got.wrong);
		CHECK_EQ(got.events, s.nr_events);
		CHECK(strstr(got.why, "bytes after the seek table"));
		CHECK_EQ(got.gap_bytes >= n - s.n, true);
	}
	free(twice);
	sample_free(&s);
}

TEST(a_digest_tells_inputs_apart)
{
	struct mmt_reader *r;
	const struct mmt_event *ev;
	uint64_t digest[3];
	struct sample s;

	CHECK(sample_make(&s, 2, 50, 5));
	for (int i = 0; i < 3; i++) {
		r = mmt_reader_open_memory(&heap, s.bytes, s.n, NULL);
		CHECK(r);
		while (mmt_reader_next(r, &ev, NULL) > 0)
			;
		digest[i] = mmt_state_digest(mmt_reader_state(r));
		mmt_reader_free(r);
		if (i == 1)
			s.bytes[s.n / 2 + 700] ^= 16;
	}
	CHECK_EQ(digest[0], digest[1]);
	CHECK(digest[0] != digest[2]);
	sample_free(&s);
}

TEST(unreadable_descriptors_give_their_errno)
{
	struct mmt_err e = { 0 };
	int dir = open("/", O_RDONLY | O_CLOEXEC);

	CHECK(!mmt_reader_open(&heap, &io, dir, &e));
	CHECK_EQ(e.code, EISDIR);
	close(dir);
	CHECK(!mmt_reader_open(&heap, &io, 1000, &e));
	CHECK_EQ(e.code, EBADF);
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN
