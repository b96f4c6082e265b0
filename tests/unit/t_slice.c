// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slices: for each event of small traces, whether it belongs to the part that was asked for.
 *
 * The tasks of all of them:
 *
 *	id   tid  process   comm       control group
 *	1    100  100       shell      /a
 *	2    200  200       worker     /a/b
 *	3    201  200       worker     /a/b
 *	4    300  300       other      /ab
 */
#include "lib/trace/edit/slice.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct mmt_alloc heap;
static struct mmt_err err;

enum { SHELL = 1, WORKER, THREAD, OTHER };
enum { ROOT = 1, A, AB_BELOW, AB_BESIDE };

static struct mmt_dict *dict_new(void)
{
	static const struct mmt_dict_entry entries[] = {
		{ MMT_DICT_TASK, SHELL, { 100, 100 }, "shell" },
		{ MMT_DICT_TASK, WORKER, { 200, 200 }, "worker" },
		{ MMT_DICT_TASK, THREAD, { 201, 200 }, "worker" },
		{ MMT_DICT_TASK, OTHER, { 300, 300 }, "other" },
		{ MMT_DICT_MM, 1, { SHELL }, "" },
		{ MMT_DICT_MM, 2, { WORKER }, "" },
		{ MMT_DICT_MM, 3, { OTHER }, "" },
		{ MMT_DICT_CGROUP, ROOT, { 1, 0, 2 }, "/" },
		{ MMT_DICT_CGROUP, A, { 2, ROOT, 2 }, "/a" },
		{ MMT_DICT_CGROUP, AB_BELOW, { 3, A, 2 }, "/a/b" },
		{ MMT_DICT_CGROUP, AB_BESIDE, { 4, ROOT, 2 }, "/ab" },
	};
	struct mmt_dict *d = mmt_dict_new(&heap);

	for (size_t i = 0; d && i < sizeof(entries) / sizeof(*entries); i++)
		if (mmt_dict_define(d, &entries[i], &err))
			abort();
	return d;
}

/* One event and what is to be said of it. */
struct step {
	unsigned kind;
	uint64_t time;
	uint32_t task;
	int want;
	uint64_t v[8];
};

#define EV(k, at, by, wanted, ...)                                                \
	{                                                                         \
		.kind = MMT_EV_##k, .time = (at), .task = (by), .want = (wanted), \
		.v = { __VA_ARGS__ }                                              \
	}

static struct mmt_event event_of(const struct step *s)
{
	struct mmt_event ev = { .kind = (uint16_t)s->kind, .time = s->time, .task = s->task };

	memcpy(ev.v, s->v, sizeof(s->v));
	return ev;
}

static void ask(const struct mmt_slice_options *o, const struct step *step, size_t n)
{
	struct mmt_dict *dict = dict_new();
	struct mmt_slice *s = mmt_slice_new(&heap, o);

	CHECK(dict && s);
	for (size_t i = 0; i < n; i++) {
		struct mmt_event ev = event_of(&step[i]);
		int got = mmt_slice_wants(s, &ev, dict, &err);

		if (got != step[i].want)
			printf("# step %zu, %s\n", i, mmt_event_info(ev.kind)->name);
		CHECK_EQ(got, step[i].want);
	}
	mmt_slice_free(s);
	mmt_dict_free(dict);
	CHECK_EQ(heap.used, 0);
}
#define ASK(o, step) ask(&(o), step, sizeof(step) / sizeof(*(step)))

TEST(a_window_since_the_first_event_has_both_its_ends)
{
	static const struct step step[] = {
		EV(mm_page_free, 1000, SHELL, 0, 1),	 EV(mm_page_free, 1099, SHELL, 0, 2),
		EV(mm_page_free, 1100, SHELL, 1, 3),	 EV(mm_page_free, 1150, OTHER, 1, 4),
		EV(mark_victim, 1200, SHELL, 1, WORKER), EV(mm_page_free, 1201, SHELL, 0, 5),
	};
	const struct mmt_slice_options since = { .from = { .set = true, .ns = 100 },
						 .to = { .set = true, .ns = 200 } };
	const struct mmt_slice_options on_the_clock = {
		.from = { .set = true, .absolute = true, .ns = 1100 },
		.to = { .set = true, .absolute = true, .ns = 1200 },
	};

	CHECK(mmt_slice_is_part(&since));
	ASK(since, step);
	ASK(on_the_clock, step);
}

