// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that boot parameters set apart.
 *
 *	kernelcore=     |DMA|   DMA32   |  Normal  |    Movable    |
 *	                `---- kernelcore, spread --'
 *	                      over the nodes
 *	cma=            |DMA|   DMA32   |[area]   Normal           |  RAM ends 4 GiB + area or higher
 *	                |DMA|   DMA32        [area]|                  it ends before
 *
 * Reference: Linux 6.12 mm/mm_init.c find_zone_movable_pfns_for_nodes(),
 * adjust_zone_range_for_zone_movable(); mm/cma.c cma_declare_contiguous_nid(), cma_activate_area();
 * arch/x86/kernel/setup.c, which bounds the area by the end of RAM.
 *
 * I1  Zone Movable begins at a multiple of 1024 frames, behind the frames of the highest zone type
 *     that stay with the kernel, and takes the rest of its node.
 * I2  A CMA area is whole pageblocks of one zone.
 *
 * Differs from Linux:
 * - a zone's absent frames are its last ones, so that a node's RAM has no holes but these;
 * - kernelcore=mirror, movable_node and hugetlb_cma= are not known;
 * - cma= gives a size alone, and an area that cannot be had, or that would lie in two zones (where
 *   the kernel goes on without it), is an error.
 *
 * Cost: a few passes over the zones.
 */
#include "lib/replay/start/boot_memory.h"

#include <errno.h>
#include <string.h>

#define MAX_ORDER_PAGES ((pfn_t)1 << MAX_PAGE_ORDER)
#define PFN_4G		((pfn_t)1 << (32 - PAGE_SHIFT))

/* --- zone Movable --- */

static uint64_t core_pages(const struct tunable_core *core, uint64_t total)
{
	return core->percent ? total * core->percent / 100 : core->bytes >> PAGE_SHIFT;
}

/* Frames that stay with the kernel; 0: nothing was asked for, or everything. */
static uint64_t kernel_pages(const struct tunable_values *v, uint64_t total)
{
	uint64_t kernel = core_pages(&v->kernelcore, total);
	uint64_t movable = core_pages(&v->movablecore, total);

	if (movable) {
		movable = (movable + MAX_ORDER_PAGES - 1) & ~(uint64_t)(MAX_ORDER_PAGES - 1);
		if (movable > total)
			movable = total;
		if (kernel < total - movable)
			kernel = total - movable;
	}
	return kernel < total ? kernel : 0;
}

static uint64_t take(uint64_t *from, uint64_t pages)
{
	uint64_t taken = pages < *from ? pages : *from;

	*from -= taken;
	return taken;
}

/* Give node @node up to @share more frames of the kernel's; *@movable is where they end. What lies
 * below zones of @type is the kernel's in any case. */
static void spread_to_node(const struct mm_zone_config *zone, unsigned nr, unsigned node,
			   enum zone_type type, uint64_t share, uint64_t *kernel, pfn_t *movable)
{
	for (unsigned i = 0; i < nr; i++) {
		pfn_t start = zone[i].start, end = start + zone[i].present;

		if (zone[i].node != node)
			continue;
		if (start < *movable)
			start = *movable;
		if (start >= end)
			continue;
		if (zone[i].type < type) {
			take(&share, end - start);
			take(kernel, end - start);
			*movable = end;
			continue;
		}
		*movable = start + (pfn_t)take(&share, end - start);
		take(kernel, *movable - start);
		if (!share)
			return;
	}
}

/* The first frame of zone Movable on each node; 0: it has none. */
static void movable_starts(const struct mm_zone_config *zone, unsigned nr, enum zone_type type,
			   uint64_t kernel, pfn_t start[MM_MAX_NODES])
{
	unsigned nodes = 0;
	pfn_t end[MM_MAX_NODES] = { 0 };

	for (unsigned i = 0; i < nr; i++)
		if (zone[i].present) {
			nodes += !end[zone[i].node];
			end[zone[i].node] = zone[i].start + zone[i].present;
		}
	/* A node that is smaller than its share leaves something to spread again. */
	do {
		uint64_t share = kernel / nodes;

		for (unsigned n = 0; n < MM_MAX_NODES; n++) {
			if (!end[n])
				continue;
			if (kernel < share)
				share = kernel / nodes;
			spread_to_node(zone, nr, n, type, share, &kernel, &start[n]);
		}
	} while (--nodes && kernel > nodes);
	for (unsigned n = 0; n < MM_MAX_NODES; n++) {
		start[n] = (start[n] + MAX_ORDER_PAGES - 1) & ~(MAX_ORDER_PAGES - 1);
		if (start[n] >= end[n])
			start[n] = 0;
	}
}

int boot_zone_movable(struct mm_zone_config *zone, unsigned *nr, const struct tunable_values *v,
		      zone_part_fn *part, const void *with, struct mmt_err *e)
{
	pfn_t start[MM_MAX_NODES] = { 0 };
	enum zone_type type = ZONE_DMA;
	uint64_t total = 0, kernel;
	unsigned was = *nr;

	if (!v->kernelcore.given && !v->movablecore.given)
		return 0;
	for (unsigned i = 0; i < was; i++) {
		if (zone[i].type == ZONE_MOVABLE)
			return mmt_fail(e, ENOTSUP,
					"kernelcore and movablecore: the machine has a zone "
					"Movable already");
		total += zone[i].present;
		if (zone[i].type > type && zone[i].present)
			type = zone[i].type;
	}
	kernel = kernel_pages(v, total);
	if (!kernel)
		return 0;
	movable_starts(zone, was, type, kernel, start);
	for (unsigned i = 0; i < was; i++) {
		struct mm_zone_config *z = &zone[i];
		pfn_t at = start[z->node], end = z->start + z->spanned;

		if (!at || z->type != type || at >= end)
			continue;
		if (at > z->start) {
			zone[*nr] = part(with, z, at, end);
			*z = part(with, z, z->start, at);
			z = &zone[(*nr)++];
		}
		z->type = ZONE_MOVABLE;
	}
	return 0;
}

/* --- the area for contiguous allocations --- */

/* The managed frames that begin at zone @i and have no hole, all of one node; *@next is the zone
 * behind them. */
static void run_of_node(const struct mm_zone_config *zone, unsigned nr, unsigned i, pfn_t *from,
			pfn_t *to, unsigned *next)
{
	*from = zone[i].start;
	*to = *from + zone[i].managed;
	for (i++; i < nr && zone[i].node == zone[i - 1].node && zone[i].start == *to; i++)
		*to += zone[i].managed;
	*next = i;
}

/* Whole pageblocks: the lowest from 4 GiB on if @low, else the highest. */
static bool find_area(const struct mm_zone_config *zone, unsigned nr, uint64_t pages, bool low,
		      pfn_t *at)
{
	const pfn_t mask = PAGEBLOCK_PAGES - 1;
	bool found = false;
	unsigned next;
	pfn_t from, to;

	for (unsigned i = 0; i < nr && !(low && found); i = next) {
		run_of_node(zone, nr, i, &from, &to, &next);
		if (low && from < PFN_4G)
			from = PFN_4G;
		from = (from + mask) & ~mask;
		to &= ~mask;
		if (from >= to || to - from < pages)
			continue;
		*at = low ? from : to - (pfn_t)pages;
		found = true;
	}
	return found;
}

int boot_cma(const struct mm_zone_config *zone, unsigned nr, uint64_t bytes, pfn_t *from, pfn_t *to,
	     struct mmt_err *e)
{
	uint64_t pages = (bytes + (PAGEBLOCK_PAGES << PAGE_SHIFT) - 1) >> PAGE_SHIFT;
	pfn_t end = 0;
	bool found = false;

	pages &= ~(uint64_t)(PAGEBLOCK_PAGES - 1);
	for (unsigned i = 0; i < nr; i++)
		end = zone[i].start + zone[i].present;
	/* Behind 4 GiB if it can be, so that the zones below keep their few frames. */
	if (end >= PFN_4G + pages)
		found = find_area(zone, nr, pages, true, from);
	if (!found)
		found = find_area(zone, nr, pages, false, from);
	if (!found)
		return mmt_fail(e, EINVAL, "cma: no node has %llu MiB in one piece",
				(unsigned long long)(pages >> (20 - PAGE_SHIFT)));
	*to = *from + (pfn_t)pages;
	for (unsigned i = 0; i < nr; i++)
		if (*from<zone[i].start && * to> zone[i].start)
			return mmt_fail(e, EINVAL,
					"cma: the area, frames %u to %u, would lie in two zones, "
					"where Linux gives it up",
					*from, *to - 1);
	return 0;
}
