/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second page allocator, as simple as it can be: lists are arrays that are searched and shifted,
 * nothing is remembered that can be counted, no record of a page says more than who has it. It
 * follows the same rules as lib/mm and shares none of its code, so that two programs must be wrong
 * in the same way for an error to pass.
 *
 * Layers: naive_buddy.h and naive_steal.h the lists of a zone, naive_cpu.h those of CPUs, naive.h
 * whole requests, naive_node.h policies and bulk requests. No hooks: nobody reclaims.
 */
#ifndef TESTS_NAIVE_BUDDY_H
#define TESTS_NAIVE_BUDDY_H

#include "lib/mm/gfp.h"

#include <stdlib.h>
#include <string.h>

#define NAIVE_CPUS   4
#define NAIVE_NODES  4
#define NAIVE_PAGES  73728
#define NAIVE_ZONES  5
#define NAIVE_BLOCKS 8192 /* free at once */

struct nlist {
	pfn_t pfn[NAIVE_BLOCKS];
	int n;
	int pad[15]; /* so that to count all lists is not to miss one set of the host's cache */
};

struct ncpu {
	struct nlist list[14];
	int high, high_min, high_max, batch, free_count, factor;
	int idle_rounds; /* left until the list of another node's zone is drained; 0: none counts */
	bool burst, used;
	long kept; /* free pages that it has not told anyone of */
};

struct nzone {
	pfn_t start, end;
	int type; /* enum zone_type */
	int node;
	long threshold; /* free pages that a CPU may keep to itself; 0: none */
	long wmark[4], boost, reserve[MAX_NR_ZONES], managed;
	bool below_high, boosted, reclaim;
	bool old; /* as struct naive's */
	long highatomic;
	unsigned long events, miss, foreign, other, interleaved;
	struct nlist free[NR_PAGE_ORDERS][MIGRATE_TYPES];
	struct ncpu cpu[NAIVE_CPUS];
};

struct naive {
	struct nzone zone[NAIVE_ZONES]; /* by ascending frame */
	int nr_zones, nr_cpus, nr_nodes;
	int node_of_cpu[NAIVE_CPUS];
	int distance[NAIVE_NODES][NAIVE_NODES];
	int near[NAIVE_NODES][NAIVE_NODES], nr_near; /* nodes with memory, nearest first */
	int weight[NAIVE_NODES];
	uint8_t block[NAIVE_PAGES / 512];
	uint8_t order_of[NAIVE_PAGES]; /* of a block given out, + 1; 0: none starts here */
	uint8_t movable[NAIVE_PAGES];  /* frame of a movable block given out */
	uint8_t kept[NAIVE_PAGES]; /* type of a block in a list of a CPU, as Linux 6.1 keeps it */
	bool old;		   /* Linux 6.1 */
	bool recent;		   /* Linux 6.18 */
	bool late_burst;	   /* Linux 6.16 and later */
	long boost_factor;
	unsigned long kswapd;
};

static void n_insert(struct nlist *l, int at, pfn_t pfn)
{
	if (l->n == NAIVE_BLOCKS)
		abort();
	memmove(&l->pfn[at + 1], &l->pfn[at], (size_t)(l->n - at) * sizeof(pfn));
	l->pfn[at] = pfn;
	l->n++;
}

static bool n_remove(struct nlist *l, pfn_t pfn)
{
	int i;

	for (i = 0; i < l->n; i++) {
		if (l->pfn[i] != pfn)
			continue;
		l->n--;
		memmove(&l->pfn[i], &l->pfn[i + 1], (size_t)(l->n - i) * sizeof(pfn));
		return true;
	}
	return false;
}

static bool n_ordinary(int type)
{
	return type == MIGRATE_UNMOVABLE || type == MIGRATE_MOVABLE || type == MIGRATE_RECLAIMABLE;
}

/* Migratetype of the list that holds this very block, or -1. */
static int n_find(const struct nzone *z, pfn_t pfn, int order)
{
	int t, i;

	for (t = 0; t < MIGRATE_TYPES; t++)
		for (i = 0; i < z->free[order][t].n; i++)
			if (z->free[order][t].pfn[i] == pfn)
				return t;
	return -1;
}

static long n_count(const struct nzone *z, int type)
{
	long sum = 0;
	int o, t;

	for (o = 0; o < NR_PAGE_ORDERS; o++)
		for (t = 0; t < MIGRATE_TYPES; t++)
			if (type < 0 ? t != MIGRATE_ISOLATE : t == type)
				sum += (long)z->free[o][t].n << o;
	return sum;
}

/* The free pages that all have been told of. */
static long n_told(const struct nzone *z)
{
	long sum = n_count(z, -1);
	int i;

	for (i = 0; i < NAIVE_CPUS; i++)
		sum -= z->cpu[i].kept;
	return sum;
}

/* There were @before free pages: CPU @c knows how many there are now, and tells if it is worth it. */
static void n_note(const struct nzone *z, struct ncpu *c, long before)
{
	c->kept += n_count(z, -1) - before;
	if (c->kept > z->threshold || c->kept < -z->threshold)
		c->kept = 0;
}