TEST(an_open_or_endless_window_ends_with_the_trace)
{
	static const struct step all[] = {
		EV(mm_page_free, 1000, SHELL, 1, 1),
		EV(mm_page_free, UINT64_MAX, SHELL, 1, 2),
	};
	static const struct step late[] = {
		EV(mm_page_free, 1000, SHELL, 0, 1),
		EV(mm_page_free, 2000, SHELL, 1, 2),
	};
	const struct mmt_slice_options whole = { .kinds = NULL };
	const struct mmt_slice_options from = { .from = { .set = true, .ns = 1000 } };
	/* so far on that it would begin at 0 again */
	const struct mmt_slice_options far = { .to = { .set = true, .ns = UINT64_MAX } };

	CHECK(!mmt_slice_is_part(&whole));
	ASK(whole, all);
	ASK(from, late);
	ASK(far, all);
}

/* full | events | light | events; the window has the last events alone */
TEST(the_first_full_snapshot_is_kept_and_others_whole_or_not)
{
	static const struct step step[] = {
		EV(snapshot_begin, 1000, 0, 1, MMT_SNAP_FULL, 1),
		EV(snap_cpu, 1001, 0, 1, 0, 0),
		/* of what others did meanwhile nothing is left */
		EV(mm_page_free, 1002, SHELL, 0, 1),
		EV(snapshot_end, 1003, 0, 1, MMT_SNAP_FULL, 1),
		EV(snap_cpu, 1004, 0, 0, 0, 0),
		EV(snapshot_begin, 1400, 0, 0, MMT_SNAP_LIGHT, 2),
		EV(snap_buddy, 1500, 0, 0, 0, 2, 0, 7),
		EV(mm_page_free, 1500, SHELL, 1, 1),
		EV(snapshot_end, 1501, 0, 0, MMT_SNAP_LIGHT, 2),
		EV(snapshot_begin, 1600, 0, 1, MMT_SNAP_LIGHT, 3),
		/* begun in it, so kept whole, although it ends later */
		EV(snap_buddy, 1601, 0, 1, 0, 2, 0, 8),
		EV(mm_page_free, 1650, SHELL, 0, 1),
		EV(snapshot_end, 1700, 0, 1, MMT_SNAP_LIGHT, 3),
		EV(snapshot_begin, 1800, 0, 0, MMT_SNAP_FULL, 4),
		EV(snapshot_end, 1801, 0, 0, MMT_SNAP_FULL, 4),
	};
	const struct mmt_slice_options o = { .from = { .set = true, .ns = 500 },
					     .to = { .set = true, .ns = 600 } };

	ASK(o, step);
}

TEST(kinds_are_those_named)
{
	static const struct step step[] = {
		EV(mm_page_free, 1, SHELL, 1, 1),
		EV(mark_victim, 2, SHELL, 0, WORKER),
		EV(snapshot_begin, 3, 0, 0, MMT_SNAP_FULL, 1),
		EV(snap_cpu, 4, 0, 1, 0, 0),
	};
	bool kinds[MMT_KIND_MAX + 1] = { [MMT_EV_mm_page_free] = true, [MMT_EV_snap_cpu] = true };
	const struct mmt_slice_options o = { .kinds = kinds, .kinds_text = "mm_page_free" };
	struct mmt_loss loss = { .kind = MMT_EV_mm_page_free };
	struct mmt_slice *s = mmt_slice_new(&heap, &o);

	CHECK(mmt_slice_loss(s, &loss));
	loss.kind = MMT_EV_mark_victim;
	CHECK(!mmt_slice_loss(s, &loss));
	mmt_slice_free(s);
	ASK(o, step);
}

