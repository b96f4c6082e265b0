// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames in per-CPU lists, as told:
 *
 *	event	free 17: Y   alloc Y   refill: Y   (bulk: Y)   free 45: Y   drain Y
 *	Y	since 17     -         since 17,               since 45     -
 *			               by a refill             and a stay [17, 45) that nothing ended
 *
 * A block that is freed while it waits was taken without an event, as the bulk allocator does; so was
 * one that waits at the end, if it did not wait indeed.
 *
 * I1  A frame's number is one more than that of the latest free when it came into a list; it is 0 once
 *     it left.
 *
 * Cost: 4 bytes a frame that is freed or brought by a refill, in sections of 1024 frames that exist
 * once one of theirs was; 12 bytes a stay.
 */
#include "lib/replay/survey/waiting.h"

#include <errno.h>
#include <stdlib.h>

#define SECTION_ORDER 10
#define SECTION	      (1u << SECTION_ORDER)
#define SECTIONS      (1u << (32 - SECTION_ORDER))
#define BY_REFILL     (1u << 31)
#define NOTED	      (1u << 30)
#define MOST_FREES    (NOTED - 2) /* of later ones nothing is known */
#define NUMBER(since) \
	(((since) & (NOTED - 1)) - 1) /* stored with 1 added: a refill may come before any free */

void waiting_free(struct waiting *w)
{
	mmt_pool_free(&w->pool);
	mmt_free(w->alloc, w->since);
	mmt_free(w->alloc, w->stay);
	*w = (struct waiting){ 0 };
}

static uint32_t *since(const struct waiting *w, pfn_t pfn)
{
	uint32_t *section = w->since ? w->since[pfn >> SECTION_ORDER] : NULL;

	return section ? &section[pfn & (SECTION - 1)] : NULL;
}

void waiting_prefetch(const struct waiting *w, pfn_t pfn)
{
	const uint32_t *at = since(w, pfn);

	if (at)
		__builtin_prefetch(at, 1);
}

static uint32_t *make(struct waiting *w, pfn_t pfn, struct mmt_err *e)
{
	if (!w->since)
		w->since = mmt_calloc(w->alloc, SECTIONS, sizeof(*w->since));
	if (w->since)
		w->since[pfn >> SECTION_ORDER] =
			mmt_pool_take(&w->pool, SECTION * sizeof(**w->since));
	if (!since(w, pfn))
		mmt_fail(e, ENOMEM, "no memory for the survey");
	return since(w, pfn);
}

static int add_stay(struct waiting *w, struct waiting_stay stay, struct mmt_err *e)
{
	struct waiting_stay *grown =
		mmt_grow(w->alloc, w->stay, &w->cap, w->nr + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	w->stay = grown;
	grown[w->nr++] = stay;
	return 0;
}

int waiting_enters(struct waiting *w, pfn_t pfn, uint64_t nth, enum waiting_way way,
		   struct mmt_err *e)
{
	static const uint32_t flag[] = { [WAITING_NOTED] = NOTED, [WAITING_REFILL] = BY_REFILL };
	uint32_t *at = since(w, pfn);

	if (!at && !(at = make(w, pfn, e)))
		return -ENOMEM;
	if (*at && way != WAITING_REFILL && nth <= MOST_FREES &&
	    add_stay(w, (struct waiting_stay){ pfn, NUMBER(*at), (uint32_t)nth }, e))
		return -ENOMEM;
	*at = nth <= MOST_FREES ? ((uint32_t)nth + 1) | flag[way] : 0;
	return 0;
}

uint32_t waiting_leaves(struct waiting *w, pfn_t pfn)
{
	uint32_t *at = since(w, pfn), was = at ? *at : 0;

	if (at)
		*at = 0;
	return was & NOTED ? NUMBER(was) : 0;
}

uint32_t waiting_freed(const struct waiting *w, pfn_t pfn)
{
	const uint32_t *at = since(w, pfn);

	return at && *at && !(*at & BY_REFILL) ? NUMBER(*at) : 0;
}

static int by_frame(const void *a, const void *b)
{
	const struct waiting_stay *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return (x->until > y->until) - (x->until < y->until);
}

void waiting_settle(struct waiting *w)
{
	if (w->nr)
		qsort(w->stay, w->nr, sizeof(*w->stay), by_frame);
}

bool waiting_ends_untold(const struct waiting *w, pfn_t pfn, uint64_t nth)
{
	const uint32_t *at = since(w, pfn);
	size_t low = 0, high = w->nr;

	if (at && *at && NUMBER(*at) <= nth)
		return true;
	/* the first stay that ends after it */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct waiting_stay *s = &w->stay[middle];

		if (s->pfn < pfn || (s->pfn == pfn && s->until <= nth))
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->nr && w->stay[low].pfn == pfn && w->stay[low].since <= nth;
}
