/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events of an oracle run, each done on both sides, and the comparison of these.
 */
#ifndef TESTS_ORACLE_EVENTS_H
#define TESTS_ORACLE_EVENTS_H

#include "lib/base/rng.h"
#include "tests/oracle/naive_node.h"
#include "tests/unit/mm_machine.h"

#include <inttypes.h>

#define MAX_LIVE    16384
#define NAIVE_TASKS 4

struct live {
	pfn_t pfn;
	uint8_t order;
};

struct run {
	struct machine m;
	struct mm_system *sys;
	struct naive *n;
	struct mmt_rng rng;
	struct live live[MAX_LIVE];
	unsigned nr_live;
	unsigned whole; /* look at every frame after each this many events */
	uint64_t events, failed, refused, bulk;
	bool filling;
	struct mm_task_policy task[NAIVE_TASKS];
	struct ntask ntask[NAIVE_TASKS];
};

static unsigned below(struct run *r, unsigned n)
{
	return (unsigned)mmt_rng_below(&r->rng, n);
}

static uint32_t random_gfp(struct run *r)
{
	static const uint32_t gfp[] = {
		GFP_KERNEL,
		GFP_KERNEL,
		GFP_HIGHUSER_MOVABLE,
		GFP_HIGHUSER_MOVABLE,
		GFP_KERNEL | __GFP_RECLAIMABLE,
		GFP_ATOMIC,
		GFP_NOWAIT,
		GFP_KERNEL | GFP_DMA32,
		GFP_TRANSHUGE,
		GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC,
		GFP_ATOMIC | __GFP_RECLAIMABLE,
		GFP_ATOMIC | __GFP_HIGHMEM | __GFP_MOVABLE,
		GFP_KERNEL | __GFP_RETRY_MAYFAIL,
		GFP_HIGHUSER_MOVABLE | __GFP_NOFAIL,
		0,
	};

	return gfp[below(r, sizeof(gfp) / sizeof(gfp[0]))];
}

/* Of more than one node: where to begin, and which a mask or a cpuset leaves. */
static void random_nodes(struct run *r, struct mm_alloc_request *rq)
{
	if (r->n->nr_nodes == 1)
		return;
	if (below(r, 2))
		rq->node = (int16_t)below(r, (unsigned)r->n->nr_nodes);
	if (!below(r, 8))
		rq->nodemask = 1 + below(r, 15);
	if (!below(r, 8))
		rq->mems_allowed = 1 + below(r, 15);
	if (!below(r, 8))
		rq->gfp |= __GFP_THISNODE;
}

static unsigned random_order(struct run *r)
{
	static const uint8_t order[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,  2,
					 2, 3, 3, 4, 5, 6, 7, 8, 9, 9, 10, 0 };

	return order[below(r, sizeof(order))];
}

/* The request is done on both sides: @got of the model, @want of the oracle. */
static bool keep(struct run *r, const struct mm_alloc_request *rq, pfn_t got, pfn_t want)
{
	if (want != got) {
		printf("# event %" PRIu64 ": order %u gfp 0x%x: %u, the oracle says %u\n",
		       r->events, rq->order, rq->gfp, got, want);
		return false;
	}
	r->failed += got == PFN_NONE;
	/* Memory is full when single pages are refused; a missing large block means little. */
	if (got == PFN_NONE && !rq->order)
		r->filling = false;
	if (got != PFN_NONE)
		r->live[r->nr_live++] = (struct live){ got, rq->order };
	return true;
}

static bool event_alloc(struct run *r)
{
	struct mm_alloc_request rq = {
		.gfp = random_gfp(r),
		.order = (uint8_t)random_order(r),
		.cpu = (uint16_t)below(r, (unsigned)r->n->nr_cpus),
		.node = -1,
		.memalloc = !below(r, 200),
		.oom_victim = !below(r, 200),
		.rt_task = !below(r, 50),
	};
	pfn_t want, got;

	random_nodes(r, &rq);
	want = naive_alloc(r->n, &rq);
	got = mm_alloc_pages(r->sys, &rq);
	return keep(r, &rq, got, want);
}