TEST(losses_belong_to_a_window_that_they_touch)
{
	const struct mmt_slice_options o = {
		.from = { .set = true, .absolute = true, .ns = 100 },
		.to = { .set = true, .absolute = true, .ns = 200 },
	};
	static const struct {
		uint64_t first, last;
		bool want;
	} loss[] = { { 10, 99, false },	 { 10, 100, true },   { 120, 130, true },
		     { 200, 300, true }, { 201, 300, false }, { 1, 1000, true } };
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .time = 1 };
	struct mmt_dict *dict = dict_new();
	struct mmt_slice *s = mmt_slice_new(&heap, &o);

	CHECK_EQ(mmt_slice_wants(s, &ev, dict, &err), 0);
	for (size_t i = 0; i < sizeof(loss) / sizeof(*loss); i++) {
		struct mmt_loss l = { .time_first = loss[i].first, .time_last = loss[i].last };

		CHECK_EQ(mmt_slice_loss(s, &l), loss[i].want);
	}
	mmt_slice_free(s);
	mmt_dict_free(dict);
}

TEST(a_process_has_its_threads_frames_and_what_others_do_to_it)
{
	static const struct step step[] = {
		EV(mm_page_alloc, 1, WORKER, 1, 64, 2),
		EV(mm_page_alloc, 2, THREAD, 1, 128, 0),
		EV(mm_page_alloc, 3, SHELL, 0, 256, 0),
		/* a frame of a block that it has, whoever frees it; and only once */
		EV(mm_page_free, 4, OTHER, 1, 67, 0),
		EV(mm_page_free, 5, OTHER, 0, 67, 0),
		EV(mm_page_free, 6, OTHER, 1, 66, 0),
		EV(mm_page_free, 7, OTHER, 0, 256, 0),
		/* frames far off, of a section nobody had */
		EV(mm_page_free, 8, OTHER, 0, 1u << 30, 0),
		/* what it frees of others' is its deed */
		EV(mm_page_free, 9, WORKER, 1, 512, 0),
		/* a frame that another gets next is no longer its own */
		EV(mm_page_alloc, 10, OTHER, 0, 128, 0),
		EV(mm_page_free, 11, OTHER, 0, 128, 0),
		/* a request that was refused holds nothing */
		EV(mm_page_alloc, 12, WORKER, 1, MMT_PFN_NONE, 0),
		EV(mark_victim, 13, OTHER, 1, WORKER),
		EV(mark_victim, 14, OTHER, 0, SHELL),
		/* changes of tunables hold for all */
		EV(setting_change, 15, 0, 1, 1, 1),
		EV(snapshot_begin, 16, 0, 1, MMT_SNAP_FULL, 1),
		EV(snap_task, 17, 0, 1, WORKER, SHELL, 2, AB_BELOW),
		EV(snap_task, 18, 0, 0, OTHER, SHELL, 3, AB_BESIDE),
		EV(snap_mm, 19, 0, 1, 2, 5),
		EV(snap_mm, 20, 0, 0, 3, 5),
		EV(snap_cpu, 21, 0, 1, 0, 0),
		EV(snapshot_end, 22, 0, 1, MMT_SNAP_FULL, 1),
		/* its new address space is its own from exec on */
		EV(sched_process_exec, 23, WORKER, 1, 9, 200),
		EV(snap_mm, 24, 0, 1, 9, 1),
		EV(sched_process_exec, 25, OTHER, 0, 10, 300),
		EV(snap_mm, 26, 0, 0, 10, 1),
	};
	const struct mmt_slice_options process = { .by_pid = true, .pid = 200 };

	ASK(process, step);
}

