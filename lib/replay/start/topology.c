// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shape of the machine: as recorded, or with other RAM, nodes or CPUs.
 *
 *	recorded     |DMA|   DMA32    |hole|          Normal           |
 *	mem=         |DMA|   DMA32    |hole|   Normal   |                  frames behind: gone
 *	nodes=2      |DMA|   DMA32    |  N.0   ||          Normal 1    |   cut at an address
 *	movablecore= |DMA|   DMA32    |hole|     Normal      | Movable |   cut at an address
 *
 * Reference: Linux 6.12 arch/x86/kernel/e820.c parse_memopt() (mem= is the highest address),
 * mm/numa_emulation.c split_nodes_interleave() (numa=fake=N: nodes of equal present memory, in
 * steps of 32 MiB).
 *
 * I1  Zones ascend and do not overlap; a zone without frames is left out.
 * I2  Added RAM belongs to the last zone and is free, but for a 64th that is the kernel's array of
 *     page structures; the population says so from then on.
 *
 * Differs from Linux: managed pages of a zone that is cut are those that the snapshot's frames show
 * on its side of the cut; where no frames were recorded, a share by present pages. Frames of a
 * zone Movable that movablecore= makes stay in use if they were at the start, whatever they hold.
 *
 * Cost: a walk over the frames of zones that are cut.
 */
#include "lib/replay/start/topology.h"

#include "lib/replay/start/boot_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_NODE_PAGES 8192u /* 32 MiB */

static int by_start(const void *a, const void *b)
{
	const struct mm_zone_config *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int recorded_zones(struct topology *t, const struct machine *m, struct mmt_err *e)
{
	for (unsigned i = 0; i < m->nr_zones; i++) {
		const struct machine_zone *z = &m->zone[i];

		if (!z->told || !z->spanned || z->type == ZONE_DEVICE)
			continue;
		t->zone[t->nr_zones++] = (struct mm_zone_config){ .node = z->node,
								  .type = z->type,
								  .start = z->start,
								  .spanned = z->spanned,
								  .present = z->present,
								  .managed = z->managed };
		if (z->node >= t->nr_nodes)
			t->nr_nodes = z->node + 1;
	}
	if (!t->nr_zones)
		return mmt_fail(e, ENOTSUP, "the start snapshot tells no zones");
	qsort(t->zone, t->nr_zones, sizeof(*t->zone), by_start);
	for (unsigned i = 1; i < t->nr_zones; i++)
		if (t->zone[i].start < t->zone[i - 1].start + t->zone[i - 1].spanned)
			return mmt_fail(e, ENOTSUP,
					"zones that overlap (from frame %u) are not modelled",
					t->zone[i].start);
	t->end = t->zone[t->nr_zones - 1].start + t->zone[t->nr_zones - 1].spanned;
	return 0;
}

/* Frames of @z from @from to @to that are under management, as far as frames were recorded. */
static pfn_t count_managed(const struct population *p, const struct mm_zone_config *z, pfn_t from,
			   pfn_t to)
{
	uint64_t known = 0, part = 0;
	pfn_t end = z->start + z->spanned;

	for (pfn_t pfn = z->start, next; pfn < end; pfn = next) {
		uint8_t use = population_get(p, pfn) & FRAME_USE_MASK;
		pfn_t stop = pfn < from ? from : pfn < to ? to : end;

		next = population_run(p, pfn, stop < end ? stop : end);
		if (use == FRAME_ABSENT || use == FRAME_RESERVED)
			continue;
		known += next - pfn;
		if (pfn >= from && pfn < to)
			part += next - pfn;
	}
	if (!known) {
		known = z->spanned;
		part = to - from;
	}
	return (pfn_t)(part * z->managed / known);
}

/* Zone @z from @from to @to, as a zone of its own. */
static struct mm_zone_config cut(const struct population *p, const struct mm_zone_config *z,
				 pfn_t from, pfn_t to)
{
	struct mm_zone_config part = *z;

	part.managed = count_managed(p, z, from, to);
	part.start = from;
	part.spanned = to - from;
	part.present = (pfn_t)((uint64_t)z->present * part.spanned / z->spanned);
	if (part.present < part.managed)
		part.present = part.managed;
	return part;
}

static void limit_ram(struct topology *t, const struct population *p, pfn_t end)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->nr_zones; i++) {
		struct mm_zone_config *z = &t->zone[i];

		if (z->start >= end)
			continue;
		if (z->start + z->spanned > end)
			*z = cut(p, z, z->start, end);
		t->zone[n++] = *z;
	}
	t->nr_zones = n;
	t->end = end;
}

/* The first 63 of 64 added frames are free, the rest holds the array of page structures. */
static int populate(struct population *p, struct mm_zone_config *z, pfn_t from, pfn_t end,
		    struct mmt_err *e)
{
	pfn_t pages = end - from, managed = pages / 64 * 63;
	int ret = population_fill(p, from, managed, FRAME_FREE, e);

	z->spanned += pages;
	z->present += pages;
	z->managed += managed;
	return ret ? ret : population_fill(p, from + managed, pages - managed, FRAME_RESERVED, e);
}

