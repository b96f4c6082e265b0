/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The naive allocator, upper half: whole requests, over the zones of all nodes.
 */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include "tests/oracle/naive_cpu.h"

/* Blocks given out: @nr of one request, for a CPU of @node that would rather have had @preferred.
 */
static void n_give(struct naive *n, struct nzone *z, struct nzone *preferred, int node, pfn_t pfn,
		   int order, int type)
{
	n->order_of[pfn] = (uint8_t)(order + 1);
	memset(&n->movable[pfn], type == MIGRATE_MOVABLE, 1u << order);
	z->events++;
	if (z->node != preferred->node) {
		z->miss++;
		preferred->foreign++;
	}
	if (z->node != node)
		z->other++;
}

static void n_reserve(struct naive *n, struct nzone *z, pfn_t pfn, int order)
{
	long size = order > 9 ? 1L << order : 512;
	pfn_t p;

	if (!n_ordinary(n->block[pfn / 512]))
		return;
	if (n->old) {
		if (z->highatomic >= z->managed / 100 + 512)
			return;
		n->block[pfn / 512] = MIGRATE_HIGHATOMIC;
		n_relist(n, z, pfn, MIGRATE_HIGHATOMIC);
		z->highatomic += 512;
		return;
	}
	if (z->managed / 100 < 512 || z->highatomic >= (z->managed / 100 + 511) / 512 * 512)
		return;
	if (order < 9 && !n_whole(z, pfn / 512 * 512))
		return;
	z->highatomic += size;
	if (order < 9)
		n_retype(n, z, pfn / 512 * 512, MIGRATE_HIGHATOMIC);
	for (p = pfn; order >= 9 && p < pfn + (1u << order); p += 512)
		n->block[p / 512] = MIGRATE_HIGHATOMIC;
}

/* One request: what it wants, and from where. */
struct nreq {
	const struct mm_alloc_request *rq;
	int order, type, class, node;
	bool near_only;
	bool walled;   /* by its cpuset, whatever it is for */
	uint64_t mask; /* nodes; 0: all */
};

/* The zones a request may look at, best first. */
static int n_zones(const struct naive *n, const struct nreq *q, int zone[NAIVE_ZONES])
{
	int nr = 0, i, type, z;

	for (i = 0; i < n->nr_near; i++) {
		int node = n->near[q->node][i];

		if ((q->near_only && node != q->node) || (q->mask && !(q->mask >> node & 1)))
			continue;
		for (type = q->class; type >= 0; type--)
			for (z = 0; z < n->nr_zones; z++)
				if (n->zone[z].node == node && n->zone[z].type == type)
					zone[nr++] = z;
	}
	return nr;
}

static bool n_cpuset_bars(const struct nreq *q, const struct nzone *z, uint32_t flags)
{
	if (!(flags & ALLOC_CPUSET) || !q->rq->mems_allowed || q->rq->oom_victim)
		return false;
	return (q->walled || q->rq->gfp & __GFP_HARDWALL) && !(q->rq->mems_allowed >> z->node & 1);
}

static pfn_t n_from_zone(struct naive *n, struct nzone *z, struct nzone *preferred,
			 const struct nreq *q, uint32_t flags)
{
	struct ncpu *c = &z->cpu[q->rq->cpu];
	int order = q->order, type = q->type, stage = 0;
	pfn_t pfn = PFN_NONE;
	long before;

	if ((order <= 3 || order == 9) &&
	    !(n->old && type == MIGRATE_MOVABLE && !(flags & ALLOC_CMA))) {
		c->free_count /= 2;
		pfn = n_cpu_next(n, z, c, order, type, flags);
	}
	before = n_count(z, -1);
	if (pfn == PFN_NONE && flags & ALLOC_HIGHATOMIC)
		pfn = n_smallest(z, order, MIGRATE_HIGHATOMIC);
	if (pfn == PFN_NONE)
		pfn = n_any(n, z, order, type, flags, &stage);
	if (pfn == PFN_NONE && flags & (ALLOC_OOM | ALLOC_NON_BLOCK))
		pfn = n_smallest(z, order, MIGRATE_HIGHATOMIC);
	n_note(z, c, before);
	if (z->boosted && (n->old || flags & ALLOC_KSWAPD)) {
		z->boosted = false;
		n->kswapd++;
	}
	if (pfn == PFN_NONE)
		return pfn;
	n_give(n, z, preferred, n->node_of_cpu[q->rq->cpu], pfn, order, type);
	if (flags & ALLOC_HIGHATOMIC)
		n_reserve(n, z, pfn, order);
	return pfn;
}

