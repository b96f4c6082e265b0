/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/writer.c: what stands in the file. */
#include "lib/base/json.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

static struct mmt_alloc heap;
static struct mmt_io io;

static struct mmt_writer *begin(int *fd, const struct mmt_writer_options *o, const json_t *header)
{
	struct mmt_writer_options id = { .file_id = SAMPLE_ID };
	struct mmt_err e = { 0 };
	struct mmt_writer *w;

	*fd = memfd_create("trace", MFD_CLOEXEC);
	w = mmt_writer_new(&heap, &io, *fd, o ? o : &id, header, &e);
	if (!w)
		printf("# %s\n", e.text);
	return w;
}

/* Seal, read all back from memory; the caller frees the reader and *@bytes. */
static struct mmt_reader *finish(struct mmt_writer *w, int fd, uint8_t **bytes, size_t *n)
{
	struct mmt_err e = { 0 };
	struct mmt_reader *r;

	if (mmt_writer_seal(w, NULL, &e) != 0)
		printf("# %s\n", e.text);
	mmt_writer_free(w);
	*bytes = sample_slurp(fd, n);
	close(fd);
	r = mmt_reader_open_memory(&heap, *bytes, *n, &e);
	if (!r)
		printf("# %s\n", e.text);
	return r;
}

static size_t frames_of_type(const uint8_t *bytes, size_t n, unsigned type, uint32_t *raw_most)
{
	struct mmt_frame f;
	size_t at = 0, count = 0;

	for (*raw_most = 0; mmt_frame_peek(&f, bytes + at, n - at, NULL) == 0;
	     at += mmt_frame_len(&f)) {
		count += f.type == type;
		*raw_most = f.raw_len > *raw_most ? f.raw_len : *raw_most;
	}
	return count;
}

TEST_NAMED(zstd_tools, "zstd -t and zstd -dc take a trace as it is")
{
	char path[] = "/tmp/mmt-writer-XXXXXX", command[128];
	struct sample s;
	int fd;

	if (system("command -v zstd >/dev/null") != 0)
		SKIP("no zstd program");
	CHECK(sample_make(&s, 4, 200, 1));
	fd = mkstemp(path);
	CHECK(fd >= 0 && write(fd, s.bytes, s.n) == (ssize_t)s.n);
	close(fd);
	snprintf(command, sizeof(command), "zstd -tq %s", path);
	CHECK_EQ(system(command), 0);
	/* the JSON header comes first, in the clear */
	snprintf(command, sizeof(command),
		 "zstd -dcq %s | head -c 4000 | grep -q '\"event_table\": {'", path);
	CHECK_EQ(system(command), 0);
	unlink(path);
	sample_free(&s);
}

TEST(the_same_events_give_the_same_bytes)
{
	struct sample a, b;

	CHECK(sample_make(&a, 3, 300, 4));
	CHECK(sample_make(&b, 3, 300, 4));
	CHECK_EQ(a.n, b.n);
	CHECK_MEM(a.bytes, b.bytes, a.n);
	sample_free(&a);
	sample_free(&b);
}

TEST(an_event_beyond_its_limit_is_refused_and_the_rest_goes_on)
{
	struct mmt_event bad = { .kind = MMT_EV_mm_page_free, .v = { 1, 40 } };
	struct mmt_event good = { .kind = MMT_EV_mm_page_free, .v = { 1, 4 } };
	struct mmt_err e = { 0 };
	const struct mmt_event *ev;
	struct mmt_reader *r;
	struct mmt_writer *w;
	uint8_t *bytes;
	size_t n;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w);
	CHECK_EQ(mmt_writer_add(w, &bad, &e), -EINVAL);
	CHECK_STR(e.text, "order of mm_page_free is 40: beyond its limit");
	bad = (struct mmt_event){ .kind = 1000 };
	CHECK_EQ(mmt_writer_add(w, &bad, &e), -EINVAL);
	CHECK_EQ(mmt_writer_lost(w, MMT_CPU_MAX + 1, 2, MMT_LOST_RING, 1, &e), -EINVAL);
	CHECK_EQ(mmt_writer_add(w, &good, &e), 0);
	CHECK_EQ(mmt_writer_events(w), 1);
	r = finish(w, fd, &bytes, &n);
	CHECK(r);
	CHECK_EQ(mmt_reader_next(r, &ev, NULL), 1);
	CHECK(sample_equal(ev, &good));
	CHECK_EQ(mmt_reader_next(r, &ev, NULL), 0);
	CHECK(mmt_reader_state(r)->complete);
	mmt_reader_free(r);
	free(bytes);
	CHECK_EQ(heap.used, 0);
}

