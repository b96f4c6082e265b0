// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of traces: events, the entries they name, gaps and losses, under other ids.
 */
#include "lib/trace/edit/copy.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>

static struct mmt_alloc heap;
static struct mmt_err err;

/* What becomes of things on the way; counts how often it is asked. */
struct way {
	unsigned asked[MMT_NR_DICTS];
	unsigned entries;
};

static int by_hundred(void *ctx, enum mmt_dict_kind kind, uint32_t id,
		      const struct mmt_dict_entry *entry, uint32_t *to, struct mmt_err *e)
{
	struct way *way = ctx;

	(void)e;
	way->asked[kind]++;
	*to = id + (entry ? 100 : 200);
	return 0;
}

static int shout(void *ctx, struct mmt_dict_entry *entry, struct mmt_err *e)
{
	struct way *way = ctx;

	(void)e;
	way->entries++;
	entry->num[3] = 42;
	return 0;
}

static bool on_cpu_0(void *ctx, const struct mmt_loss *loss)
{
	(void)ctx;
	return loss->cpu == 0;
}

static const struct mmt_copy_ops as_it_is = { 0 };
static const struct mmt_copy_ops otherwise = { by_hundred, shout, on_cpu_0 };

/* Copy a trace as a command does; free() the copy. */
static uint8_t *copy(const uint8_t *bytes, size_t n, const struct mmt_copy_ops *ops,
		     struct way *way, bool whole, struct mmt_alloc *a, size_t *size, int *ret)
{
	struct mmt_writer_options o = { .file_id = SAMPLE_ID + 1 };
	struct mmt_io io = MMT_IO_INIT;
	int fd = memfd_create("copy", MFD_CLOEXEC);
	struct mmt_reader *r = mmt_reader_open_memory(a, bytes, n, &err);
	struct mmt_writer *w = r ? mmt_writer_new(a, &io, fd, &o, NULL, &err) : NULL;
	const struct mmt_event *ev;
	struct mmt_copy c = { 0 };
	uint8_t *out;
	int more = 0;

	*ret = w ? mmt_copy_init(&c, a, r, w, ops, way, &err) : -ENOMEM;
	c.whole = whole;
	while (!*ret && (more = mmt_reader_next(r, &ev, &err)) == 1) {
		*ret = mmt_copy_sync(&c, &err);
		if (!*ret)
			*ret = mmt_copy_event(&c, ev, true, &err);
	}
	if (!*ret)
		*ret = more;
	if (!*ret)
		*ret = mmt_copy_sync(&c, &err);
	if (!*ret && whole)
		*ret = mmt_copy_rest(&c, true, &err);
	if (!*ret)
		*ret = mmt_writer_seal(w, NULL, &err);
	mmt_copy_free(&c);
	mmt_writer_free(w);
	mmt_reader_free(r);
	out = sample_slurp(fd, size);
	close(fd);
	return out;
}

/* A trace: three frames, a task that execs between the first two, a control group below another, a
 * loss on two CPUs in the second. */
static uint8_t *make(size_t *size)
{
	static const struct mmt_dict_entry entries[] = {
		{ MMT_DICT_TASK, 1, { 500, 500 }, "sh" },
		{ MMT_DICT_TASK, 2, { 600, 600 }, "unnamed by any event" },
		{ MMT_DICT_MM, 1, { 1 }, "" },
		{ MMT_DICT_CGROUP, 1, { 10, 0, 2 }, "/" },
		{ MMT_DICT_CGROUP, 2, { 11, 1, 2 }, "/a" },
	};
	const struct mmt_dict_entry exec = { MMT_DICT_TASK, 1, { 500, 500 }, "make" };
	struct mmt_writer_options o = { .file_id = SAMPLE_ID };
	struct mmt_io io = MMT_IO_INIT;
	int fd = memfd_create("made", MFD_CLOEXEC);
	struct mmt_writer *w = mmt_writer_new(&heap, &io, fd, &o, NULL, &err);
	struct mmt_event ev = { .kind = MMT_EV_snap_mm, .time = 10, .task = 1, .v = { 1, 5 } };
	uint8_t *bytes;
	bool ok = true;

	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++)
		ok &= !mmt_writer_define(w, &entries[i], &err);
	ok &= !mmt_writer_add(w, &ev, &err) && !mmt_writer_flush(w, &err);
	ok &= !mmt_writer_define(w, &exec, &err);
	ok &= !mmt_writer_lost(w, 0, MMT_EV_mm_page_alloc, MMT_LOST_RING, 7, &err);
	ok &= !mmt_writer_lost(w, 1, MMT_EV_mm_page_free, MMT_LOST_RING, 9, &err);
	ev = (struct mmt_event){
		.kind = MMT_EV_cgroup_attach_task, .time = 20, .task = 1, .v = { 2, 1, 1 }
	};
	ok &= !mmt_writer_add(w, &ev, &err) && !mmt_writer_flush(w, &err);
	/* of a task and a group that nobody defined */
	ev = (struct mmt_event){
		.kind = MMT_EV_cgroup_attach_task, .time = 30, .task = 9, .v = { 8, 9, 1 }
	};
	ok &= !mmt_writer_add(w, &ev, &err) && !mmt_writer_seal(w, NULL, &err);
	mmt_writer_free(w);
	bytes = sample_slurp(fd, size);
	close(fd);
	return ok ? bytes : NULL;
}

