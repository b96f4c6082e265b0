// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a policy says on which nodes a task, or a range of its addresses, wants its pages. It is
 * turned into what the page allocator understands: a node to begin with and a mask of nodes.
 *
 *                          begins at                     may use
 *     DEFAULT, LOCAL       the CPU's node                all
 *     PREFERRED            its one node                  all
 *     BIND                 home node, or the CPU's       its nodes
 *     PREFERRED_MANY       home node, or the CPU's       its nodes, in vain: all
 *     INTERLEAVE           the next node / by index      all
 *     WEIGHTED_INTERLEAVE  the same, by weight           all
 *
 * A node is interleaved by the page's index where there is a VMA, so that a page is asked from the
 * same node however often it is faulted; else by where the task stands:
 *
 *     nodes 0 1, weights 3 1    index 0 1 2 3 4 5 6 7 -> node 0 0 0 1 0 0 0 1
 *
 * Reference: Linux 6.12 mm/mempolicy.c policy_nodemask(), alloc_pages_mpol_noprof(),
 * get_vma_policy(), interleave_nodes(), weighted_interleave_nodes(), weighted_interleave_nid(),
 * mpol_new(), mpol_set_nodemask(), apply_policy_zone(); mm/oom_kill.c constrained_alloc(); Linux
 * 6.1 mm/mempolicy.c vma_alloc_folio() for its huge pages, offset_il_node() and mm/shmem.c
 * shmem_pseudo_vma_init() for its indices; Linux 6.18 mm/mempolicy.c alloc_pages_mpol() for its
 * count of hits.
 *
 * Invariants:
 * I1 A policy's nodes have memory and were allowed by the cpuset when it was made.
 * I2 A BIND request served has its page on one of the nodes, unless its zone is below policy_zone
 *    or it may use reserves.
 * I3 Interleaved pages on n nodes of weight 1 differ by at most one from node to node.
 *
 * Cost: a walk over at most 64 nodes, before the allocator's own.
 *
 * Differs from Linux:
 * - MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES do not exist, and a cpuset that changes does not
 *   rebind policies: the caller makes them anew;
 * - MPOL_F_NUMA_BALANCING does not exist;
 * - a GFP_ATOMIC request of an interrupt is told by its caller (no @task), not by its mask.
 */
#include "lib/mm/gfp.h"
#include "lib/mm/pages/page_alloc.h"
#include "lib/mm/profile.h"

#include <errno.h>

const char *mm_mempolicy_name(enum mm_mempolicy_mode mode)
{
	static const char *const name[NR_MPOL_MODES] = {
		"default", "preferred", "bind", "interleave", "local", "preferred_many", "weighted"
	};

	return mode < NR_MPOL_MODES ? name[mode] : "?";
}

int mm_mempolicy_init(const struct mm_system *sys, struct mm_mempolicy *policy,
		      enum mm_mempolicy_mode mode, uint64_t nodes, uint64_t mems_allowed,
		      struct mmt_err *e)
{
	uint64_t usable = nodes & sys->memory_nodes;

	if (mems_allowed)
		usable &= mems_allowed;
	if (mode >= NR_MPOL_MODES ||
	    (mode == MPOL_WEIGHTED_INTERLEAVE && !sys->rules->weighted_interleave))
		return mmt_fail(e, EINVAL, "policy %s does not exist in Linux %s",
				mm_mempolicy_name(mode), sys->rules->name);
	if (mode == MPOL_DEFAULT || mode == MPOL_LOCAL) {
		if (nodes)
			return mmt_fail(e, EINVAL, "policy %s takes no nodes",
					mm_mempolicy_name(mode));
	} else if (mode == MPOL_PREFERRED && !nodes) {
		mode = MPOL_LOCAL;
	} else if (!usable) {
		return mmt_fail(e, EINVAL, "policy %s: none of its nodes has memory it may use",
				mm_mempolicy_name(mode));
	}
	if (mode == MPOL_PREFERRED)
		usable &= -usable;
	*policy = (struct mm_mempolicy){ .mode = mode, .nodes = usable, .home_node = -1 };
	return 0;
}

int mm_mempolicy_set_home(const struct mm_system *sys, struct mm_mempolicy *policy, unsigned node,
			  struct mmt_err *e)
{
	if (node >= sys->nr_nodes)
		return mmt_fail(e, EINVAL, "home node %u: no such node", node);
	if (policy->mode != MPOL_BIND && policy->mode != MPOL_PREFERRED_MANY)
		return mmt_fail(e, EOPNOTSUPP, "policy %s has no home node",
				mm_mempolicy_name(policy->mode));
	policy->home_node = (int16_t)node;
	return 0;
}

