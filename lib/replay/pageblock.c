// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pageblock had which type: /proc/pagetypeinfo only counts them.
 *
 *	pagetypeinfo: Unmovable 2, Movable 4            content         dealt
 *	pageblock 0   SLAB SLAB KERNEL FREE ...          384 kernel      UNMOVABLE
 *	pageblock 1   ANON ANON ANON ...                 512 movable     MOVABLE
 *	pageblock 2   an event saw it UNMOVABLE          (witness)       UNMOVABLE
 *
 * Each type but MOVABLE is dealt in turn to the pageblocks that look most like it: a witness first,
 * then by content, then by PFN. What is left is MOVABLE.
 *
 * I1  As many pageblocks of a type are dealt as the snapshot counted, while there are pageblocks.
 *
 * Differs from the host: a pageblock without witness may have another type than it had. Reclaimable
 * slabs cannot be told from others in kpageflags, so RECLAIMABLE goes to pageblocks of slabs alone.
 *
 * Cost: a walk over the frames of the zone's mixed sections, and a sort of its pageblocks by type.
 */
#include "lib/replay/pageblock.h"

#include <errno.h>
#include <stdlib.h>

struct candidate {
	pfn_t pfn;
	uint16_t kernel, slab, movable, free; /* frames */
	int32_t score;
	uint8_t witness; /* type + 1 */
	bool dealt;
};

/* Where a frame counts; NULL: nowhere. */
static uint16_t *count_of(struct candidate *c, uint8_t v)
{
	/* what waited in a per-CPU list looks as if the kernel had it */
	if (frame_was_free(v) || v & FRAME_IN_PCP)
		return &c->free;
	switch (v & FRAME_USE_MASK) {
	case FRAME_FREE:
		return &c->free;
	case FRAME_ABSENT:
	case FRAME_RESERVED:
		return NULL;
	case FRAME_SLAB:
		return &c->slab;
	case FRAME_KERNEL:
	case FRAME_PGTABLE:
		return &c->kernel;
	default:
		return &c->movable;
	}
}

static void count_frames(const struct population *p, struct candidate *c)
{
	pfn_t end = c->pfn + PAGEBLOCK_PAGES;

	for (pfn_t pfn = c->pfn, next; pfn < end; pfn = next) {
		uint16_t *count = count_of(c, population_get(p, pfn));

		next = population_run(p, pfn, end);
		if (count)
			*count = (uint16_t)(*count + (next - pfn));
	}
}

/* A block that waited in a list of a type tells of its pageblock what a page of that type would. */
static void count_waiting(const struct survey *s, const struct machine_zone *z, struct candidate *c,
			  size_t n)
{
	for (size_t i = 0; i < s->nr_first && s->flow.told && n; i++) {
		const struct survey_block *b = &s->first[i];
		pfn_t pfn = b->pfn & ~(PAGEBLOCK_PAGES - 1);
		size_t low = 0, high = n;

		if (b->drained || b->pfn < z->start || b->pfn - z->start >= z->spanned)
			continue;
		while (high - low > 1) {
			size_t middle = low + (high - low) / 2;

			*(c[middle].pfn <= pfn ? &low : &high) = middle;
		}
		if (c[low].pfn != pfn)
			continue;
		c[low].kernel += b->type == MIGRATE_UNMOVABLE;
		c[low].slab += b->type == MIGRATE_RECLAIMABLE;
		c[low].movable += b->type == MIGRATE_MOVABLE;
	}
}

static int32_t score(const struct candidate *c, enum migratetype type)
{
	if (c->witness)
		return c->witness == type + 1 ? 1 << 20 : -(1 << 20);
	switch (type) {
	case MIGRATE_UNMOVABLE:
		return 2 * c->kernel + c->slab - c->movable;
	case MIGRATE_RECLAIMABLE:
		return c->slab - 4 * c->kernel - 2 * c->movable;
	case MIGRATE_HIGHATOMIC:
	case MIGRATE_CMA:
	case MIGRATE_ISOLATE:
		return c->free - c->kernel - c->movable;
	default:
		return 0;
	}
}

static int by_score(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* Pageblocks that begin in the zone and have frames under management: an array, *@n long. */
static int collect(const struct survey *s, const struct machine_zone *z, pfn_t limit,
		   struct candidate **out, size_t *n, struct mmt_err *e)
{
	uint64_t end = (uint64_t)z->start + z->spanned;
	size_t cap = 0;

	if (end > limit)
		end = limit;
	*out = NULL;
	*n = 0;
	for (uint64_t pfn = z->start & ~(PAGEBLOCK_PAGES - 1); pfn < end; pfn += PAGEBLOCK_PAGES) {
		struct candidate c = { .pfn = (pfn_t)pfn };
		struct candidate *grown;

		if (!s->population.section[pfn >> POPULATION_SECTION_ORDER] &&
		    population_get(&s->population, (pfn_t)pfn) == FRAME_ABSENT) {
			pfn |= POPULATION_SECTION - PAGEBLOCK_PAGES;
			continue;
		}
		/* a pageblock without any managed frame has no type */
		if (population_get(&s->population, (pfn_t)pfn) == FRAME_ABSENT &&
		    population_run(&s->population, (pfn_t)pfn, (pfn_t)pfn + PAGEBLOCK_PAGES) ==
			    pfn + PAGEBLOCK_PAGES)
			continue;
		count_frames(&s->population, &c);
		c.witness = s->witness[pfn >> PAGEBLOCK_ORDER];
		grown = mmt_grow(s->alloc, *out, &cap, *n + 1, sizeof(c));
		if (!grown)
			return mmt_fail(e, ENOMEM, "no memory for pageblocks");
		*out = grown;
		grown[(*n)++] = c;
	}
	return 0;
}

static int deal(struct mm_system *sys, struct candidate *c, size_t n, pfn_t start,
		enum migratetype type, uint64_t count, uint64_t *inferred, struct mmt_err *e)
{
	for (size_t i = 0; i < n; i++)
		c[i].score = c[i].dealt ? INT32_MIN : score(&c[i], type);
	qsort(c, n, sizeof(*c), by_score);
	for (size_t i = 0; i < n && i < count && !c[i].dealt; i++) {
		/* The first pageblock of a zone may begin before it (zone DMA begins at 1). */
		pfn_t pfn = c[i].pfn < start ? start : c[i].pfn;
		int ret = mm_seed_pageblock(sys, pfn, type, e);

		if (ret)
			return ret;
		c[i].dealt = true;
		*inferred += c[i].witness != type + 1;
	}
	return 0;
}

int pageblock_deal(struct mm_system *sys, const struct survey *s, const struct machine_zone *z,
		   pfn_t end, uint64_t *inferred, struct mmt_err *e)
{
	static const enum migratetype turn[] = { MIGRATE_HIGHATOMIC, MIGRATE_CMA, MIGRATE_ISOLATE,
						 MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE };
	struct candidate *c;
	size_t n;
	int ret;

	if (!z->has_pageblocks)
		return 0;
	ret = collect(s, z, end, &c, &n, e);
	if (!ret)
		count_waiting(s, z, c, n);
	/* a zone without a frame of its own has nothing to deal */
	for (unsigned i = 0; i < sizeof(turn) / sizeof(*turn) && !ret && n; i++)
		if (z->pageblocks[turn[i]])
			ret = deal(sys, c, n, z->start, turn[i], z->pageblocks[turn[i]], inferred,
				   e);
	mmt_free(s->alloc, c);
	return ret;
}