TEST(a_thread_is_one_task_of_its_process)
{
	static const struct step step[] = {
		EV(mm_page_alloc, 1, THREAD, 1, 1, 0),
		EV(mm_page_alloc, 2, WORKER, 0, 2, 0),
		EV(mm_page_alloc, 3, 0, 0, 3, 0),
		/* of nobody known */
		EV(mm_page_alloc, 4, 77, 0, 4, 0),
	};
	const struct mmt_slice_options o = { .by_pid = true, .pid = 201 };

	ASK(o, step);
}

TEST(a_group_has_those_below_it_and_who_moves_in)
{
	static const struct step step[] = {
		/* not known to be there yet */
		EV(mm_page_alloc, 1, SHELL, 0, 1, 0),
		EV(snapshot_begin, 2, 0, 1, MMT_SNAP_FULL, 1),
		EV(snap_task, 3, 0, 1, SHELL, 0, 1, A),
		EV(snap_task, 4, 0, 1, WORKER, 0, 2, AB_BELOW),
		EV(snap_task, 5, 0, 0, OTHER, 0, 3, AB_BESIDE),
		EV(snap_cgroup, 6, 0, 1, A, ROOT, 2),
		EV(snap_cgroup, 7, 0, 1, AB_BELOW, A, 2),
		EV(snapshot_end, 9, 0, 1, MMT_SNAP_FULL, 1),
		EV(mm_page_alloc, 10, SHELL, 1, 10, 0),
		EV(mm_page_alloc, 11, WORKER, 1, 11, 0),
		EV(mm_page_alloc, 12, OTHER, 0, 12, 0),
		/* a child is where its parent is */
		EV(sched_process_fork, 13, WORKER, 1, 50, 60),
		EV(mm_page_alloc, 14, 50, 1, 14, 0),
		EV(snap_mm, 15, 0, 1, 60, 1),
		EV(sched_process_fork, 16, OTHER, 0, 51, 61),
		EV(mm_page_alloc, 17, 51, 0, 17, 0),
		/* one moves out, one moves in */
		EV(cgroup_attach_task, 18, WORKER, 1, AB_BESIDE, WORKER),
		EV(mm_page_alloc, 19, WORKER, 0, 19, 0),
		EV(cgroup_attach_task, 20, OTHER, 1, AB_BELOW, OTHER),
		EV(mm_page_alloc, 21, OTHER, 1, 21, 0),
		/* and a group nobody knows is none */
		EV(cgroup_attach_task, 22, OTHER, 1, 99, OTHER),
		EV(mm_page_alloc, 23, OTHER, 0, 23, 0),
		EV(cgroup_mkdir, 24, OTHER, 1, AB_BELOW, A),
		EV(cgroup_mkdir, 25, OTHER, 0, AB_BESIDE, ROOT),
	};
	const struct mmt_slice_options plain = { .cgroup = "/a" }, slash = { .cgroup = "/a/" };
	static const struct step below[] = {
		EV(snap_task, 1, 0, 1, WORKER, 0, 2, AB_BELOW),
		EV(mm_page_alloc, 2, WORKER, 1, 1, 0),
		EV(snap_task, 3, 0, 0, SHELL, 0, 1, A),
		EV(mm_page_alloc, 4, SHELL, 0, 2, 0),
	};

	ASK(plain, step);
	ASK(slash, below);
}

TEST(process_and_group_have_what_is_of_both)
{
	static const struct step step[] = {
		EV(snap_task, 1, 0, 1, WORKER, 0, 2, AB_BELOW),
		EV(snap_task, 2, 0, 0, SHELL, 0, 1, A),
		EV(mm_page_alloc, 3, WORKER, 1, 1, 0),
		EV(mm_page_alloc, 4, SHELL, 0, 2, 0),
		EV(cgroup_attach_task, 5, OTHER, 1, ROOT, WORKER),
		EV(mm_page_alloc, 6, WORKER, 0, 3, 0),
	};
	const struct mmt_slice_options o = { .by_pid = true, .pid = 200, .cgroup = "/a" };

	ASK(o, step);
}

