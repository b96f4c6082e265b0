/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/map.c and ids.c: names of the kernel, and the ids they become. */
#include "lib/base/rng.h"
#include "lib/record/ids.h"
#include "lib/record/map.h"
#include "tests/unit/record_trace.h"

#include <errno.h>

TEST(map_agrees_with_an_array_through_a_million_changes)
{
	enum { KEYS = 3000 };
	static uint32_t model[KEYS];
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct rec_map m = { .alloc = &a };
	struct mmt_rng rng = { 1 };

	for (int i = 0; i < 1000000; i++) {
		uint64_t k = mmt_rng_below(&rng, KEYS);

		if (mmt_rng_below(&rng, 3)) {
			model[k] = (uint32_t)i + 1;
			CHECK(rec_map_set(&m, k * 4096, k % 7, model[k]));
		} else {
			model[k] = 0;
			rec_map_del(&m, k * 4096, k % 7);
		}
		k = mmt_rng_below(&rng, KEYS);
		CHECK_EQ(rec_map_get(&m, k * 4096, k % 7), model[k]);
	}
	/* both parts of a key count */
	CHECK(rec_map_set(&m, 1, 2, 12) && rec_map_set(&m, 2, 1, 21));
	CHECK_EQ(rec_map_get(&m, 1, 2), 12);
	CHECK_EQ(rec_map_get(&m, 2, 1), 21);
	rec_map_free(&m);
	CHECK_EQ(a.used, 0);
}

TEST(what_has_gone_is_forgotten_if_that_is_asked_for)
{
	const struct mmt_dict *d;
	struct rec_ids *ids;
	struct trace t;

	CHECK(trace_begin(&t));
	ids = rec_ids_new(&t.alloc, t.w, NULL);
	d = mmt_writer_dict(t.w);
	for (int tid = 1; tid <= 6; tid++)
		rec_ids_task(ids, tid, tid, "task", 0);
	rec_ids_task_gone(ids, 1); /* before the first call: kept */
	rec_ids_forget(ids);
	rec_ids_task_gone(ids, 2);
	rec_ids_task_gone(ids, 5);
	CHECK_EQ(rec_ids_mm_new(ids, 3, 0xa0), 1);
	CHECK_EQ(rec_ids_mm_new(ids, 4, 0xb0), 2);
	rec_ids_mm_gone(ids, 0xa0);
	CHECK_EQ(mmt_dict_count(d, MMT_DICT_TASK), 6);
	rec_ids_forget(ids);
	CHECK_EQ(mmt_dict_count(d, MMT_DICT_TASK), 4);
	CHECK_EQ(mmt_dict_count(d, MMT_DICT_MM), 1);
	for (uint32_t id = 1; id <= 6; id++)
		CHECK(!mmt_dict_get(d, MMT_DICT_TASK, id) == (id == 2 || id == 5));
	/* a new task gets a new id, and is found */
	CHECK_EQ(rec_ids_task(ids, 2, 2, "again", 0), 7);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 7)->name, "again");
	CHECK_EQ(rec_ids_mm_new(ids, 2, 0xa0), 3);
	rec_ids_free(ids);
	trace_end(&t);
	CHECK_EQ(t.alloc.used, 0);
}

/*
 *	group 10 --+-- mm 1, key seen      group 30 -- mm 3, key seen, then torn down
 *	group 11 --+                       group 20 -- mm 2, of a snapshot only
 */
