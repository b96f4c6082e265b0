// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: what can be read of a machine, in the terms of /proc/zoneinfo, buddyinfo, pagetypeinfo
 * and vmstat.
 *
 * Reference: Linux 6.12 mm/vmstat.c.
 * Invariants: I1 looking changes nothing. Cost: a view of a zone is O(CPUs).
 *
 * Differs from Linux: pageblocks on a zone's edge are counted by the zone they begin in, where
 * /proc/pagetypeinfo leaves out those that begin before the zone.
 */
#include "lib/mm/pages/pcp.h"

unsigned mm_nr_zones(const struct mm_system *sys)
{
	return sys->nr_zones;
}

unsigned mm_nr_nodes(const struct mm_system *sys)
{
	return sys->nr_nodes;
}

void mm_view_zone(const struct mm_system *sys, unsigned index, struct mm_zone_view *v)
{
	const struct zone *z = &sys->zone[index];
	unsigned i, o;

	*v = (struct mm_zone_view){
		.node = z->node,
		.type = (enum zone_type)z->type,
		.name = mm_zone_name((enum zone_type)z->type),
		.start = z->start,
		.spanned = z->end - z->start,
		.present = z->present,
		.managed = z->managed,
		.free = (uint64_t)z->free,
		.pcp = (uint64_t)zone_pcp_pages(sys, z),
		.boost = (uint64_t)z->boost,
		.isolated = (uint64_t)z->isolated,
		.reserved_highatomic = (uint64_t)z->reserved_highatomic,
		.used = (uint64_t)(z->allocated + z->unknown),
		.allocated = (uint64_t)z->allocated,
		.numa_hit = z->counter[ZC_ALLOC] - z->counter[ZC_NUMA_MISS],
		.numa_miss = z->counter[ZC_NUMA_MISS],
		.numa_foreign = z->counter[ZC_NUMA_FOREIGN],
		.numa_local = z->counter[ZC_ALLOC] - z->counter[ZC_NUMA_OTHER],
		.numa_other = z->counter[ZC_NUMA_OTHER],
		.numa_interleave = z->counter[ZC_NUMA_INTERLEAVE_HIT],
	};
	for (i = 0; i < NR_WMARK; i++)
		v->wmark[i] = (uint64_t)zone_wmark(z, (enum zone_watermark)i);
	for (i = 0; i < MIGRATE_TYPES; i++)
		v->pageblocks[i] = z->pageblocks[i];
	for (i = 0; i < MAX_NR_ZONES; i++)
		v->lowmem_reserve[i] = (uint64_t)z->lowmem_reserve[i];
	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		v->nr_free[o] = z->area[o].nr_free;
		for (i = 0; i < MIGRATE_TYPES; i++)
			v->by_type[i][o] = z->area[o].count[i];
	}
}

pfn_t mm_pcp_entry(const struct mm_system *sys, pfn_t pfn, unsigned cpu, unsigned order,
		   enum migratetype type, unsigned i)
{
	const struct zone *z = pfn < sys->frames.nr ? zone_of(sys, pfn) : NULL;
	const struct deque *l;

	if (!z || cpu >= sys->nr_cpus || !pcp_allowed_order(order) ||
	    (unsigned)type >= MIGRATE_HIGHATOMIC)
		return PFN_NONE;
	l = &z->cpu[cpu].list[pcp_index(type, order)];
	return i < deque_len(l) ? deque_at(l, i) : PFN_NONE;
}

uint64_t mm_zone_free(const struct mm_system *sys, unsigned index, uint64_t *pcp)
{
	*pcp = (uint64_t)zone_pcp_pages(sys, &sys->zone[index]);
	return (uint64_t)sys->zone[index].free;
}

void mm_view_pcp(const struct mm_system *sys, unsigned zone_index, unsigned cpu,
		 struct mm_pcp_view *v)
{
	const struct per_cpu_pages *pcp = &sys->zone[zone_index].cpu[cpu];

	*v = (struct mm_pcp_view){
		.count = (uint32_t)pcp->count,
		.high = (uint32_t)pcp->high,
		.high_min = (uint32_t)pcp->high_min,
		.high_max = (uint32_t)pcp->high_max,
		.batch = (uint32_t)pcp->batch,
	};
}

int mm_zone_of(const struct mm_system *sys, pfn_t pfn)
{
	const struct zone *z = zone_of(sys, pfn);

	return z ? z->index : -1;
}

enum migratetype mm_pageblock_type(const struct mm_system *sys, pfn_t pfn)
{
	if (pfn >= sys->frames.nr)
		return MIGRATE_TYPES;
	return (enum migratetype)frames_block(&sys->frames, pfn)->type;
}

static uint64_t zone_sum(const struct mm_system *sys, enum mm_zone_counter id)
{
	uint64_t sum = 0;
	unsigned z;

	for (z = 0; z < sys->nr_zones; z++)
		sum += sys->zone[z].counter[id];
	return sum;
}

/* First those derived from ALLOC, then those kept per zone, then the others. */
#define NR_DERIVED 2
#define FIRST_ZONE ZC_NUMA_MISS
#define NR_SUMS	   (NR_DERIVED + NR_ZONE_COUNTERS - FIRST_ZONE)

unsigned mm_nr_counters(void)
{
	return NR_SUMS + NR_COUNTERS;
}

const char *mm_counter_name(unsigned i)
{
	static const char *const sums[NR_ZONE_COUNTERS] = {
#define X(id, name) name,
		MM_ZONE_COUNTERS(X)
#undef X
	};
	static const char *const names[NR_COUNTERS] = {
#define X(id, name) name,
		MM_COUNTERS(X)
#undef X
	};

	if (i < NR_DERIVED)
		return i ? "numa_local" : "numa_hit";
	if (i < NR_SUMS)
		return sums[i - NR_DERIVED + FIRST_ZONE];
	return i < mm_nr_counters() ? names[i - NR_SUMS] : NULL;
}

uint64_t mm_counter(const struct mm_system *sys, unsigned i)
{
	unsigned z, id = i - NR_SUMS;
	uint64_t sum = 0;

	if (i >= mm_nr_counters())
		return 0;
	if (i < NR_DERIVED)
		return zone_sum(sys, ZC_ALLOC) - zone_sum(sys, i ? ZC_NUMA_OTHER : ZC_NUMA_MISS);
	if (i < NR_SUMS)
		return zone_sum(sys, (enum mm_zone_counter)(i - NR_DERIVED + FIRST_ZONE));
	if (id > C_PGALLOC_DEVICE)
		return sys->counter[id];
	for (z = 0; z < sys->nr_zones; z++)
		if (sys->zone[z].type == id - C_PGALLOC_DMA)
			sum += sys->zone[z].counter[ZC_PGALLOC];
	return sum;
}

uint32_t mm_min_free_kbytes(const struct mm_system *sys)
{
	return sys->min_free_kbytes;
}

uint64_t mm_totalreserve_pages(const struct mm_system *sys)
{
	return sys->totalreserve;
}

int mm_find_allocated(const struct mm_system *sys, pfn_t pfn, pfn_t *head)
{
	unsigned order;

	if (pfn >= sys->frames.nr ||
	    frames_find_block(&sys->frames, pfn, head, &order) != PAGE_ALLOCATED)
		return -1;
	return (int)order;
}