static bool interleaves(enum mm_mempolicy_mode mode)
{
	return mode == MPOL_INTERLEAVE || mode == MPOL_WEIGHTED_INTERLEAVE;
}

void mm_task_set_policy(struct mm_task_policy *task, const struct mm_mempolicy *policy)
{
	task->policy = *policy;
	if (!interleaves(policy->mode))
		return;
	task->il_prev = MM_MAX_NODES - 1;
	task->il_weight = 0;
}

static unsigned first_node(uint64_t nodes)
{
	return (unsigned)__builtin_ctzll(nodes);
}

/* The node of @nodes after @node, around the end. */
static unsigned next_node_in(unsigned node, uint64_t nodes)
{
	uint64_t above = node >= MM_MAX_NODES - 1 ? 0 : nodes & (~0ull << (node + 1));

	return first_node(above ? above : nodes);
}

static unsigned weight_of(const struct mm_system *sys, unsigned node)
{
	return sys->tunables.interleave_weight[node] ? sys->tunables.interleave_weight[node] : 1;
}

/* By where the task stands. */
static unsigned interleave_nodes(const struct mm_system *sys, const struct mm_mempolicy *p,
				 struct mm_task_policy *task)
{
	unsigned node = task->il_prev;

	if (p->mode == MPOL_INTERLEAVE) {
		task->il_prev = (uint8_t)next_node_in(node, p->nodes);
		return task->il_prev;
	}
	if (!task->il_weight || !(p->nodes & 1ull << node)) {
		task->il_prev = (uint8_t)next_node_in(node, p->nodes);
		task->il_weight = (uint8_t)weight_of(sys, task->il_prev);
	}
	task->il_weight--;
	return task->il_prev;
}

/* The index of the page that @vma is about, in pages of @order. */
static uint64_t interleave_index(const struct mm_system *sys, const struct mm_vma_policy *vma,
				 unsigned order)
{
	uint64_t offset = vma->offset >> order;

	if (sys->rules->interleaves_by_page_number)
		return (uint32_t)(((vma->base + vma->pgoff) >> order) + offset);
	return vma->base + (vma->pgoff >> order) + offset;
}

/* By the index of the page. */
static unsigned interleave_nid(const struct mm_system *sys, const struct mm_mempolicy *p,
			       uint64_t ilx)
{
	bool weighted = p->mode == MPOL_WEIGHTED_INTERLEAVE;
	unsigned node = first_node(p->nodes), total = 0;
	uint64_t left, target;

	for (left = p->nodes; left; left &= left - 1)
		total += weighted ? weight_of(sys, first_node(left)) : 1;
	for (target = ilx % total;; node = next_node_in(node, p->nodes)) {
		unsigned weight = weighted ? weight_of(sys, node) : 1;

		if (target < weight)
			return node;
		target -= weight;
	}
}

/* A policy binds from the highest zone type down to which every node has memory, or, when its nodes
 * have nothing but movable memory, requests for that. */
static bool applies_to_zone(const struct mm_system *sys, const struct mm_mempolicy *p, uint32_t gfp)
{
	int lowest = p->nodes & sys->normal_nodes ? sys->policy_zone : ZONE_MOVABLE;

	return gfp_zone(gfp) >= lowest;
}

/* The policy in force: the VMA's, the task's, or the system's. */
static const struct mm_mempolicy *effective(const struct mm_alloc_request *rq,
					    const struct mm_task_policy *task,
					    const struct mm_vma_policy *vma)
{
	static const struct mm_mempolicy local = { .mode = MPOL_LOCAL, .home_node = -1 };

	if (vma && vma->policy.mode != MPOL_DEFAULT)
		return &vma->policy;
	/* A request that names its node follows no policy but a VMA's. */
	if (!task || (!vma && rq->gfp & __GFP_THISNODE))
		return &local;
	return task->policy.mode == MPOL_DEFAULT ? &local : &task->policy;
}

