// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving into a smaller machine.
 *
 * Frames beyond the end of RAM no longer exist. What they held moves into free frames below, as far
 * as these last while the zones keep their high watermarks, where kswapd would rest. The rest is
 * given up as reclaim would, cheapest first, wherever it lies:
 *
 *	clean unmapped file -> clean mapped file -> dirty file -> anon;   never the kernel's pages
 *
 * I1  After this every frame that was in use exists, or is FRAME_EVICTED: no free is refused.
 * I2  Pages of the kernel are never given up.
 *
 * Differs from Linux: pages lie where a new allocation puts them, not where years of running did;
 * huge pages move as small ones.
 *
 * Cost: one allocation per moved page, a walk over the mixed sections of the population for each use.
 */
#include "lib/replay/start/place.h"

#include "lib/mm/gfp.h"

#include <errno.h>

/* Cheapest first. */
static const enum frame_use give_up[] = { FRAME_FILE, FRAME_FILE_MAPPED, FRAME_FILE_DIRTY,
					  FRAME_ANON };
#define NR_GIVE_UP (sizeof(give_up) / sizeof(*give_up))

struct move {
	const struct survey *s;
	struct framemap *map;
	struct mm_system *sys;
	struct initial *in;
	pfn_t ram_end;	/* of the new machine */
	pfn_t span_end; /* of the recorded one */
};

/* A frame that was freed before the snapshot came to read it is known by its free alone: taken for
 * anonymous memory, the commonest to be freed. */
static bool held(uint8_t v, enum frame_use use)
{
	enum frame_use was = v & FRAME_USE_MASK;

	if (was == FRAME_FREE)
		was = FRAME_ANON;
	return frame_was_used(v) && !(v & FRAME_IN_PCP) && was == use;
}

/* Pages that held @use, below and beyond the end of RAM. */
static void count(const struct move *m, enum frame_use use, uint64_t *below, uint64_t *beyond)
{
	*below = *beyond = 0;
	for (pfn_t pfn = 0, next; pfn < m->span_end; pfn = next) {
		uint8_t v = population_get(&m->s->population, pfn);

		next = population_run(&m->s->population, pfn,
				      pfn < m->ram_end ? m->ram_end : m->span_end);
		if (held(v, use))
			*(pfn < m->ram_end ? below : beyond) += next - pfn;
	}
}

/* Pages that can be given out before a zone sinks to its high watermark. */
static uint64_t spare_pages(const struct mm_system *sys)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
		struct mm_zone_view v;
		uint64_t keep;

		mm_view_zone(sys, i, &v);
		keep = v.wmark[WMARK_HIGH] + v.lowmem_reserve[ZONE_NORMAL];
		if (v.free + v.pcp > keep)
			pages += v.free + v.pcp - keep;
	}
	return pages;
}

static int evict(struct move *m, pfn_t pfn, struct mmt_err *e)
{
	m->in->evicted_pages++;
	return framemap_set(m->map, pfn, 0, FRAME_EVICTED, PFN_NONE, e);
}

/* Give up @pages pages that held @use, highest first. */
static int evict_use(struct move *m, enum frame_use use, uint64_t pages, struct mmt_err *e)
{
	for (pfn_t end = m->span_end, start; end && pages; end = start) {
		start = population_run_back(&m->s->population, end);
		if (!held(population_get(&m->s->population, start), use))
			continue;
		for (pfn_t pfn = end; pfn-- > start && pages;) {
			int ret;

			if (framemap_get(m->map, pfn).state == FRAME_EVICTED)
				continue;
			if (pfn < m->ram_end)
				mm_free_pages(m->sys, pfn, 0, 0);
			ret = evict(m, pfn, e);
			if (ret)
				return ret;
			pages--;
		}
	}
	return 0;
}

