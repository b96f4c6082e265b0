/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The naive allocator, middle: lists of CPUs, watermarks, frees.
 */
#ifndef TESTS_NAIVE_CPU_H
#define TESTS_NAIVE_CPU_H

#include "tests/oracle/naive_steal.h"

static int n_min(int a, int b)
{
	return a < b ? a : b;
}

static int n_max(int a, int b)
{
	return a > b ? a : b;
}

static int n_list_order(int i)
{
	return i >= 12 ? 9 : i / 3;
}

static int n_pages(const struct ncpu *c)
{
	int i, sum = 0;

	for (i = 0; i < 14; i++)
		sum += c->list[i].n << n_list_order(i);
	return sum;
}

static void n_drain(struct naive *n, struct nzone *z, struct ncpu *c, int nr, int i)
{
	nr = n_min(nr, n_pages(c));
	for (; nr > 0; i = (i + 1) % 14) {
		while (nr > 0 && c->list[i].n) {
			pfn_t pfn = c->list[i].pfn[--c->list[i].n];
			long before = n_count(z, -1);

			nr -= 1 << n_list_order(i);
			n_free_one(n, z, pfn, n_list_order(i),
				   n->old ? n->kept[pfn] : n->block[pfn / 512]);
			n_note(z, c, before);
		}
	}
}

static int n_index(int type, int order)
{
	return order == 9 ? 12 + (type == MIGRATE_MOVABLE) : order * 3 + type;
}

static pfn_t n_any(struct naive *n, struct nzone *z, int order, int type, uint32_t flags,
		   int *stage)
{
	pfn_t pfn;

	if (flags & ALLOC_CMA && n_count(z, MIGRATE_CMA) > n_told(z) / 2) {
		pfn = n_smallest(z, order, MIGRATE_CMA);
		if (pfn != PFN_NONE)
			return pfn;
	}
	return n->old ? n_rmqueue_old(n, z, order, type, flags)
		      : n_rmqueue(n, z, order, type, flags, stage);
}

/* Blocks to fetch for a list that is empty. */
static int n_batch(const struct naive *n, const struct nzone *z, struct ncpu *c, int order)
{
	int batch = order ? c->batch : c->batch << c->factor, high, most;

	if (n->old)
		return c->batch > 1 ? n_max(c->batch >> order, 2) : c->batch;
	high = c->high = n_min(n_max(c->high, c->high_min), c->high_max);
	if (high < c->batch)
		return 1;
	if (c->high_min != c->high_max && !z->below_high)
		high = c->high = n_min(high + batch, c->high_max);
	if (!order) {
		most = n_max(high - n_pages(c) - c->batch, c->batch);
		if (batch <= most && c->factor < 5)
			c->factor++;
		batch = n_min(batch, most);
	}
	return batch > 1 ? n_max(batch >> order, 2) : batch;
}

static pfn_t n_cpu_next(struct naive *n, struct nzone *z, struct ncpu *c, int order, int type,
			uint32_t flags)
{
	struct nlist *l = &c->list[n_index(type, order)];
	long before = n_count(z, -1);
	int stage = 0, batch;
	pfn_t pfn;

	c->used = true;
	for (batch = l->n ? 0 : n_batch(n, z, c, order); batch > 0; batch--) {
		pfn = n_any(n, z, order, type, flags, &stage);
		if (pfn == PFN_NONE)
			break;
		n->kept[pfn] = n->block[pfn / 512] == MIGRATE_CMA ? MIGRATE_CMA : (uint8_t)type;
		n_insert(l, l->n, pfn);
		if (n->old)
			continue;
		n_note(z, c, before);
		before = n_count(z, -1);
	}
	if (n->old)
		n_note(z, c, before);
	if (!l->n)
		return PFN_NONE;
	pfn = l->pfn[0];
	n_remove(l, pfn);
	return pfn;
}

/* What counts as the atomic requests' own. */
static long n_set_aside(const struct nzone *z)
{
	return z->old ? z->highatomic : n_count(z, MIGRATE_HIGHATOMIC);
}

