/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small traces with known contents, for the tests of the commands that read them:
 *
 *	mktrace NAME >FILE
 *
 * plain    two tasks, 20 allocations and 18 frees on two CPUs, a snapshot, sealed
 * unsealed the same, never sealed
 * lossy    the same, with 5 frees and 2 faults lost on CPU 1
 * evil     one task whose name holds an escape sequence, a newline, a backslash and a byte 0xff
 * twice    a page and a block freed twice, and a frame allocated twice
 * orphan   an event of a task and a string that no dictionary explains
 * clock    a CPU whose clock goes back by a second
 * open     a snapshot inside a snapshot, and a VMA list one row short
 * counted  two readings of /proc/vmstat and the pages allocated and freed between them
 * recounted the same, the second telling changes alone; filtered: of one command alone
 * changes  five snapshots, the light ones telling changes alone
 * empty    a header and a trailer, nothing else
 * group    tasks in, into and out of a control group, faulting
 * part1    and part2, between: parts of one recording, the last one over the seam; otherboot: the
 *          first since another boot
 * nowhere  a task that should move to no CPU, and a request for any node
 * upper    an address of the kernel in a field, one in a string, and what looks like one and is none
 * big N    N faults of one task, for pipes
 */
#include "lib/trace/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct mmt_alloc memory;
static struct mmt_io io;
static struct mmt_err err;

static void must(int result, const char *what)
{
	char text[600];

	if (result >= 0)
		return;
	fprintf(stderr, "mktrace: %s: %s\n", what, mmt_err_format(&err, text, sizeof(text)));
	exit(2);
}

static void task(struct mmt_writer *w, uint32_t id, uint64_t tid, const char *comm)
{
	struct mmt_dict_entry entry = {
		.kind = MMT_DICT_TASK, .id = id, .num = { tid, tid, 0 }, .name = comm
	};

	must(mmt_writer_define(w, &entry, &err), "define");
}

static void add(struct mmt_writer *w, uint64_t time, unsigned cpu, uint32_t id, unsigned kind,
		const uint64_t *v, size_t n)
{
	struct mmt_event ev = {
		.time = time, .cpu = (uint16_t)cpu, .task = id, .kind = (uint16_t)kind
	};

	memcpy(ev.v, v, n * sizeof(*v));
	must(mmt_writer_add(w, &ev, &err), "add");
}

