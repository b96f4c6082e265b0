/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/snapshot.c: the order of a snapshot, and what happens when things fail. */
#include "tests/unit/t_snapshot.h"

#include "lib/base/json.h"

#include <errno.h>

static void copy(struct host *h, const char *sample, const char *path)
{
	static char text[65536];
	char from[128];
	FILE *f;
	size_t n;

	snprintf(from, sizeof(from), "tests/golden/proc/%s", sample);
	f = fopen(from, "r");
	if (!f) {
		perror(from);
		exit(1);
	}
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	host_put(h, path, text, n);
}

/* A small host with something of everything. */
static void make(struct host *h)
{
	static const uint64_t flags[64] = { [3] = 1 << 10, [7] = 1 << 5 };

	host_make(h);
	copy(h, "6.12/zoneinfo", "/proc/zoneinfo");
	copy(h, "6.12/buddyinfo", "/proc/buddyinfo");
	copy(h, "6.12/pagetypeinfo", "/proc/pagetypeinfo");
	copy(h, "6.12/vmstat", "/proc/vmstat");
	host_text(h, "/proc/slabinfo", "kmalloc-8 1 2 8 512 1 : tunables 0 0 0 : slabdata 1 1 0\n");
	host_text(h, "/proc/meminfo", "MemTotal: 100 kB\n");
	host_text(h, "/proc/swaps", "/dev/vda partition 65532 8 -2\n");
	host_text(h, "/proc/iomem", "00001000-0003ffff : System RAM\n");
	host_put(h, "/proc/kpageflags", flags, sizeof(flags));
	host_put(h, "/proc/kpagecount", flags, sizeof(flags));
	host_text(h, "/proc/sys/vm/swappiness", "60\n");
	host_text(h, "/sys/devices/system/cpu/online", "0\n");
	host_text(h, "/proc/self/mountinfo", "35 31 0:32 / /cg rw - cgroup cgroup rw,memory\n");
	host_text(h, "/cg/memory.usage_in_bytes", "1\n");
	host_text(h, "/cg/memory.stat", "rss 0\n");
	host_text(h, "/cg/job/memory.limit_in_bytes", "4096\n");
	host_text(h, "/proc/8/stat", "8 (x) S 0 8 8 0 -1 0 0\n");
	host_text(h, "/proc/8/status", "VmSize: 4 kB\n");
	host_text(h, "/proc/8/task/9/comm", "y\n");
	host_text(h, "/proc/8/maps", "1000-9000 rw-p 00000000 08:01 5 x\n");
	host_put(h, "/proc/8/pagemap", flags, sizeof(flags));
}

TEST(begin_rows_end)
{
	static const unsigned parts[] = {
		MMT_EV_snap_zone,	MMT_EV_snap_protection,
		MMT_EV_snap_pcp,	MMT_EV_snap_buddy,
		MMT_EV_snap_freetype,	MMT_EV_snap_pageblocks,
		MMT_EV_snap_zonestat,	MMT_EV_snap_nodestat,
		MMT_EV_snap_vmstat,	MMT_EV_snap_meminfo,
		MMT_EV_snap_sysctl,	MMT_EV_snap_cgroup,
		MMT_EV_snap_cgroupstat, MMT_EV_snap_cpu,
		MMT_EV_snap_swap,	MMT_EV_snap_slab,
		MMT_EV_snap_task,	MMT_EV_snap_mm,
		MMT_EV_vma_list,	MMT_EV_vma,
		MMT_EV_snap_pages,
	};
	uint64_t before = snap_clock(), time = before;
	struct host h;

	make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_FULL, &h.err), 0);
	CHECK_EQ(rec_snapshot_refused(h.s), 0);
	CHECK(host_read(&h));
	CHECK_EQ(h.row[0].kind, MMT_EV_snapshot_begin);
	CHECK_EQ(h.row[0].v[0], MMT_SNAP_FULL);
	CHECK_EQ(h.row[0].v[1], 0);
	CHECK_EQ(h.row[h.nr - 1].kind, MMT_EV_snapshot_end);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		CHECK(host_count(&h, parts[i]) > 0);
	for (size_t i = 0; i < h.nr; i++) {
		CHECK(h.row[i].time >= time);
		CHECK(mmt_event_info(h.row[i].kind)->class == MMT_SNAPSHOT);
		time = h.row[i].time;
	}
	CHECK(time <= snap_clock());
	host_free(&h);
}

TEST(a_light_snapshot_has_no_tasks_and_no_frames)
{
	struct host h;
	size_t full;

	make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_FULL, &h.err), 0);
	full = mmt_writer_events(h.w);
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_END, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(h.row[full].kind, MMT_EV_snapshot_begin);
	CHECK_EQ(h.row[full].v[0], MMT_SNAP_LIGHT);
	CHECK_EQ(h.row[full].v[1], 1);
	CHECK_EQ(h.row[h.nr - 1].v[0], MMT_SNAP_END);
	CHECK_EQ(h.row[h.nr - 1].v[1], 2);
	CHECK_EQ(host_count(&h, MMT_EV_snap_zone), 30);
	CHECK_EQ(host_count(&h, MMT_EV_snap_task), 2); /* of the full one */
	CHECK_EQ(host_count(&h, MMT_EV_snap_sysctl), 1);
	CHECK_EQ(host_count(&h, MMT_EV_setting_change), 0);
	host_free(&h);
}

/* Rows of @kind in the snapshot of @seq. */
static size_t rows_of(const struct host *h, uint64_t seq, unsigned kind)
{
	size_t n = 0;
	bool in = false;

	for (size_t i = 0; i < h->nr; i++) {
		if (h->row[i].kind == MMT_EV_snapshot_begin)
			in = h->row[i].v[1] == seq;
		n += in && h->row[i].kind == kind;
	}
	return n;
}

