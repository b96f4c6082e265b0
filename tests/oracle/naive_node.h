/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The naive allocator, top: in which order nodes are tried, NUMA policies, many pages at once.
 */
#ifndef TESTS_NAIVE_NODE_H
#define TESTS_NAIVE_NODE_H

#include "tests/oracle/naive.h"

static bool n_has_memory(const struct naive *n, int node)
{
	int z;

	for (z = 0; z < n->nr_zones; z++)
		if (n->zone[z].node == node)
			return true;
	return false;
}

static int n_cpus_of(const struct naive *n, int node)
{
	int cpu, nr = 0;

	for (cpu = 0; cpu < n->nr_cpus; cpu++)
		nr += n->node_of_cpu[cpu] == node;
	return nr;
}

/* Fill in near[]: the own node, then by distance; nodes of equal distance take turns. */
static void n_sort_nodes(struct naive *n)
{
	int load[NAIVE_NODES] = { 0 }, node, k, i;

	for (node = 0; node < n->nr_nodes; node++) {
		bool taken[NAIVE_NODES] = { false };
		int last = node;

		for (i = 0; i < n->nr_nodes; i++) {
			long best = -1, value;
			int which = -1;

			for (k = 0; k < n->nr_nodes; k++) {
				if (taken[k] || !n_has_memory(n, k))
					continue;
				value = n->distance[node][k] + (k < node) + !!n_cpus_of(n, k);
				value = k == node ? 0 : value * 1024 + load[k];
				if (which < 0 || value < best) {
					best = value;
					which = k;
				}
			}
			if (which < 0)
				break;
			taken[which] = true;
			load[which] += n->distance[node][which] != n->distance[node][last];
			last = n->near[node][i] = which;
			n->nr_near = i + 1;
		}
	}
}

/* The policy of a task or of a mapping. */
struct ntask {
	int mode; /* enum mm_mempolicy_mode */
	uint64_t nodes;
	int home;
	int at, left; /* last node taken, pages it still gets */
};

static int n_weight(const struct naive *n, const struct ntask *t, int node)
{
	return t->mode == MPOL_WEIGHTED_INTERLEAVE && n->weight[node] ? n->weight[node] : 1;
}

static int n_after(const struct ntask *t, int node)
{
	do
		node = (node + 1) % 64;
	while (!(t->nodes >> node & 1));
	return node;
}

/* The node of the next page of a task. */
static int n_turn(const struct naive *n, struct ntask *t)
{
	bool stays = t->mode == MPOL_WEIGHTED_INTERLEAVE && t->left && t->nodes >> t->at & 1;

	if (!stays) {
		t->at = n_after(t, t->at);
		t->left = n_weight(n, t, t->at);
	}
	t->left--;
	return t->at;
}

/* The node of page @index of a mapping: the nodes laid out one after the other, each as often as it
 * weighs, over and over. */
static int n_laid_out(const struct naive *n, const struct ntask *t, uint64_t index)
{
	int row[NAIVE_NODES * 256], nr = 0, node, i;

	for (node = 0; node < n->nr_nodes; node++)
		for (i = 0; t->nodes >> node & 1 && i < n_weight(n, t, node); i++)
			row[nr++] = node;
	return row[index % (unsigned)nr];
}

/* BIND binds requests that may use the highest zone type of the machine, Movable left out; nodes
 * that have nothing but Movable bind those for it. */
static bool n_binds(const struct naive *n, const struct ntask *t, int class)
{
	int highest = 0, z;
	bool plain = false;

	for (z = 0; z < n->nr_zones; z++) {
		if (n->zone[z].type == ZONE_MOVABLE)
			continue;
		if (n->zone[z].type > highest)
			highest = n->zone[z].type;
		plain |= t->nodes >> n->zone[z].node & 1;
	}
	return class >= (plain ? highest : ZONE_MOVABLE);
}