TEST(options_beyond_their_range_are_refused)
{
	struct mmt_writer_options level = { .level = 20 }, small = { .frame_bytes = 100 },
				  large = { .frame_bytes = MMT_FRAME_RAW_MAX + 1 };
	struct mmt_err e = { 0 };

	CHECK(!mmt_writer_new(&heap, &io, -1, &level, NULL, &e));
	CHECK_STR(e.text, "zstd level 20 is not in 1..19");
	CHECK(!mmt_writer_new(&heap, &io, -1, &small, NULL, &e));
	CHECK_STR(e.text, "frame size 100 is not in 8192..1048576");
	CHECK(!mmt_writer_new(&heap, &io, -1, &large, NULL, &e));
	CHECK_EQ(heap.used, 0);
}

TEST(no_payload_is_larger_than_asked_for)
{
	/* values of all 64 bits cannot be made smaller: the frame must close in time */
	const uint32_t sizes[] = { 8192, 20000, 100000, MMT_FRAME_RAW_MAX };

	for (size_t i = 0; i < 4; i++) {
		struct mmt_writer_options o = { .file_id = 1, .frame_bytes = sizes[i] };
		struct mmt_rng rng = { i };
		const struct mmt_event *got;
		struct mmt_writer *w;
		struct mmt_reader *r;
		uint8_t *bytes;
		uint32_t most;
		size_t n, events = 0;
		int fd, more;

		w = begin(&fd, &o, NULL);
		/* the header is as large as it is */
		CHECK(w);
		for (int k = 0; k < 20000; k++) {
			struct mmt_event ev = { .kind = MMT_EV_sys_mmap, .time = (uint64_t)k };

			ev.v[MMT_F(sys_mmap, len)] = mmt_rng_next(&rng);
			ev.v[MMT_F(sys_mmap, prot)] = mmt_rng_next(&rng);
			ev.v[MMT_F(sys_mmap, flags)] = mmt_rng_next(&rng);
			ev.v[MMT_F(sys_mmap, offset)] = mmt_rng_next(&rng);
			ev.v[MMT_F(sys_mmap, ret)] = mmt_rng_next(&rng);
			CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
		}
		r = finish(w, fd, &bytes, &n);
		CHECK(r);
		while ((more = mmt_reader_next(r, &got, NULL)) > 0)
			CHECK_EQ(got->time, events++);
		CHECK_EQ(events, 20000);
		CHECK(mmt_reader_state(r)->complete);
		CHECK(frames_of_type(bytes, n, MMT_FRAME_EVENT, &most) >= 20000 * 40 / sizes[i]);
		CHECK(most <= (sizes[i] > 32768 ? sizes[i] : 32768));
		mmt_reader_free(r);
		free(bytes);
	}
	CHECK_EQ(heap.used, 0);
}

TEST(a_frame_holds_at_most_65536_events)
{
	struct mmt_event ev = { .kind = MMT_EV_ksm_start_scan };
	const struct mmt_event *got;
	struct mmt_writer *w;
	struct mmt_reader *r;
	uint8_t *bytes;
	uint32_t most;
	size_t n, count = 0;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w);
	for (int i = 0; i < 70000; i++)
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	r = finish(w, fd, &bytes, &n);
	CHECK(r);
	CHECK_EQ(frames_of_type(bytes, n, MMT_FRAME_EVENT, &most), 2);
	while (mmt_reader_next(r, &got, NULL) > 0)
		count++;
	CHECK_EQ(count, 70000);
	mmt_reader_free(r);
	free(bytes);
}