/* A policy that both sides understand. */
static bool event_policy(struct run *r)
{
	unsigned i = below(r, NAIVE_TASKS);
	enum mm_mempolicy_mode mode = (enum mm_mempolicy_mode)below(r, NR_MPOL_MODES);
	uint64_t nodes = mode == MPOL_DEFAULT || mode == MPOL_LOCAL ? 0 : 1 + below(r, 15);
	struct ntask *t = &r->ntask[i];
	struct mm_mempolicy p;
	int node;

	for (node = 0; node < r->n->nr_nodes; node++)
		if (!n_has_memory(r->n, node))
			nodes &= ~(1ull << node);
	if (mm_mempolicy_init(r->sys, &p, mode, nodes, 0, &r->m.err))
		return (mode == MPOL_WEIGHTED_INTERLEAVE && r->n->old) || !nodes;
	*t = (struct ntask){
		.mode = p.mode, .nodes = nodes, .home = -1, .at = t->at, .left = t->left
	};
	if ((mode == MPOL_BIND || mode == MPOL_PREFERRED_MANY) && below(r, 2)) {
		t->home = (int)below(r, (unsigned)r->n->nr_nodes);
		if (mm_mempolicy_set_home(r->sys, &p, (unsigned)t->home, &r->m.err))
			return false;
	}
	if (mode == MPOL_INTERLEAVE || mode == MPOL_WEIGHTED_INTERLEAVE) {
		t->at = 63;
		t->left = 0;
	}
	mm_task_set_policy(&r->task[i], &p);
	return true;
}

/* A page of a task, or of a mapping with a policy of its own. */
static bool event_alloc_mpol(struct run *r)
{
	struct mm_alloc_request rq = { .gfp = random_gfp(r),
				       .order = (uint8_t)random_order(r),
				       .cpu = (uint16_t)below(r, (unsigned)r->n->nr_cpus),
				       .node = -1 };
	unsigned i = below(r, NAIVE_TASKS), v = below(r, NAIVE_TASKS);
	struct mm_vma_policy vma = { .policy = r->task[v].policy,
				     .base = below(r, 2) ? below(r, 1000) : 0,
				     .pgoff = below(r, 4096),
				     .offset = below(r, 4096) };
	uint64_t index = (r->n->old ? (vma.base + vma.pgoff) >> rq.order
				    : vma.base + (vma.pgoff >> rq.order)) +
			 (vma.offset >> rq.order);
	bool mapped = below(r, 2);
	pfn_t want, got;

	if (!below(r, 4))
		rq.mems_allowed = 1 + below(r, 15);
	want = naive_alloc_mpol(r->n, &rq, &r->ntask[i], mapped ? &r->ntask[v] : NULL, index);
	got = mm_alloc_pages_mpol(r->sys, &rq, &r->task[i], mapped ? &vma : NULL);
	return keep(r, &rq, got, want);
}

static bool event_bulk(struct run *r)
{
	struct mm_alloc_request rq = { .gfp = random_gfp(r),
				       .cpu = (uint16_t)below(r, (unsigned)r->n->nr_cpus),
				       .node = -1 };
	unsigned nr = below(r, 40), i = below(r, NAIVE_TASKS), wanted, got;
	bool policy = below(r, 2);
	pfn_t want[40], pfn[40];

	if (policy) {
		wanted = naive_bulk_mpol(r->n, &rq, &r->ntask[i], nr, want);
		got = mm_alloc_pages_bulk_mpol(r->sys, &rq, &r->task[i], nr, pfn);
	} else {
		random_nodes(r, &rq);
		wanted = naive_bulk(r->n, &rq, nr, want);
		got = mm_alloc_pages_bulk(r->sys, &rq, nr, pfn);
	}
	if (got != wanted) {
		printf("# event %" PRIu64 ": bulk of %u, gfp 0x%x: %u, the oracle says %u\n",
		       r->events, nr, rq.gfp, got, wanted);
		return false;
	}
	r->bulk += got;
	for (i = 0; i < got; i++)
		if (!keep(r, &rq, pfn[i], want[i]))
			return false;
	return true;
}