static pfn_t naive_alloc_mpol(struct naive *n, const struct mm_alloc_request *request,
			      struct ntask *task, const struct ntask *vma, uint64_t index)
{
	static const struct ntask local = { .mode = MPOL_LOCAL, .home = -1 };
	const struct ntask *p = task;
	struct mm_alloc_request rq = *request;
	int cpu_node = n->node_of_cpu[rq.cpu], start = rq.node < 0 ? cpu_node : rq.node;
	bool turns;
	pfn_t pfn;

	if (vma && vma->mode != MPOL_DEFAULT)
		p = vma;
	else if (task->mode == MPOL_DEFAULT || (!vma && rq.gfp & __GFP_THISNODE))
		p = &local;
	turns = p->mode == MPOL_INTERLEAVE || p->mode == MPOL_WEIGHTED_INTERLEAVE;
	rq.nodemask = 0;
	if (p->mode == MPOL_PREFERRED)
		for (start = 0; !(p->nodes >> start & 1);)
			start++;
	if (p->mode == MPOL_BIND && n_binds(n, p, gfp_zone(rq.gfp)) &&
	    (!rq.mems_allowed || p->nodes & rq.mems_allowed))
		rq.nodemask = p->nodes;
	if (p->mode == MPOL_PREFERRED_MANY)
		rq.nodemask = p->nodes;
	if (p->home >= 0)
		start = p->home;
	if (turns)
		start = vma ? n_laid_out(n, p, index) : n_turn(n, task);
	rq.node = (int16_t)start;
	if (p->mode == MPOL_PREFERRED_MANY) {
		rq.gfp = (rq.gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
		pfn = naive_alloc(n, &rq);
		rq.gfp = request->gfp;
		rq.nodemask = 0;
		return pfn != PFN_NONE ? pfn : naive_alloc(n, &rq);
	}
	if (rq.order == 9 && vma && !turns) {
		struct mm_alloc_request near = rq;

		/* Linux 6.1 stays with the CPU's node when that may serve. */
		near.node = (int16_t)(n->old && p->home >= 0 ? cpu_node : start);
		near.gfp |= __GFP_THISNODE | __GFP_NORETRY;
		near.nodemask = 0;
		if (!rq.nodemask || rq.nodemask >> near.node & 1) {
			pfn = naive_alloc(n, &near);
			if (pfn != PFN_NONE || !(rq.gfp & __GFP_DIRECT_RECLAIM))
				return pfn;
			rq.node = near.node;
		}
	}
	pfn = naive_alloc(n, &rq);
	if (pfn != PFN_NONE && turns && (n->recent || p->mode == MPOL_INTERLEAVE))
		n_zone_of(n, pfn)->interleaved += n_zone_of(n, pfn)->node == start;
	return pfn;
}

/* Many single pages, all of one zone of the nearest node; if that has too little, one page. */
static unsigned naive_bulk(struct naive *n, const struct mm_alloc_request *rq, unsigned nr,
			   pfn_t *pfn)
{
	struct nreq q = {
		.rq = rq,
		.type = gfp_migratetype(rq->gfp),
		.class = gfp_zone(rq->gfp),
		.node = rq->node < 0 ? n->node_of_cpu[rq->cpu] : rq->node,
		.near_only = rq->gfp & __GFP_THISNODE,
		.walled = true,
		.mask = rq->nodemask ? rq->nodemask : rq->mems_allowed,
	};
	uint32_t flags = ALLOC_WMARK_LOW | (q.type == MIGRATE_MOVABLE ? ALLOC_CMA : 0) |
			 (rq->nodemask ? ALLOC_CPUSET : 0);
	int zone[NAIVE_ZONES], zones = n_zones(n, &q, zone), i;
	unsigned got = 0;

	for (i = 0; i < zones && nr > 1; i++) {
		struct nzone *z = &n->zone[zone[i]], *first = &n->zone[zone[0]];

		if (n_cpuset_bars(&q, z, flags))
			continue;
		if (n->nr_nodes > 1 && z->node != first->node)
			break;
		if (!n_enough_fast(z, 0, z->wmark[WMARK_LOW] + z->boost + nr, first->type, flags))
			continue;
		for (; got < nr; got++) {
			pfn[got] = n_cpu_next(n, z, &z->cpu[rq->cpu], 0, q.type, flags);
			if (pfn[got] == PFN_NONE)
				break;
			n_give(n, z, first, n->node_of_cpu[rq->cpu], pfn[got], 0, q.type);
		}
		break;
	}
	if (got || !nr)
		return got;
	*pfn = naive_alloc(n, rq);
	return *pfn != PFN_NONE;
}

/* By turns: how many pages each node gets is counted out page by page. */
static unsigned n_bulk_turns(struct naive *n, const struct mm_alloc_request *request,
			     struct ntask *task, unsigned nr, pfn_t *pfn)
{
	struct mm_alloc_request rq = *request;
	unsigned rest[NAIVE_NODES] = { 0 }, got = 0, begun = 0, whole = 0, i;
	int node, first = task->at;