TEST(flushing_nothing_writes_nothing)
{
	struct mmt_writer *w;
	uint64_t before;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w);
	before = mmt_writer_bytes(w);
	CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	CHECK_EQ(mmt_writer_bytes(w), before);
	/* losses alone are worth a frame */
	CHECK_EQ(mmt_writer_lost(w, 0, 2, MMT_LOST_RING, 0, NULL), 0);
	CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	CHECK_EQ(mmt_writer_bytes(w), before);
	CHECK_EQ(mmt_writer_lost(w, 0, 2, MMT_LOST_RING, 1, NULL), 0);
	CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	CHECK(mmt_writer_bytes(w) > before);
	CHECK_EQ(lseek(fd, 0, SEEK_END), (off_t)mmt_writer_bytes(w));
	mmt_writer_free(w);
	close(fd);
}

TEST(losses_are_told_by_cpu_kind_and_cause)
{
	const struct mmt_reader_state *s;
	const struct mmt_event *ev;
	uint64_t total = 0, of_one = 0;
	struct mmt_writer *w;
	struct mmt_reader *r;
	uint8_t *bytes;
	size_t n;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w);
	/* more places than one header takes, each twice */
	for (unsigned round = 0; round < 2; round++)
		for (unsigned cpu = 0; cpu < 60; cpu++)
			for (unsigned kind = 1; kind <= 50; kind++)
				CHECK_EQ(mmt_writer_lost(w, cpu, kind, kind % MMT_NR_LOSS_CAUSES,
							 kind, NULL),
					 0);
	r = finish(w, fd, &bytes, &n);
	CHECK(r);
	CHECK_EQ(mmt_reader_next(r, &ev, NULL), 0);
	s = mmt_reader_state(r);
	for (size_t i = 0; i < s->nr_losses; i++) {
		total += s->losses[i].count;
		if (s->losses[i].cpu == 7 && s->losses[i].kind == 49) {
			of_one += s->losses[i].count;
			CHECK_EQ(s->losses[i].cause, 49 % MMT_NR_LOSS_CAUSES);
		}
	}
	CHECK_EQ(total, 2 * 60 * 50 * 51 / 2);
	CHECK_EQ(of_one, 2 * 49);
	CHECK_EQ(s->lost, total);
	CHECK(s->complete);
	mmt_reader_free(r);
	free(bytes);
}

TEST(losses_of_a_kind_add_up_over_cpus_and_frames)
{
	struct mmt_writer *w;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w);
	CHECK_EQ(mmt_writer_lost(w, 0, 2, MMT_LOST_RING, 3, NULL), 0);
	CHECK_EQ(mmt_writer_lost(w, 1, 2, MMT_LOST_RING, 4, NULL), 0);
	CHECK_EQ(mmt_writer_lost(w, 1, 5, MMT_LOST_RING, 90, NULL), 0);
	/* whether or not the frame that tells it is full */
	CHECK_EQ(mmt_writer_lost_kind(w, 2), 7);
	CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	CHECK_EQ(mmt_writer_lost_kind(w, 2), 7);
	CHECK_EQ(mmt_writer_lost(w, 0, 2, MMT_LOST_RING, 1, NULL), 0);
	CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	CHECK_EQ(mmt_writer_lost_kind(w, 2), 8);
	CHECK_EQ(mmt_writer_lost_kind(w, 5), 90);
	CHECK_EQ(mmt_writer_lost_kind(w, 3), 0);
	CHECK_EQ(mmt_writer_lost_kind(w, MMT_KIND_MAX + 1), 0);
	mmt_writer_free(w);
	close(fd);
}