/*
 *	full   light    light, after swappiness and  light  lost,    light ...  light 62: whole,
 *	all    no row   a counter changed            none   all      none       60 after that one
 */
TEST(a_light_snapshot_tells_changes_and_all_of_it_each_minute)
{
	struct host h;

	make(&h);
	host_text(&h, "/proc/meminfo", "MemTotal: 100 kB\nMemFree: 10 kB\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_FULL, &h.err), 0);
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	host_text(&h, "/proc/meminfo", "MemTotal: 100 kB\nMemFree: 11 kB\n");
	host_text(&h, "/proc/sys/vm/swappiness", "61\n");
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	for (unsigned seq = 3; seq < 70; seq++) {
		if (seq == 4)
			rec_snapshot_lost(h.s);
		CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	}
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_END, &h.err), 0);
	CHECK(host_read(&h));
	for (unsigned seq = 0; seq <= 70; seq++) {
		bool whole = seq == 0 || seq == 4 || seq == 64 || seq == 70;

		CHECK_EQ(ROW(&h, snapshot_begin, seq, changes), !whole);
		/* zones are always told, for the time they were read at */
		CHECK_EQ(rows_of(&h, seq, MMT_EV_snap_zone), rows_of(&h, 0, MMT_EV_snap_zone));
		CHECK_EQ(rows_of(&h, seq, MMT_EV_snap_meminfo), whole ? 2 : seq == 2);
		CHECK_EQ(rows_of(&h, seq, MMT_EV_snap_sysctl), (whole && seq != 70) || seq == 2);
		CHECK_EQ(rows_of(&h, seq, MMT_EV_setting_change), seq == 2);
		CHECK_EQ(rows_of(&h, seq, MMT_EV_snap_vmstat),
			 whole ? rows_of(&h, 0, MMT_EV_snap_vmstat) : 0);
		CHECK_EQ(rows_of(&h, seq, MMT_EV_snap_buddy),
			 whole ? rows_of(&h, 0, MMT_EV_snap_buddy) : 0);
		CHECK_EQ(rows_of(&h, seq, MMT_EV_snap_cgroup), whole ? 2 : 0);
	}
	for (size_t i = 0; i < h.nr; i++)
		CHECK_EQ(h.row[i].time % 128, 0);
	host_free(&h);
}

TEST(a_host_without_anything)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_FULL, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(h.nr, 2);
	host_free(&h);
}

/* The host this test runs on, twice; whatever it lacks, its zones are there. */
TEST(the_real_host)
{
	struct host h;
	uint64_t free = 0;

	host_make(&h);
	CHECK(host_open(&h, ""));
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	CHECK_EQ(rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err), 0);
	CHECK_EQ(rec_snapshot_refused(h.s), 0);
	CHECK(host_read(&h));
	CHECK(host_count(&h, MMT_EV_snap_zone) >= 2);
	CHECK_EQ(host_count(&h, MMT_EV_snapshot_end), 2);
	for (size_t i = 0; i < host_count(&h, MMT_EV_snap_zone); i++)
		free += ROW(&h, snap_zone, i, free);
	CHECK(free > 0);
	host_free(&h);
}

TEST(the_header_says_what_the_host_is)
{
	json_t *h = json_object(), *cpu;
	struct mmt_err e = { 0 };
	uint64_t v;

	CHECK_EQ(rec_snapshot_header(h, &e), 0);
	CHECK(mmt_json_get_u64(json_object_get(h, "kernel"), "page_size", &v));
	CHECK_EQ(v, sysconf(_SC_PAGESIZE));
	CHECK(mmt_json_get_u64(json_object_get(h, "memory"), "total_bytes", &v));
	CHECK(v > 1 << 20);
	cpu = json_object_get(h, "cpu");
	CHECK(mmt_json_get_u64(cpu, "online", &v));
	CHECK(v >= 1);
	CHECK(json_is_array(json_object_get(h, "unavailable")));
	CHECK(json_is_object(json_object_get(h, "maps")));
	json_decref(h);
}

/* Every host call fails once, and from then on: no crash, no leak; only the trace's own file may
 * make a snapshot fail. */
static void failing_io(bool after)
{
	for (uint64_t at = 1; at < 2000; at++) {
		struct host h;
		bool done;

		make(&h);
		h.io.fail_at = at;
		h.io.fail_with = EIO;
		h.io.fail_after = after;
		if (host_open(&h, NULL) && !rec_snapshot_take(h.s, MMT_SNAP_FULL, &h.err))
			rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err);
		done = h.io.calls < at;
		host_free(&h);
		if (done)
			return;
	}
	CHECK(!"so many calls");
}

TEST(every_call_fails_once)
{
	failing_io(false);
}

TEST(every_call_fails_from_then_on)
{
	failing_io(true);
}

static void failing_memory(bool after)
{
	for (uint64_t at = 1; at < 3000; at++) {
		struct host h;
		bool done, ok;

		make(&h);
		h.alloc.fail_at = at;
		h.alloc.fail_after = after;
		ok = host_open(&h, NULL) && !rec_snapshot_take(h.s, MMT_SNAP_FULL, &h.err) &&
		     !rec_snapshot_take(h.s, MMT_SNAP_LIGHT, &h.err);
		done = h.alloc.calls < at;
		CHECK(ok || h.err.code == ENOMEM);
		CHECK(!done || ok);
		host_free(&h);
		if (done)
			return;
	}
	CHECK(!"so many allocations");
}

TEST(every_allocation_fails_once)
{
	failing_memory(false);
}

TEST(every_allocation_fails_from_then_on)
{
	failing_memory(true);
}

TEST_MAIN