/* seq 1 tells all, 2 and 3 changes; the window begins with 3. */
TEST(rows_of_snapshots_left_out_follow_the_first_that_is_kept)
{
	static const struct step before[] = {
		EV(snapshot_begin, 1000, 0, 1, MMT_SNAP_FULL, 1, 0),
		EV(snap_zone, 1001, 0, 1, 0, 2, 4096, 100, 100, 90, 11),
		EV(snap_vmstat, 1002, 0, 1, 1, 500),
		EV(snapshot_end, 1003, 0, 1, MMT_SNAP_FULL, 1),
		EV(snapshot_begin, 1100, 0, 0, MMT_SNAP_LIGHT, 2, 1),
		EV(snap_vmstat, 1101, 0, 0, 1, 600),
		EV(snapshot_end, 1102, 0, 0, MMT_SNAP_LIGHT, 2),
	};
	static const struct step third = EV(snapshot_begin, 1200, 0, 1, MMT_SNAP_LIGHT, 3, 1);
	static const struct step fourth = EV(snapshot_begin, 1300, 0, 1, MMT_SNAP_LIGHT, 4, 1);
	const struct mmt_slice_options o = { .from = { .set = true, .ns = 200 } };
	struct mmt_dict *dict = dict_new();
	struct mmt_slice *s = mmt_slice_new(&heap, &o);
	struct mmt_event ev, row = { 0 };
	bool vmstat = false;

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		ev = event_of(&before[i]);
		CHECK_EQ(mmt_slice_wants(s, &ev, dict, &err), before[i].want);
		CHECK_EQ(mmt_slice_rows(s), 0);
	}
	ev = event_of(&third);
	CHECK_EQ(mmt_slice_wants(s, &ev, dict, &err), 1);
	CHECK(mmt_slice_rows(s) > 0);
	for (size_t i = 0; i < mmt_slice_rows(s); i++) {
		CHECK(mmt_slice_row(s, i, dict, &row));
		if (row.kind != MMT_EV_snap_vmstat)
			continue;
		vmstat = true;
		CHECK_EQ(row.v[MMT_F(snap_vmstat, value)], 600);
	}
	CHECK(vmstat);
	/* the next is told by changes since that one */
	ev = (struct mmt_event){ .kind = MMT_EV_snapshot_end, .time = 1201, .v = { 1, 3 } };
	CHECK_EQ(mmt_slice_wants(s, &ev, dict, &err), 1);
	ev = event_of(&fourth);
	CHECK_EQ(mmt_slice_wants(s, &ev, dict, &err), 1);
	CHECK_EQ(mmt_slice_rows(s), 0);
	mmt_slice_free(s);
	mmt_dict_free(dict);
	CHECK_EQ(heap.used, 0);
}

TEST(no_snapshot_is_mended_across_one_that_is_missing)
{
	static const struct step step[] = {
		EV(snapshot_begin, 1000, 0, 1, MMT_SNAP_FULL, 1, 0),
		EV(snap_vmstat, 1002, 0, 1, 1, 500),
		EV(snapshot_end, 1003, 0, 1, MMT_SNAP_FULL, 1),
		/* 2 was lost */
		EV(snapshot_begin, 1200, 0, 1, MMT_SNAP_LIGHT, 3, 1),
	};
	const struct mmt_slice_options o = { .from = { .set = true, .ns = 200 } };
	struct mmt_dict *dict = dict_new();
	struct mmt_slice *s = mmt_slice_new(&heap, &o);

	for (size_t i = 0; i < sizeof(step) / sizeof(*step); i++) {
		struct mmt_event ev = event_of(&step[i]);

		CHECK_EQ(mmt_slice_wants(s, &ev, dict, &err), step[i].want);
	}
	CHECK_EQ(mmt_slice_rows(s), 0);
	mmt_slice_free(s);
	mmt_dict_free(dict);
}

