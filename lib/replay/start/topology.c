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
 * I2  CPUs and distances are the recorded ones unless the number of nodes differs.
 * I3  Added RAM belongs to the last zone and is free, but for a 64th that is the kernel's array of
 *     page structures; the population says so from then on.
 *
 * Differs from Linux: managed pages of a zone that is cut are those that the snapshot's frames show
 * on its side of the cut; where no frames were recorded, a share by present pages. Frames of a
 * zone Movable that movablecore= makes stay in use if they were at the start, whatever they hold.
 *
 * nodes= takes the absent frames of a zone for its last ones, and the RAM of a host with several
 * nodes as one node's, where Linux cuts each by itself; CPUs are dealt out in blocks and nodes are
 * 20 apart, where with Linux all CPUs of a node stay on the first that is cut from it, 10 from the
 * rest.
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

static void count_node(struct topology *t, unsigned node)
{
	if (node >= t->nr_nodes)
		t->nr_nodes = node + 1;
}

/* Nodes that have no zone: without memory. */
static void recorded_nodes(struct topology *t, const struct machine *m)
{
	for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
		count_node(t, m->node_of_cpu[cpu]);
	for (unsigned node = 0; node < MM_MAX_NODES; node++)
		if (m->distance[node][node])
			count_node(t, node);
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
		count_node(t, z->node);
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

/* Present frames from @from to @to. */
static uint64_t present_between(const struct mm_zone_config *zone, unsigned nr, uint64_t from,
				uint64_t to)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < nr; i++) {
		uint64_t start = zone[i].start > from ? zone[i].start : from;
		uint64_t end = (uint64_t)zone[i].start + zone[i].present;

		if (end > to)
			end = to;
		if (start < end)
			pages += end - start;
	}
	return pages;
}

/* Where a node ends that begins at @start and is to have @size frames, @more beyond them if it can.
 * What would not make a node behind it is its own. */
static uint64_t end_of_node(const struct topology *t, uint64_t start, uint64_t size, uint64_t more)
{
	const uint64_t border = 1u << (32 - PAGE_SHIFT);
	uint64_t end = start + size + more;

	while (end < t->end && present_between(t->zone, t->nr_zones, start, end) < size)
		end += FAKE_NODE_PAGES;
	if (end < border && present_between(t->zone, t->nr_zones, end, border) < FAKE_NODE_PAGES)
		end = border;
	if (end > t->end || present_between(t->zone, t->nr_zones, end, t->end) < size)
		end = t->end;
	return end;
}

/* Zone @z joins @node: as a zone of its own, or as the end of the one before. */
static int add_to_node(struct topology *t, const struct mm_zone_config *z, unsigned node,
		       struct mmt_err *e)
{
	struct mm_zone_config *last = t->nr_zones ? &t->zone[t->nr_zones - 1] : NULL;

	if (last && last->node == node && last->type == z->type) {
		last->spanned = z->start + z->spanned - last->start;
		last->present += z->present;
		last->managed += z->managed;
		return 0;
	}
	if (t->nr_zones == MACHINE_MAX_ZONES)
		return mmt_fail(e, ENOTSUP, "%u nodes make too many zones", node + 1);
	for (unsigned i = 0; i < t->nr_zones; i++)
		if (t->zone[i].node == node && t->zone[i].type == z->type)
			return mmt_fail(e, ENOTSUP, "node %u would have two zones %s", node,
					mm_zone_name(z->type));
	t->zone[t->nr_zones] = *z;
	t->zone[t->nr_zones++].node = node;
	return 0;
}

/* Cut the machine into @nodes of equal memory; what is more than whole steps goes to the first. */
static int split_nodes(struct topology *t, const struct population *p, unsigned nodes,
		       struct mmt_err *e)
{
	uint64_t end[MM_MAX_NODES], at = 0;
	uint64_t size = present_between(t->zone, t->nr_zones, 0, t->end) / nodes;
	uint64_t more = size % FAKE_NODE_PAGES * nodes / FAKE_NODE_PAGES;
	struct mm_zone_config whole[MACHINE_MAX_ZONES];
	unsigned nr = t->nr_zones, n = 0;
	int ret = 0;

	size -= size % FAKE_NODE_PAGES;
	if (!size)
		return mmt_fail(e, ENOTSUP, "%u nodes: below 32 MiB each", nodes);
	for (; n < nodes && at < t->end; n++)
		at = end[n] = end_of_node(t, at, size, n < more ? FAKE_NODE_PAGES : 0);
	end[n - 1] = t->end;
	memcpy(whole, t->zone, nr * sizeof(*whole));
	t->nr_nodes = n;
	t->nr_zones = 0;
	n = 0;
	for (unsigned i = 0; !ret && i < nr; i++) {
		pfn_t from = whole[i].start, stop = from + whole[i].spanned;

		while (!ret && from < stop) {
			struct mm_zone_config part;

			while (from >= end[n])
				n++;
			part = cut(p, &whole[i], from, end[n] < stop ? (pfn_t)end[n] : stop);
			ret = add_to_node(t, &part, n, e);
			from += part.spanned;
		}
	}
	return ret;
}

/* CPUs beyond the recorded ones are where these are, in the same order. */
static void place_cpus(struct topology *t, const struct machine *m, bool recorded)
{
	for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++)
		t->node_of_cpu[cpu] = recorded && m->nr_cpus ? m->node_of_cpu[cpu % m->nr_cpus]
							     : cpu * t->nr_nodes / t->nr_cpus;
}

/* Distances as recorded, if any was; nodes that were not online then are as far as others. */
static void place_nodes(struct topology *t, const struct machine *m)
{
	for (unsigned i = 0; i < t->nr_nodes; i++)
		for (unsigned j = 0; j < t->nr_nodes; j++) {
			uint8_t told = m->distance[i][j];

			t->has_distance |= told != 0;
			t->distance[i * t->nr_nodes + j] = told ? told : i == j ? 10 : 20;
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
	bool split;
	int ret;

	*t = (struct topology){ .as_recorded = true };
	ret = recorded_zones(t, &s->machine, e);
	if (ret)
		return ret;
	recorded_nodes(t, &s->machine);
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
	split = v->nodes && v->nodes != t->nr_nodes;
	if (split) {
		t->as_recorded = false;
		ret = split_nodes(t, &s->population, v->nodes, e);
		if (ret)
			return ret;
	} else {
		place_nodes(t, &s->machine);
	}
	place_cpus(t, &s->machine, !split);
	return cut_movable(t, &s->population, v, e);
}
