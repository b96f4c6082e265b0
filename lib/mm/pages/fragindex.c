// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: two figures for how broken up free memory is at an order. The unusable index is the share
 * of free memory in blocks too small for it. The fragmentation index says, when a request of the
 * order would fail, why: towards 1000 because free memory is in pieces, towards 0 because there is
 * too little of it.
 *
 * Reference: Linux 6.12 mm/vmstat.c fill_contig_page_info(), __fragmentation_index(),
 * unusable_free_index(); M. Gorman, A. Whitcroft, The What, The Why and the Where To of
 * Anti-Fragmentation, OLS 2006.
 *
 * Invariants: I1 both depend on the block counts alone. Cost: 11 additions.
 * Differs from Linux: in nothing known; like there, ISOLATE blocks are counted.
 */
#include "lib/mm/mm.h"

struct contig_info {
	uint64_t pages, blocks, suitable; /* suitable: in blocks of the order */
};

static struct contig_info contig_info(const struct mm_zone_view *v, unsigned order)
{
	struct contig_info c = { 0 };
	unsigned o;

	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		c.blocks += v->nr_free[o];
		c.pages += v->nr_free[o] << o;
		if (o >= order)
			c.suitable += v->nr_free[o] << (o - order);
	}
	return c;
}

int mm_extfrag_index(const struct mm_zone_view *v, unsigned order)
{
	struct contig_info c;

	if (order > MAX_PAGE_ORDER)
		return 0;
	c = contig_info(v, order);
	if (!c.blocks)
		return 0;
	if (c.suitable)
		return -1000;
	return (int)(1000 - (int64_t)((1000 + c.pages * 1000 / (1u << order)) / c.blocks));
}

int mm_unusable_index(const struct mm_zone_view *v, unsigned order)
{
	struct contig_info c;

	if (order > MAX_PAGE_ORDER)
		return 1000;
	c = contig_info(v, order);
	if (!c.pages)
		return 1000;
	return (int)((c.pages - (c.suitable << order)) * 1000 / c.pages);
}
