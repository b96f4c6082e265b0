/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/sysctl.c: tunables at first, then their changes. */
#include "tests/unit/t_snapshot.h"

static const char *name_of(const struct host *h, unsigned kind, size_t nth, size_t field)
{
	return host_name(h, MMT_DICT_STRING, host_row(h, kind, nth)->v[field]);
}

static void make(struct host *h)
{
	char full[256];

	host_make(h);
	host_text(h, "/proc/sys/vm/swappiness", "60\n");
	host_text(h, "/proc/sys/vm/lowmem_reserve_ratio", "256\t256\t32\t0\t0\n");
	host_text(h, "/proc/sys/vm/numa_zonelist_order", "Node\n");
	host_text(h, "/proc/sys/vm/stat_refresh", "1\n");
	host_text(h, "/proc/sys/vm/drop_caches", "3\n");
	host_text(h, "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	host_text(h, "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled",
		  "always inherit madvise [never]\n");
	host_text(h, "/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none", "511\n");
	host_text(h, "/sys/kernel/mm/ksm/run", "0\n");
	host_text(h, "/sys/kernel/mm/mempolicy/weighted_interleave/node1", "3\n");
	host_text(h, "/sys/kernel/mm/mempolicy/weighted_interleave/__auto_type", "false\n");
	host_text(h, "/sys/kernel/mm/ksm/pages_shared", "1234\n");
	snprintf(full, sizeof(full), "%s/sys/kernel/mm/ksm/pages_shared", h->root);
	chmod(full, 0444);
}

#define NAME MMT_F(snap_sysctl, name)

TEST(all_tunables_at_first)
{
	struct host h;

	make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_settings_take(h.s, true, &h.err), 0);
	CHECK(host_read(&h));
	/* sorted by name: ksm.run, thp..., vm...; counters and orders are no tunables */
	CHECK_EQ(host_count(&h, MMT_EV_snap_sysctl), 9);
	CHECK_STR(name_of(&h, MMT_EV_snap_sysctl, 0, NAME), "ksm.run");
	CHECK_STR(name_of(&h, MMT_EV_snap_sysctl, 1, NAME), "mempolicy.weighted_interleave.node1");
	CHECK_EQ(ROW(&h, snap_sysctl, 1, value), 3);
	CHECK_STR(name_of(&h, MMT_EV_snap_sysctl, 2, NAME), "thp.khugepaged.max_ptes_none");
	CHECK_EQ(ROW(&h, snap_sysctl, 2, value), 511);
	CHECK_STR(name_of(&h, MMT_EV_snap_sysctl, 3, NAME), "vm.lowmem_reserve_ratio");
	CHECK_EQ(ROW(&h, snap_sysctl, 5, index), 2);
	CHECK_EQ(ROW(&h, snap_sysctl, 5, value), 32);
	CHECK_STR(name_of(&h, MMT_EV_snap_sysctl, 8, NAME), "vm.swappiness");
	CHECK_EQ(ROW(&h, snap_sysctl, 8, value), 60);
	CHECK_EQ(host_count(&h, MMT_EV_snap_setting), 4);
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 0, NAME), "mempolicy.weighted_interleave.auto");
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 1, NAME), "thp.enabled");
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 1, MMT_F(snap_setting, value)), "madvise");
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 2, NAME), "thp.hugepages-64kB/enabled");
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 2, MMT_F(snap_setting, value)), "never");
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 3, MMT_F(snap_setting, value)), "Node");
	CHECK_EQ(host_count(&h, MMT_EV_setting_change), 0);
	host_free(&h);
}

/* swappiness:   60 -> 10 -> 10        thp.enabled:  madvise -> madvise -> always
 * look:         all   then  then                    all        then       then */
TEST(changes_are_told_once_each)
{
	struct host h;

	make(&h);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_settings_take(h.s, true, &h.err), 0);
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	host_text(&h, "/proc/sys/vm/swappiness", "10\n");
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	host_text(&h, "/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_setting_change), 2);
	CHECK_STR(name_of(&h, MMT_EV_setting_change, 0, MMT_F(setting_change, name)),
		  "vm.swappiness");
	CHECK_STR(name_of(&h, MMT_EV_setting_change, 0, MMT_F(setting_change, value)), "10");
	CHECK_STR(name_of(&h, MMT_EV_setting_change, 1, MMT_F(setting_change, value)), "always");
	CHECK_EQ(host_count(&h, MMT_EV_snap_sysctl), 10);
	CHECK_EQ(ROW(&h, snap_sysctl, 9, value), 10);
	CHECK_EQ(host_count(&h, MMT_EV_snap_setting), 5);
	host_free(&h);
}

/* To read it changes reserves: what was read before the first snapshot holds until they change. */
TEST(the_ratio_of_reserves_is_read_when_they_change)
{
	struct host h;

	make(&h);
	CHECK(host_open(&h, NULL));
	snap_settings_warm(h.s);
	host_text(&h, "/proc/sys/vm/lowmem_reserve_ratio", "64\t256\t32\t0\t0\n");
	CHECK_EQ(snap_settings_take(h.s, true, &h.err), 0);
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	h.s->new_reserves = true;
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	CHECK(!h.s->new_reserves);
	CHECK_EQ(snap_settings_take(h.s, false, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_sysctl), 9 + 5);
	CHECK_EQ(ROW(&h, snap_sysctl, 3, value), 256);
	CHECK_EQ(ROW(&h, snap_sysctl, 9, value), 64);
	CHECK_EQ(host_count(&h, MMT_EV_setting_change), 1);
	host_free(&h);
}

TEST(negative_and_absurd_values)
{
	struct host h;

	host_make(&h);
	host_text(&h, "/proc/sys/vm/a", "-1\n");
	host_text(&h, "/proc/sys/vm/b", "99999999999999999999\n");
	host_text(&h, "/proc/sys/vm/c", "");
	host_put(&h, "/proc/sys/vm/d", "\x1b[31m\xff", 6);
	CHECK(host_open(&h, NULL));
	CHECK_EQ(snap_settings_take(h.s, true, &h.err), 0);
	CHECK(host_read(&h));
	CHECK_EQ(host_count(&h, MMT_EV_snap_sysctl), 1);
	CHECK_EQ((int64_t)ROW(&h, snap_sysctl, 0, value), -1);
	CHECK_EQ(host_count(&h, MMT_EV_snap_setting), 2);
	CHECK_STR(name_of(&h, MMT_EV_snap_setting, 0, MMT_F(snap_setting, value)),
		  "99999999999999999999");
	host_free(&h);
}

TEST_MAIN
