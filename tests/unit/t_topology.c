// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shape of the machine: what a change of its RAM, nodes or CPUs leaves as it was recorded.
 *
 *	three nodes of 1 GiB from 4 GiB on; 0 and 2 are near each other, CPUs go round
 */
#include "lib/replay/result.h"
#include "lib/replay/start/topology.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>

#define GIB 262144u

static struct mmt_alloc alloc;
static struct mmt_err err;
static struct survey survey;
static struct topology shape;
static struct machine_zone zones[4];

/* The recorded machine; node 2 is without memory unless @nr_zones is 3. */
static void recorded(unsigned nr_zones)
{
	struct machine *m = &survey.machine;

	alloc = (struct mmt_alloc)MMT_ALLOC_INIT;
	survey = (struct survey){ 0 };
	population_init(&survey.population, &alloc, &err);
	for (unsigned i = 0; i < nr_zones; i++)
		zones[i] = (struct machine_zone){ .node = i,
						  .type = ZONE_NORMAL,
						  .told = true,
						  .start = (4 + i) * GIB,
						  .spanned = GIB,
						  .present = GIB,
						  .managed = GIB };
	m->zone = zones;
	m->nr_zones = nr_zones;
	m->nr_cpus = 6;
	for (unsigned cpu = 0; cpu < 6; cpu++)
		m->node_of_cpu[cpu] = (uint16_t)(cpu % 3);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 3; j++)
			m->distance[i][j] = i == j ? 10 : i + j == 2 ? 12 : 32;
}

static int build(const struct tunable_values *v)
{
	int ret = topology_build(&shape, &survey, v, &err);

	population_free(&survey.population);
	return ret;
}

