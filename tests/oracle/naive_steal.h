/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The naive allocator as Linux 6.1 falls back between types: what is stolen changes lists, and its
 * pageblock changes type or not.
 */
#ifndef TESTS_NAIVE_STEAL_H
#define TESTS_NAIVE_STEAL_H

#include "tests/oracle/naive_buddy.h"

/* Free blocks of the pageblock go to the lists of @type, the pageblock stays what it is. */
static int n_relist(struct naive *n, struct nzone *z, pfn_t pfn, int type)
{
	pfn_t start = pfn / 512 * 512;
	uint8_t was = n->block[start / 512];
	int moved = 0;

	if (start + 512 <= z->end && start >= z->start)
		moved = n_retype(n, z, start, type);
	n->block[start / 512] = was;
	return moved;
}

static void n_steal(struct naive *n, struct nzone *z, int found, int other, int type, bool whole,
		    bool wake)
{
	pfn_t pfn = z->free[found][other].pfn[0], start = pfn / 512 * 512, p;
	int was = n->block[start / 512], moved = 0;
	long movable = 0, alike, cap;

	if (was != MIGRATE_HIGHATOMIC && found < 9) {
		cap = z->wmark[WMARK_HIGH] * n->boost_factor / 10000;
		if (n->boost_factor && z->managed >= 2048 && cap) {
			cap = cap > 512 ? cap : 512;
			z->boost = z->boost + 512 < cap ? z->boost + 512 : cap;
			z->boosted |= wake;
		}
		for (p = start; p < start + 512; p++)
			movable += n->movable[p];
		if (whole)
			moved = n_relist(n, z, pfn, type);
		alike = type == MIGRATE_MOVABLE	 ? movable
			: was == MIGRATE_MOVABLE ? 512 - moved - movable
						 : 0;
		if (moved && moved + alike >= 256)
			n->block[start / 512] = (uint8_t)type;
		if (moved)
			return;
	}
	for (p = pfn; was != MIGRATE_HIGHATOMIC && found >= 9 && p < pfn + (1u << found); p += 512)
		n->block[p / 512] = (uint8_t)type;
	n_remove(&z->free[found][other], pfn);
	n_insert(&z->free[found][type], z->free[found][type].n, pfn);
}

static pfn_t n_rmqueue_old(struct naive *n, struct nzone *z, int order, int type, uint32_t flags)
{
	pfn_t pfn = n_smallest(z, order, type);
	int low = flags & ALLOC_NOFRAGMENT && order < 9 ? 9 : order, o, other = -1;
	bool whole;

	if (pfn == PFN_NONE && flags & ALLOC_CMA)
		pfn = n_smallest(z, order, MIGRATE_CMA);
	if (pfn != PFN_NONE)
		return pfn;
	for (o = 10; o >= low; o--) {
		other = n_other(z, o, type);
		if (other >= 0)
			break;
	}
	if (other < 0)
		return PFN_NONE;
	whole = o >= 4 || type != MIGRATE_MOVABLE;
	if (!whole)
		for (o = order, other = -1; other < 0; o += other < 0)
			other = n_other(z, o, type);
	n_steal(n, z, o, other, type, whole, flags & ALLOC_KSWAPD);
	return n_smallest(z, order, type);
}

/* One reserved pageblock of a zone goes to @type; whether pages came with it. */
static bool n_unreserve_old(struct naive *n, struct nzone *z, int type)
{
	int o;

	for (o = 0; o <= 10; o++) {
		pfn_t pfn;

		if (!z->free[o][MIGRATE_HIGHATOMIC].n)
			continue;
		pfn = z->free[o][MIGRATE_HIGHATOMIC].pfn[0];
		if (n->block[pfn / 512] == MIGRATE_HIGHATOMIC)
			z->highatomic -= z->highatomic < 512 ? z->highatomic : 512;
		n->block[pfn / 512] = (uint8_t)type;
		if (n_relist(n, z, pfn, type))
			return true;
	}
	return false;
}

#endif