TEST(spaces_that_live_each_once)
{
	struct rec_space *list;
	struct rec_ids *ids;
	struct trace t;
	size_t n;

	CHECK(trace_begin(&t));
	ids = rec_ids_new(&t.alloc, t.w, NULL);
	CHECK_EQ(rec_ids_spaces(ids, false, &list, &n), 0);
	CHECK_EQ(n, 0);
	mmt_free(&t.alloc, list);
	CHECK_EQ(rec_ids_mm_new(ids, 10, 0xa0), 1);
	CHECK_EQ(rec_ids_mm_share(ids, 11, 10), 1);
	CHECK_EQ(rec_ids_mm_of_tgid(ids, 20), 2);
	CHECK_EQ(rec_ids_mm_new(ids, 30, 0xb0), 3);
	CHECK_EQ(rec_ids_mm_of_tgid(ids, getpid()), 4); /* our own is left out */
	CHECK_EQ(rec_ids_spaces(ids, false, &list, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_EQ(list[0].tgid, 10);
	CHECK_EQ(list[1].tgid, 20);
	CHECK_EQ(list[2].mm, 3);
	mmt_free(&t.alloc, list);
	rec_ids_mm_gone(ids, 0xb0);
	CHECK_EQ(rec_ids_spaces(ids, true, &list, &n), 0);
	CHECK_EQ(n, 1);
	CHECK_EQ(list[0].mm, 1);
	mmt_free(&t.alloc, list);
	for (uint64_t at = 1; at <= 2; at++) {
		t.alloc.fail_at = t.alloc.calls + at;
		CHECK_EQ(rec_ids_spaces(ids, true, &list, &n), -ENOMEM);
	}
	rec_ids_free(ids);
	trace_end(&t);
	CHECK_EQ(t.alloc.used, 0);
}

TEST(tasks_get_ids_in_order_and_a_reused_number_a_new_one)
{
	const struct mmt_dict_entry *d;
	struct trace t;
	struct rec_ids *ids;
	uint32_t a, b;

	CHECK(trace_begin(&t));
	ids = rec_ids_new(&t.alloc, t.w, NULL);
	CHECK(ids);
	/*  tid 100 -> 1     tid 101 -> 2     tid 0 -> none */
	a = rec_ids_task(ids, 100, 100, "first", 0);
	b = rec_ids_task(ids, 101, 100, "thread", 0);
	CHECK_EQ(a, 1);
	CHECK_EQ(b, 2);
	CHECK_EQ(rec_ids_task(ids, 0, 0, "idle", 0), 0);
	CHECK_EQ(rec_ids_tgid(ids, 101), 100);
	/* the same again: the same id; a new name is told under it */
	CHECK_EQ(rec_ids_task(ids, 100, 100, "second", 0), 1);
	d = mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_TASK, 1);
	CHECK_STR(d->name, "second");
	CHECK_EQ(rec_ids_task(ids, 100, 100, NULL, 0), 1);
	CHECK_STR(mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_TASK, 1)->name, "second");
	/* 100 ends, the kernel gives the number again: id 3, and 1 stays what it was */
	rec_ids_task_gone(ids, 100);
	CHECK_EQ(rec_ids_task_known(ids, 100), 0);
	CHECK_EQ(rec_ids_task(ids, 100, 100, "third", MMT_TASK_KTHREAD), 3);
	CHECK_STR(mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_TASK, 1)->name, "second");
	CHECK_EQ(mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_TASK, 3)->num[2], MMT_TASK_KTHREAD);
	/* our own tasks are marked */
	a = rec_ids_task(ids, getpid(), getpid(), "self", 0);
	CHECK_EQ(mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_TASK, a)->num[2], MMT_TASK_SELF);
	CHECK_EQ(rec_ids_check(ids, NULL), 0);
	rec_ids_free(ids);
	trace_end(&t);
	CHECK_EQ(t.alloc.used, 0);
}

TEST(address_spaces_fork_share_and_end)
{
	struct trace t;
	struct rec_ids *ids;
	uint32_t shell, child, thread, exec;

	CHECK(trace_begin(&t));
	ids = rec_ids_new(&t.alloc, t.w, NULL);
	CHECK(ids);
	rec_ids_task(ids, 2, 2, "kthreadd", MMT_TASK_KTHREAD);
	CHECK_EQ(rec_ids_mm_of_tgid(ids, 2), 0); /* a kernel thread has none */
	rec_ids_task(ids, 10, 10, "sh", 0);
	shell = rec_ids_mm_of_tgid(ids, 10);
	CHECK_EQ(shell, 1);
	/* /proc named the group first, the kernel its key later: one mm */
	CHECK_EQ(rec_ids_mm_bind(ids, 10, 0xa000), shell);
	CHECK_EQ(rec_ids_mm(ids, 0xa000), shell);
	/*  sh(10) --fork--> 11: its own;   10 --vfork--> 12: shared */
	child = rec_ids_mm_new(ids, 11, 0xb000);
	CHECK(child != shell);
	thread = rec_ids_mm_share(ids, 12, 10);
	CHECK_EQ(thread, shell);
	/*  12 execs: a new one, and 10 keeps its own */
	exec = rec_ids_mm_new(ids, 12, 0xc000);
	CHECK(exec != shell && exec != child);
	CHECK_EQ(rec_ids_mm_of_tgid(ids, 10), shell);
	CHECK_EQ(rec_ids_mm_of_tgid(ids, 12), exec);
	/*  11 ends, its mm_struct is used again by 13: a new mm */
	rec_ids_mm_gone(ids, 0xb000);
	rec_ids_tgid_gone(ids, 11);
	CHECK_EQ(rec_ids_mm(ids, 0xb000), 0);
	CHECK(rec_ids_mm_bind(ids, 13, 0xb000) > exec);
	CHECK_EQ(rec_ids_mm(ids, 0), 0);
	rec_ids_free(ids);
	trace_end(&t);
}

