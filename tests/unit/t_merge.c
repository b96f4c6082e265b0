// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging: which parts go together, which ids mean the same thing, whose events tell.
 */
#include "lib/trace/edit/merge.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct mmt_alloc heap;
static struct mmt_err err;

/* --- hosts --- */

static json_t *header(const char *release, const char *version, const char *arch, uint64_t bytes,
		      uint64_t real, uint64_t mono)
{
	return json_pack("{s{ssssss}s{sI}s{sIsI}}", "kernel", "release", release, "version",
			 version, "arch", arch, "memory", "total_bytes", (json_int_t)bytes, "clock",
			 "realtime_ns", (json_int_t)real, "monotonic_ns", (json_int_t)mono);
}

#define SECOND 1000000000ull

TEST(parts_are_of_one_kernel_host_and_boot)
{
	static const struct {
		const char *release, *version, *arch;
		uint64_t bytes, real, mono;
		const char *why; /* NULL: it can follow */
	} part[] = {
		/* two hours later, by both clocks */
		{ "6.12.1", "#1", "x86_64", 1 << 30, 17300 * SECOND, 7300 * SECOND, NULL },
		/* a clock that was set by less than ten seconds, either way */
		{ "6.12.1", "#1", "x86_64", 1 << 30, 17309 * SECOND, 7300 * SECOND, NULL },
		{ "6.12.1", "#1", "x86_64", 1 << 30, 17291 * SECOND, 7300 * SECOND, NULL },
		{ "6.12.1", "#1", "x86_64", 1 << 30, 17311 * SECOND, 7300 * SECOND,
		  "another boot than that of the first part: 11 s apart by the clocks" },
		{ "6.12.1", "#1", "x86_64", 1 << 30, 17289 * SECOND, 7300 * SECOND,
		  "another boot than that of the first part: 11 s apart by the clocks" },
		{ "6.12.2", "#1", "x86_64", 1 << 30, 17300 * SECOND, 7300 * SECOND,
		  "another kernel release than that of the first part: 6.12.2, not 6.12.1" },
		{ "6.12.1", "#2", "x86_64", 1 << 30, 17300 * SECOND, 7300 * SECOND,
		  "another kernel build than that of the first part: #2, not #1" },
		{ "6.12.1", "#1", "aarch64", 1 << 30, 17300 * SECOND, 7300 * SECOND,
		  "another architecture than that of the first part: aarch64, not x86_64" },
		{ "6.12.1", "#1", "x86_64", 1 << 29, 17300 * SECOND, 7300 * SECOND,
		  "another host than that of the first part: 536870912 bytes of memory, not "
		  "1073741824" },
		/* a clock that makes no sense tells nothing */
		{ "6.12.1", "#1", "x86_64", 1 << 30, 1, 2, NULL },
	};
	json_t *first = header("6.12.1", "#1", "x86_64", 1 << 30, 10100 * SECOND, 100 * SECOND);
	json_t *bare = json_object();

	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		json_t *next = header(part[i].release, part[i].version, part[i].arch, part[i].bytes,
				      part[i].real, part[i].mono);

		err = (struct mmt_err){ 0 };
		CHECK_EQ(mmt_merge_check(first, next, &err), part[i].why ? -ENOTSUP : 0);
		CHECK_STR(err.text, part[i].why ? part[i].why : "");
		json_decref(next);
	}
	/* a header without a host is another one than one with */
	CHECK_EQ(mmt_merge_check(first, bare, &err), -ENOTSUP);
	CHECK_EQ(mmt_merge_check(bare, bare, &err), 0);
	json_decref(first);
	json_decref(bare);
}

/* --- ids --- */

static uint32_t id(struct mmt_merge *m, enum mmt_dict_kind kind, uint32_t from, uint64_t a,
		   uint64_t b, uint64_t c, const char *name)
{
	const struct mmt_dict_entry entry = { kind, from, { a, b, c }, name };
	uint32_t to = 0;
	int ret = mmt_merge_id(m, kind, from, &entry, &to, &err);

	return ret ? 0 : to;
}
#define TASK(m, from, tid, tgid) id(m, MMT_DICT_TASK, from, tid, tgid, 0, "x")
#define MM(m, from, task)	 id(m, MMT_DICT_MM, from, task, 0, 0, "")