/* R26: whoever keeps to a limit by it is never beyond the limit when the file is sealed. */
TEST(a_sealed_file_is_no_larger_than_was_foretold)
{
	struct mmt_rng rng = { 11 };

	for (unsigned frames = 0; frames < 40; frames += 1 + frames / 4) {
		uint64_t time = 1000, foretold, last = 0;
		struct mmt_writer *w;
		struct mmt_event ev;
		int fd;

		w = begin(&fd, NULL, NULL);
		CHECK(w);
		for (unsigned f = 0; f < frames; f++) {
			for (unsigned i = 0; i < 200; i++) {
				sample_event(&rng, &time, &ev);
				CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
			}
			if (f + 1 < frames)
				CHECK_EQ(mmt_writer_flush(w, NULL), 0);
			CHECK(mmt_writer_sealed_bytes(w) >= last);
			last = mmt_writer_sealed_bytes(w);
		}
		foretold = mmt_writer_sealed_bytes(w);
		CHECK_EQ(mmt_writer_seal(w, NULL, NULL), 0);
		CHECK(lseek(fd, 0, SEEK_END) <= (off_t)foretold);
		mmt_writer_free(w);
		close(fd);
	}
}

/* A frame of one event each second, for so many seconds and one more. */
static void frame_each_second(struct mmt_writer *w, uint64_t seconds)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free };

	for (uint64_t s = 0; s <= seconds; s++) {
		ev.time = 1000 + s * 1000000000;
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
		CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	}
}

TEST(dictionaries_come_again_by_time_and_by_bytes)
{
	/* an event each second for a minute: the dictionaries every 10 s */
	struct mmt_writer_options by_bytes = { .file_id = 1,
					       .dict_repeat_bytes = 1,
					       .dict_repeat_ns = UINT64_MAX };
	struct mmt_writer *w;
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free };
	uint8_t *bytes;
	uint32_t most;
	size_t n;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w && mmt_writer_string(w, "word", NULL) == 1);
	frame_each_second(w, 60);
	mmt_writer_free(w);
	bytes = sample_slurp(fd, &n);
	CHECK_EQ(frames_of_type(bytes, n, MMT_FRAME_DICT, &most), 6);
	free(bytes);
	close(fd);

	/* not before there is eight times as much of other frames */
	w = begin(&fd, NULL, NULL);
	CHECK(w != NULL);
	for (int i = 0; i < 300; i++) {
		char word[64];

		snprintf(word, sizeof(word), "a word of fifty bytes, the number of which is %d", i);
		CHECK(mmt_writer_string(w, word, NULL) > 0);
	}
	frame_each_second(w, 600);
	mmt_writer_free(w);
	bytes = sample_slurp(fd, &n);
	CHECK_EQ(frames_of_type(bytes, n, MMT_FRAME_DICT, &most), 0);
	free(bytes);
	close(fd);

	/* after every frame, if so few bytes are asked for */
	w = begin(&fd, &by_bytes, NULL);
	CHECK(w && mmt_writer_string(w, "word", NULL) == 1);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
		CHECK_EQ(mmt_writer_flush(w, NULL), 0);
	}
	mmt_writer_free(w);
	bytes = sample_slurp(fd, &n);
	CHECK_EQ(frames_of_type(bytes, n, MMT_FRAME_DICT, &most), 5);
	free(bytes);
	close(fd);
	CHECK_EQ(heap.used, 0);
}

TEST(large_dictionaries_take_several_frames)
{
	struct mmt_writer_options o = { .file_id = 1, .frame_bytes = 8192, .dict_repeat_bytes = 1 };
	static char name[3001];
	struct mmt_writer *w;
	struct mmt_reader *r;
	const struct mmt_event *ev;
	uint8_t *bytes;
	uint32_t most;
	size_t n;
	int fd;

	w = begin(&fd, &o, NULL);
	CHECK(w);
	memset(name, 'x', sizeof(name) - 1);
	for (uint32_t i = 1; i <= 50; i++) {
		struct mmt_dict_entry file = { MMT_DICT_FILE, i, { i }, name };

		name[0] = (char)('a' + i % 26);
		CHECK_EQ(mmt_writer_define(w, &file, NULL), 0);
	}
	r = finish(w, fd, &bytes, &n);
	CHECK(r);
	CHECK(frames_of_type(bytes, n, MMT_FRAME_DICT, &most) > 20);
	CHECK_EQ(mmt_reader_next(r, &ev, NULL), 0);
	CHECK(mmt_reader_state(r)->complete);
	CHECK_EQ(mmt_dict_count(mmt_reader_dict(r), MMT_DICT_FILE), 50);
	CHECK_EQ(mmt_dict_get(mmt_reader_dict(r), MMT_DICT_FILE, 27)->name[0], 'b');
	mmt_reader_free(r);
	free(bytes);
	CHECK_EQ(heap.used, 0);
}