/* Give up what has to go before the rest can move in. */
static int make_room(struct move *m, struct mmt_err *e)
{
	uint64_t below[NR_FRAME_USES], beyond[NR_FRAME_USES], need = 0;
	uint64_t spare = spare_pages(m->sys);

	for (unsigned use = FRAME_KERNEL; use < NR_FRAME_USES; use++) {
		count(m, (enum frame_use)use, &below[use], &beyond[use]);
		need += beyond[use];
	}
	/* A page given up beyond the end needs no room; one below makes room: both are one less. */
	for (unsigned i = 0; i < NR_GIVE_UP && need > spare; i++) {
		enum frame_use use = give_up[i];
		uint64_t all = below[use] + beyond[use];
		uint64_t pages = need - spare < all ? need - spare : all;
		int ret = evict_use(m, use, pages, e);

		if (ret)
			return ret;
		need -= pages;
	}
	return 0;
}

static int move_page(struct move *m, pfn_t pfn, enum frame_use use, struct mmt_err *e)
{
	bool kernel = use < FRAME_ANON;
	struct mm_alloc_request rq = { .gfp = kernel ? GFP_KERNEL | __GFP_MEMALLOC
						     : GFP_HIGHUSER_MOVABLE & ~__GFP_DIRECT_RECLAIM,
				       .node = -1,
				       .memalloc = kernel };
	pfn_t to;

	if (use == FRAME_SLAB)
		rq.gfp |= __GFP_RECLAIMABLE;
	to = mm_alloc_pages(m->sys, &rq);
	if (to == PFN_NONE && !kernel)
		return evict(m, pfn, e);
	if (to == PFN_NONE)
		return mmt_fail(e, ENOTSUP,
				"mem=: pages the kernel had in use (frame %u) do not fit", pfn);
	m->in->moved_pages++;
	return framemap_set(m->map, pfn, 0, FRAME_LIVE, to, e);
}

int place_budget(const struct mmt_alloc *a, uint64_t bytes, struct mmt_err *e)
{
	uint64_t left = a->limit > a->used ? a->limit - a->used : 0;

	if (!a->limit || bytes <= left)
		return 0;
	return mmt_fail(e, EDQUOT, "budget of %llu bytes exceeded: the frames in use take %llu",
			(unsigned long long)a->limit, (unsigned long long)bytes);
}

/* Each frame beyond the end that was in use gets an entry in the map: as far as that is sure. */
static int check_memory(const struct move *m, struct mmt_err *e)
{
	uint64_t frames = 0;

	for (pfn_t pfn = m->ram_end, next; pfn < m->span_end; pfn = next) {
		uint8_t v = population_get(&m->s->population, pfn);
		enum frame_use use = v & FRAME_USE_MASK;

		next = population_run(&m->s->population, pfn, m->span_end);
		if (use >= FRAME_ANON && held(v, use))
			frames += next - pfn;
	}
	return place_budget(m->map->alloc, frames * sizeof(struct frame_entry), e);
}

int place_population(struct initial *in, const struct survey *s, const struct topology *t,
		     struct framemap *map, struct mm_system *sys, struct mmt_err *e)
{
	struct move m = { .s = s, .map = map, .sys = sys, .in = in, .ram_end = t->end };
	int ret;

	for (unsigned i = 0; i < s->machine.nr_zones; i++) {
		const struct machine_zone *z = &s->machine.zone[i];

		if (z->spanned && z->start + z->spanned > m.span_end)
			m.span_end = z->start + z->spanned;
	}
	if (m.span_end <= m.ram_end)
		return 0;
	ret = check_memory(&m, e);
	if (!ret)
		ret = make_room(&m, e);
	for (unsigned use = FRAME_KERNEL; use < NR_FRAME_USES && !ret; use++)
		for (pfn_t pfn = m.ram_end, next; pfn < m.span_end && !ret; pfn = next) {
			uint8_t v = population_get(&s->population, pfn);

			next = population_run(&s->population, pfn, m.span_end);
			if (!held(v, (enum frame_use)use))
				continue;
			for (; pfn < next && !ret; pfn++)
				if (framemap_get(map, pfn).state != FRAME_EVICTED)
					ret = move_page(&m, pfn, (enum frame_use)use, e);
		}
	return ret;
}