static bool event_free(struct run *r)
{
	unsigned i = below(r, r->nr_live), cpu = below(r, (unsigned)r->n->nr_cpus);
	struct live b = r->live[i];

	r->live[i] = r->live[--r->nr_live];
	naive_free(r->n, b.pfn, b.order, cpu);
	return mm_free_pages(r->sys, b.pfn, b.order, cpu);
}

/* Who has each frame, painted anew: 0 nobody knows, 1 free or in a list of a CPU, 2 given out. */
static void paint(const struct naive *n, uint8_t *map)
{
	int z, o, t, i, c;
	pfn_t p;

	memset(map, 0, NAIVE_PAGES);
	for (z = 0; z < n->nr_zones; z++) {
		for (o = 0; o <= 10; o++)
			for (t = 0; t < MIGRATE_TYPES; t++)
				for (i = 0; i < n->zone[z].free[o][t].n; i++)
					memset(map + n->zone[z].free[o][t].pfn[i], 1, 1u << o);
		for (c = 0; c < n->nr_cpus; c++)
			for (o = 0; o < 14; o++)
				for (i = 0; i < n->zone[z].cpu[c].list[o].n; i++)
					memset(map + n->zone[z].cpu[c].list[o].pfn[i], 1,
					       1u << n_list_order(o));
	}
	for (p = 0; p < NAIVE_PAGES; p++)
		if (n->order_of[p])
			memset(map + p, 2, 1u << (n->order_of[p] - 1));
}

/* A free of any frames at all: right for a block given out as such, or for frames nobody had. */
static bool event_wild_free(struct run *r)
{
	static uint8_t map[NAIVE_PAGES];
	unsigned order = random_order(r), cpu = below(r, (unsigned)r->n->nr_cpus), i;
	pfn_t end = r->n->zone[r->n->nr_zones - 1].end, pfn = below(r, end);
	const struct nzone *z;
	bool allowed, unknown = true, got;
	long given = 0, spare = 0;

	if (below(r, 10))
		pfn &= ~((1u << order) - 1);
	paint(r->n, map);
	for (i = 0; i < 1u << order && pfn + i < NAIVE_PAGES; i++)
		unknown &= !map[pfn + i];
	z = n_zone_of(r->n, pfn);
	for (i = z->start; i < z->end; i++)
		given += map[i] != 0;
	spare = z->managed - given;
	allowed = !(pfn & ((1u << order) - 1)) && pfn + (1u << order) <= z->end &&
		  (r->n->order_of[pfn] == order + 1 || (unknown && spare >= 1 << order));
	got = mm_free_pages(r->sys, pfn, order, cpu);
	if (got != allowed) {
		printf("# event %" PRIu64 ": free of %u order %u: %d, the oracle says %d\n",
		       r->events, pfn, order, got, allowed);
		return false;
	}
	r->refused += !allowed;
	if (!allowed)
		return true;
	for (i = 0; i < r->nr_live; i++)
		if (r->live[i].pfn == pfn)
			r->live[i--] = r->live[--r->nr_live];
	naive_free(r->n, pfn, (int)order, cpu);
	return true;
}

static bool event_split(struct run *r)
{
	unsigned i = below(r, r->nr_live), to;
	struct live *b = &r->live[i];
	pfn_t p, pfn = b->pfn, end = b->pfn + (1u << b->order);

	to = below(r, b->order + 1u);
	if (r->nr_live + (1u << (b->order - to)) > MAX_LIVE)
		return true;
	if (!mm_split_page(r->sys, pfn, b->order, to))
		return false;
	b->order = (uint8_t)to;
	for (p = pfn; p < end; p += 1u << to) {
		r->n->order_of[p] = (uint8_t)(to + 1);
		if (p != pfn)
			r->live[r->nr_live++] = (struct live){ p, (uint8_t)to };
	}
	return true;
}

