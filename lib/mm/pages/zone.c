// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: zones and nodes: which frames exist, to whom they belong, and their sums.
 *
 * Reference: Linux 6.12 include/linux/mmzone.h struct zone, pg_data_t; mm/page_alloc.c
 * account_freepages(); mm/mm_init.c.
 *
 * Invariants:
 * I1 managed = free + isolated + pages in PCP lists + allocated + unknown, after every event
 * (checked by mm_check(); the first three are in lists, allocated in page records, unknown only
 * counted). I2 free is the sum over orders of blocks x 2^order, but for blocks of type ISOLATE,
 * which are counted in isolated; free_cma and free_highatomic are parts of free. I3 spanned >=
 * present >= managed; zones are disjoint and ascend by start. I4 pageblocks counts those whose first
 * frame is the zone's, by type.
 *
 * Cost: a zone costs about 1 KiB.
 *
 * Differs from Linux:
 * - of the counters only that of free pages drifts (vmstat.c), and it is z->free that is exact;
 * - which frames of a zone are holes or reserved is not kept: they are in use, by nobody;
 * - MEMBLOCK, memory hot-remove and ZONE_DEVICE pages are not modelled.
 */
#include "lib/mm/pages/zone.h"

#include "lib/mm/profile.h"

#include <errno.h>

struct zone *zone_of(const struct mm_system *sys, pfn_t pfn)
{
	struct zone *z, *end = &sys->zone[sys->nr_zones];

	if (pfn >= sys->frames.nr)
		return NULL;
	/* The pageblock knows its first zone, but others may share it. */
	for (z = &sys->zone[frames_block(&sys->frames, pfn)->zone]; z < end; z++)
		if (pfn < z->end)
			return pfn >= z->start ? z : NULL;
	return NULL;
}

struct zone *zone_of_block(const struct mm_system *sys, pfn_t pfn, unsigned order)
{
	pfn_t last = pfn + (1u << order) - 1;
	struct zone *z;

	if (order > MAX_PAGE_ORDER || pfn & ((1u << order) - 1))
		return NULL;
	z = zone_of(sys, pfn);
	return z && last < z->end ? z : NULL;
}

void zone_account_free(struct zone *z, int64_t nr, enum migratetype type)
{
	if (type == MIGRATE_ISOLATE) {
		z->isolated += nr;
		return;
	}
	z->free += nr;
	if (type == MIGRATE_CMA)
		z->free_cma += nr;
	if (type != MIGRATE_HIGHATOMIC)
		return;
	z->free_highatomic += nr;
	if (!z->rules->highatomic_by_block)
		z->unusable_highatomic += nr;
}

void zone_set_pageblock(struct mm_system *sys, pfn_t pfn, enum migratetype type)
{
	struct pageblock *block = frames_block(&sys->frames, pfn);
	struct zone *z = zone_of(sys, pfn & ~(PAGEBLOCK_PAGES - 1));

	if (z) {
		z->pageblocks[block->type]--;
		z->pageblocks[type]++;
	}
	block->type = (uint8_t)type;
}

const char *mm_zone_name(enum zone_type type)
{
	static const char *const name[MAX_NR_ZONES] = { "DMA", "DMA32", "Normal", "Movable",
							"Device" };

	return name[type];
}

static int check_config(const struct mm_config *c, struct mmt_err *e)
{
	uint64_t end = 0;
	unsigned i, j;

	if (c->nr_nodes < 1 || c->nr_nodes > MM_MAX_NODES)
		return mmt_fail(e, EINVAL, "%u nodes: not in 1..%d", c->nr_nodes, MM_MAX_NODES);
	if (c->nr_cpus < 1 || c->nr_cpus > MM_MAX_CPUS)
		return mmt_fail(e, EINVAL, "%u CPUs: not in 1..%d", c->nr_cpus, MM_MAX_CPUS);
	if (!c->nr_zones || c->nr_zones > MM_MAX_NODES * MAX_NR_ZONES)
		return mmt_fail(e, EINVAL, "%u zones", c->nr_zones);
	for (i = 0; i < c->nr_zones; i++) {
		const struct mm_zone_config *z = &c->zones[i];

		if (z->node >= c->nr_nodes || (unsigned)z->type >= MAX_NR_ZONES)
			return mmt_fail(e, EINVAL, "zone %u: no node %u or zone type %u", i,
					z->node, (unsigned)z->type);
		if (z->managed > z->present || z->present > z->spanned)
			return mmt_fail(e, EINVAL, "zone %u: managed %u, present %u, spanned %u", i,
					z->managed, z->present, z->spanned);
		if (z->spanned && z->start < end)
			return mmt_fail(e, EINVAL, "zone %u starts inside the one before", i);
		if (z->spanned)
			end = (uint64_t)z->start + z->spanned;
		/* PFN_NONE and the arithmetic around the last block need some room. */
		if (end > PFN_NONE - 4 * SECTION_PAGES)
			return mmt_fail(e, EINVAL, "zone %u ends beyond the last frame", i);
		for (j = 0; j < i; j++)
			if (c->zones[j].node == z->node && c->zones[j].type == z->type)
				return mmt_fail(e, EINVAL, "node %u has two zones %s", z->node,
						mm_zone_name(z->type));
	}
	for (i = 0; c->node_of_cpu && i < c->nr_cpus; i++)
		if (c->node_of_cpu[i] >= c->nr_nodes)
			return mmt_fail(e, EINVAL, "CPU %u is on no node", i);
	return 0;
}

