/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/cgroup.c on trees of files like those of versions 1 and 2. */
#include "tests/unit/t_snapshot.h"

#define C(n, field) ROW(&h, snap_cgroup, n, field)

static const char v2_mounts[] = "25 23 0:7 / /sys/kernel/debug rw,relatime - debugfs debugfs rw\n"
				"27 23 0:22 / /cg rw,relatime - cgroup2 cgroup2 rw\n";
static const char v1_mounts[] = "34 31 0:31 / /cg/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
				"35 31 0:32 / /cg rw,relatime shared:7 - cgroup cgroup rw,memory\n"
				"41 31 0:38 / /unified rw,relatime - cgroup2 cgroup2 rw\n";

static void group(struct host *h, const char *path, const char *const (*files)[2])
{
	for (; (*files)[0]; files++) {
		char full[256];

		snprintf(full, sizeof(full), "/cg%s/%s", path, (*files)[0]);
		host_text(h, full, (*files)[1]);
	}
}

static const char *const v2_files[][2] = {
	{ "memory.current", "8192\n" },
	{ "memory.max", "52428800\n" },
	{ "memory.high", "max\n" },
	{ "memory.low", "4096\n" },
	{ "memory.min", "0\n" },
	{ "memory.swap.max", "max\n" },
	{ "memory.swap.current", "7\n" },
	{ "memory.stat", "anon 4096\nfile 0\n" },
	{ NULL, NULL },
};

static const char *const v1_files[][2] = {
	{ "memory.usage_in_bytes", "8192\n" },
	{ "memory.limit_in_bytes", "9223372036854771712\n" },
	{ "memory.memsw.usage_in_bytes", "12288\n" },
	{ "memory.memsw.limit_in_bytes", "20971520\n" },
	{ "memory.soft_limit_in_bytes", "9223372036854771712\n" },
	{ "memory.swappiness", "60\n" },
	{ "memory.stat", "cache 4096\nrss 0\n" },
	{ NULL, NULL },
};

TEST(version_2)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo", v2_mounts);
	host_text(&h, "/cg/memory.stat", "anon 1\n");
	group(&h, "/a", v2_files);
	group(&h, "/a/b", v2_files);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_cgroup_version(h.s), 2);
	CHECK_EQ(snap_cgroups_take(h.s, true, false, &h.err), 0);
	CHECK(snap_cgroup_at(h.s, "/a/b") > 0);
	CHECK_EQ(snap_cgroup_at(h.s, "/none"), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_cgroup), 3);
	/* the root has no limits */
	CHECK_EQ(C(0, parent), 0);
	CHECK_EQ(C(0, max), UINT64_MAX);
	CHECK_EQ(C(1, parent), C(0, cgroup));
	CHECK_EQ(C(1, version), 2);
	CHECK_EQ(C(1, usage), 8192);
	CHECK_EQ(C(1, max), 52428800);
	CHECK_EQ(C(1, high), UINT64_MAX);
	CHECK_EQ(C(1, low), 4096);
	CHECK_EQ(C(1, swap_usage), 7);
	CHECK_EQ(C(1, swap_max), UINT64_MAX);
	CHECK_EQ(C(2, parent), C(1, cgroup));
	CHECK_STR(host_name(&h, MMT_DICT_CGROUP, C(2, cgroup)), "/a/b");
	CHECK_EQ(host_count(&h, MMT_EV_snap_cgroupstat), 5);
	host_free(&h);
}

TEST(version_1)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo", v1_mounts);
	group(&h, "", v1_files);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_cgroup_version(h.s), 1);
	CHECK_EQ(snap_cgroups_take(h.s, true, false, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_cgroup), 1);
	CHECK_EQ(C(0, version), 1);
	CHECK_EQ(C(0, max), UINT64_MAX); /* version 1's largest number */
	CHECK_EQ(C(0, high), UINT64_MAX);
	CHECK_EQ(C(0, low), 0);
	CHECK_EQ(C(0, swap_usage), 12288);
	CHECK_EQ(C(0, swap_max), 20971520);
	/* soft limit and swappiness, then cache and rss */
	CHECK_EQ(host_count(&h, MMT_EV_snap_cgroupstat), 4);
	CHECK_EQ(ROW(&h, snap_cgroupstat, 1, value), 60);
	host_free(&h);
}