static bool event_other(struct run *r)
{
	unsigned cpu = below(r, (unsigned)r->n->nr_cpus);
	int node = (int)below(r, (unsigned)r->n->nr_nodes), z;
	bool active;

	switch (below(r, 6)) {
	case 0:
		naive_drain_all(r->n);
		mm_drain_all_pages(r->sys);
		return true;
	case 1:
	case 2:
		naive_tick(r->n, cpu);
		mm_vmstat_tick(r->sys, cpu);
		return true;
	case 3:
		active = below(r, 2);
		for (z = 0; z < r->n->nr_zones; z++)
			if (r->n->zone[z].node == node)
				r->n->zone[z].reclaim = active;
		mm_set_reclaim_active(r->sys, (unsigned)node, ZONE_MOVABLE, active);
		return true;
	case 4:
		for (z = 0; z < r->n->nr_zones; z++)
			if (r->n->zone[z].node == node)
				r->n->zone[z].boost = 0;
		mm_drop_boost(r->sys, (unsigned)node);
		return true;
	default:
		return r->nr_live ? event_split(r) : true;
	}
}

static bool same_list(const struct run *r, const struct page_list *l, unsigned order,
		      const struct nlist *want)
{
	pfn_t pfn = l->first;
	int i;

	for (i = 0; i < want->n; i++) {
		if (pfn != want->pfn[i])
			return false;
		pfn = frames_link(&r->sys->frames, pfn, order)->next;
	}
	return pfn == PFN_NONE;
}

static bool same_deque(const struct deque *d, const struct nlist *want)
{
	int i;

	for (i = 0; i < want->n; i++)
		if (deque_len(d) <= (uint32_t)i || deque_at(d, (uint32_t)i) != want->pfn[i])
			return false;
	return deque_len(d) == (uint32_t)want->n;
}

/* Every list block by block, and what the zones and CPUs remember. */
static bool same_state(const struct run *r)
{
	unsigned z, o, t, c;

	if (r->sys->counter[C_KSWAPD_WAKE] != r->n->kswapd)
		return false;
	for (z = 0; z < (unsigned)r->n->nr_zones; z++) {
		const struct nzone *want = &r->n->zone[z];
		const struct zone *got = &r->sys->zone[z];

		if (got->free != n_count(want, -1) || got->boost != want->boost ||
		    got->below_high != want->below_high || got->boosted != want->boosted ||
		    got->reserved_highatomic != want->highatomic)
			return false;
		for (o = 0; o < NR_PAGE_ORDERS; o++)
			for (t = 0; t < MIGRATE_TYPES; t++)
				if (!same_list(r, &got->area[o].list[t], o, &want->free[o][t]))
					return false;
		if (got->counter[ZC_ALLOC] != want->events ||
		    got->counter[ZC_NUMA_MISS] != want->miss ||
		    got->counter[ZC_NUMA_FOREIGN] != want->foreign ||
		    got->counter[ZC_NUMA_OTHER] != want->other ||
		    got->counter[ZC_NUMA_INTERLEAVE_HIT] != want->interleaved)
			return false;
		for (c = 0; c < (unsigned)r->n->nr_cpus; c++) {
			if (got->cpu[c].high != want->cpu[c].high ||
			    got->cpu[c].count != n_pages(&want->cpu[c]))
				return false;
			for (t = 0; t < 14; t++)
				if (!same_deque(&got->cpu[c].list[t], &want->cpu[c].list[t]))
					return false;
		}
	}
	for (o = 0; o < r->n->zone[r->n->nr_zones - 1].end / 512; o++)
		if (mm_pageblock_type(r->sys, o * 512) != r->n->block[o])
			return false;
	return true;
}

#endif