/* Fill in where @rq begins and what it may use. */
static void policy_nodemask(const struct mm_system *sys, struct mm_alloc_request *rq,
			    const struct mm_mempolicy *p, struct mm_task_policy *task,
			    const struct mm_vma_policy *vma)
{
	rq->nodemask = 0;
	switch (p->mode) {
	case MPOL_PREFERRED:
		rq->node = (int16_t)first_node(p->nodes);
		break;
	case MPOL_BIND:
		if (applies_to_zone(sys, p, rq->gfp) &&
		    (!rq->mems_allowed || p->nodes & rq->mems_allowed))
			rq->nodemask = p->nodes;
		if (p->home_node >= 0)
			rq->node = p->home_node;
		break;
	case MPOL_PREFERRED_MANY:
		rq->nodemask = p->nodes;
		if (p->home_node >= 0)
			rq->node = p->home_node;
		break;
	case MPOL_INTERLEAVE:
	case MPOL_WEIGHTED_INTERLEAVE:
		if (vma)
			rq->node = (int16_t)interleave_nid(sys, p,
							   interleave_index(sys, vma, rq->order));
		else
			rq->node = (int16_t)interleave_nodes(sys, p, task);
		break;
	default:
		break;
	}
}

/* The preferred nodes as they are, then any node with whatever it takes. */
static pfn_t alloc_preferred_many(struct mm_system *sys, struct mm_alloc_request *rq)
{
	uint32_t gfp = rq->gfp;
	pfn_t pfn;

	rq->gfp = (gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
	pfn = mm_alloc_pages(sys, rq);
	if (pfn != PFN_NONE)
		return pfn;
	rq->gfp = gfp;
	rq->nodemask = 0;
	return mm_alloc_pages(sys, rq);
}

/* Whether a huge page should rather come from the node of @rq or not at all. */
static bool wants_local_thp(const struct mm_alloc_request *rq, const struct mm_mempolicy *p,
			    const struct mm_vma_policy *vma)
{
	return rq->order == PAGEBLOCK_ORDER && vma && !interleaves(p->mode) &&
	       (!rq->nodemask || rq->nodemask & 1ull << rq->node);
}

static pfn_t alloc_local_thp(struct mm_system *sys, const struct mm_alloc_request *rq)
{
	struct mm_alloc_request local = *rq;

	local.gfp |= __GFP_THISNODE | __GFP_NORETRY;
	local.nodemask = 0;
	return mm_alloc_pages(sys, &local);
}

pfn_t mm_alloc_pages_mpol(struct mm_system *sys, const struct mm_alloc_request *request,
			  struct mm_task_policy *task, const struct mm_vma_policy *vma)
{
	const struct mm_mempolicy *p = effective(request, task, vma);
	struct mm_alloc_request rq = *request;
	int16_t home;
	struct zone *z;
	pfn_t pfn;

	if (rq.cpu >= sys->nr_cpus || gfp_zone(rq.gfp) < 0 || rq.order > MAX_PAGE_ORDER)
		return mm_alloc_pages(sys, request);
	policy_nodemask(sys, &rq, p, task, vma);
	if (p->mode == MPOL_PREFERRED_MANY)
		return alloc_preferred_many(sys, &rq);
	if (rq.node < 0)
		rq.node = (int16_t)sys->node_of_cpu[rq.cpu];
	home = rq.node;
	if (vma && !sys->rules->thp_begins_at_home_node && p->home_node >= 0)
		rq.node = (int16_t)sys->node_of_cpu[rq.cpu];
	if (wants_local_thp(&rq, p, vma)) {
		pfn = alloc_local_thp(sys, &rq);
		if (pfn != PFN_NONE || !(rq.gfp & __GFP_DIRECT_RECLAIM))
			return pfn;
	} else {
		rq.node = home;
	}
	pfn = mm_alloc_pages(sys, &rq);
	if (pfn != PFN_NONE &&
	    (p->mode == MPOL_INTERLEAVE ||
	     (p->mode == MPOL_WEIGHTED_INTERLEAVE && sys->rules->counts_weighted_hits))) {
		z = zone_of(sys, pfn);
		if (z->node == rq.node)
			z->counter[ZC_NUMA_INTERLEAVE_HIT]++;
	}
	return pfn;
}

/* @nr pages of one node. */
static unsigned bulk_on(struct mm_system *sys, const struct mm_alloc_request *request,
			unsigned node, uint64_t nr, pfn_t *pfn)
{
	struct mm_alloc_request rq = *request;

	rq.node = (int16_t)node;
	rq.nodemask = 0;
	return mm_alloc_pages_bulk(sys, &rq, (unsigned)nr, pfn);
}

static unsigned bulk_interleave(struct mm_system *sys, const struct mm_alloc_request *rq,
				struct mm_task_policy *task, unsigned nr, pfn_t *pfn)
{
	unsigned nodes = (unsigned)__builtin_popcountll(task->policy.nodes), got = 0, i;

	for (i = 0; i < nodes; i++)
		got += bulk_on(sys, rq, interleave_nodes(sys, &task->policy, task),
			       nr / nodes + (i < nr % nodes), pfn + got);
	return got;
}

/* First what is left of the node the task is at, then whole rounds and a part of one, node by
 * node. */
static unsigned bulk_weighted(struct mm_system *sys, const struct mm_alloc_request *rq,
			      struct mm_task_policy *task, unsigned nr, pfn_t *pfn)
{
	uint64_t nodes = task->policy.nodes, left;
	unsigned node = task->il_prev, got = 0, total = 0, rest, resume, i;
	uint8_t resume_weight;

	/* the turn of the next node does not begin */
	if (!nr)
		return 0;
	if (task->il_weight && nodes & 1ull << node) {
		unsigned n = nr < task->il_weight ? nr : task->il_weight;

		got = bulk_on(sys, rq, node, n, pfn);
		if (nr <= task->il_weight) {
			task->il_weight = (uint8_t)(task->il_weight - nr);
			return got;
		}
		nr -= task->il_weight;
	}
	for (left = nodes; left; left &= left - 1)
		total += weight_of(sys, first_node(left));
	rest = nr % total;
	resume = next_node_in(node, nodes);
	resume_weight = (uint8_t)weight_of(sys, resume);
	for (i = (unsigned)__builtin_popcountll(nodes); i > 0; i--) {
		unsigned weight, n;

		node = next_node_in(node, nodes);
		weight = weight_of(sys, node);
		n = weight * (nr / total);
		if (rest > weight) {
			n += weight;
			rest -= weight;
		} else if (rest) {
			n += rest;
			resume = node;
			resume_weight = (uint8_t)(weight - rest);
			rest = 0;
		}
		if (!n)
			break;
		got += bulk_on(sys, rq, node, n, pfn + got);
	}
	task->il_prev = (uint8_t)resume;
	task->il_weight = resume_weight;
	return got;
}

unsigned mm_alloc_pages_bulk_mpol(struct mm_system *sys, const struct mm_alloc_request *request,
				  struct mm_task_policy *task, unsigned nr, pfn_t *pfn)
{
	const struct mm_mempolicy *p = effective(request, task, NULL);
	struct mm_alloc_request rq = *request;
	unsigned got;

	if (p->mode == MPOL_INTERLEAVE)
		return bulk_interleave(sys, &rq, task, nr, pfn);
	if (p->mode == MPOL_WEIGHTED_INTERLEAVE)
		return bulk_weighted(sys, &rq, task, nr, pfn);
	if (p->mode != MPOL_PREFERRED_MANY) {
		if (gfp_zone(rq.gfp) >= 0)
			policy_nodemask(sys, &rq, p, task, NULL);
		return mm_alloc_pages_bulk(sys, &rq, nr, pfn);
	}
	rq.nodemask = p->nodes;
	rq.gfp = (request->gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
	got = mm_alloc_pages_bulk(sys, &rq, nr, pfn);
	if (got == nr)
		return got;
	rq.gfp = request->gfp;
	rq.nodemask = 0;
	return got + mm_alloc_pages_bulk(sys, &rq, nr - got, pfn + got);
}

enum mm_oom_constraint mm_oom_constraint(const struct mm_system *sys,
					 const struct mm_alloc_request *rq)
{
	unsigned node = rq->node < 0 ? sys->node_of_cpu[rq->cpu] : (unsigned)rq->node;
	unsigned highest = (unsigned)gfp_zone(rq->gfp);
	struct zone **pos = sys->node[node].fallback.zone;

	if (rq->gfp & __GFP_THISNODE)
		return MM_OOM_NONE;
	if (rq->nodemask && sys->memory_nodes & ~rq->nodemask)
		return MM_OOM_MEMORY_POLICY;
	for (; *pos; pos++)
		if ((*pos)->type <= highest &&
		    (!rq->nodemask || rq->nodemask & 1ull << (*pos)->node) &&
		    !mm_cpuset_allows(rq, rq->gfp & __GFP_HARDWALL, (*pos)->node))
			return MM_OOM_CPUSET;
	return MM_OOM_NONE;
}
