// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine of a scenario.
 *
 *	mem=8G nodes=2      frame 0 | 1     4096        1048576            2097152
 *	                            |  DMA  |   DMA32   |     Normal       |
 *	                            |     node 0        |     node 1       |
 *	zone line           spans ......................................
 *	                    managed, of these the first are in use, `free` is free
 *[unmanaged][absent]
 *
 * Node n has the n-th equal part, cut down to whole pageblocks. Zones begin and end where x86-64
 * has them; a zone line replaces one of them.
 *
 * I1  Zones ascend and do not overlap, or the line that is wrong is named.
 * I2  After boot each zone has as many free pages as was said, in the largest blocks, and every
 *     pageblock is MOVABLE, but for those that cma= asked for.
 *
 * Differs from Linux: nothing is reserved at boot: no kernel image, no page structures.
 *
 * Cost: one seed per free block.
 */
#include "lib/replay/scenario/scenario.h"

#include "lib/replay/start/boot_memory.h"
#include "lib/replay/tunable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define THP_PAGES ((512u << 20) >> PAGE_SHIFT) /* fewer managed ones: Linux boots with THP off */

static const pfn_t borders[] = { 1, 1u << 12, 1u << 20, PFN_NONE };

static int by_start(const void *a, const void *b)
{
	const struct scenario_zone *x = a, *y = b;

	return x->config.start < y->config.start ? -1 : x->config.start > y->config.start;
}

/* The zones of RAM from frame @from to @to, which is all of @node. */
static void compute_node(struct scenario_machine *m, unsigned node, pfn_t from, pfn_t to)
{
	for (unsigned type = ZONE_DMA; type <= ZONE_NORMAL; type++) {
		pfn_t start = borders[type] > from ? borders[type] : from;
		pfn_t end = borders[type + 1] < to ? borders[type + 1] : to;

		if (start >= end)
			continue;
		m->zone[m->nr_zones++] =
			(struct scenario_zone){ .config = { .node = node,
							    .type = (enum zone_type)type,
							    .start = start,
							    .spanned = end - start,
							    .present = end - start,
							    .managed = end - start },
						.free = end - start };
	}
}

static int wrong(struct scenario_place at, struct mmt_err *e)
{
	mmt_err_line(e, (unsigned)at.line, at.column);
	return -EINVAL;
}

/* Where the machine is described at all: its line, or the first zone's. */
static struct scenario_place described(const struct scenario_machine *m)
{
	return m->at.line || !m->nr_zones ? m->at : m->zone[0].at;
}

/* The layout: computed zones, then those of zone lines in their places. */
static int layout(struct scenario_machine *l, const struct scenario_machine *m, struct mmt_err *e)
{
	uint64_t pages = m->mem >> PAGE_SHIFT;

	if (m->nodes < 1 || m->nodes > MM_MAX_NODES || m->cpus < 1 || m->cpus > MM_MAX_CPUS) {
		mmt_fail(e, EINVAL, "%llu nodes, %llu CPUs: not in 1..%d, 1..%d",
			 (unsigned long long)m->nodes, (unsigned long long)m->cpus, MM_MAX_NODES,
			 MM_MAX_CPUS);
		return wrong(m->at, e);
	}
	if (m->distance_node >= m->nodes) {
		mmt_fail(e, EINVAL, "there is no node %u", m->distance_node);
		return wrong(m->distance_at, e);
	}
	if (pages / m->nodes < 2 * PAGEBLOCK_PAGES || pages >= PFN_NONE) {
		mmt_fail(e, EINVAL, "mem: %llu pages: not %u for each node up to %u",
			 (unsigned long long)pages, 2 * PAGEBLOCK_PAGES, PFN_NONE);
		return wrong(m->at, e);
	}
	l->nr_zones = 0;
	for (unsigned n = 0; n < m->nodes; n++) {
		uint64_t from = pages * n / m->nodes, to = pages * (n + 1) / m->nodes;

		from &= ~(uint64_t)(PAGEBLOCK_PAGES - 1);
		if (n + 1 < m->nodes)
			to &= ~(uint64_t)(PAGEBLOCK_PAGES - 1);
		compute_node(l, n, (pfn_t)from, (pfn_t)to);
	}
	for (unsigned i = 0; i < m->nr_zones; i++) {
		const struct scenario_zone *z = &m->zone[i];
		unsigned at = 0;

		while (at < l->nr_zones && (l->zone[at].config.node != z->config.node ||
					    l->zone[at].config.type != z->config.type))
			at++;
		if (z->config.node >= m->nodes) {
			mmt_fail(e, EINVAL, "there is no node %u", z->config.node);
			return wrong(z->at, e);
		}
		/* nodes x 4 types at most */
		l->nr_zones += at == l->nr_zones;
		l->zone[at] = *z;
	}
	return 0;
}