static const struct mmt_dict_entry *entry(struct mmt_reader *r, enum mmt_dict_kind kind,
					  uint32_t id)
{
	static const struct mmt_dict_entry none = { .name = "none" };
	const struct mmt_dict_entry *is = mmt_dict_get(mmt_reader_dict(r), kind, id);

	return is ? is : &none;
}

/* Give back what a test read, copied and made. */
static void done(struct mmt_reader *r, uint8_t *out, uint8_t *made)
{
	mmt_reader_free(r);
	free(out);
	free(made);
	CHECK_EQ(heap.used, 0);
}

TEST(entries_go_before_the_events_that_name_them_under_their_new_ids)
{
	const struct mmt_event *ev;
	struct way way = { { 0 }, 0 };
	struct mmt_reader *r;
	size_t n, size;
	uint8_t *made = make(&n), *out;
	int ret;

	CHECK(made);
	out = copy(made, n, &otherwise, &way, false, &heap, &size, &ret);
	CHECK_EQ(ret, 0);
	r = mmt_reader_open_memory(&heap, out, size, &err);
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(ev->task, 101);
	CHECK_EQ(ev->v[MMT_F(snap_mm, mm)], 101);
	CHECK_EQ(ev->v[MMT_F(snap_mm, rss_anon)], 5);
	CHECK_STR(entry(r, MMT_DICT_TASK, 101)->name, "sh");
	CHECK_EQ(entry(r, MMT_DICT_TASK, 101)->num[3], 42);
	CHECK_EQ(entry(r, MMT_DICT_MM, 101)->num[0], 101);
	/* the task again, as it is by then; the group and what it is below */
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(ev->v[MMT_F(cgroup_attach_task, cgroup)], 102);
	CHECK_EQ(ev->v[MMT_F(cgroup_attach_task, task)], 101);
	CHECK_STR(entry(r, MMT_DICT_TASK, 101)->name, "make");
	CHECK_STR(entry(r, MMT_DICT_CGROUP, 102)->name, "/a");
	CHECK_EQ(entry(r, MMT_DICT_CGROUP, 102)->num[1], 101);
	CHECK_STR(entry(r, MMT_DICT_CGROUP, 101)->name, "/");
	/* what nobody knows has an id too, and no entry */
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(ev->task, 209);
	CHECK_EQ(ev->v[MMT_F(cgroup_attach_task, cgroup)], 208);
	CHECK_STR(entry(r, MMT_DICT_TASK, 209)->name, "none");
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 0);
	/* no event names it */
	CHECK_STR(entry(r, MMT_DICT_TASK, 102)->name, "none");
	mmt_reader_free(r);
	/* each id was asked for once, each entry changed each time it went */
	CHECK_EQ(way.asked[MMT_DICT_TASK], 2);
	CHECK_EQ(way.asked[MMT_DICT_MM], 1);
	CHECK_EQ(way.asked[MMT_DICT_CGROUP], 3);
	CHECK_EQ(way.entries, 5);
	free(out);
	free(made);
	CHECK_EQ(heap.used, 0);
}