/*
 *	part 1	task 5 = tid 900	mm 3 of task 5, exec, mm 8 of task 5
 *	part 2	task 1 = tid 900	mm 1 of task 1, exec, mm 4 of task 1
 */
TEST(things_are_known_again_by_what_names_them_on_the_host)
{
	struct mmt_merge *m = mmt_merge_new(&heap);
	uint32_t task, mm, later, file, group, string;

	CHECK_EQ(mmt_merge_part(m, &err), 0);
	CHECK_EQ(TASK(m, 4, 100, 100), 1);
	task = TASK(m, 5, 900, 900);
	CHECK_EQ(task, 2);
	mm = MM(m, 3, 5);
	later = MM(m, 8, 5);
	CHECK_EQ(mm, 1);
	CHECK_EQ(later, 2);
	file = id(m, MMT_DICT_FILE, 1, 8, 77, MMT_FILE_REGULAR, "");
	group = id(m, MMT_DICT_CGROUP, 1, 40, 0, 2, "/a");
	string = id(m, MMT_DICT_STRING, 1, 0, 0, 0, "vm.swappiness");

	CHECK_EQ(mmt_merge_part(m, &err), 0);
	CHECK_EQ(TASK(m, 1, 900, 900), task);
	/* the first address space is the last it had, another is new */
	CHECK_EQ(MM(m, 1, 1), later);
	CHECK_EQ(MM(m, 4, 1), later + 1);
	CHECK_EQ(id(m, MMT_DICT_FILE, 9, 8, 77, MMT_FILE_REGULAR, ""), file);
	CHECK_EQ(id(m, MMT_DICT_CGROUP, 9, 40, 0, 2, "/renamed"), group);
	CHECK_EQ(id(m, MMT_DICT_STRING, 9, 0, 0, 0, "vm.swappiness"), string);
	/* near misses are other things */
	CHECK_EQ(TASK(m, 2, 900, 901), task + 1);
	CHECK_EQ(id(m, MMT_DICT_FILE, 10, 9, 77, MMT_FILE_REGULAR, ""), file + 1);
	CHECK_EQ(id(m, MMT_DICT_FILE, 11, 8, 77, MMT_FILE_SHMEM, ""), file + 2);
	CHECK_EQ(id(m, MMT_DICT_CGROUP, 10, 40, 0, 1, "/a"), group + 1);
	CHECK_EQ(id(m, MMT_DICT_STRING, 10, 0, 0, 0, "vm.swappines"), string + 1);

	/* a third part knows what the first two have */
	CHECK_EQ(mmt_merge_part(m, &err), 0);
	CHECK_EQ(TASK(m, 7, 100, 100), 1);
	CHECK_EQ(TASK(m, 8, 900, 900), task);
	CHECK_EQ(MM(m, 9, 8), later + 1);
	mmt_merge_free(m);
	CHECK_EQ(heap.used, 0);
}

TEST(two_things_of_one_part_stay_two)
{
	struct mmt_merge *m = mmt_merge_new(&heap);
	uint32_t to;

	CHECK_EQ(mmt_merge_part(m, &err), 0);
	CHECK_EQ(TASK(m, 1, 50, 50), 1);
	CHECK_EQ(TASK(m, 2, 50, 50), 2);
	/* of no entry, or of an owner nobody knows, an id is its own */
	CHECK_EQ(mmt_merge_id(m, MMT_DICT_TASK, 3, NULL, &to, &err), 0);
	CHECK_EQ(to, 3);
	CHECK_EQ(mmt_merge_id(m, MMT_DICT_TASK, 4, NULL, &to, &err), 0);
	CHECK_EQ(to, 4);
	CHECK_EQ(MM(m, 1, 99), 1);
	CHECK_EQ(MM(m, 2, 99), 2);
	CHECK_EQ(mmt_merge_part(m, &err), 0);
	CHECK_EQ(MM(m, 1, 99), 3);
	mmt_merge_free(m);
	CHECK_EQ(heap.used, 0);
}

/* --- times --- */

struct seen {
	unsigned kind;
	uint64_t time;
	bool want;
};