static pfn_t n_walk(struct naive *n, const struct nreq *q, uint32_t flags)
{
	int zone[NAIVE_ZONES], nr = n_zones(n, q, zone), pass, i;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < nr; i++) {
			struct nzone *z = &n->zone[zone[i]];
			bool ok = false;
			pfn_t pfn;

			if (n_cpuset_bars(q, z, flags))
				continue;
			/* Rather a mixed pageblock than another node. */
			if (flags & ALLOC_NOFRAGMENT && z->node != n->zone[zone[0]].node)
				break;
			if (!z->below_high && !n->old) {
				ok = n_enough_fast(z, q->order, z->wmark[WMARK_HIGH] + z->boost,
						   q->class, flags);
				z->below_high = !ok;
			}
			ok = ok || flags & ALLOC_NO_WATERMARKS ||
			     n_enough_fast(z, q->order, z->wmark[flags & 3] + z->boost, q->class,
					   flags);
			if (!ok)
				continue;
			pfn = n_from_zone(n, z, &n->zone[zone[0]], q, flags);
			if (pfn != PFN_NONE)
				return pfn;
		}
		if (!(flags & ALLOC_NOFRAGMENT))
			break;
		flags &= ~ALLOC_NOFRAGMENT;
	}
	return PFN_NONE;
}

/* Pageblocks are kept unmixed where Normal is preferred and DMA32 of the node can help. */
static bool n_keeps_unmixed(const struct naive *n, const struct nreq *q)
{
	int zone[NAIVE_ZONES], nr = n_zones(n, q, zone), z;

	if (!nr || n->zone[zone[0]].type != ZONE_NORMAL)
		return false;
	for (z = 0; z < n->nr_zones; z++)
		if (n->zone[z].type == ZONE_DMA32 && n->zone[z].node == n->zone[zone[0]].node)
			return true;
	return n->nr_nodes == 1;
}

/* kswapd of each node that the request could be served from. */
static void n_wake(struct naive *n, const struct nreq *q, uint32_t flags)
{
	int zone[NAIVE_ZONES], nr = n_zones(n, q, zone), i;

	for (i = 0; i < nr && flags & ALLOC_KSWAPD; i++)
		n->kswapd += !i || n->zone[zone[i]].node != n->zone[zone[i - 1]].node;
}

/* A reserved pageblock of one zone goes to @type; whether pages came with it. */
static bool n_unreserve(struct naive *n, struct nzone *z, int type)
{
	int o;

	for (o = 0; o <= 10; o++) {
		struct nlist *l = &z->free[o][MIGRATE_HIGHATOMIC];
		pfn_t pfn, p;

		if (!l->n)
			continue;
		pfn = l->pfn[0];
		z->highatomic -= o > 9 ? 1L << o : 512;
		n_retype(n, z, pfn / 512 * 512, type);
		for (p = pfn; p < pfn + (1u << o); p += 512)
			n->block[p / 512] = (uint8_t)type;
		return true;
	}
	return false;
}

static bool n_unreserve_any(struct naive *n, const struct nreq *q)
{
	int zone[NAIVE_ZONES], nr = n_zones(n, q, zone), i;

	for (i = 0; i < nr; i++) {
		struct nzone *z = &n->zone[zone[i]];

		if (n->old ? n_unreserve_old(n, z, q->type) : n_unreserve(n, z, q->type))
			return true;
	}
	return false;
}

/* Some zone has enough at its min watermark, though no block came of it. */
static bool n_looks_enough(const struct naive *n, const struct nreq *q, uint32_t flags)
{
	int zone[NAIVE_ZONES], nr = n_zones(n, q, zone), i;

	for (i = 0; i < nr; i++) {
		const struct nzone *z = &n->zone[zone[i]];

		/* here it is worth to ask all CPUs */
		if ((n->old || !n_cpuset_bars(q, z, flags)) &&
		    n_enough_of(z, q->order, z->wmark[WMARK_MIN] + z->boost, q->class, flags,
				n_count(z, -1)))
			return true;
	}
	return false;
}

/* The cpuset has no memory but movable, and none that the request may have. */
static bool n_insane(const struct naive *n, const struct nreq *q)
{
	uint64_t allowed = q->rq->mems_allowed;
	int zone[NAIVE_ZONES], z;
	struct nreq within = *q;

	for (z = 0; z < n->nr_zones; z++)
		if (allowed >> n->zone[z].node & 1 && n->zone[z].type != ZONE_MOVABLE)
			return false;
	within.mask = allowed;
	return allowed && q->rq->gfp & __GFP_HARDWALL && !n_zones(n, &within, zone);
}