static int check_layout(struct scenario_machine *l, struct mmt_err *e)
{
	struct scenario_place at = { 0 };
	uint64_t end = 0;
	unsigned n = 0;

	qsort(l->zone, l->nr_zones, sizeof(*l->zone), by_start);
	for (unsigned i = 0; i < l->nr_zones; i++) {
		const struct scenario_zone *z = &l->zone[i];

		if (!z->config.spanned)
			continue;
		if (z->config.start < end) {
			mmt_fail(e, EINVAL,
				 "the zone from frame %u overlaps the one that ends at %llu",
				 z->config.start, (unsigned long long)end);
			return wrong(z->at.line > at.line ? z->at : at, e);
		}
		end = (uint64_t)z->config.start + z->config.spanned;
		at = z->at;
		l->zone[n++] = *z;
	}
	/* only zone lines can empty what was computed */
	if (!n) {
		mmt_fail(e, EINVAL, "no zone has a frame");
		return wrong(l->zone[l->nr_zones - 1].at, e);
	}
	l->nr_zones = n;
	return 0;
}

/* hugepage_init() of mm/huge_memory.c (6.12): small machines boot with THP off. */
static bool boots_with_thp(const struct scenario_machine *l)
{
	uint64_t managed = 0;

	for (unsigned i = 0; i < l->nr_zones; i++)
		managed += l->zone[i].config.managed;
	return managed >= THP_PAGES;
}

/* Zone lines say what RAM there is: nothing else may. */
static int zones_are_told(const struct scenario_machine *m, const char *keys, const char *a,
			  const char *b, struct mmt_err *e)
{
	struct scenario_place at = m->zone[0].at;

	for (unsigned i = 0; i < m->nr_boot; i++)
		if (strcmp(m->boot[i].change.key, a) == 0 || strcmp(m->boot[i].change.key, b) == 0)
			at = m->boot[i].at;
	wrong(at, e);
	return mmt_fail(e, ENOTSUP, "%s cannot be set: zone lines say what RAM there is", keys);
}

/* kernelcore= and movablecore= may cut a zone Movable off the computed ones. */
static struct mm_zone_config whole_ram(const void *with, const struct mm_zone_config *zone,
				       pfn_t from, pfn_t to)
{
	struct mm_zone_config part = *zone;

	(void)with;
	part.start = from;
	part.spanned = part.present = part.managed = to - from;
	return part;
}

static int cut_movable(struct scenario_machine *l, const struct scenario_machine *m,
		       const struct tunable_values *v, struct mmt_err *e)
{
	struct mm_zone_config zone[MACHINE_MAX_ZONES];
	unsigned nr = l->nr_zones;
	int ret;

	if (!v->kernelcore.given && !v->movablecore.given)
		return 0;
	if (m->nr_zones)
		return zones_are_told(m, "kernelcore and movablecore", "kernelcore", "movablecore",
				      e);
	for (unsigned i = 0; i < nr; i++)
		zone[i] = l->zone[i].config;
	ret = boot_zone_movable(zone, &nr, v, whole_ram, NULL, e);
	for (unsigned i = 0; i < nr; i++)
		l->zone[i] = (struct scenario_zone){ .config = zone[i], .free = zone[i].managed };
	l->nr_zones = nr;
	return ret;
}

/* Frames of [@pfn, @end) become free, in the largest blocks. */
static int boot_free(struct mm_system *sys, uint64_t pfn, uint64_t end, struct mmt_err *e)
{
	int ret = 0;

	while (pfn < end && !ret) {
		unsigned order = pfn ? (unsigned)__builtin_ctzll(pfn) : MAX_PAGE_ORDER;

		if (order > MAX_PAGE_ORDER)
			order = MAX_PAGE_ORDER;
		while (end - pfn < 1u << order)
			order--;
		ret = mm_seed_free(sys, (pfn_t)pfn, order, e);
		pfn += 1u << order;
	}
	return ret;
}

