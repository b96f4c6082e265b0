/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator: one request, over the zones of a zonelist.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "lib/mm/gfp.h"
#include "lib/mm/pages/zonelist.h"

/* Whether the cpuset of @rq allows @node to it, @hardwall: wherever it came from. */
static inline bool mm_cpuset_allows(const struct mm_alloc_request *rq, bool hardwall, unsigned node)
{
	return !rq->mems_allowed || rq->mems_allowed & 1ull << node || rq->oom_victim || !hardwall;
}

/* A request, decoded. */
struct alloc_context {
	const struct mm_alloc_request *rq;
	uint32_t gfp; /* of the fast path: with __GFP_HARDWALL; then as asked */
	unsigned order;
	unsigned cpu, cpu_node;
	unsigned highest; /* zone type */
	enum migratetype type;
	uint64_t nodemask; /* 0: any */
	const struct zonelist *zonelist;
	struct zone **preferred; /* first of the zonelist's that will do; may be its end */
};

/* The task's cpuset, and for those who need not keep to it the root's, which has all nodes. */
static inline bool cpuset_allows(const struct alloc_context *ac, uint32_t alloc_flags,
				 const struct zone *z)
{
	return !(alloc_flags & ALLOC_CPUSET) ||
	       mm_cpuset_allows(ac->rq, ac->gfp & __GFP_HARDWALL, z->node);
}

/* Position of the first zone the request may use becomes the preferred one. */
void alloc_context_set_preferred(struct alloc_context *ac);
/* Decode @rq; false: it contradicts itself or names what there is not. */
bool alloc_context_prepare(const struct mm_system *sys, const struct mm_alloc_request *rq,
			   struct alloc_context *ac);
/* @pages were given out in @z, which NUMA statistics count as @events. */
void zone_statistics(struct zone *z, const struct alloc_context *ac, unsigned events,
		     unsigned pages);
/* One walk over the zones, without waiting for anything. */
pfn_t get_page_from_freelist(struct mm_system *sys, uint32_t alloc_flags,
			     const struct alloc_context *ac);
/* What is left when the fast path found nothing: kswapd, reserves, compaction, reclaim, OOM. */
pfn_t alloc_pages_slowpath(struct mm_system *sys, struct alloc_context *ac);
/* PCP lists of all CPUs and zones go back to the buddy lists. */
void drain_all_pages(struct mm_system *sys);

#endif
