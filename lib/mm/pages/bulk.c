// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: many single pages at once, for callers that fill arrays (vmalloc, network drivers, io).
 * One watermark check covers them all, and the lists of the CPU are refilled while they last; what
 * is hard to get is left to an ordinary request for one page.
 *
 *     zones of the preferred node:  low + nr free?  yes -> nr pages from the CPU's lists
 *                                                   no  -> the next zone; a node further: one page
 *
 * Reference: Linux 6.12 mm/page_alloc.c alloc_pages_bulk_noprof().
 *
 * Invariants: I1 All pages of a call are of one zone. I2 At least one page is returned if an
 * ordinary request would get one. I3 NUMA statistics count every page.
 *
 * Cost: one check; one hold of the zone lock per refill.
 *
 * Differs from Linux: memory cgroups are always taken to be in use, so requests with __GFP_ACCOUNT
 * get one page a call.
 */
#include "lib/mm/gfp.h"
#include "lib/mm/pages/page_alloc.h"
#include "lib/mm/pages/pcp.h"
#include "lib/mm/pages/wmark.h"

static unsigned one_page(struct mm_system *sys, const struct mm_alloc_request *rq, pfn_t *pfn)
{
	*pfn = mm_alloc_pages(sys, rq);
	return *pfn != PFN_NONE;
}

/* A zone of the preferred node that has room for all; NULL: none. */
static struct zone *find_zone(const struct mm_system *sys, const struct alloc_context *ac,
			      unsigned nr, uint32_t alloc_flags)
{
	const struct zone *preferred = *ac->preferred;
	struct zone **pos, *z;

	for (pos = ac->preferred; (z = *pos);
	     pos = zonelist_next(pos + 1, ac->highest, ac->nodemask)) {
		if (!cpuset_allows(ac, alloc_flags, z))
			continue;
		if (sys->nr_nodes > 1 && z->node != preferred->node)
			return NULL;
		/* The reserves are those against requests for the preferred zone. */
		if (zone_watermark_fast(z, 0, zone_wmark(z, WMARK_LOW) + nr, preferred->type,
					alloc_flags))
			return z;
	}
	return NULL;
}

unsigned mm_alloc_pages_bulk(struct mm_system *sys, const struct mm_alloc_request *rq, unsigned nr,
			     pfn_t *pfn)
{
	uint32_t alloc_flags = ALLOC_WMARK_LOW;
	struct alloc_context ac;
	struct zone *z;
	unsigned n;

	if (!nr)
		return 0;
	if (nr == 1 || rq->gfp & __GFP_ACCOUNT)
		return one_page(sys, rq, pfn);
	if (rq->order || !alloc_context_prepare(sys, rq, &ac)) {
		sys->counter[C_ALLOC_INVALID]++;
		return 0;
	}
	if (ac.type == MIGRATE_MOVABLE)
		alloc_flags |= ALLOC_CMA;
	if (rq->nodemask)
		alloc_flags |= ALLOC_CPUSET;
	z = *ac.preferred ? find_zone(sys, &ac, nr, alloc_flags) : NULL;
	if (!z)
		return one_page(sys, rq, pfn);
	for (n = 0; n < nr; n++) {
		pfn[n] = pcp_next(sys, z, rq->cpu, 0, ac.type, alloc_flags);
		if (pfn[n] == PFN_NONE)
			break;
		z->allocated++;
		*frames_state(&sys->frames, pfn[n], 0) = PAGE_STATE(PAGE_ALLOCATED, 0, ac.type);
	}
	if (!n)
		return one_page(sys, rq, pfn);
	zone_statistics(z, &ac, n, n);
	return n;
}