/* Frames that cma= set apart; @from == @to: none. */
struct area {
	pfn_t from, to;
};

/* The first managed frames that are in no area are in use, the others free. */
static int boot_zone(struct mm_system *sys, const struct scenario_zone *z, struct area cma,
		     struct mmt_err *e)
{
	uint64_t start = z->config.start, end = start + z->config.managed;
	uint64_t used = z->config.managed - z->free;
	int ret = 0;

	if (cma.from < start || cma.from >= end || cma.from == cma.to)
		return boot_free(sys, start + used, end, e);
	if (end - cma.to + cma.from - start < used)
		return mmt_fail(e, EINVAL, "free=%" PRIu64 " is less than the area of cma=",
				(uint64_t)z->free);
	for (pfn_t pfn = cma.from; pfn < cma.to && !ret; pfn += PAGEBLOCK_PAGES)
		ret = mm_seed_pageblock(sys, pfn, MIGRATE_CMA, e);
	if (!ret && start + used < cma.from)
		ret = boot_free(sys, start + used, cma.from, e);
	if (!ret)
		ret = boot_free(sys, cma.from, cma.to, e);
	if (start + used > cma.from)
		cma.to += (pfn_t)(start + used - cma.from);
	return ret ? ret : boot_free(sys, cma.to, end, e);
}

static int boot(const struct scenario_machine *l, const struct scenario_machine *m,
		const struct tunable_values *v, struct mmt_alloc *a, struct mm_system **sys,
		struct mmt_err *e)
{
	struct mm_zone_config zones[MACHINE_MAX_ZONES];
	uint8_t distance[MM_MAX_NODES * MM_MAX_NODES];
	struct mm_config config = { .profile = v->profile,
				    .nr_nodes = (unsigned)m->nodes,
				    .nr_cpus = (unsigned)m->cpus,
				    .zones = zones,
				    .nr_zones = l->nr_zones,
				    .tunables = v->mm,
				    .seed = v->seed };
	struct area cma = { 0 };
	int ret = 0;

	for (unsigned i = 0; i < l->nr_zones; i++)
		zones[i] = l->zone[i].config;
	if (v->cma && l->nr_zones && boot_cma(zones, l->nr_zones, v->cma, &cma.from, &cma.to, e))
		return wrong(m->at, e);
	for (unsigned i = 0; i < m->nodes; i++)
		for (unsigned j = 0; j < m->nodes; j++)
			distance[i * m->nodes + j] = m->distance[i][j] ? m->distance[i][j]
						     : i == j	       ? 10
								       : 20;
	if (m->has_distance)
		config.distance = distance;
	*sys = mm_create(&config, a, e);
	if (!*sys) {
		ret = e && e->code ? -e->code : -EINVAL;
		if (ret != -ENOMEM)
			wrong(described(m), e);
		return ret;
	}
	for (unsigned i = 0; i < l->nr_zones && !ret; i++) {
		ret = boot_zone(*sys, &l->zone[i], cma, e);
		if (ret == -EINVAL)
			wrong(l->zone[i].at, e);
	}
	if (ret) {
		mm_destroy(*sys);
		*sys = NULL;
	}
	return ret;
}

int scenario_build(struct scenario *s, struct tunable_values *v, bool thp_given,
		   struct mm_system **sys, unsigned *nr_cpus, struct mmt_err *e)
{
	struct scenario_machine *m = &s->machine;
	struct scenario_machine *l = mmt_calloc(s->alloc, 1, sizeof(*l));
	int ret;

	if (!l)
		return mmt_fail(e, ENOMEM, "no memory for a machine");
	if (m->nr_zones && (v->mem || v->nodes)) {
		mmt_free(s->alloc, l);
		return zones_are_told(m, "mem and nodes", "mem", "nodes", e);
	}
	m->mem = v->mem ? v->mem : m->mem;
	m->nodes = v->nodes ? v->nodes : m->nodes;
	m->cpus = v->cpus ? v->cpus : m->cpus;
	ret = layout(l, m, e);
	if (!ret)
		ret = cut_movable(l, m, v, e);
	if (!ret)
		ret = check_layout(l, e);
	if (!ret && !thp_given)
		v->mm.thp = boots_with_thp(l);
	if (!ret)
		ret = boot(l, m, v, s->alloc, sys, e);
	mmt_free(s->alloc, l);
	*nr_cpus = (unsigned)m->cpus;
	return ret;
}