static pfn_t n_last(struct naive *n, struct nreq *q)
{
	pfn_t pfn = n_walk(n, q, ALLOC_MIN_RESERVE | ALLOC_CPUSET);

	return pfn == PFN_NONE ? n_walk(n, q, ALLOC_MIN_RESERVE) : pfn;
}

static pfn_t n_slow(struct naive *n, struct nreq *q)
{
	const struct mm_alloc_request *rq = q->rq;
	uint32_t cma = q->type == MIGRATE_MOVABLE ? ALLOC_CMA : 0;
	uint32_t flags = gfp_to_alloc_flags(rq->gfp, rq->order, rq->rt_task, false) | cma;
	uint32_t reserves = gfp_pfmemalloc_flags(rq->gfp, rq->memalloc, rq->oom_victim);
	bool direct = rq->gfp & __GFP_DIRECT_RECLAIM, must = direct && rq->gfp & __GFP_NOFAIL;
	bool hopeless;
	int zone[NAIVE_ZONES], rounds = 0;
	pfn_t pfn;

	q->mask = rq->nodemask;
	q->walled = false;
	if (!n_zones(n, q, zone))
		return PFN_NONE;
	hopeless = n_insane(n, q);
	if (!hopeless)
		n_wake(n, q, flags);
	pfn = hopeless ? PFN_NONE : n_walk(n, q, flags);
	/* Large and not worth a retry: without compaction that is the end. */
	hopeless |= q->order > 3 && direct && rq->gfp & __GFP_NORETRY && rq->gfp & __GFP_IO &&
		    !reserves;
	/* Who must not fail goes on, as those that nothing can be reclaimed for do last. */
	if (pfn == PFN_NONE && hopeless && must) {
		pfn = n_last(n, q);
		hopeless = false;
	}
	while (pfn == PFN_NONE && !hopeless) {
		n_wake(n, q, flags);
		if (reserves)
			flags = reserves | cma | (flags & ALLOC_KSWAPD);
		if (!(flags & ALLOC_CPUSET))
			q->mask = 0;
		pfn = n_walk(n, q, flags);
		if (pfn != PFN_NONE || !direct || rq->memalloc || rq->gfp & __GFP_NORETRY ||
		    (q->order > 3 && !(rq->gfp & __GFP_RETRY_MAYFAIL && rq->gfp & __GFP_IO)))
			break;
		/* Nothing is reclaimed: enough is there, or the reserve is all there is left. */
		if (++rounds <= 16 && n_looks_enough(n, q, flags))
			continue;
		if (n_unreserve_any(n, q))
			continue;
		q->walled = true;
		pfn = n_walk(n, q, ALLOC_WMARK_HIGH | ALLOC_CPUSET);
		q->walled = false;
		if (pfn == PFN_NONE && rq->gfp & __GFP_NOFAIL && q->order <= 3 &&
		    q->class >= ZONE_NORMAL && !(rq->gfp & __GFP_THISNODE)) {
			pfn = n_walk(n, q, ALLOC_NO_WATERMARKS | ALLOC_CPUSET);
			if (pfn == PFN_NONE)
				pfn = n_walk(n, q, ALLOC_NO_WATERMARKS);
		}
		break;
	}
	return pfn == PFN_NONE && must ? n_last(n, q) : pfn;
}

static pfn_t naive_alloc(struct naive *n, const struct mm_alloc_request *rq)
{
	struct nreq q = {
		.rq = rq,
		.order = rq->order,
		.type = gfp_migratetype(rq->gfp),
		.class = gfp_zone(rq->gfp),
		.node = rq->node < 0 ? n->node_of_cpu[rq->cpu] : rq->node,
		.near_only = rq->gfp & __GFP_THISNODE,
		.walled = true,
		.mask = rq->nodemask ? rq->nodemask : rq->mems_allowed,
	};
	uint32_t flags = ALLOC_WMARK_LOW | (rq->gfp & __GFP_KSWAPD_RECLAIM);
	pfn_t pfn;

	if (q.type == MIGRATE_MOVABLE)
		flags |= ALLOC_CMA;
	if (rq->nodemask)
		flags |= ALLOC_CPUSET;
	if (n_keeps_unmixed(n, &q))
		flags |= ALLOC_NOFRAGMENT;
	pfn = n_walk(n, &q, flags);
	return pfn == PFN_NONE ? n_slow(n, &q) : pfn;
}

#endif