/*
 *	take 1 (all)    /a max 50M, anon 4096
 *	take 2          nothing new: one row of the group, no counter
 *	take 3          max -> 10M, anon -> 8192: one change, one counter
 *	take 4          /a/c appeared: its row, with all its counters
 *	take 5          /a/c is gone
 */
TEST(changes_of_limits_counters_and_groups)
{
	struct host h;
	size_t rows = 0;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo", v2_mounts);
	host_text(&h, "/cg/memory.stat", "anon 1\n");
	group(&h, "/a", v2_files);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_cgroups_take(h.s, true, false, &h.err), 0);
	CHECK_EQ(snap_cgroups_take(h.s, false, false, &h.err), 0);
	host_text(&h, "/cg/a/memory.max", "10485760\n");
	host_text(&h, "/cg/a/memory.stat", "anon 8192\nfile 0\n");
	CHECK_EQ(snap_cgroups_take(h.s, false, false, &h.err), 0);
	group(&h, "/a/c", v2_files);
	CHECK_EQ(snap_cgroups_take(h.s, false, false, &h.err), 0);
	host_remove(&h, "/cg/a/c");
	CHECK_EQ(snap_cgroups_take(h.s, false, false, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_cgroup_change), 1);
	CHECK_EQ(ROW(&h, cgroup_change, 0, value), 10485760);
	CHECK_STR(host_name(&h, MMT_DICT_STRING, ROW(&h, cgroup_change, 0, name)), "memory.max");
	for (size_t i = 0; i < h.nr; i++)
		rows += h.row[i].kind == MMT_EV_snap_cgroup;
	CHECK_EQ(rows, 2 + 2 + 2 + 3 + 2);
	/* 3 at first, 1 changed, 1 of /a/c that is not 0 */
	CHECK_EQ(host_count(&h, MMT_EV_snap_cgroupstat), 3 + 1 + 2);
	host_free(&h);
}

/* A group that is removed and made again is another group. */
TEST(a_group_made_again_gets_a_new_id)
{
	struct host h;
	uint32_t before, after;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo", v2_mounts);
	host_text(&h, "/cg/memory.stat", "anon 1\n");
	group(&h, "/a", v2_files);
	CHECK(host_open(&h, NULL));
	before = snap_cgroup_at(h.s, "/a");
	host_text(&h, "/cg/occupies-the-inode", "");
	host_remove(&h, "/cg/a");
	CHECK_EQ(snap_cgroups_take(h.s, false, false, &h.err), 0);
	CHECK_EQ(snap_cgroup_at(h.s, "/a"), 0);
	host_text(&h, "/cg/so-does-this", "");
	group(&h, "/a", v2_files);
	CHECK_EQ(snap_cgroups_take(h.s, false, false, &h.err), 0);
	after = snap_cgroup_at(h.s, "/a");
	CHECK(before && after);
	host_free(&h);
}

/* A container sees its own group as the root of the mount: mountinfo's root field says which. */
TEST(a_mount_of_part_of_the_hierarchy)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo",
		  "27 23 0:22 /docker/x /cg rw,relatime - cgroup2 cgroup2 rw\n");
	host_text(&h, "/cg/memory.stat", "anon 1\n");
	group(&h, "/a", v2_files);
	CHECK(host_open(&h, NULL));
	CHECK(snap_cgroup_at(h.s, "/docker/x/a") > 0);
	CHECK_EQ(snap_cgroup_at(h.s, "/docker/x/a"), snap_cgroup_at(h.s, "/a"));
	CHECK(snap_cgroup_at(h.s, "/docker/x") > 0);
	host_free(&h);
}

TEST(no_memory_controller_at_all)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/self/mountinfo",
		  "nonsense\n- - -\n27 23 0:22 / /cg rw - cgroup2 c rw\n");
	CHECK(host_open(&h, NULL)); /* that mount has no memory.stat */
	CHECK_EQ(snap_cgroup_version(h.s), 0);
	CHECK_EQ(snap_cgroups_take(h.s, true, false, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(h.nr, 0);
	host_free(&h);
}

TEST_MAIN