static int add_ram(struct topology *t, struct population *p, pfn_t end, struct mmt_err *e)
{
	struct mm_zone_config *z = &t->zone[t->nr_zones - 1];
	const pfn_t border = 1u << (32 - PAGE_SHIFT);
	pfn_t from = t->end, last = end;
	int ret = 0;

	if (z->type < ZONE_NORMAL && end > border) {
		/* what reaches beyond 4 GiB is a zone of its own */
		struct mm_zone_config *above = &t->zone[t->nr_zones++];

		last = border;
		*above = (struct mm_zone_config){ .node = z->node,
						  .type = ZONE_NORMAL,
						  .start = from > border ? from : border };
		ret = populate(p, above, above->start, end, e);
	}
	if (!ret && from < last)
		ret = populate(p, z, from, last, e);
	t->end = end;
	return ret;
}

/* Cut the machine into @nodes of equal span. */
static int split_nodes(struct topology *t, const struct population *p, unsigned nodes,
		       struct mmt_err *e)
{
	struct mm_zone_config whole[MACHINE_MAX_ZONES];
	unsigned nr = t->nr_zones;
	uint64_t present = 0, seen = 0;
	unsigned node = 0;

	memcpy(whole, t->zone, nr * sizeof(*whole));
	for (unsigned i = 0; i < nr; i++)
		present += whole[i].present;
	if (present / nodes < FAKE_NODE_PAGES)
		return mmt_fail(e, ENOTSUP, "%u nodes: below 32 MiB each", nodes);
	t->nr_zones = 0;
	for (unsigned i = 0; i < nr; i++) {
		pfn_t from = whole[i].start, end = from + whole[i].spanned;

		while (from < end) {
			/* where present memory, taken as spread evenly over the zone, fills a node
			 */
			uint64_t target = present * (node + 1) / nodes;
			uint64_t left = target > seen ? target - seen : 0;
			uint64_t to = from + (left * whole[i].spanned + whole[i].present - 1) /
						     (whole[i].present ? whole[i].present : 1);

			to &= ~(uint64_t)(FAKE_NODE_PAGES - 1);
			if (to <= from)
				to = (from & ~(FAKE_NODE_PAGES - 1)) + FAKE_NODE_PAGES;
			if (node + 1 == nodes || to > end)
				to = end;
			if (t->nr_zones == MACHINE_MAX_ZONES)
				return mmt_fail(e, ENOTSUP, "%u nodes make too many zones", nodes);
			t->zone[t->nr_zones] = cut(p, &whole[i], from, (pfn_t)to);
			t->zone[t->nr_zones].node = node;
			seen += t->zone[t->nr_zones++].present;
			if (to < end || seen >= target)
				node += node + 1 < nodes;
			from = (pfn_t)to;
		}
	}
	t->nr_nodes = nodes;
	return 0;
}

static void place_cpus(struct topology *t, const struct machine *m, bool recorded)
{
	for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++)
		t->node_of_cpu[cpu] = recorded && m->node_of_cpu[cpu] < t->nr_nodes
					      ? m->node_of_cpu[cpu]
					      : cpu * t->nr_nodes / t->nr_cpus;
	if (!recorded)
		return;
	t->has_distance = true;
	for (unsigned i = 0; i < t->nr_nodes; i++)
		for (unsigned j = 0; j < t->nr_nodes; j++) {
			t->distance[i * t->nr_nodes + j] = m->distance[i][j];
			t->has_distance &= m->distance[i][j] != 0;
		}
}

static struct mm_zone_config cut_part(const void *population, const struct mm_zone_config *z,
				      pfn_t from, pfn_t to)
{
	return cut(population, z, from, to);
}

static int cut_movable(struct topology *t, const struct population *p,
		       const struct tunable_values *v, struct mmt_err *e)
{
	if (v->cma)
		return mmt_fail(e, ENOTSUP,
				"cma: what a recorded machine had in use where the area would lie "
				"cannot be elsewhere; scenarios know it");
	if (!v->kernelcore.given && !v->movablecore.given)
		return 0;
	t->as_recorded = false;
	if (boot_zone_movable(t->zone, &t->nr_zones, v, cut_part, p, e))
		return -ENOTSUP;
	qsort(t->zone, t->nr_zones, sizeof(*t->zone), by_start);
	return 0;
}

int topology_build(struct topology *t, struct survey *s, const struct tunable_values *v,
		   struct mmt_err *e)
{
	uint64_t end = v->mem >> PAGE_SHIFT;
	int ret;

	*t = (struct topology){ .as_recorded = true };
	ret = recorded_zones(t, &s->machine, e);
	if (ret)
		return ret;
	if (v->mem && end != t->end) {
		t->as_recorded = false;
		end &= ~(uint64_t)(PAGEBLOCK_PAGES - 1);
		if (end <= t->zone[0].start)
			return mmt_fail(e, ENOTSUP, "mem=%llu leaves no RAM",
					(unsigned long long)v->mem);
		if (end < t->end)
			limit_ram(t, &s->population, (pfn_t)end);
		else
			ret = add_ram(t, &s->population, (pfn_t)end, e);
	}
	if (ret)
		return ret;
	t->nr_cpus = v->cpus ? v->cpus : s->machine.nr_cpus ? s->machine.nr_cpus : 1;
	if (v->nodes && v->nodes != t->nr_nodes) {
		t->as_recorded = false;
		ret = split_nodes(t, &s->population, v->nodes, e);
		if (ret)
			return ret;
	}
	place_cpus(t, &s->machine, t->as_recorded && !v->cpus);
	return cut_movable(t, &s->population, v, e);
}
