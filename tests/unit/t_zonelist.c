// SPDX-License-Identifier: GPL-2.0-only
/* Zonelists: nodes by distance, zones from the highest down. */
#include "tests/unit/mm_machine.h"

/* "node.zone node.zone ..." of a list. */
static const char *names(const struct zonelist *l, char *buf, size_t size)
{
	size_t n = 0;
	unsigned i;

	buf[0] = 0;
	for (i = 0; l->zone[i] && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%u.%s", i ? " " : "", l->zone[i]->node,
				      mm_zone_name((enum zone_type)l->zone[i]->type));
	return buf;
}

TEST_NAMED(r1, "KAT 4.1 4.2a zonelists of R1: Normal, DMA32, DMA")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	char buf[128];

	CHECK_EQ(sys->nr_nodes, 1);
	CHECK_STR(names(&sys->node[0].fallback, buf, sizeof(buf)), "0.Normal 0.DMA32 0.DMA");
	CHECK_STR(names(&sys->node[0].local, buf, sizeof(buf)), "0.Normal 0.DMA32 0.DMA");
	machine_end(&m);
}

TEST_NAMED(r2, "KAT 4.2b three nodes at equal distance take turns")
{
	struct machine m;
	struct mm_system *sys = machine_r2(&m);
	char buf[128];

	CHECK_STR(names(&sys->node[0].fallback, buf, sizeof(buf)), "0.Normal 1.Normal 2.Normal");
	CHECK_STR(names(&sys->node[1].fallback, buf, sizeof(buf)), "1.Normal 2.Normal 0.Normal");
	CHECK_STR(names(&sys->node[2].fallback, buf, sizeof(buf)), "2.Normal 0.Normal 1.Normal");
	CHECK_STR(names(&sys->node[2].local, buf, sizeof(buf)), "2.Normal");
	machine_end(&m);
}

TEST_NAMED(unpopulated, "KAT 1.1c 4.2a empty zones and ZONE_DEVICE are in no list")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 0, 0 },
		{ 0, ZONE_DMA32, 4096, 65536, 65536, 60000 },
		{ 0, ZONE_NORMAL, 0, 0, 0, 0 },
		{ 0, ZONE_MOVABLE, 69632, 8192, 8192, 8192 },
		{ 0, ZONE_DEVICE, 77824, 8192, 8192, 0 },
	};
	struct mm_config c = machine_config(zones, 5, 1, 1);
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);
	char buf[128];
	pfn_t pfn;

	CHECK_STR(names(&sys->node[0].fallback, buf, sizeof(buf)), "0.Movable 0.DMA32");
	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	do {
		pfn = get(sys, GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC, 0, 0);
		CHECK(pfn == PFN_NONE || pfn < 77824);
	} while (pfn != PFN_NONE);
	CHECK_EQ(counter(sys, "pgalloc_device"), 0);
	CHECK_EQ(counter(sys, "pgalloc_movable"), 8192);
	CHECK_EQ(counter(sys, "pgalloc_dma32"), 60000);
	machine_end(&m);
}

TEST_NAMED(distance, "KAT 4.2b nearer nodes first, memoryless nodes skipped")
{
	/* 0 and 2 are near each other; 1 has no memory, its requests go to 2, then 0 */
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 0, 4096, 4096, 4096 },
		{ 2, ZONE_NORMAL, 4096, 4096, 4096, 4096 },
		{ 3, ZONE_NORMAL, 8192, 4096, 4096, 4096 },
	};
	static const uint8_t distance[] = {
		10, 31, 11, 30, /* from 0 */
		31, 10, 20, 40, /* from 1 */
		11, 20, 10, 30, /* from 2 */
		30, 40, 30, 10, /* from 3 */
	};
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .nr_nodes = 4,
			       .nr_cpus = 4,
			       .distance = distance,
			       .zones = zones,
			       .nr_zones = 3,
			       .tunables = mm_default_tunables() };
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);
	char buf[128];

	CHECK_STR(names(&sys->node[0].fallback, buf, sizeof(buf)), "0.Normal 2.Normal 3.Normal");
	CHECK_STR(names(&sys->node[1].fallback, buf, sizeof(buf)), "2.Normal 0.Normal 3.Normal");
	CHECK_STR(names(&sys->node[3].fallback, buf, sizeof(buf)), "3.Normal 0.Normal 2.Normal");
	CHECK(!sys->node[1].local.zone[0]);
	machine_end(&m);
}

TEST_NAMED(next, "KAT 4.2a the walk skips zones above the request's and nodes outside the mask")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	const struct zonelist *l = &sys->node[0].fallback;

	CHECK_EQ(zonelist_next(l->zone + 0, ZONE_NORMAL, 0) - l->zone, 0);
	CHECK_EQ(zonelist_next(l->zone + 0, ZONE_DMA32, 0) - l->zone, 1);
	CHECK_EQ(zonelist_next(l->zone + 0, ZONE_DMA, 0) - l->zone, 2);
	CHECK_EQ(zonelist_next(l->zone + 3, ZONE_DMA, 0) - l->zone, 3);
	CHECK_EQ(zonelist_next(l->zone + 0, ZONE_NORMAL, 2) - l->zone, 3);
	machine_end(&m);
	sys = machine_r2(&m);
	l = &sys->node[1].fallback;
	CHECK_EQ(zonelist_next(l->zone + 0, ZONE_NORMAL, 1 << 0) - l->zone, 2);
	CHECK_EQ(zonelist_next(l->zone + 0, ZONE_NORMAL, 1 << 2 | 1 << 0) - l->zone, 1);
	machine_end(&m);
}

TEST_MAIN
