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
 * pagetypeinfo also counts the free blocks of each type and order, and which frames were free is
 * known. So two pageblocks without witness that were dealt differently are exchanged as long as that
 * brings the free pages of types nearer to what was counted:
 *
 *	free blocks of order	0  3  7		counted: Unmovable 2  1  0
 *	pageblock 5, dealt	1  0  1		off by 1 + 8 + 128 pages
 *	pageblock 9		2  1  0		off by 0: exchanged
 *
 * A free block of order 10 is two pageblocks, in one list: what an event tells of one is so of both.
 *
 * I1  As many pageblocks of a type are dealt as the snapshot counted, while there are pageblocks.
 * I2  An exchange leaves fewer free pages in lists of another type than were counted there.
 *
 * Differs from the host: a pageblock without witness may have another type than it had. Reclaimable
 * slabs cannot be told from others in kpageflags, so RECLAIMABLE goes to pageblocks of slabs alone.
 *
 * Cost: a walk over the frames of the zone's mixed sections, and a sort of its pageblocks by type;
 * two looks at each pageblock for each exchange, of which there are MOST_EXCHANGES at most.
 */
#include "lib/replay/start/pageblock.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_EXCHANGES 256

struct candidate {
	pfn_t pfn;
	uint16_t blocks[NR_PAGE_ORDERS];      /* free ones by order, the last: half of one */
	uint16_t kernel, slab, movable, free; /* frames */
	int32_t score;
	uint8_t witness; /* type + 1 */
	uint8_t type;	 /* what it was dealt, else MOVABLE */
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

/* Count the aligned cover of free frames @from..@to. */
static void count_cover(struct candidate *c, pfn_t from, pfn_t to)
{
	while (from < to) {
		pfn_t offset = from & (PAGEBLOCK_PAGES - 1);
		unsigned order = offset ? (unsigned)__builtin_ctz(offset) : PAGEBLOCK_ORDER;

		while (to - from < 1u << order)
			order--;
		c->blocks[order]++;
		from += 1u << order;
	}
}

/* What is in a pageblock, and the free blocks in it. */
static void count_content(const struct population *p, struct candidate *c)
{
	pfn_t end = c->pfn + PAGEBLOCK_PAGES, from = c->pfn;

	for (pfn_t pfn = c->pfn, next; pfn < end; pfn = next) {
		uint8_t v = population_get(p, pfn);
		uint16_t *count = count_of(c, v);

		next = population_run(p, pfn, end);
		if (count)
			*count = (uint16_t)(*count + (next - pfn));
		if (frame_in_list(v))
			continue;
		count_cover(c, from, pfn);
		from = next;
	}
	count_cover(c, from, end);
}

/* Two pageblocks that are all free are one block, in one list: what is told of one is so of both. */
static void count_halves(struct candidate *c, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		struct candidate *two = &c[i + 1];

		if (c[i].pfn & PAGEBLOCK_PAGES || two->pfn != c[i].pfn + PAGEBLOCK_PAGES ||
		    !c[i].blocks[PAGEBLOCK_ORDER] || !two->blocks[PAGEBLOCK_ORDER])
			continue;
		c[i].blocks[PAGEBLOCK_ORDER] = two->blocks[PAGEBLOCK_ORDER] = 0;
		c[i].blocks[MAX_PAGE_ORDER] = two->blocks[MAX_PAGE_ORDER] = 1;
		if (!c[i].witness)
			c[i].witness = two->witness;
		if (!two->witness)
			two->witness = c[i].witness;
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

/* The type that the events tell, + 1; 0: none. */
static uint8_t witness_of(const struct survey *s, const struct machine_zone *z, pfn_t pfn)
{
	uint8_t told = s->witness[pfn >> PAGEBLOCK_ORDER], type = told & ~SURVEY_LISTED;
	bool listed = told & SURVEY_LISTED,
	     both = type == MIGRATE_MOVABLE + 1 &&
		    (z->pageblocks[MIGRATE_HIGHATOMIC] || z->pageblocks[MIGRATE_CMA]);

	return listed && (both || !s->flow.told) ? 0 : type;
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
		struct candidate c = { .pfn = (pfn_t)pfn, .type = MIGRATE_MOVABLE };
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
		count_content(&s->population, &c);
		c.witness = witness_of(s, z, (pfn_t)pfn);
		grown = mmt_grow(s->alloc, *out, &cap, *n + 1, sizeof(c));
		if (!grown)
			return mmt_fail(e, ENOMEM, "no memory for pageblocks");
		*out = grown;
		grown[(*n)++] = c;
	}
	return 0;
}

static void deal(struct candidate *c, size_t n, enum migratetype type, uint64_t count)
{
	for (size_t i = 0; i < n; i++)
		c[i].score = c[i].dealt ? INT32_MIN : score(&c[i], type);
	qsort(c, n, sizeof(*c), by_score);
	for (size_t i = 0; i < n && i < count && !c[i].dealt; i++) {
		c[i].dealt = true;
		c[i].type = (uint8_t)type;
	}
}

/* Free blocks by order of what was dealt type @type, less those counted. */
static void lists_off(const struct machine_zone *z, const struct candidate *c, size_t n,
		      unsigned type, int64_t off[NR_PAGE_ORDERS])
{
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		off[order] = -(int64_t)z->freetype[type][order];
		if (order == MAX_PAGE_ORDER)
			off[order] *= 2;
		for (size_t i = 0; i < n; i++)
			off[order] += c[i].type == type ? c[i].blocks[order] : 0;
	}
}