static void see(struct mmt_merge *m, const struct seen *seen, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct mmt_event ev = { .kind = (uint16_t)seen[i].kind,
					      .time = seen[i].time };

		CHECK_EQ(mmt_merge_wants(m, &ev), seen[i].want);
	}
}
#define SEE(m, seen) see(m, seen, sizeof(seen) / sizeof(*(seen)))

/*
 *	part 1	1 2 ....... 10
 *	part 2	      8 [9 s s 11 s ] 12        the snapshot begins too early
 *	part 3	                  7 13
 */
TEST(where_parts_overlap_the_earlier_one_tells)
{
	static const struct seen first[] = {
		{ MMT_EV_mm_page_free, 1, true },
		{ MMT_EV_mm_page_free, 10, true },
		/* late, but of the part itself */
		{ MMT_EV_mm_page_free, 9, true },
	};
	static const struct seen second[] = {
		{ MMT_EV_mm_page_free, 8, false },   { MMT_EV_snapshot_begin, 9, false },
		{ MMT_EV_snap_cpu, 9, false },	     { MMT_EV_mm_page_free, 10, false },
		{ MMT_EV_snap_cpu, 11, false },	     { MMT_EV_mm_page_free, 11, true },
		{ MMT_EV_snapshot_end, 11, false },  { MMT_EV_snap_cpu, 12, true },
		{ MMT_EV_snapshot_begin, 12, true }, { MMT_EV_snap_cpu, 12, true },
		{ MMT_EV_snapshot_end, 12, true },   { MMT_EV_mm_page_free, 12, true },
	};
	static const struct seen third[] = {
		{ MMT_EV_mm_page_free, 7, false },
		{ MMT_EV_mm_page_free, 12, false },
		{ MMT_EV_mm_page_free, 13, true },
	};
	struct mmt_merge *m = mmt_merge_new(&heap);

	CHECK_EQ(mmt_merge_part(m, &err), 0);
	SEE(m, first);
	CHECK_EQ(mmt_merge_overlap(m), 0);
	CHECK_EQ(mmt_merge_part(m, &err), 0);
	SEE(m, second);
	CHECK_EQ(mmt_merge_overlap(m), 6);
	CHECK_EQ(mmt_merge_part(m, &err), 0);
	SEE(m, third);
	CHECK_EQ(mmt_merge_overlap(m), 2);
	mmt_merge_free(m);
	CHECK_EQ(heap.used, 0);
}

/* A part that breaks off in a snapshot says nothing of the next. */
TEST(a_snapshot_does_not_go_on_in_the_next_part)
{
	static const struct seen first[] = {
		{ MMT_EV_mm_page_free, 5, true },
	};
	static const struct seen second[] = {
		{ MMT_EV_snapshot_begin, 4, false },
		{ MMT_EV_snap_cpu, 6, false },
	};
	static const struct seen third[] = {
		{ MMT_EV_snap_cpu, 7, true },
	};
	struct mmt_merge *m = mmt_merge_new(&heap);

	CHECK_EQ(mmt_merge_part(m, &err), 0);
	SEE(m, first);
	CHECK_EQ(mmt_merge_part(m, &err), 0);
	SEE(m, second);
	CHECK_EQ(mmt_merge_part(m, &err), 0);
	SEE(m, third);
	mmt_merge_free(m);
}

TEST(no_memory_is_told)
{
	bool whole = false;

	for (uint64_t at = 1; !whole; at++) {
		struct mmt_alloc failing = { .fail_at = at };
		struct mmt_merge *m = mmt_merge_new(&failing);

		CHECK(at < 1000);
		err = (struct mmt_err){ 0 };
		whole = m && !mmt_merge_part(m, &err) && TASK(m, 1, 900, 900) == 1 &&
			MM(m, 1, 1) == 1 && !mmt_merge_part(m, &err) && TASK(m, 2, 900, 900) == 1 &&
			MM(m, 2, 2) == 1;
		CHECK(whole || !m || err.text[0]);
		CHECK(!whole || failing.calls < at);
		mmt_merge_free(m);
		CHECK_EQ(failing.used, 0);
	}
}

TEST_MAIN