static bool n_enough_of(const struct nzone *z, int order, long mark, int class, uint32_t flags,
			long free)
{
	long usable = free - ((1 << order) - 1);
	int o, t;

	if (!(flags & (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)))
		usable -= n_set_aside(z);
	if (!(flags & ALLOC_CMA))
		usable -= n_count(z, MIGRATE_CMA);
	if (flags & ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (flags & ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	if (flags & ALLOC_OOM)
		mark -= mark / 2;
	if (usable <= mark + z->reserve[class])
		return false;
	for (o = order; o <= 10; o++)
		for (t = 0; t < MIGRATE_TYPES; t++)
			if (z->free[o][t].n &&
			    (n_ordinary(t) || (t == MIGRATE_CMA && flags & ALLOC_CMA) ||
			     (t == MIGRATE_HIGHATOMIC && flags & (ALLOC_HIGHATOMIC | ALLOC_OOM))))
				return true;
	return !order;
}

static bool n_enough(const struct nzone *z, int order, long mark, int class, uint32_t flags)
{
	return n_enough_of(z, order, mark, class, flags, n_told(z));
}

static bool n_enough_fast(const struct nzone *z, int order, long mark, int class, uint32_t flags)
{
	long usable = n_told(z);

	/* The reserves lower the mark, so for order 0 this is never the deciding test; it is one
	 * when lists hold nothing but what the request may not use. */
	if (!(flags & (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)))
		usable -= n_set_aside(z);
	if (!(flags & ALLOC_CMA))
		usable -= n_count(z, MIGRATE_CMA);
	if (!order && usable > mark + z->reserve[class])
		return true;
	if (n_enough(z, order, mark, class, flags))
		return true;
	if (z->old && !(flags & ALLOC_NON_BLOCK))
		return false;
	return !order && flags & ALLOC_MIN_RESERVE && z->boost && !(flags & 3) &&
	       n_enough(z, 0, z->wmark[WMARK_MIN], class, flags);
}

static struct nzone *n_zone_of(struct naive *n, pfn_t pfn)
{
	int i;

	for (i = 0; i < n->nr_zones; i++)
		if (pfn >= n->zone[i].start && pfn < n->zone[i].end)
			return &n->zone[i];
	return NULL;
}

/* free_count: how often the lists were trimmed since something was taken from them. */
static void n_trim_old(struct naive *n, struct nzone *z, struct ncpu *c, int order, int i)
{
	bool all = c->free_count > 0 && order >= 1 && order <= 3;
	int high = z->reclaim ? n_min(4 * c->batch, c->high) : c->high, nr = c->batch, f;

	if (all)
		high = 0;
	if (n_pages(c) < high)
		return;
	for (f = 0; f < c->free_count; f++)
		nr *= 2;
	if (!all && high >= c->batch && nr < high - c->batch && c->free_count < 5)
		c->free_count++;
	nr = n_min(n_max(nr, c->batch), high - c->batch);
	n_drain(n, z, c, all ? n_pages(c) : high < c->batch ? 1 : nr, i);
}

static void naive_free(struct naive *n, pfn_t pfn, int order, unsigned cpu)
{
	struct nzone *z = n_zone_of(n, pfn);
	struct ncpu *c = &z->cpu[cpu];
	int type, i, high, less, count;
	bool burst = false;
	pfn_t p;

	n->order_of[pfn] = 0;
	memset(&n->movable[pfn], 0, 1u << order);
	type = n->block[pfn / 512];
	if ((order > 3 && order != 9) || type == MIGRATE_ISOLATE) {
		long before = n_count(z, -1);

		for (p = pfn; p < pfn + (1u << order); p += n->old ? 1024 : 512)
			n_free_one(n, z, p, n->old ? order : n_min(order, 9), n->block[p / 512]);
		n_note(z, c, before);
		return;
	}
	n->kept[pfn] = (uint8_t)type;
	if (!n_ordinary(type))
		type = MIGRATE_MOVABLE;
	c->factor /= 2;
	c->used = true;
	i = n_index(type, order);
	n_insert(&c->list[i], 0, pfn);
	count = n_pages(c);
	if (n->old) {
		n_trim_old(n, z, c, order, i);
		return;
	}
	if (order && order <= 3) {
		burst = c->free_count >= c->batch + (n->late_burst ? c->high_min / 2 : 0) &&
			c->burst && count >= c->batch;
		c->burst = true;
	} else {
		c->burst = false;
	}
	if (c->free_count < c->batch * 32)
		c->free_count += 1 << order;
	high = c->high = n_min(n_max(c->high, c->high_min), c->high_max);
	less = n_max(c->high - n_max(c->free_count, c->batch), c->high_min);
	if (!high) {
		high = 0;
	} else if (burst) {
		c->high = n_max(high - c->batch * 32, c->high_min);
		high = 0;
	} else if (z->reclaim) {
		c->high = less;
		high = n_min(c->batch * 4, less);
	} else if (c->high_min != c->high_max && z->below_high) {
		c->high = less;
		high = n_max(count, c->high_min);
	} else if (c->high_min != c->high_max && count >= high && high < c->free_count + c->batch) {
		c->high = n_min(n_max(c->free_count + c->batch, c->high_min), c->high_max);
	}
	if (count < high)
		return;
	n_drain(n, z, c,
		burst		  ? n_min(count, c->batch * 32)
		: high < c->batch ? 1
				  : n_min(n_max(c->free_count, c->batch), high - c->batch),
		i);
	if (z->below_high && n_enough(z, 0, z->wmark[WMARK_HIGH] + z->boost, ZONE_MOVABLE, 0))
		z->below_high = false;
}

static void n_tick(struct naive *n, struct nzone *z, struct ncpu *c, int node)
{
	int count = n_pages(c);

	c->kept = 0;
	if (c->used)
		c->idle_rounds = 3;
	c->used = false;
	if (!n->old) {
		if (c->high > c->high_min)
			c->high = n_max(n_max(count - c->batch * 32, c->high - c->high / 8),
					c->high_min);
		/* by batches that are asked for, whatever each of them gets */
		for (int over = count - c->high; over > 0; over -= c->batch) {
			n_drain(n, z, c, n_min(over, c->batch), 0);
			c->used = true;
		}
	}
	/* Lists of another node's zone are not kept for long. */
	if (!c->idle_rounds || !n_pages(c))
		return;
	if (z->node == node)
		c->idle_rounds = 0;
	else if (!--c->idle_rounds) {
		n_drain(n, z, c, c->batch, 0);
		c->used = true;
	}
}

static void naive_tick(struct naive *n, unsigned cpu)
{
	int i;

	for (i = 0; i < n->nr_zones; i++)
		n_tick(n, &n->zone[i], &n->zone[i].cpu[cpu], n->node_of_cpu[cpu]);
}

static void naive_drain_all(struct naive *n)
{
	int cpu, i;

	for (cpu = 0; cpu < n->nr_cpus; cpu++)
		for (i = 0; i < n->nr_zones; i++)
			while (n_pages(&n->zone[i].cpu[cpu]))
				n_drain(n, &n->zone[i], &n->zone[i].cpu[cpu],
					n->zone[i].cpu[cpu].batch * 32, 0);
}

#endif