TEST(files_are_told_by_device_and_inode_and_cgroups_by_hierarchy)
{
	const struct mmt_dict_entry *d;
	struct trace t;
	struct rec_ids *ids;

	CHECK(trace_begin(&t));
	ids = rec_ids_new(&t.alloc, t.w, NULL);
	CHECK(ids);
	CHECK_EQ(rec_ids_file(ids, 8 << 20 | 1, 77, MMT_FILE_REGULAR, REC_SIZE_UNKNOWN), 1);
	CHECK_EQ(rec_ids_file(ids, 8 << 20 | 2, 77, MMT_FILE_SHMEM, 4096), 2);
	CHECK_EQ(rec_ids_file(ids, 0, 0, MMT_FILE_REGULAR, 0), 0);
	/* a size learned later is told; one not known does not undo it */
	CHECK_EQ(rec_ids_file(ids, 8 << 20 | 1, 77, MMT_FILE_REGULAR, 9000), 1);
	CHECK_EQ(rec_ids_file(ids, 8 << 20 | 1, 77, MMT_FILE_REGULAR, REC_SIZE_UNKNOWN), 1);
	d = mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_FILE, 1);
	CHECK_EQ(d->num[3], 9000);
	CHECK_EQ(rec_ids_cgroup(ids, 5, 0, 1, ""), 1);
	CHECK_EQ(rec_ids_cgroup(ids, 5, 0, 2, "/"), 2);
	CHECK_EQ(rec_ids_cgroup(ids, 5, 0, 1, "/web"), 1);
	CHECK_STR(mmt_dict_get(mmt_writer_dict(t.w), MMT_DICT_CGROUP, 1)->name, "/web");
	rec_ids_free(ids);
	trace_end(&t);
}

TEST(hidden_names_are_those_of_programs_and_control_groups)
{
	const struct mmt_dict *d;
	struct trace t;
	struct rec_ids *ids;

	CHECK(trace_begin(&t));
	ids = rec_ids_new(&t.alloc, t.w, NULL);
	CHECK(ids);
	rec_ids_hide_names(ids);
	d = mmt_writer_dict(t.w);
	/*  a program, a kernel thread, ourselves, one whose name nobody knows */
	CHECK_EQ(rec_ids_task(ids, 100, 100, "secret", 0), 1);
	CHECK_EQ(rec_ids_task(ids, 2, 2, "kthreadd", MMT_TASK_KTHREAD), 2);
	CHECK_EQ(rec_ids_task(ids, getpid(), getpid(), "mmtrace", 0), 3);
	CHECK_EQ(rec_ids_task(ids, 101, 101, NULL, 0), 4);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 1)->name, "task");
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 2)->name, "kthreadd");
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 3)->name, "mmtrace");
	CHECK_STR(mmt_dict_get(d, MMT_DICT_TASK, 4)->name, "");
	/*  / -> /secret -> a group not known by path */
	CHECK_EQ(rec_ids_cgroup(ids, 1, 0, 2, "/"), 1);
	CHECK_EQ(rec_ids_cgroup(ids, 5, 1, 2, "/secret"), 2);
	CHECK_EQ(rec_ids_cgroup(ids, 6, 0, 2, ""), 3);
	CHECK_STR(mmt_dict_get(d, MMT_DICT_CGROUP, 1)->name, "/");
	CHECK_STR(mmt_dict_get(d, MMT_DICT_CGROUP, 2)->name, "/2");
	CHECK_STR(mmt_dict_get(d, MMT_DICT_CGROUP, 3)->name, "");
	rec_ids_free(ids);
	trace_end(&t);
}

TEST(a_refused_allocation_is_kept_as_the_cause_and_every_call_then_gives_0)
{
	struct mmt_err e = { 0 };

	for (uint64_t n = 1; n < 40; n++) {
		struct trace t;
		struct rec_ids *ids;

		CHECK(trace_begin(&t));
		t.alloc.fail_at = t.alloc.calls + n;
		t.alloc.fail_after = true;
		ids = rec_ids_new(&t.alloc, t.w, &e);
		for (int tid = 1; ids && tid < 2000; tid++) {
			rec_ids_task(ids, tid, tid, "x", 0);
			rec_ids_file(ids, 1, (uint64_t)tid, MMT_FILE_REGULAR, 1);
		}
		if (ids && rec_ids_check(ids, &e)) {
			CHECK_EQ(rec_ids_check(ids, &e), -ENOMEM);
			CHECK_EQ(rec_ids_task(ids, 5000, 5000, "x", 0), 0);
		}
		CHECK_EQ(e.code, ENOMEM);
		t.alloc.fail_after = false;
		t.alloc.fail_at = 0;
		rec_ids_free(ids);
		trace_end(&t);
		CHECK_EQ(t.alloc.used, 0);
	}
}

TEST_MAIN