/* Nodes of the CPUs, and distances from node 0, as "0 1 2 / 10 32 12". */
static const char *placed(void)
{
	static char text[512];
	size_t n = 0;

	for (unsigned cpu = 0; cpu < shape.nr_cpus; cpu++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u ", shape.node_of_cpu[cpu]);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "/");
	for (unsigned i = 0; shape.has_distance && i < shape.nr_nodes; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %u", shape.distance[i]);
	return text;
}

TEST_NAMED(kept, "KAT 4.2b other RAM or CPUs leave nodes as far apart, and CPUs where they are")
{
	struct tunable_values v = tunable_defaults();

	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 1 2 0 1 2 / 10 32 12");
	CHECK(shape.as_recorded);
	v.mem = (uint64_t)(6 * GIB + GIB / 2) << PAGE_SHIFT;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 1 2 0 1 2 / 10 32 12");
	CHECK(!shape.as_recorded);
	/* a node keeps its number without its memory */
	v.mem = (uint64_t)(6 * GIB) << PAGE_SHIFT;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_EQ(shape.nr_zones, 2);
	CHECK_STR(placed(), "0 1 2 0 1 2 / 10 32 12");
	v = tunable_defaults();
	v.cpus = 8;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 1 2 0 1 2 0 1 / 10 32 12");
	v.cpus = 2;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 1 / 10 32 12");
	/* other nodes: nothing of it holds */
	v = tunable_defaults();
	v.nodes = 2;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 0 0 1 1 1 /");
}

TEST_NAMED(memoryless,
	   "KAT 4.1 the last node is there without memory: its CPUs or distances say so")
{
	struct tunable_values v = tunable_defaults();

	recorded(2);
	CHECK_EQ(build(&v), 0);
	CHECK_EQ(shape.nr_nodes, 3);
	CHECK_STR(placed(), "0 1 2 0 1 2 / 10 32 12");
	CHECK(shape.as_recorded);
	/* neither memory nor CPUs */
	recorded(2);
	survey.machine.nr_cpus = 2;
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 1 / 10 32 12");
	/* nor distances; and none of node 1, which was offline */
	recorded(2);
	survey.machine.nr_cpus = 1;
	survey.machine.distance[2][2] = 0;
	survey.machine.distance[0][1] = survey.machine.distance[1][1] = 0;
	CHECK_EQ(build(&v), 0);
	CHECK_STR(placed(), "0 / 10 20");
}

/*	CPU 0: node 0, all memory.  CPU 1: node 1, none. */
TEST_NAMED(replayed, "KAT 4.1 4.4c CPUs of a recorded node without memory take other nodes' pages")
{
	struct replay_options o = { 0 };
	json_t *result, *effective;
	struct replay r;
	struct host h;

	host_start(&h);
	host_open(&h);
	HOST_ROW(&h, snapshot_begin, MMT_SNAP_FULL, 0);
	for (unsigned i = 0; i < mm_nr_zones(h.sys); i++)
		host_zone_rows(&h, i);
	HOST_ROW(&h, snap_cpu, 0, 0);
	HOST_ROW(&h, snap_cpu, 1, 1);
	for (unsigned i = 0; i < 4; i++)
		HOST_ROW(&h, snap_distance, i / 2, i % 2, i / 2 == i % 2 ? 10 : 21);
	host_pages(&h);
	HOST_ROW(&h, snapshot_end, MMT_SNAP_FULL, h.seq++);
	for (unsigned i = 0; i < 8; i++)
		CHECK(host_alloc(&h, i % 2, GFP_KERNEL, 0) != PFN_NONE);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(mm_nr_nodes(r.allocator.sys), 2);
	CHECK_EQ(r.allocator.faithful, 8);
	CHECK_EQ(mm_check(r.allocator.sys, 3, &h.err), 0);
	result = result_build(&r, &h.err);
	effective = json_object_get(json_object_get(result, "config"), "effective");
	CHECK_EQ(json_integer_value(json_object_get(effective, "nodes")), 2);
	json_decref(result);
	for (unsigned i = 0; i < mm_nr_zones(r.allocator.sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(r.allocator.sys, i, &v);
		CHECK_EQ(v.numa_other, v.type == ZONE_DMA ? 0 : 4);
		CHECK_EQ(v.numa_miss, 0);
	}
	replay_free(&r);
	host_stop(&h);
}

/* Sizes of the nodes' zones in MiB, as "0:15+80 1:64". */
static const char *cut(void)
{
	static char text[512];
	size_t n = 0;

	for (unsigned i = 0; i < shape.nr_zones; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u:%u", i ? " " : "",
				      shape.zone[i].node, (shape.zone[i].spanned + 1) >> 8);
	return text;
}

/*
 *	256 MiB of a guest, 98 frames absent: 85 MiB a node are 64, and what is over fills one of 96
 *
 *	|0 DMA |16      DMA32    |96         |160            256|
 *	|        node 0          |  node 1   |     node 2       |
 */
TEST_NAMED(fake, "KAT 4.1 nodes= gives the remainder in steps of 32 MiB to the first nodes")
{
	struct tunable_values v = tunable_defaults();

	recorded(2);
	survey.machine.nr_cpus = 0;
	survey.machine.distance[2][2] = 0;
	zones[0] = (struct machine_zone){ .type = ZONE_DMA,
					  .told = true,
					  .start = 1,
					  .spanned = 4095,
					  .present = 3998,
					  .managed = 3840 };
	zones[1] = (struct machine_zone){ .type = ZONE_DMA32,
					  .told = true,
					  .start = 4096,
					  .spanned = 61440,
					  .present = 61440,
					  .managed = 50000 };
	survey.machine.distance[1][1] = 0;
	v.nodes = 3;
	CHECK_EQ(build(&v), 0);
	CHECK_STR(cut(), "0:16 0:80 1:64 2:96");
	recorded(3);
	v.nodes = 2;
	/* 1536 MiB each, as there is no hole */
	CHECK_EQ(build(&v), 0);
	CHECK_STR(cut(), "0:1536 1:1536");
	v.nodes = 1;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	CHECK_STR(cut(), "0:3072");
	CHECK_EQ(shape.zone[0].managed, 3 * GIB);
	v.nodes = 64;
	recorded(3);
	CHECK_EQ(build(&v), 0);
	/* 48 MiB each: 32, the first 32 of them 64 */
	CHECK_EQ(shape.nr_nodes, 64);
	CHECK_EQ(shape.zone[shape.nr_zones - 1].node, 63);
	/* one with a zone of another type between two of its own cannot be */
	v.nodes = 1;
	recorded(3);
	zones[1].type = ZONE_MOVABLE;
	CHECK_EQ(build(&v), -ENOTSUP);
}

TEST_MAIN