	rq.nodemask = 0;
	/* What is left of a node's turn is asked for by itself. */
	while (task->mode == MPOL_WEIGHTED_INTERLEAVE && task->left && begun < nr &&
	       task->nodes >> first & 1) {
		n_turn(n, task);
		begun++;
	}
	if (begun) {
		rq.node = (int16_t)first;
		got = naive_bulk(n, &rq, begun, pfn);
	}
	for (i = begun; i < nr; i++)
		rest[n_turn(n, task)]++;
	for (node = n_after(task, first), i = 0; i < (unsigned)__builtin_popcountll(task->nodes);
	     i++, node = n_after(task, node)) {
		rq.node = (int16_t)node;
		got += naive_bulk(n, &rq, rest[node], pfn + got);
		whole += (unsigned)n_weight(n, task, node);
		/* By turns of one page, a call is a whole round whatever it asked for. */
		if (task->mode == MPOL_INTERLEAVE)
			task->at = node;
	}
	/* After whole rounds the next node's turn has begun. */
	if (task->mode == MPOL_WEIGHTED_INTERLEAVE && nr > begun && (nr - begun) % whole == 0) {
		task->at = n_after(task, first);
		task->left = n_weight(n, task, task->at);
	}
	return got;
}

static unsigned naive_bulk_mpol(struct naive *n, const struct mm_alloc_request *request,
				struct ntask *task, unsigned nr, pfn_t *pfn)
{
	struct mm_alloc_request rq = *request;
	int mode = rq.gfp & __GFP_THISNODE ? MPOL_DEFAULT : task->mode;
	unsigned got;

	if (mode == MPOL_INTERLEAVE || mode == MPOL_WEIGHTED_INTERLEAVE)
		return n_bulk_turns(n, request, task, nr, pfn);
	if (mode != MPOL_DEFAULT && task->home >= 0)
		rq.node = (int16_t)task->home;
	rq.nodemask = 0;
	if (mode == MPOL_PREFERRED)
		rq.node = (int16_t)__builtin_ctzll(task->nodes);
	if (mode == MPOL_PREFERRED_MANY) {
		/* its home node is for single pages */
		rq.node = request->node;
		rq.nodemask = task->nodes;
		rq.gfp = (rq.gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
		got = naive_bulk(n, &rq, nr, pfn);
		rq.gfp = request->gfp;
		rq.nodemask = 0;
		return got < nr ? got + naive_bulk(n, &rq, nr - got, pfn + got) : got;
	}
	if (mode == MPOL_BIND && n_binds(n, task, gfp_zone(rq.gfp)) &&
	    (!rq.mems_allowed || task->nodes & rq.mems_allowed))
		rq.nodemask = task->nodes;
	return naive_bulk(n, &rq, nr, pfn);
}

#endif
