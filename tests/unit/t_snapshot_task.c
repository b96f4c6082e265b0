/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/task.c and snapshot/vma.c on a /proc made of files. */
#include "tests/unit/t_snapshot.h"

#define T(n, field) ROW(&h, snap_task, n, field)
#define V(n, field) ROW(&h, vma, n, field)

static const char status[] = "Name:\tx\nVmSize:\t     400 kB\nVmPTE:\t      48 kB\n"
			     "RssAnon:\t     100 kB\nRssFile:\t     40 kB\n"
			     "RssShmem:\t       8 kB\nVmSwap:\t       16 kB\n";

static void process(struct host *h, int pid, const char *stat, const char *stat_us)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	host_text(h, path, stat);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	host_text(h, path, stat_us);
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	host_text(h, path, "-500\n");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, pid);
	host_text(h, path, "x\n");
}

static char *sample(const char *name)
{
	char path[128], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/proc/%s", name);
	f = fopen(path, "r");
	if (!f || !fread(text, 1, 65535, f)) {
		perror(path);
		exit(1);
	}
	fclose(f);
	return text;
}

/* A comm may hold whatever its owner likes, also what looks like the fields after it. */
TEST(a_process_and_its_threads)
{
	struct host h;

	host_make(&h);
	process(&h, 30, "30 (a) R 1 (b) S 7 30 30 0 -1 4194560 0 0\n", status);
	host_text(&h, "/proc/30/task/31/comm", "worker\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_tasks(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_task), 2);
	CHECK_STR(host_name(&h, MMT_DICT_TASK, T(0, task)), "a) R 1 (b");
	CHECK_STR(host_name(&h, MMT_DICT_TASK, T(1, task)), "worker");
	CHECK_EQ(T(0, parent), T(1, parent));
	CHECK_EQ(mmt_dict_get(mmt_reader_dict(h.r), MMT_DICT_TASK, (uint32_t)T(0, parent))->num[0],
		 7);
	CHECK(T(0, mm) > 0 && T(0, mm) == T(1, mm));
	CHECK_EQ((int64_t)T(0, adj), -500);
	CHECK_EQ(ROW(&h, snap_mm, 0, rss_anon), 25);
	CHECK_EQ(ROW(&h, snap_mm, 0, rss_file), 10);
	CHECK_EQ(ROW(&h, snap_mm, 0, rss_shmem), 2);
	CHECK_EQ(ROW(&h, snap_mm, 0, swap), 4);
	CHECK_EQ(ROW(&h, snap_mm, 0, pgtables), 12);
	CHECK_EQ(ROW(&h, snap_mm, 0, total_vm), 100);
	host_free(&h);
}

/* PF_KTHREAD is 0x200000; a zombie's status has no sizes. */
TEST(kernel_threads_and_zombies_have_no_mm)
{
	struct host h;

	host_make(&h);
	process(&h, 2, "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0\n", "Name:\tkthreadd\n");
	process(&h, 9, "9 (dead) Z 2 0 0 0 -1 4194560 0 0\n", "Name:\tdead\nState:\tZ (zombie)\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_tasks(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_task), 2);
	CHECK_EQ(host_count(&h, MMT_EV_snap_mm), 0);
	for (size_t i = 0; i < 2; i++) {
		bool kthread = !strcmp(host_name(&h, MMT_DICT_TASK, T(i, task)), "kthreadd");

		CHECK_EQ(T(i, mm), 0);
		CHECK_EQ(T(i, flags), kthread ? MMT_TASK_KTHREAD : 0);
		CHECK(kthread ? T(i, parent) == 0 : T(i, parent) > 0);
	}
	host_free(&h);
}

TEST(a_process_that_ends_meanwhile_costs_its_own_rows)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/5/stat", "5 (half");
	host_text(&h, "/proc/6/stat", "6 (no status) S 1 6 6 0 -1 0 0\n");
	host_text(&h, "/proc/self/stat", "1 (self is no number) S 1 6 6 0 -1 0 0\n");
	process(&h, 8, "8 (whole) S 0 8 8 0 -1 0 0\n", status);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_tasks(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_task), 1);
	CHECK_STR(host_name(&h, MMT_DICT_TASK, T(0, task)), "whole");
	host_free(&h);
}

TEST(tasks_are_in_their_control_group)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo", "35 31 0:32 / /cg rw - cgroup cgroup rw,memory\n");
	host_text(&h, "/cg/memory.usage_in_bytes", "1\n");
	host_text(&h, "/cg/job/memory.usage_in_bytes", "1\n");
	process(&h, 8, "8 (x) S 0 8 8 0 -1 0 0\n", status);
	host_text(&h, "/proc/8/cgroup", "5:cpu:/\n4:cpuacct,memory:/job\n0::/else\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_tasks(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_STR(host_name(&h, MMT_DICT_CGROUP, T(0, cgroup)), "/job");
	host_free(&h);
}

/*
 *	00400000-00452000 r-xp   file    VmFlags: rd ex mr mw me
 *	00600000-00700000 rw-p   none    VmFlags: rd wr mr mw me ac
 *	7f00000000-7f00200000 rw-s  shmem  VmFlags: rd wr sh mr mw me ms
 *	ffffffffff600000...      not user space: left out
 */
static const char smaps[] =
	"00400000-00452000 r-xp 00002000 08:02 173521      /usr/bin/x y\n"
	"Rss:                   4 kB\nVmFlags: rd ex mr mw me \n"
	"00600000-00700000 rw-p 00000000 00:00 0           [heap]\n"
	"VmFlags: rd wr mr mw me ac nh\n"
	"7f00000000-7f00200000 rw-s 00001000 00:01 99      /dev/zero (deleted)\n"
	"VmFlags: rd wr sh mr mw me ms\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n"
	"VmFlags: ex \n";

TEST(vmas_with_flags_and_files)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/8/smaps", smaps);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_mm(h.s, 8, 3, REC_READING_EXEC, 0, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_vma_list), 1);
	CHECK_EQ(ROW(&h, vma_list, 0, mm), 3);
	CHECK_EQ(ROW(&h, vma_list, 0, count), 3);
	CHECK_EQ(host_count(&h, MMT_EV_vma), 3);
	CHECK_EQ(V(0, start), 0x400000);
	CHECK_EQ(V(0, end), 0x452000);
	CHECK_EQ(V(0, flags), 0x75);
	CHECK_EQ(V(0, pgoff), 2);
	CHECK(V(0, file) > 0);
	CHECK_EQ(V(1, flags), 0x40100073); /* read write, may, account, no huge pages */
	CHECK_EQ(V(1, file), 0);
	CHECK_EQ(V(2, flags), 0xfb);
	CHECK_EQ(V(2, pgoff), 1);
	{
		const struct mmt_dict *d = mmt_reader_dict(h.r);
		const struct mmt_dict_entry *f =
			mmt_dict_get(d, MMT_DICT_FILE, (uint32_t)V(0, file));

		CHECK_EQ(f->num[0], 8 << 20 | 2);
		CHECK_EQ(f->num[1], 173521);
		CHECK_STR(f->name, ""); /* paths are off unless asked for */
		f = mmt_dict_get(d, MMT_DICT_FILE, (uint32_t)V(2, file));
		CHECK_EQ(f->num[2], MMT_FILE_SHMEM);
	}
	host_free(&h);
}