TEST(a_whole_copy_has_every_entry_and_frames_that_end_alike)
{
	struct mmt_reader *r, *was;
	const struct mmt_event *a, *b;
	size_t n, size;
	uint8_t *made = make(&n), *out;
	struct way way = { { 0 }, 0 };
	int ret;

	out = copy(made, n, &as_it_is, &way, true, &heap, &size, &ret);
	CHECK_EQ(ret, 0);
	was = mmt_reader_open_memory(&heap, made, n, &err);
	r = mmt_reader_open_memory(&heap, out, size, &err);
	while ((ret = mmt_reader_next(was, &a, &err)) == 1) {
		CHECK_EQ(mmt_reader_next(r, &b, &err), 1);
		CHECK(sample_equal(a, b));
		CHECK_EQ(mmt_reader_state(r)->frames, mmt_reader_state(was)->frames);
	}
	CHECK_EQ(mmt_reader_next(r, &b, &err), 0);
	for (int k = 0; k < MMT_NR_DICTS; k++)
		CHECK_EQ(mmt_dict_count(mmt_reader_dict(r), (enum mmt_dict_kind)k),
			 mmt_dict_count(mmt_reader_dict(was), (enum mmt_dict_kind)k));
	CHECK_STR(entry(r, MMT_DICT_TASK, 2)->name, "unnamed by any event");
	CHECK_EQ(mmt_reader_state(r)->lost, 16);
	mmt_reader_free(was);
	done(r, out, made);
}

TEST(losses_go_over_in_their_place_if_they_belong)
{
	const struct mmt_reader_state *s;
	const struct mmt_event *ev;
	struct way way = { { 0 }, 0 };
	struct mmt_reader *r;
	size_t n, size;
	uint8_t *made = make(&n), *out;
	int ret;

	out = copy(made, n, &otherwise, &way, false, &heap, &size, &ret);
	CHECK_EQ(ret, 0);
	r = mmt_reader_open_memory(&heap, out, size, &err);
	s = mmt_reader_state(r);
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(s->nr_losses, 1);
	CHECK_EQ(s->losses[0].count, 7);
	CHECK_EQ(s->losses[0].cpu, 0);
	CHECK_EQ(s->losses[0].kind, MMT_EV_mm_page_alloc);
	while (mmt_reader_next(r, &ev, &err) == 1)
		;
	CHECK_EQ(s->lost, 7);
	done(r, out, made);
}

/* The second of three frames is damaged: the copy has a gap where it stood, and is sound. */
TEST(a_gap_stays_a_gap)
{
	const struct mmt_reader_state *s;
	const struct mmt_event *ev;
	struct way way = { { 0 }, 0 };
	struct mmt_reader *r;
	struct sample frames = { 0 };
	size_t n, size;
	uint8_t *made = make(&n), *out;
	unsigned at = 0;
	int ret;

	frames.bytes = made;
	frames.n = n;
	sample_walk(&frames);
	while (frames.events_before[at] < 2)
		at++;
	made[frames.end[at] - 3] ^= 0x10;
	out = copy(made, n, &as_it_is, &way, true, &heap, &size, &ret);
	CHECK_EQ(ret, 0);
	r = mmt_reader_open_memory(&heap, out, size, &err);
	s = mmt_reader_state(r);
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(ev->time, 10);
	CHECK_EQ(s->nr_gaps, 0);
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 1);
	CHECK_EQ(ev->time, 30);
	CHECK_EQ(s->nr_gaps, 1);
	CHECK_EQ(s->gaps[0].frames, 1);
	CHECK_EQ(mmt_reader_next(r, &ev, &err), 0);
	CHECK(s->sealed);
	done(r, out, made);
}

TEST(no_memory_is_told)
{
	size_t n, size;
	uint8_t *made = make(&n);
	int ret = -ENOMEM;

	for (uint64_t at = 1; ret; at++) {
		struct mmt_alloc failing = { .fail_at = at };
		struct way way = { { 0 }, 0 };

		CHECK(at < 2000);
		err = (struct mmt_err){ 0 };
		free(copy(made, n, &otherwise, &way, true, &failing, &size, &ret));
		CHECK(!ret || (ret == -ENOMEM && err.text[0]));
		CHECK_EQ(failing.used, 0);
	}
	free(made);
}

TEST_MAIN