/* By how many pages less the lists of two types are off if a pageblock changes sides: for each order,
 * and each number of free blocks in that pageblock. */
struct gains {
	int64_t of[NR_PAGE_ORDERS][PAGEBLOCK_PAGES + 1];
};

/* The lists of the type that gets the pageblock are @off, of that which loses it @rest; @given goes
 * the other way. */
static void count_gains(struct gains *g, const struct candidate *given, const int64_t *off,
			const int64_t *rest)
{
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned pages = order < PAGEBLOCK_ORDER ? 1u << order : PAGEBLOCK_PAGES;

		for (int64_t blocks = 0; blocks <= PAGEBLOCK_PAGES / pages; blocks++) {
			int64_t more = blocks - given->blocks[order];

			g->of[order][blocks] = (llabs(off[order]) - llabs(off[order] + more) +
						llabs(rest[order]) - llabs(rest[order] - more)) *
					       pages;
		}
	}
}

static int64_t gain(const struct gains *g, const struct candidate *c)
{
	int64_t pages = 0;

	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
		pages += g->of[order][c->blocks[order]];
	return pages;
}

/* Of pageblocks of type @of without witness the one that gains most if @given is exchanged for it, or
 * if it is given up for none (@given NULL); of those that are as good the one of which the content
 * tells most. *@pages: what it gains. NULL: there is none. */
static struct candidate *choose(struct candidate *c, size_t n, unsigned of,
				const struct candidate *given, const int64_t *off,
				const int64_t *rest, int64_t *pages)
{
	static const struct candidate none;
	struct candidate *best = NULL;
	struct gains gains;

	count_gains(&gains, given ? given : &none, given ? off : rest, given ? rest : off);
	for (size_t i = 0; i < n; i++) {
		bool tells_more =
			best && (given ? c[i].score > best->score : c[i].score < best->score);
		int64_t gained;

		if (c[i].type != of || c[i].witness)
			continue;
		gained = gain(&gains, &c[i]);
		if (best && (gained < *pages || (gained == *pages && !tells_more)))
			continue;
		*pages = gained;
		best = &c[i];
	}
	return best;
}

/* Exchange a pageblock dealt @type for one dealt @with. False: nothing is gained so. */
static bool exchange(struct candidate *c, size_t n, unsigned type, unsigned with,
		     int64_t off[][NR_PAGE_ORDERS])
{
	struct candidate *one, *two;
	int64_t pages;

	one = choose(c, n, type, NULL, off[type], off[with], &pages);
	two = one ? choose(c, n, with, one, off[type], off[with], &pages) : NULL;
	if (!two || pages <= 0)
		return false;
	one->type = (uint8_t)with;
	two->type = (uint8_t)type;
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		int64_t more = two->blocks[order] - one->blocks[order];

		off[type][order] += more;
		off[with][order] -= more;
	}
	return true;
}

/* Exchange what free lists tell to have been dealt wrongly: against what was left MOVABLE, then
 * against each other. */
static void match_lists(const struct machine_zone *z, struct candidate *c, size_t n)
{
	int64_t off[MIGRATE_TYPES][NR_PAGE_ORDERS];
	unsigned left = z->has_freetype ? MOST_EXCHANGES : 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		lists_off(z, c, n, type, off[type]);
	for (unsigned pair = 0; pair < MIGRATE_TYPES * MIGRATE_TYPES; pair++) {
		unsigned type = pair % MIGRATE_TYPES, before = pair / MIGRATE_TYPES;
		unsigned with = before ? before - 1 : MIGRATE_MOVABLE;

		if (type == MIGRATE_MOVABLE || !z->pageblocks[type] ||
		    (before && (with >= type || with == MIGRATE_MOVABLE)))
			continue;
		for (size_t i = 0; i < n; i++)
			c[i].score = score(&c[i], (enum migratetype)type);
		while (left && exchange(c, n, type, with, off))
			left--;
	}
}

/* What was dealt goes to the machine. */
static int seed(struct mm_system *sys, const struct candidate *c, size_t n, pfn_t start,
		uint64_t *inferred, struct mmt_err *e)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		if (c[i].type == MIGRATE_MOVABLE)
			continue;
		/* The first pageblock of a zone may begin before it (zone DMA begins at 1). */
		ret = mm_seed_pageblock(sys, c[i].pfn < start ? start : c[i].pfn,
					(enum migratetype)c[i].type, e);
		*inferred += c[i].witness != c[i].type + 1;
	}
	return ret;
}

int pageblock_deal(struct mm_system *sys, const struct survey *s, const struct machine_zone *z,
		   pfn_t end, uint64_t *inferred, struct mmt_err *e)
{
	static const enum migratetype turn[] = { MIGRATE_HIGHATOMIC, MIGRATE_CMA, MIGRATE_ISOLATE,
						 MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE };
	const unsigned nr_turns = sizeof(turn) / sizeof(*turn);
	struct candidate *c;
	size_t n;
	int ret;

	if (!z->has_pageblocks)
		return 0;
	ret = collect(s, z, end, &c, &n, e);
	if (!ret) {
		count_halves(c, n);
		count_waiting(s, z, c, n);
	}
	/* a zone without a frame of its own has nothing to deal */
	for (unsigned i = 0; i < nr_turns && !ret && n; i++)
		if (z->pageblocks[turn[i]] || i + 1 == nr_turns) /* by the last score they stay */
			deal(c, n, turn[i], z->pageblocks[turn[i]]);
	if (!ret && n) {
		match_lists(z, c, n);
		ret = seed(sys, c, n, z->start, inferred, e);
	}
	mmt_free(s->alloc, c);
	return ret;
}