TEST(maps_serve_where_smaps_is_refused)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/8/maps",
		  "7ffc000-7ffd000 rw-p 00000000 00:00 0  [stack]\n"
		  "bad line\n"
		  "9000-8000 rw-p 00000000 00:00 0\n"
		  "a000-b000 r--s 00000000 00:00 0\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_mm(h.s, 8, 3, REC_READING_EXEC, 0, &h.err), 0);
	CHECK_EQ(rec_snapshot_mm(h.s, 99, 4, REC_READING_EXEC, 0, &h.err), 0); /* gone */
	CHECK_EQ(rec_snapshot_mm(h.s, 8, 3, REC_READING_LOST, snap_clock() - 7000000, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_vma_reading), 3);
	CHECK_EQ(ROW(&h, vma_reading, 0, why), REC_READING_EXEC);
	CHECK_EQ(ROW(&h, vma_reading, 0, gone), 0);
	CHECK_EQ(ROW(&h, vma_reading, 1, mm), 4);
	CHECK_EQ(ROW(&h, vma_reading, 1, gone), 1); /* and no list */
	CHECK_EQ(ROW(&h, vma_reading, 2, why), REC_READING_LOST);
	CHECK(ROW(&h, vma_reading, 2, late) >= 7000);
	CHECK(ROW(&h, vma_reading, 2, late) < 2000000);
	CHECK_EQ(host_count(&h, MMT_EV_vma_list), 2);
	CHECK_EQ(host_count(&h, MMT_EV_vma), 4);
	CHECK_EQ(V(0, flags), 0x173); /* grows down */
	CHECK_EQ(V(1, flags), 0xf9);
	host_free(&h);
}