static void n_free_one(struct naive *n, struct nzone *z, pfn_t pfn, int order, int type)
{
	bool tail = false;
	pfn_t buddy, upper;

	for (; order < 10; order++) {
		int bt;

		buddy = pfn ^ (1u << order);
		if (buddy < z->start || buddy >= z->end)
			break;
		bt = n_find(z, buddy, order);
		if (bt < 0)
			break;
		if (order >= 9 && n->block[buddy / 512] != type) {
			if (!n_ordinary(type) || !n_ordinary(n->block[buddy / 512]))
				break;
			if (!n->old)
				n->block[buddy / 512] = (uint8_t)type;
		}
		n_remove(&z->free[order][bt], buddy);
		if (buddy < pfn)
			pfn = buddy;
	}
	if (order < 9) {
		/* If our own buddy comes free, the pair's buddy is there already. */
		upper = (pfn & ~((2u << order) - 1)) ^ (2u << order);
		if (upper >= z->start && upper < z->end && n_find(z, upper, order + 1) >= 0)
			tail = true;
	}
	n_insert(&z->free[order][type], tail ? z->free[order][type].n : 0, pfn);
}

/* Block @pfn of order @have leaves its list; what is above order @want goes to @type. */
static void n_carve(struct nzone *z, pfn_t pfn, int have, int want, int type)
{
	n_remove(&z->free[have][n_find(z, pfn, have)], pfn);
	while (have > want) {
		have--;
		n_insert(&z->free[have][type], 0, pfn + (1u << have));
	}
}

static pfn_t n_smallest(struct nzone *z, int order, int type)
{
	int o;

	for (o = order; o <= 10; o++) {
		if (z->free[o][type].n) {
			pfn_t pfn = z->free[o][type].pfn[0];

			n_carve(z, pfn, o, order, type);
			return pfn;
		}
	}
	return PFN_NONE;
}

static int n_other(const struct nzone *z, int order, int type)
{
	static const int second[3] = { 2, 2, 0 }, third[3] = { 1, 0, 1 };

	if (z->free[order][second[type]].n)
		return second[type];
	return z->free[order][third[type]].n ? third[type] : -1;
}

/* Free blocks in a pageblock move to @type, in ascending order. */
static int n_retype(struct naive *n, struct nzone *z, pfn_t start, int type)
{
	int o, t, moved = 0;
	pfn_t pfn;

	for (pfn = start; pfn < start + 512; pfn++) {
		for (o = 0; o <= 10; o++) {
			t = n_find(z, pfn, o);
			if (t < 0)
				continue;
			n_remove(&z->free[o][t], pfn);
			n_insert(&z->free[o][type], z->free[o][type].n, pfn);
			moved += 1 << o;
		}
	}
	n->block[start / 512] = (uint8_t)type;
	return moved;
}

static bool n_whole(const struct nzone *z, pfn_t start)
{
	return start >= z->start && start + 512 <= z->end;
}

static pfn_t n_claim_one(struct naive *n, struct nzone *z, int found, int other, int order,
			 int type, bool wake)
{
	pfn_t pfn = z->free[found][other].pfn[0], start = pfn / 512 * 512, p;
	long free = 0, movable = 0, alike, cap;
	int o;

	if (found >= 9) {
		for (p = pfn; p < pfn + (1u << found); p += 512)
			n->block[p / 512] = (uint8_t)type;
		n_carve(z, pfn, found, order, type);
		return pfn;
	}
	cap = z->wmark[WMARK_HIGH] * n->boost_factor / 10000;
	if (n->boost_factor && z->managed >= 2048 && cap) {
		z->boost = z->boost + 512 < (cap > 512 ? cap : 512) ? z->boost + 512
								    : (cap > 512 ? cap : 512);
		z->boosted |= wake;
	}
	if (!n_whole(z, start))
		return PFN_NONE;
	for (p = start; p < start + 512; p++) {
		for (o = 0; o < 9; o++)
			if (n_find(z, p, o) >= 0)
				free += 1 << o;
		movable += n->movable[p];
	}
	alike = type == MIGRATE_MOVABLE	   ? movable
		: other == MIGRATE_MOVABLE ? 512 - free - movable
					   : 0;
	if (free + alike < 256)
		return PFN_NONE;
	n_retype(n, z, start, type);
	return n_smallest(z, order, type);
}

/* @stage remembers where this batch found its last block: 0 own list, 1 CMA, 2 claim, 3 steal. */
static pfn_t n_rmqueue(struct naive *n, struct nzone *z, int order, int type, uint32_t flags,
		       int *stage)
{
	pfn_t pfn;
	int o, other;

	if (*stage == 0) {
		pfn = n_smallest(z, order, type);
		if (pfn != PFN_NONE)
			return pfn;
	}
	if (*stage <= 1 && flags & ALLOC_CMA) {
		pfn = n_smallest(z, order, MIGRATE_CMA);
		if (pfn != PFN_NONE) {
			*stage = 1;
			return pfn;
		}
	}
	if (*stage <= 2) {
		for (o = 10; o >= order; o--) {
			if (flags & ALLOC_NOFRAGMENT && o < 9)
				break;
			if (o < 4 && type == MIGRATE_MOVABLE)
				break;
			other = n_other(z, o, type);
			if (other < 0)
				continue;
			pfn = n_claim_one(n, z, o, other, order, type, flags & ALLOC_KSWAPD);
			if (pfn != PFN_NONE) {
				*stage = 0;
				return pfn;
			}
		}
	}
	if (flags & ALLOC_NOFRAGMENT)
		return PFN_NONE;
	for (o = order; o <= 10; o++) {
		other = n_other(z, o, type);
		if (other < 0)
			continue;
		pfn = z->free[o][other].pfn[0];
		n_carve(z, pfn, o, order, other);
		*stage = 3;
		return pfn;
	}
	return PFN_NONE;
}

#endif
