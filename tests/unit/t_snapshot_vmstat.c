/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/vmstat.c and snapshot/swap.c: counters, slabs, topology, swap areas. */
#include "tests/unit/t_snapshot.h"

static int feed(struct host *h, int (*p)(struct rec_snapshot *, struct text, struct mmt_err *),
		const char *text)
{
	return p(h->s, text_of(text, strlen(text)), &h->err);
}

TEST(vmstat_writes_every_counter_under_its_own_name)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(feed(&h, snap_vmstat,
		      "nr_free_pages 18446744073709551615\nsomething_new 12\n\nbad\nworse x\n"),
		 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_vmstat), 2);
	CHECK_EQ(ROW(&h, snap_vmstat, 0, value), INT64_MAX); /* beyond: the limit */
	CHECK_EQ(ROW(&h, snap_vmstat, 1, value), 12);
	CHECK_STR(host_name(&h, MMT_DICT_STRING, ROW(&h, snap_vmstat, 1, name)), "something_new");
	host_free(&h);
}

TEST(meminfo_is_in_bytes_but_for_counts)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(feed(&h, snap_meminfo,
		      "MemTotal:       24684096 kB\nHugePages_Total:       3\nHuge:  "
		      "18446744073709551615 kB\n"),
		 0);
	CHECK(host_read(&h));
	CHECK_EQ(ROW(&h, snap_meminfo, 0, value), 24684096ull * 1024);
	CHECK_EQ(ROW(&h, snap_meminfo, 1, value), 3);
	CHECK_EQ(ROW(&h, snap_meminfo, 2, value), UINT64_MAX);
	host_free(&h);
}

TEST(slab_caches)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(feed(&h, snap_slabinfo,
		      "slabinfo - version: 2.1\n"
		      "# name            <active_objs> <num_objs> <objsize> <objperslab> "
		      "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		      "<active_slabs> <num_slabs> <sharedavail>\n"
		      "kmalloc-8k  60  64  8192  4  8 : tunables    0    0    0 : slabdata    15 "
		      "  16      0\n"
		      "broken 1 2 3\n"),
		 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_slab), 1);
	CHECK_EQ(ROW(&h, snap_slab, 0, object_size), 8192);
	CHECK_EQ(ROW(&h, snap_slab, 0, objs_per_slab), 4);
	CHECK_EQ(ROW(&h, snap_slab, 0, order), 3); /* 8 pages */
	CHECK_EQ(ROW(&h, snap_slab, 0, active), 60);
	CHECK_EQ(ROW(&h, snap_slab, 0, total), 64);
	CHECK_EQ(ROW(&h, snap_slab, 0, slabs), 16);
	host_free(&h);
}

TEST(swap_areas_without_their_paths)
{
	struct host h;

	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(feed(&h, snap_swaps,
		      "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		      "/dev/vda                                partition\t65532\t\t8\t\t-2\n"
		      "/secret/file  file 4096 0 5\n"
		      "/dev/zram0  partition 8 4 100\n"),
		 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_swap), 3);
	CHECK_EQ(ROW(&h, snap_swap, 0, type), 0);
	CHECK_EQ(ROW(&h, snap_swap, 0, size), 16383);
	CHECK_EQ(ROW(&h, snap_swap, 0, used), 2);
	CHECK_EQ((int64_t)ROW(&h, snap_swap, 0, priority), -2);
	CHECK_EQ(ROW(&h, snap_swap, 1, type), 1);
	CHECK_EQ(ROW(&h, snap_swap, 1, swap), 1);
	CHECK_EQ(ROW(&h, snap_swap, 2, type), 2);
	host_free(&h);
}

/* node 0: CPUs 0, 2-3, distances 10 20; node 2: CPU 1, distances 20 10 */
TEST(cpus_nodes_and_distances)
{
	static const uint64_t cpus[4][2] = { { 0, 0 }, { 2, 0 }, { 3, 0 }, { 1, 2 } };
	struct host h;

	host_make(&h);
	host_text(&h, "/sys/devices/system/node/online", "0,2\n");
	host_text(&h, "/sys/devices/system/node/node0/cpulist", "0,2-3\n");
	host_text(&h, "/sys/devices/system/node/node0/distance", "10 20\n");
	host_text(&h, "/sys/devices/system/node/node2/cpulist", "1\n");
	host_text(&h, "/sys/devices/system/node/node2/distance", "20 10\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_topology(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_cpu), 4);
	for (size_t i = 0; i < 4; i++) {
		CHECK_EQ(ROW(&h, snap_cpu, i, cpu), cpus[i][0]);
		CHECK_EQ(ROW(&h, snap_cpu, i, node), cpus[i][1]);
	}
	CHECK_EQ(host_count(&h, MMT_EV_snap_distance), 4);
	CHECK_EQ(ROW(&h, snap_distance, 1, distance), 20);
	CHECK_EQ(ROW(&h, snap_distance, 2, node), 2);
	host_free(&h);
}

TEST(without_nodes_all_cpus_are_of_node_0)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/sys/devices/system/cpu/online", "0-2\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_topology(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_cpu), 3);
	CHECK_EQ(ROW(&h, snap_cpu, 2, cpu), 2);
	CHECK_EQ(host_count(&h, MMT_EV_snap_distance), 0);
	host_free(&h);
}

/* A list of four billion CPUs ends at the largest number an event may hold. */
TEST(absurd_cpu_lists_end)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/sys/devices/system/cpu/online",
		  "0-4294967295,7-3,x,18446744073709551615\n");
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_topology(h.s, &h.err), 0);
	CHECK(host_read(&h));
	CHECK(host_count(&h, MMT_EV_snap_cpu) <= 65536);
	host_free(&h);
}

/* What three kernels printed: a row for every line but slabinfo's two of heading. */
static void sample(const char *name, unsigned kind, size_t heading,
		   int (*p)(struct rec_snapshot *, struct text, struct mmt_err *))
{
	static char bytes[65536];
	char path[128];
	size_t n, lines = 0;
	struct host h;
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/proc/%s", name);
	f = fopen(path, "r");
	CHECK(f != NULL);
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	bytes[n] = 0;
	fclose(f);
	for (size_t i = 0; i < n; i++)
		lines += bytes[i] == '\n';
	host_make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(feed(&h, p, bytes), 0);
	CHECK_EQ(rec_snapshot_refused(h.s), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, kind), lines - heading);
	host_free(&h);
}

TEST(samples_of_three_kernels)
{
	sample("6.1/vmstat", MMT_EV_snap_vmstat, 0, snap_vmstat);
	sample("6.12/vmstat", MMT_EV_snap_vmstat, 0, snap_vmstat);
	sample("6.18/vmstat", MMT_EV_snap_vmstat, 0, snap_vmstat);
	sample("6.1/slabinfo", MMT_EV_snap_slab, 2, snap_slabinfo);
	sample("6.12/slabinfo", MMT_EV_snap_slab, 2, snap_slabinfo);
	sample("6.18/slabinfo", MMT_EV_snap_slab, 2, snap_slabinfo);
}

TEST_MAIN
