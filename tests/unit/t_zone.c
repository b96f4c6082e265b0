// SPDX-License-Identifier: GPL-2.0-only
/* Zones: boundaries, sums, and the configurations that are refused. */
#include "tests/unit/mm_machine.h"

TEST_NAMED(boundaries, "KAT 1.1a zones by frame number")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);

	CHECK_EQ(mm_zone_of(sys, 0), -1);
	CHECK_EQ(mm_zone_of(sys, 1), R1_DMA);
	CHECK_EQ(mm_zone_of(sys, 4095), R1_DMA);
	CHECK_EQ(mm_zone_of(sys, 4096), R1_DMA32);
	CHECK_EQ(mm_zone_of(sys, 1048575), R1_DMA32);
	CHECK_EQ(mm_zone_of(sys, 1048576), R1_NORMAL);
	CHECK_EQ(mm_zone_of(sys, UINT32_MAX), -1);
	machine_end(&m);
}

TEST_NAMED(sizes, "KAT 1.2a spanned, present, managed")
{
	/* a hole of 262144 frames, 22480 reserved at boot */
	static const struct mm_zone_config zone = {
		0, ZONE_DMA32, 4096, 1048576 - 4096, 1044480 - 262144, 782336 - 22480
	};
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .nr_nodes = 1,
			       .nr_cpus = 1,
			       .zones = &zone,
			       .nr_zones = 1,
			       .tunables = mm_default_tunables() };
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);
	struct mm_zone_view v;

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	mm_view_zone(sys, 0, &v);
	CHECK_EQ(v.start, 4096);
	CHECK_EQ(v.spanned, 1044480);
	CHECK_EQ(v.present, 782336);
	CHECK_EQ(v.managed, 759856);
	CHECK_EQ(v.free, 759856);
	CHECK_EQ(v.used, 0);
	machine_end(&m);
}

TEST_NAMED(names, "KAT 1.2c zone names")
{
	CHECK_STR(mm_zone_name(ZONE_DMA), "DMA");
	CHECK_STR(mm_zone_name(ZONE_DMA32), "DMA32");
	CHECK_STR(mm_zone_name(ZONE_NORMAL), "Normal");
	CHECK_STR(mm_zone_name(ZONE_MOVABLE), "Movable");
	CHECK_STR(mm_zone_name(ZONE_DEVICE), "Device");
}

TEST(odd_boundaries)
{
	/* Two zones share the pageblock 512..1023, the second starts within it. */
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 10, 690, 690, 690 },
		{ 1, ZONE_DMA32, 700, 1000, 1000, 1000 },
	};
	struct mm_config c = machine_config(zones, 2, 2, 2);
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);

	CHECK_EQ(mm_zone_of(sys, 9), -1);
	CHECK_EQ(mm_zone_of(sys, 10), 0);
	CHECK_EQ(mm_zone_of(sys, 699), 0);
	CHECK_EQ(mm_zone_of(sys, 700), 1);
	CHECK_EQ(mm_zone_of(sys, 1699), 1);
	CHECK_EQ(mm_zone_of(sys, 1700), -1);
	CHECK(!zone_of_block(sys, 696, 3));
	CHECK(zone_of_block(sys, 692, 2) == &sys->zone[0]);
	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	CHECK_EQ(sys->zone[0].free + sys->zone[1].free, 1690);
	machine_end(&m);
}

TEST(refused_configurations)
{
	struct mm_zone_config zones[2] = { { 0, ZONE_DMA32, 4096, 4096, 4096, 4096 },
					   { 0, ZONE_NORMAL, 8192, 4096, 4096, 4096 } };
	const struct mm_config good = machine_config(zones, 2, 1, 1);
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	struct mm_config c = good;
	struct mm_system *sys;
	unsigned node_of_cpu = 1;

#define REFUSED(change, undo, errno_)          \
	do {                                   \
		change;                        \
		CHECK(!mm_create(&c, &a, &e)); \
		CHECK_EQ(e.code, errno_);      \
		CHECK(e.text[0]);              \
		CHECK_EQ(a.used, 0);           \
		undo;                          \
		c = good;                      \
	} while (0)
	REFUSED(c.nr_nodes = 0, (void)0, EINVAL);
	REFUSED(c.nr_nodes = 65, (void)0, EINVAL);
	REFUSED(c.nr_cpus = 0, (void)0, EINVAL);
	REFUSED(c.nr_cpus = 1025, (void)0, EINVAL);
	REFUSED(c.nr_zones = 0, (void)0, EINVAL);
	REFUSED(c.node_of_cpu = &node_of_cpu, (void)0, EINVAL);
	REFUSED(c.profile = NR_MM_PROFILES, (void)0, EINVAL);
	REFUSED(c.tunables.watermark_scale_factor = 0, (void)0, ERANGE);
	REFUSED(c.tunables.watermark_scale_factor = 3001, (void)0, ERANGE);
	REFUSED(c.tunables.percpu_pagelist_high_fraction = 1, (void)0, ERANGE);
	REFUSED(zones[1].start = 8191, zones[1].start = 8192, EINVAL);
	REFUSED(zones[1].managed = 4097, zones[1].managed = 4096, EINVAL);
	REFUSED(zones[1].present = 4097, zones[1].present = 4096, EINVAL);
	REFUSED(zones[1].node = 1, zones[1].node = 0, EINVAL);
	REFUSED(zones[1].type = ZONE_DMA32, zones[1].type = ZONE_NORMAL, EINVAL);
	REFUSED(zones[1].start = UINT32_MAX - 4096, zones[1].start = 8192, EINVAL);
	sys = mm_create(&c, &a, &e);
	CHECK(sys);
	mm_destroy(sys);
	CHECK_EQ(a.used, 0);
}

TEST_MAIN