#define ADD(w, time, cpu, id, kind, ...)                                  \
	add(w, time, cpu, id, MMT_EV_##kind, (uint64_t[]){ __VA_ARGS__ }, \
	    sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void snapshot(struct mmt_writer *w, uint64_t time)
{
	ADD(w, time, 0, 0, snapshot_begin, MMT_SNAP_FULL, 0);
	ADD(w, time + 1, 0, 0, snap_cpu, 0, 0);
	ADD(w, time + 2, 0, 0, snap_cpu, 1, 0);
	ADD(w, time + 3, 0, 0, snap_meminfo, mmt_writer_string(w, "Mem Total", &err), 1 << 20);
	ADD(w, time + 4, 0, 0, snapshot_end, MMT_SNAP_FULL, 0);
}

/* GFP_HIGHUSER_MOVABLE | __GFP_ZERO | __GFP_COMP */
#define GFP 0x140dca

static void plain(struct mmt_writer *w)
{
	task(w, 1, 100, "bash");
	task(w, 2, 101, "cc1");
	snapshot(w, 1000000000);
	for (uint64_t i = 0; i < 20; i++)
		ADD(w, 2000000000 + i * 1000, i % 2, 1 + i % 2, mm_page_alloc, 4096 + i * 8, i % 4,
		    GFP, 1, MMT_CAUSE_ANON, 0);
	for (uint64_t i = 0; i < 18; i++)
		ADD(w, 3000000000 + i * 1000, i % 2, 2 - i % 2, mm_page_free, 4096 + i * 8, i % 4);
}

static void lossy(struct mmt_writer *w)
{
	plain(w);
	must(mmt_writer_lost(w, 1, MMT_EV_mm_page_free, MMT_LOST_RING, 5, &err), "lost");
	must(mmt_writer_lost(w, 1, MMT_EV_page_fault_user, MMT_LOST_NESTED, 2, &err), "lost");
}

static void evil(struct mmt_writer *w)
{
	task(w, 1, 7, "a\033]0;b\nc\\\377\"");
	ADD(w, 5, 0, 1, page_fault_user, 0x1000, 6);
	ADD(w, 6, 0, 0, snap_vmstat, mmt_writer_string(w, "x\033[2J\r\xe2\x80\xae", &err), 3);
}

static void twice(struct mmt_writer *w)
{
	ADD(w, 1, 0, 0, mm_page_free, 10, 1);
	ADD(w, 2, 0, 0, mm_page_free, 11, 0);
	ADD(w, 3, 0, 0, mm_page_alloc, 20, 2, GFP, 1, MMT_CAUSE_ANON, 0);
	ADD(w, 4, 0, 0, mm_page_alloc, 20, 0, GFP, 1, MMT_CAUSE_ANON, 0);
	ADD(w, 5, 0, 0, mm_page_free, 20, 2);
	ADD(w, 6, 0, 0, mm_page_alloc, 20, 2, GFP, 1, MMT_CAUSE_ANON, 0);
	ADD(w, 7, 0, 0, mm_page_free, 40, 2);
	ADD(w, 8, 0, 0, mm_page_free, 40, 2);
	/* memory that is removed leaves without an allocation, and comes back free */
	ADD(w, 9, 0, 0, mm_page_free, 64, 2);
	ADD(w, 10, 0, 0, test_pages_isolated, 64, 128, 128);
	ADD(w, 11, 0, 0, mm_page_free, 64, 2);
}

static void orphan(struct mmt_writer *w)
{
	ADD(w, 1, 0, 9, page_fault_user, 0x1000, 6);
	ADD(w, 2, 0, 0, snap_vmstat, 77, 3);
	ADD(w, 3, 0, 0, mark_victim, 12, 0, 1, 2, 3, 4, (uint64_t)-500);
}

static void upper(struct mmt_writer *w)
{
	ADD(w, 1, 0, 0, vma, 1, 0x1000, 0x2000, 0xffff888012345678, 0, 0);
	ADD(w, 2, 0, 0, setting_change, mmt_writer_string(w, "vm.a", &err),
	    mmt_writer_string(w, "at ffffea0000000040", &err));
	ADD(w, 3, 0, 0, setting_change, mmt_writer_string(w, "vm.b", &err),
	    mmt_writer_string(w, "00ffffea0000000040 ffffffffffffffff", &err));
	ADD(w, 4, 0, 0, vma, 1, 0x3000, 0x4000, UINT64_MAX, 0, 0);
	ADD(w, 5, 0, 0, snap_sysctl, mmt_writer_string(w, "vm.c", &err), 0, (uint64_t)-7000000);
	ADD(w, 6, 0, 0, vma, 1, 0x5000, 0x6000, 0x7fffffffffffffff, 0, 0);
}

static void clock_back(struct mmt_writer *w)
{
	ADD(w, 5000000000, 0, 0, mm_page_free, 1, 0);
	ADD(w, 4000000000, 1, 0, mm_page_free, 2, 0);
	ADD(w, 4999950000, 0, 0, mm_page_free, 3, 0);
	ADD(w, 4000000000, 0, 0, mm_page_free, 4, 0);
	/* the recorder read this, on no CPU */
	ADD(w, 6000000000, 0, 0, setting_change, 0, 0);
	ADD(w, 5000000000, 0, 0, mm_page_free, 5, 0);
}

static void open_snapshot(struct mmt_writer *w)
{
	ADD(w, 1, 0, 0, snapshot_begin, MMT_SNAP_FULL, 0);
	ADD(w, 2, 0, 0, vma_list, 1, 2);
	ADD(w, 3, 0, 0, vma, 1, 0x1000, 0x2000, 0, 0, 0);
	ADD(w, 4, 0, 0, snapshot_begin, MMT_SNAP_LIGHT, 1);
	ADD(w, 5, 0, 0, snapshot_end, MMT_SNAP_LIGHT, 1);
}

static void vmstat(struct mmt_writer *w, uint64_t time, uint64_t dma32, uint64_t normal,
		   uint64_t freed)
{
	if (dma32)
		ADD(w, time, 0, 0, snap_vmstat, mmt_writer_string(w, "pgalloc_dma32", &err), dma32);
	ADD(w, time, 0, 0, snap_vmstat, mmt_writer_string(w, "pgalloc_normal", &err), normal);
	ADD(w, time, 0, 0, snap_vmstat, mmt_writer_string(w, "pgfree", &err), freed);
}

/*
 * time      5     10     20    30       100    (90)   110
 *         +8    vmstat  +4   -16, one  vmstat  -8    -2
 *                            more lost
 *
 * By events 4 pages were allocated, 16 + 8 freed and one event of a free lost; the kernel counted 4
 * and 50. What is written after the second reading may have happened before it.
 */
static void count_twice(struct mmt_writer *w, uint64_t dma32)
{
	ADD(w, 5, 0, 0, mm_page_alloc, 0, 3, GFP, 1, MMT_CAUSE_ANON, 0);
	vmstat(w, 10, 1000, 70, 500);
	ADD(w, 20, 0, 0, mm_page_alloc, 16, 2, GFP, 1, MMT_CAUSE_ANON, 0);
	ADD(w, 30, 0, 0, mm_page_free, 32, 4);
	must(mmt_writer_lost(w, 0, MMT_EV_mm_page_free, MMT_LOST_RING, 1, &err), "lost");
	vmstat(w, 100, dma32, 74, 550);
	ADD(w, 90, 0, 0, mm_page_free, 64, 3);
	ADD(w, 110, 0, 0, mm_page_free, 80, 1);
}

static void counted(struct mmt_writer *w)
{
	count_twice(w, 1000);
}

static void recounted(struct mmt_writer *w)
{
	count_twice(w, 0);
}

static void nowhere(struct mmt_writer *w)
{
	ADD(w, 1, 0, 0, sched_stick_numa, 0, 3, 0, MMT_CPU_NONE);
	ADD(w, 2, 0, 0, mm_vmscan_wakeup_kswapd, MMT_NODE_ANY, 0, MMT_ORDER_ANY, 0);
}

static void meminfo(struct mmt_writer *w, uint64_t time, const char *name, uint64_t value)
{
	ADD(w, time, 0, 0, snap_meminfo, mmt_writer_string(w, name, &err), value);
}

/*
 * seconds   1 full       2 light        3 light    4 light       5 light
 *           Free 10      Free 9         -          Dirty 2       -
 *           Dirty 1
 */
static void changes(struct mmt_writer *w)
{
	for (uint64_t seq = 0; seq < 5; seq++) {
		unsigned kind = seq ? MMT_SNAP_LIGHT : MMT_SNAP_FULL;
		uint64_t time = (seq + 1) * 1000000000;

		ADD(w, time, 0, 0, snapshot_begin, kind, seq, seq != 0);
		if (seq < 2)
			meminfo(w, time + 1, "Free", 10 - seq);
		if (!seq || seq == 3)
			meminfo(w, time + 1, "Dirty", seq ? 2 : 1);
		ADD(w, time + 2, 0, 0, snapshot_end, kind, seq);
	}
}

static void cgroup(struct mmt_writer *w, uint32_t id, uint32_t parent, const char *path)
{
	struct mmt_dict_entry entry = {
		.kind = MMT_DICT_CGROUP, .id = id, .num = { 100 + id, parent, 2 }, .name = path
	};

	must(mmt_writer_define(w, &entry, &err), "define");
}

/*
 * time	   1	 10   20   25	   30	   40	40   45 50   60	 70
 * task 1  in /a/b    x
 * task 2  in /	      x	  to /a/b  x  fork 3	  to /	x
 * task 3					x  x		 x
 */
static void group(struct mmt_writer *w)
{
	task(w, 1, 100, "in");
	task(w, 2, 101, "moves");
	task(w, 3, 102, "child");
	task(w, 4, 103, "near");
	cgroup(w, 1, 0, "/");
	cgroup(w, 2, 1, "/a");
	cgroup(w, 3, 2, "/a/b");
	cgroup(w, 4, 1, "/ab");
	ADD(w, 1, 0, 0, snapshot_begin, MMT_SNAP_FULL, 0);
	ADD(w, 2, 0, 0, snap_task, 1, 0, 1, 3, 0, 0);
	ADD(w, 3, 0, 0, snap_task, 2, 0, 2, 1, 0, 0);
	ADD(w, 4, 0, 0, snap_task, 4, 0, 4, 4, 0, 0);
	ADD(w, 5, 0, 0, snapshot_end, MMT_SNAP_FULL, 0);
	ADD(w, 10, 0, 1, page_fault_user, 0x1000, 6);
	ADD(w, 11, 0, 4, page_fault_user, 0x2000, 6);
	ADD(w, 20, 0, 2, page_fault_user, 0x3000, 6);
	ADD(w, 25, 0, 2, cgroup_attach_task, 3, 2, 0);
	ADD(w, 30, 0, 2, page_fault_user, 0x4000, 6);
	ADD(w, 40, 0, 2, sched_process_fork, 3, 3, 0);
	ADD(w, 45, 0, 3, page_fault_user, 0x5000, 6);
	ADD(w, 50, 0, 1, cgroup_attach_task, 1, 2, 0);
	ADD(w, 60, 0, 2, page_fault_user, 0x6000, 6);
	ADD(w, 70, 0, 3, page_fault_user, 0x7000, 6);
}

static void space(struct mmt_writer *w, uint32_t id, uint32_t owner)
{
	struct mmt_dict_entry entry = {
		.kind = MMT_DICT_MM, .id = id, .num = { owner }, .name = ""
	};

	must(mmt_writer_define(w, &entry, &err), "define");
}

/* exit_mmap names an address space; here it only does that */
static void part1(struct mmt_writer *w)
{
	task(w, 1, 100, "first");
	task(w, 2, 101, "second");
	space(w, 1, 1);
	space(w, 2, 2);
	ADD(w, 1000, 0, 1, exit_mmap, 1);
	ADD(w, 1001, 0, 0, snap_vmstat, mmt_writer_string(w, "pgfree", &err), 1);
	ADD(w, 1002, 0, 2, page_fault_user, 0x2000, 6);
	ADD(w, 1003, 0, 2, task_rename, 2, mmt_writer_string(w, "renamed", &err));
	must(mmt_writer_flush(w, &err), "flush");
	ADD(w, 1004, 0, 2, page_fault_user, 0x3000, 6);
}

static void part2(struct mmt_writer *w)
{
	task(w, 1, 101, "renamed");
	task(w, 2, 100, "first");
	space(w, 1, 2);
	space(w, 2, 2);
	space(w, 3, 1);
	ADD(w, 2000, 0, 2, exit_mmap, 1);
	ADD(w, 2001, 0, 0, snap_vmstat, mmt_writer_string(w, "pgfree", &err), 1);
	ADD(w, 2002, 0, 2, exit_mmap, 2);
	ADD(w, 2003, 0, 1, exit_mmap, 3);
	must(mmt_writer_flush(w, &err), "flush");
	ADD(w, 2004, 0, 1, page_fault_user, 0x4000, 6);
}

static void between(struct mmt_writer *w)
{
	task(w, 1, 101, "renamed");
	ADD(w, 1500, 0, 1, page_fault_user, 0x5000, 6);
	ADD(w, 2001, 0, 1, page_fault_user, 0x6000, 6);
}

static void big(struct mmt_writer *w, uint64_t n)
{
	task(w, 1, 100, "bash");
	for (uint64_t i = 0; i < n; i++)
		ADD(w, i * 1000, 0, 1, page_fault_user, i * 4096 % (1ull << 46), 6);
}

static void empty(struct mmt_writer *w)
{
	(void)w;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(struct mmt_writer *w);
	} traces[] = {
		{ "plain", plain },	 { "unsealed", plain },	     { "lossy", lossy },
		{ "evil", evil },	 { "twice", twice },	     { "orphan", orphan },
		{ "clock", clock_back }, { "open", open_snapshot },  { "empty", empty },
		{ "counted", counted },	 { "filtered", counted },    { "group", group },
		{ "part1", part1 },	 { "part2", part2 },	     { "between", between },
		{ "otherboot", part1 },	 { "recounted", recounted }, { "changes", changes },
		{ "nowhere", nowhere },	 { "upper", upper },
	};
	struct mmt_writer_options options = { .file_id = 42, .frame_bytes = 65536 };
	const char *name = argc > 1 ? argv[1] : "";
	/* when a part was begun, and the host booted */
	json_int_t begun = strcmp(name, "part2") == 0	  ? 1001000000
			   : strcmp(name, "between") == 0 ? 1000500000
							  : 1000000000;
	json_int_t booted = strcmp(name, "otherboot") == 0 ? 1767229199 : 1767225599;
	json_t *header = json_pack("{s{ssss}s{sIsI}}", "kernel", "release", "6.12.0-test", "arch",
				   "x86_64", "clock", "monotonic_ns", begun, "realtime_ns",
				   booted * 1000000000 + begun);
	json_t *overhead = json_pack("{sI}", "cpu_ns", (json_int_t)12345678);
	json_t *record = json_pack("{s{ssss}ss}", "events", "mm_page_alloc", "yes", "mm_page_free",
				   "yes", "filter", strcmp(name, "filtered") ? "all" : "command");
	struct mmt_writer *w;
	bool made = false;

	if (argc > 1)
		options.file_id += (uint8_t)name[strlen(name) - 1];
	if (!strstr(name, "counted") && strcmp(name, "filtered"))
		json_decref(record);
	else
		json_object_set_new(header, "record", record);
	w = mmt_writer_new(&memory, &io, STDOUT_FILENO, &options, header, &err);
	must(w ? 0 : -1, "new");
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		if (strcmp(traces[i].name, name) != 0)
			continue;
		traces[i].make(w);
		made = true;
	}
	if (strcmp(name, "big") == 0 && argc == 3) {
		big(w, strtoull(argv[2], NULL, 10));
		made = true;
	}
	if (strcmp(name, "unsealed") == 0)
		must(mmt_writer_flush(w, &err), "flush");
	else
		must(mmt_writer_seal(w, overhead, &err), "seal");
	mmt_writer_free(w);
	json_decref(header);
	json_decref(overhead);
	if (!made)
		fprintf(stderr, "mktrace: no trace '%s'\n", name);
	return made ? 0 : 2;
}