TEST(entries_beyond_a_limit_are_our_mistake)
{
	struct mmt_dict_entry bad = { MMT_DICT_TASK, 0, { 0 }, "x" };
	static char longest[MMT_DICT_NAME_MAX + 2];
	struct mmt_err e = { 0 };
	struct mmt_writer *w;
	int fd;

	w = begin(&fd, NULL, NULL);
	CHECK(w);
	CHECK_EQ(mmt_writer_define(w, &bad, &e), -EINVAL);
	memset(longest, 's', sizeof(longest) - 1);
	CHECK_EQ(mmt_writer_string(w, longest, &e), 0);
	CHECK_EQ(e.code, EINVAL);
	CHECK_EQ(mmt_writer_string(w, "fine", &e), 1);
	CHECK_EQ(mmt_writer_string(w, "fine", &e), 1);
	CHECK_EQ(mmt_writer_string(w, "other", &e), 2);
	mmt_writer_free(w);
	close(fd);
}

TEST(header_and_trailer_say_what_they_should)
{
	json_t *header = json_pack("{s:s, s:{s:i}}", "kernel", "6.18", "clock", "hz", 250);
	json_t *overhead = json_pack("{s:i}", "cpu_us", 77);
	const struct mmt_event *got;
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .time = 5 };
	const json_t *t, *row;
	struct mmt_reader *r;
	struct mmt_writer *w;
	uint8_t *bytes;
	size_t n;
	int fd;

	w = begin(&fd, NULL, header);
	CHECK(w);
	for (int i = 0; i < 23; i++, ev.time++)
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	CHECK_EQ(mmt_writer_lost(w, 1, MMT_EV_mm_page_free, MMT_LOST_NESTED, 19, NULL), 0);
	CHECK_EQ(mmt_writer_seal(w, overhead, NULL), 0);
	mmt_writer_free(w);
	bytes = sample_slurp(fd, &n);
	close(fd);
	r = mmt_reader_open_memory(&heap, bytes, n, NULL);
	CHECK(r);
	CHECK_STR(mmt_json_get_str(mmt_reader_header(r), "kernel", ""), "6.18");
	CHECK_STR(mmt_json_get_str(mmt_reader_header(r), "schema", ""), "mmtrace.trace/1");
	CHECK_STR(mmt_json_get_str(json_object_get(mmt_reader_header(r), "event_table"), "5", ""),
		  "mm_page_free pfn:pfn order:order");
	CHECK(!mmt_reader_trailer(r));
	while (mmt_reader_next(r, &got, NULL) > 0)
		;
	t = mmt_reader_trailer(r);
	CHECK(t);
	row = json_object_get(json_object_get(t, "events_by_kind"), "mm_page_free");
	CHECK_EQ(json_integer_value(json_object_get(row, "kept")), 23);
	CHECK_EQ(json_integer_value(json_object_get(row, "lost")), 19);
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(t, "lost_by_cause"), "nested")),
		 19);
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(t, "overhead"), "cpu_us")), 77);
	CHECK_EQ(json_integer_value(json_object_get(t, "events")), 23);
	CHECK_EQ(json_integer_value(json_object_get(t, "first_time")), 5);
	CHECK_EQ(json_integer_value(json_object_get(t, "last_time")), 27);
	mmt_reader_free(r);
	json_decref(header);
	json_decref(overhead);
	free(bytes);
	CHECK_EQ(heap.used, 0);
}

/*
 *	file 1   D1 e e e | trailer
 *	file 2              D1 D2 e e | trailer		each read alone
 */