TEST(the_header_says_what_was_asked_for_and_of_which_part)
{
	bool kinds[MMT_KIND_MAX + 1] = { false };
	const struct mmt_slice_options first = { .from = { .set = true, .ns = 5 } };
	const struct mmt_slice_options second = { .to = { .set = true, .absolute = true, .ns = 9 },
						  .kinds = kinds,
						  .kinds_text = "alloc,oom",
						  .by_pid = true,
						  .pid = 200,
						  .cgroup = "/a" };
	json_t *header = json_pack("{ss}", "schema", "mmtrace.trace/1");
	json_t *one = mmt_slice_header(header, &first), *two, *slice;
	char *text;

	CHECK(one && !json_object_get(header, "slice"));
	two = mmt_slice_header(one, &second);
	slice = json_object_get(two, "slice");
	text = json_dumps(slice, JSON_COMPACT | JSON_SORT_KEYS);
	CHECK_STR(text, "{\"cgroup\":\"/a\",\"events\":\"alloc,oom\","
			"\"of\":{\"from\":{\"absolute\":false,\"ns\":5}},\"pid\":200,"
			"\"to\":{\"absolute\":true,\"ns\":9}}");
	CHECK_STR(json_string_value(json_object_get(two, "schema")), "mmtrace.trace/1");
	free(text);
	json_decref(header);
	json_decref(one);
	json_decref(two);
}

TEST(the_id_of_a_part_is_its_own_and_always_the_same)
{
	bool none[MMT_KIND_MAX + 1] = { false };
	const struct mmt_slice_options o[] = {
		{ .from = { .set = true, .ns = 1 } },
		{ .to = { .set = true, .ns = 1 } },
		{ .from = { .set = true, .absolute = true, .ns = 1 } },
		{ .by_pid = true, .pid = 1 },
		{ .by_pid = true },
		{ .cgroup = "/a" },
		{ .cgroup = "/b" },
		{ .kinds = none },
		{ .cgroup = NULL },
	};
	const size_t n = sizeof(o) / sizeof(*o);

	for (size_t i = 0; i < n; i++) {
		CHECK(mmt_slice_id(7, &o[i]) != 7);
		CHECK_EQ(mmt_slice_id(7, &o[i]), mmt_slice_id(7, &o[i]));
		CHECK(mmt_slice_id(7, &o[i]) != mmt_slice_id(8, &o[i]));
		for (size_t j = 0; j < i; j++)
			CHECK(mmt_slice_id(7, &o[i]) != mmt_slice_id(7, &o[j]));
	}
}

/* Every allocation fails in turn, until none does. */
TEST(no_memory_is_told)
{
	static const struct step step[] = {
		EV(snapshot_begin, 1, 0, 1, MMT_SNAP_FULL, 1),
		EV(snap_task, 2, 0, 1, WORKER, 0, 2, AB_BELOW),
		EV(snap_vmstat, 3, 0, 1, 1, 500),
		EV(mm_page_alloc, 4, WORKER, 1, 64, 2),
		EV(sched_process_fork, 5, WORKER, 1, 50, 60),
	};
	const struct mmt_slice_options o = { .cgroup = "/a" };
	struct mmt_dict *dict = dict_new();
	bool whole = false;

	for (uint64_t at = 1; !whole; at++) {
		struct mmt_alloc failing = { .fail_at = at };
		struct mmt_slice *s = mmt_slice_new(&failing, &o);
		int got = s ? 1 : -ENOMEM;

		CHECK(at < 1000);
		for (size_t i = 0; i < sizeof(step) / sizeof(*step) && got == 1; i++) {
			struct mmt_event ev = event_of(&step[i]);

			err = (struct mmt_err){ 0 };
			got = mmt_slice_wants(s, &ev, dict, &err);
		}
		CHECK(got == 1 || got == -ENOMEM);
		CHECK(got == 1 || !s || err.text[0]);
		/* only what was asked of memory after that may not have failed */
		whole = got == 1 && failing.calls < at;
		mmt_slice_free(s);
		CHECK_EQ(failing.used, 0);
	}
	mmt_dict_free(dict);
}

TEST_MAIN