static void init_zone(struct mm_system *sys, unsigned i, const struct mm_zone_config *c)
{
	struct zone *z = &sys->zone[i];
	unsigned o, t;
	uint64_t b, first = (c->start + PAGEBLOCK_PAGES - 1) & ~(uint64_t)(PAGEBLOCK_PAGES - 1);

	z->index = (uint16_t)i;
	z->node = (uint16_t)c->node;
	z->type = (uint8_t)c->type;
	z->start = c->start;
	z->end = c->start + c->spanned;
	z->present = c->present;
	z->managed = c->managed;
	z->unknown = c->managed;
	z->rules = sys->rules;
	for (o = 0; o < NR_PAGE_ORDERS; o++)
		for (t = 0; t < MIGRATE_TYPES; t++)
			page_list_init(&z->area[o].list[t]);
	for (b = z->start & ~(PAGEBLOCK_PAGES - 1); b < z->end; b += PAGEBLOCK_PAGES)
		if (frames_block(&sys->frames, (pfn_t)b)->zone == sys->nr_zones)
			frames_block(&sys->frames, (pfn_t)b)->zone = (uint16_t)i;
	if (first < z->end)
		z->pageblocks[MIGRATE_MOVABLE] =
			(uint32_t)((z->end - first + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER);
	sys->node[c->node].zone[c->type] = (int)i;
	if (!c->present || c->type == ZONE_DEVICE)
		return;
	sys->memory_nodes |= 1ull << c->node;
	if (c->type == ZONE_MOVABLE)
		return;
	sys->normal_nodes |= 1ull << c->node;
	if (c->type > sys->policy_zone)
		sys->policy_zone = (uint8_t)c->type;
}

static bool allocate(struct mm_system *sys, const struct mm_config *c)
{
	size_t nodes = sys->nr_nodes;

	sys->zone = mmt_calloc(sys->alloc, c->nr_zones + 1, sizeof(*sys->zone));
	sys->node = mmt_calloc(sys->alloc, nodes, sizeof(*sys->node));
	sys->node_of_cpu = mmt_calloc(sys->alloc, c->nr_cpus, sizeof(*sys->node_of_cpu));
	sys->distance = mmt_calloc(sys->alloc, nodes * nodes, 1);
	return sys->zone && sys->node && sys->node_of_cpu && sys->distance;
}

int zones_init(struct mm_system *sys, const struct mm_config *c, struct mmt_err *e)
{
	unsigned i, j, n = c->nr_nodes;
	pfn_t end = 0;
	int err = check_config(c, e);

	if (err)
		return err;
	sys->nr_nodes = n;
	sys->nr_cpus = c->nr_cpus;
	sys->nr_zones = c->nr_zones;
	if (!allocate(sys, c))
		return mmt_fail(e, ENOMEM, "no memory for %u zones", c->nr_zones);
	for (i = 0; i < c->nr_zones; i++)
		if (c->zones[i].spanned)
			end = c->zones[i].start + c->zones[i].spanned;
	if (!end)
		return mmt_fail(e, EINVAL, "all zones are empty");
	err = frames_init(&sys->frames, end, c->nr_zones, sys->alloc, e);
	if (err)
		return err;
	for (i = 0; i < n; i++)
		for (j = 0; j < MAX_NR_ZONES; j++)
			sys->node[i].zone[j] = -1;
	for (i = 0; i < n * n; i++)
		sys->distance[i] = c->distance ? c->distance[i] : i % n == i / n ? 10 : 20;
	for (i = 0; i < c->nr_cpus; i++) {
		sys->node_of_cpu[i] =
			(uint16_t)(c->node_of_cpu ? c->node_of_cpu[i] : i * n / c->nr_cpus);
		sys->node[sys->node_of_cpu[i]].nr_cpus++;
	}
	for (i = 0; i < c->nr_zones; i++)
		init_zone(sys, i, &c->zones[i]);
	for (i = 0; i < n; i++) {
		int dma32 = sys->node[i].zone[ZONE_DMA32];

		sys->node[i].nofragment = n == 1 || (dma32 >= 0 && sys->zone[dma32].present);
	}
	return 0;
}

void zones_free(struct mm_system *sys)
{
	mmt_free(sys->alloc, sys->zone);
	mmt_free(sys->alloc, sys->node);
	mmt_free(sys->alloc, sys->node_of_cpu);
	mmt_free(sys->alloc, sys->distance);
	frames_free(&sys->frames);
}
