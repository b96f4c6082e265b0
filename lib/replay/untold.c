// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that left a per-CPU list without an event: the bulk allocator (kernel stacks, vmalloc) has no
 * tracepoint. A list gives what lies on top, so the next request that is told shows what went before:
 *
 *	list	Y1 Y2 Y3 Y4 X Z ...
 *	host	bulk: Y1 Y2 Y3 Y4 (no event)		request: X
 *	model	request: Y1, but X was recorded, which lies 4 deeper, and the host has none of Y1..Y4
 *		in use: they were taken, and the request gets X
 *
 * They are in use until the host frees them. If it gives one of them to a request before, it had not
 * been taken, but lain elsewhere: it goes to that request.
 *
 * Reference: Linux 6.12 mm/page_alloc.c alloc_pages_bulk_noprof(), which takes single pages from the
 * lists (__rmqueue_pcplist()).
 *
 * I1  Only in a base replay, with refills told, and only what the host has not in use, as told.
 * I2  A list loses no page but those above the recorded one.
 *
 * Differs from Linux: when pages were taken is known to the next request of the list only; not known is
 * what of the refill was taken that brought the page for that request, nor anything where the model was
 * out of step (IN_STEP).
 *
 * Cost: nothing where the model gives what was recorded; else, if it did so IN_STEP times before, a look
 * at MOST entries of the list.
 */
#include "lib/replay/untold.h"

#include "lib/mm/gfp.h"

#define MOST	64 /* pages taken at once */
#define IN_STEP 8  /* allocations on the host's frame before: else the list is another one */

/* A page in the model's lists that the host has not in use, as told, and that no event will tell to have
 * left a list. */
static bool was_taken(const struct allocator *a, pfn_t pfn)
{
	const struct survey *s = a->survey;

	if (!allocator_is_free(a, pfn))
		return false;
	return !(population_get(&s->population, pfn) & FRAME_SEEN) ||
	       waiting_ends_untold(&s->flow.waiting, pfn, a->hold.frees);
}

/* How many pages lie above @recorded in the list of @rq, or in all of that if @recorded is free, which
 * a refill brings; all of them taken. MOST: some is not, or @recorded is elsewhere. */
static unsigned above(const struct allocator *a, const struct mm_alloc_request *rq, pfn_t recorded)
{
	enum migratetype type = gfp_migratetype(rq->gfp);
	unsigned n;

	for (n = 0; n < MOST; n++) {
		pfn_t pfn = mm_pcp_entry(a->sys, recorded, rq->cpu, rq->order, type, n);

		if (pfn == recorded)
			return n;
		if (pfn == PFN_NONE && mm_is_free(a->sys, recorded))
			return n;
		if (pfn == PFN_NONE || !was_taken(a, pfn))
			break;
	}
	return MOST;
}

static int take_above(struct allocator *a, const struct mm_alloc_request *rq, pfn_t recorded,
		      pfn_t *model, struct mmt_err *e)
{
	unsigned n;

	if (!a->base || !a->as_recorded || !a->survey->flow.told || rq->order ||
	    *model == PFN_NONE || mm_zone_of(a->sys, *model) != mm_zone_of(a->sys, recorded) ||
	    !was_taken(a, *model))
		return 0;
	n = above(a, rq, recorded);
	if (n == MOST)
		return 0;
	for (n++; n && *model != PFN_NONE; n--) {
		int ret = framemap_set(&a->map, *model, 0, FRAME_LIVE, *model, e);

		if (ret)
			return ret;
		framemap_at(&a->map, *model)->untold = true;
		a->divergence[DIVERGENCE_UNTOLD]++;
		*model = mm_alloc_pages(a->sys, rq);
	}
	return 0;
}

int untold_taken(struct allocator *a, const struct mm_alloc_request *rq, pfn_t recorded,
		 pfn_t *model, struct mmt_err *e)
{
	int ret = 0;

	if (*model != recorded && a->in_step >= IN_STEP)
		ret = take_above(a, rq, recorded, model, e);
	a->in_step = *model == recorded ? a->in_step + 1 : 0;
	return ret;
}