static void real_smaps(const char *release)
{
	char name[64], *text;
	uint64_t last = 0;
	struct host h;

	snprintf(name, sizeof(name), "%s/smaps", release);
	text = sample(name);
	host_make(&h);
	host_text(&h, "/proc/8/smaps", text);
	free(text);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_mm(h.s, 8, 3, REC_READING_EXEC, 0, &h.err), 0);
	CHECK(host_read(&h));
	CHECK(host_count(&h, MMT_EV_vma) >= 8);
	CHECK_EQ(host_count(&h, MMT_EV_vma), ROW(&h, vma_list, 0, count));
	for (size_t i = 0; i < host_count(&h, MMT_EV_vma); i++) {
		CHECK(V(i, start) >= last && V(i, end) > V(i, start));
		CHECK(V(i, flags) & 0x70); /* some MAY bit: every VMA of a program has one */
		last = V(i, end);
	}
	host_free(&h);
}

TEST(smaps_of_6_1)
{
	real_smaps("6.1");
}

TEST(smaps_of_6_12)
{
	real_smaps("6.12");
}

TEST(smaps_of_6_18)
{
	real_smaps("6.18");
}

#define PRESENT (UINT64_C(1) << 63)
#define SWAPPED (UINT64_C(1) << 62)
#define SHARED	(UINT64_C(1) << 61)

/*
 *	address  1000  2000  3000  4000  5000  6000  7000  8000
 *	frame     10    11    20    -    swap  swap   21s   ?
 *	runs      `-----'     |           `-----'     |     |
 */
TEST(resident_pages_are_runs)
{
	static const uint64_t want[5][4] = {
		{ 0x1000, 2, 10, 1 },		{ 0x3000, 1, 20, 1 },
		{ 0x5000, 2, MMT_PFN_NONE, 0 }, { 0x7000, 1, 21, 3 },
		{ 0x8000, 1, MMT_PFN_NONE, 9 },
	};
	uint64_t entry[10] = { 0,      PRESENT | 10,  PRESENT | 11, PRESENT | 20,
			       0,      SWAPPED | 512, SWAPPED | 9,  PRESENT | SHARED | 21,
			       PRESENT };
	struct host h;

	host_make(&h);
	process(&h, 8, "8 (x) S 0 8 8 0 -1 0 0\n", status);
	host_text(&h, "/proc/8/maps", "1000-9000 rw-p 00000000 00:00 0\n");
	host_put(&h, "/proc/8/pagemap", entry, sizeof(entry));
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_tasks(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_resident), 5);
	for (size_t i = 0; i < 5; i++) {
		CHECK_EQ(ROW(&h, snap_resident, i, address), want[i][0]);
		CHECK_EQ(ROW(&h, snap_resident, i, pages), want[i][1]);
		CHECK_EQ(ROW(&h, snap_resident, i, pfn), want[i][2]);
		CHECK_EQ(ROW(&h, snap_resident, i, flags), want[i][3]);
	}
	host_free(&h);
}

/* Three pages of this very process, by PAGEMAP_SCAN where the kernel has it. */
TEST(resident_pages_of_this_process)
{
	uint64_t found = 0;
	struct host h;
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	madvise(p, 1 << 20, MADV_NOHUGEPAGE);
	p[5 << 12] = p[6 << 12] = p[100 << 12] = 1;
	host_make(&h);
	CHECK(host_open(&h, ""));
	CHECK_EQ(snap_vmas(h.s, getpid(), 1, &(struct snap_reading){ .pages = true }, &h.err), 0);
	CHECK(host_read(&h));
	for (size_t i = 0; i < host_count(&h, MMT_EV_snap_resident); i++) {
		uint64_t at = ROW(&h, snap_resident, i, address) - (uintptr_t)p;

		if (at >= 1 << 20)
			continue;
		CHECK(at == 5 << 12 || at == 6 << 12 || at == 100 << 12);
		CHECK(ROW(&h, snap_resident, i, flags) & REC_RESIDENT_PRESENT);
		found += ROW(&h, snap_resident, i, pages);
	}
	CHECK_EQ(found, 3);
	munmap(p, 1 << 20);
	host_free(&h);
}

TEST_MAIN
