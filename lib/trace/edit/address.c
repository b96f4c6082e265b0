/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses that tell nothing of the program, and everything to the page tables.
 *
 * Theory. An entry of the top page table spans 512 GiB. A run of such spans in use, by any program
 * of the trace, is a region; it moves as a whole by a multiple of 512 GiB, by lot, and regions keep
 * their order and at least one free span between them:
 *
 *	span	0   1 ...	     170  171	...	    254 255
 *	     heap, text		 PIE, heap	     mmap, stack
 *	       \			    |		     /
 *	     1	30 .. 31     97  98	  ...	   201 202
 *
 * So the lower 39 bits stay, and with them alignment, neighbourhood, what shares a page table, and
 * how many tables there are; the upper bits are new. All programs share one map, since a child has
 * its parent's addresses.
 *
 * Addresses of four levels of page tables (47 bits) and those that need a fifth stay on their side.
 * Arguments may name addresses where nothing is (hints, limits of a search): these become the
 * border of the region below, and tell no more than that they are between two regions.
 *
 * Invariants: (1) a < b in regions implies move(a) < move(b), for all others <=; (2) no region
 * stays where it was; (3) nothing moves into span 0, where null pointers point.
 *
 * Cost: a bit for each of 2^17 spans; a move is a binary search of the regions.
 */
#include "lib/trace/edit/address.h"

#include "lib/trace/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_SHIFT 39
#define NR_SPANS   (1u << (56 - SPAN_SHIFT))
#define FOUR_LEVEL (1u << (47 - SPAN_SHIFT)) /* spans of 47 bits */
#define TRIES	   10000
#define LOW	   4096 /* for addresses below all regions */

struct region {
	uint32_t first, nr, to; /* spans */
};

struct mmt_regions {
	struct mmt_alloc *alloc;
	uint64_t used[NR_SPANS / 64];
	struct region *region;
	size_t nr, cap;
};

struct mmt_regions *mmt_regions_new(struct mmt_alloc *a)
{
	struct mmt_regions *r = mmt_calloc(a, 1, sizeof(*r));

	if (r)
		r->alloc = a;
	return r;
}

void mmt_regions_free(struct mmt_regions *r)
{
	if (!r)
		return;
	mmt_free(r->alloc, r->region);
	mmt_free(r->alloc, r);
}

static bool stays(uint64_t addr)
{
	return !addr || addr >= MMT_ADDR_OUTSIDE;
}

void mmt_regions_use(struct mmt_regions *r, uint64_t addr, uint64_t n)
{
	uint64_t last = n ? addr + n - 1 : addr;

	if (stays(addr))
		return;
	if (last < addr || last >= MMT_ADDR_OUTSIDE)
		last = addr;
	for (uint64_t s = addr >> SPAN_SHIFT; s <= last >> SPAN_SHIFT; s++)
		r->used[s / 64] |= UINT64_C(1) << s % 64;
}

/* --- placing --- */

static bool in_use(const struct mmt_regions *r, uint32_t span)
{
	return r->used[span / 64] >> span % 64 & 1;
}

/* The runs of spans in use; one never crosses from four levels to five. */
static int collect(struct mmt_regions *r, struct mmt_err *e)
{
	for (uint32_t s = 0; s < NR_SPANS; s++) {
		struct region *grown, *last = r->nr ? &r->region[r->nr - 1] : NULL;

		if (!in_use(r, s))
			continue;
		if (last && last->first + last->nr == s && s != FOUR_LEVEL) {
			last->nr++;
			continue;
		}
		grown = mmt_grow(r->alloc, r->region, &r->cap, r->nr + 1, sizeof(*grown));
		if (!grown)
			return mmt_fail(e, ENOMEM, "no memory for regions of addresses");
		r->region = grown;
		grown[r->nr++] = (struct region){ .first = s, .nr = 1 };
	}
	return 0;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Draw places for @n regions in spans @from..@end-1 until none stays where it was. */
static int place(struct region *g, size_t n, uint32_t from, uint32_t end, uint32_t *gaps,
		 struct mmt_rng *rng, struct mmt_err *e)
{
	uint64_t need = n ? n - 1 : 0;

	for (size_t i = 0; i < n; i++)
		need += g[i].nr;
	for (unsigned tries = 0; need < end - from && tries < TRIES; tries++) {
		uint32_t at = from;
		bool moved = true;

		/* the free spans before each region are the steps between sorted lots */
		for (size_t i = 0; i < n; i++)
			gaps[i] = (uint32_t)mmt_rng_below(rng, end - from - need + 1);
		qsort(gaps, n, sizeof(*gaps), ascending);
		for (size_t i = 0; i < n; i++) {
			g[i].to = at + gaps[i];
			at += g[i].nr + 1;
			moved &= g[i].to != g[i].first;
		}
		if (moved)
			return 0;
	}
	return n ? mmt_fail(e, ENOTSUP,
			    "addresses in %llu of %u spans of 512 GiB leave no room to move them",
			    (unsigned long long)(need + 1 - n), end - from)
		 : 0;
}

int mmt_regions_place(struct mmt_regions *r, struct mmt_rng *rng, struct mmt_err *e)
{
	uint32_t *gaps;
	size_t low = 0;
	int err = collect(r, e);

	if (err)
		return err;
	gaps = mmt_calloc(r->alloc, r->nr, sizeof(*gaps));
	if (!gaps)
		return mmt_fail(e, ENOMEM, "no memory for regions of addresses");
	while (low < r->nr && r->region[low].first < FOUR_LEVEL)
		low++;
	err = place(r->region, low, 1, FOUR_LEVEL, gaps, rng, e);
	if (!err)
		err = place(r->region + low, r->nr - low, FOUR_LEVEL, NR_SPANS, gaps, rng, e);
	mmt_free(r->alloc, gaps);
	return err;
}

/* --- moving --- */

/* The last region that begins at or below @span, or NULL. */
static const struct region *below(const struct mmt_regions *r, uint64_t span)
{
	size_t from = 0, to = r->nr;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (r->region[mid].first <= span)
			from = mid + 1;
		else
			to = mid;
	}
	return from ? &r->region[from - 1] : NULL;
}

static bool holds(const struct region *g, uint64_t span)
{
	return g && span - g->first < g->nr;
}

/* The address that stands for all between @g and the region after it. */
static uint64_t border(const struct region *g)
{
	return g ? (uint64_t)(g->to + g->nr) << SPAN_SHIFT : LOW;
}

static uint64_t shift(const struct region *g, uint64_t addr)
{
	return addr + ((uint64_t)g->to << SPAN_SHIFT) - ((uint64_t)g->first << SPAN_SHIFT);
}

uint64_t mmt_regions_move(const struct mmt_regions *r, uint64_t addr)
{
	const struct region *g = below(r, addr >> SPAN_SHIFT);

	if (stays(addr))
		return addr;
	return holds(g, addr >> SPAN_SHIFT) ? shift(g, addr) : border(g);
}

uint64_t mmt_regions_move_end(const struct mmt_regions *r, uint64_t end)
{
	const struct region *g = below(r, (end - 1) >> SPAN_SHIFT);

	if (stays(end))
		return end;
	return holds(g, (end - 1) >> SPAN_SHIFT) ? shift(g, end) : border(g);
}