TEST(a_second_file_of_one_writer_stands_alone)
{
	struct mmt_dict_entry task = { MMT_DICT_TASK, 1, { 7, 7 }, "one" };
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .task = 1, .time = 5 };
	int fd[2] = { -1, memfd_create("trace", MFD_CLOEXEC) };
	const struct mmt_event *got;
	struct mmt_writer *w = begin(&fd[0], NULL, NULL);
	struct mmt_reader *r;
	uint32_t string;
	uint8_t *bytes;
	size_t n;

	CHECK(w);
	CHECK_EQ(mmt_writer_define(w, &task, NULL), 0);
	string = mmt_writer_string(w, "kept", NULL);
	for (; ev.time < 8; ev.time++)
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	CHECK_EQ(mmt_writer_lost(w, 0, MMT_EV_mm_page_free, MMT_LOST_RING, 3, NULL), 0);
	CHECK_EQ(mmt_writer_seal(w, NULL, NULL), 0);
	CHECK_EQ(mmt_writer_restart(w, fd[1], 99, NULL), 0);
	for (; ev.time < 10; ev.time++)
		CHECK_EQ(mmt_writer_add(w, &ev, NULL), 0);
	CHECK_EQ(mmt_writer_string(w, "kept", NULL), string);
	r = finish(w, fd[1], &bytes, &n);
	CHECK(r);
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 1);
	CHECK_EQ(got->time, 8);
	CHECK_STR(mmt_dict_get(mmt_reader_dict(r), MMT_DICT_TASK, 1)->name, "one");
	CHECK_STR(mmt_dict_get(mmt_reader_dict(r), MMT_DICT_STRING, string)->name, "kept");
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 1);
	CHECK_EQ(mmt_reader_next(r, &got, NULL), 0);
	CHECK(mmt_reader_state(r)->complete);
	CHECK_EQ(mmt_reader_state(r)->lost, 0);
	CHECK_EQ(json_integer_value(json_object_get(mmt_reader_trailer(r), "events")), 2);
	mmt_reader_free(r);
	free(bytes);
	bytes = sample_slurp(fd[0], &n);
	close(fd[0]);
	r = mmt_reader_open_memory(&heap, bytes, n, NULL);
	CHECK(r);
	while (mmt_reader_next(r, &got, NULL) > 0)
		;
	CHECK(mmt_reader_state(r)->complete);
	CHECK_EQ(mmt_reader_state(r)->events, 3);
	CHECK_EQ(mmt_reader_state(r)->lost, 3);
	mmt_reader_free(r);
	free(bytes);
	CHECK_EQ(heap.used, 0);
}

TEST_NAMED(full_disk, "R16 a full disk ends the trace, with the same answer ever after")
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), pair = memfd_create("x", MFD_CLOEXEC);
	struct mmt_writer_options o = { .file_id = 1 };
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free };
	struct mmt_err e = { 0 };
	struct mmt_writer *w;

	CHECK(fd >= 0);
	CHECK(!mmt_writer_new(&heap, &io, fd, &o, NULL, &e));
	CHECK_EQ(e.code, ENOSPC);
	/* full after the header */
	w = mmt_writer_new(&heap, &io, pair, &o, NULL, &e);
	CHECK(w);
	CHECK_EQ(dup2(fd, pair), pair);
	CHECK_EQ(mmt_writer_add(w, &ev, &e), 0);
	memset(&e, 0, sizeof(e));
	CHECK_EQ(mmt_writer_flush(w, &e), -ENOSPC);
	CHECK_STR(e.text, "cannot write the trace: No space left on device");
	for (int i = 0; i < 2; i++) {
		memset(&e, 0, sizeof(e));
		CHECK_EQ(mmt_writer_add(w, &ev, &e), -ENOSPC);
		CHECK_STR(e.text, "cannot write the trace: No space left on device");
		CHECK_EQ(mmt_writer_flush(w, &e), -ENOSPC);
		CHECK_EQ(mmt_writer_seal(w, NULL, &e), -ENOSPC);
		CHECK_EQ(mmt_writer_string(w, "s", &e), 0);
		CHECK_EQ(mmt_writer_lost(w, 0, 1, MMT_LOST_USER, 1, NULL), -ENOSPC);
	}
	mmt_writer_free(w);
	close(fd);
	close(pair);
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN
