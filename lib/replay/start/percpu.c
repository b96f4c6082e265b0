// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU lists when the trace began. /proc/zoneinfo counts their pages; which frames they are, no
 * snapshot says: /proc/kpageflags shows such a frame without any bit, as it shows frames that the
 * kernel uses itself. The events do, where the trace has refills and drains (flow.c):
 *
 *	frame   kpageflags   first event          so it was
 *	100     BUDDY        -, or a refill       in a free list
 *	101     (none)       alloc by CPU 1       in a list of CPU 1: what is on top is taken first
 *	102     (none)       drained on CPU 1     in a list of CPU 1: the lowest is drained first
 *	103     (none)       free, or -           in use, or in a list that was not touched
 *	104     ANON, late   alloc by CPU 0       in a list of CPU 0
 *
 *	list    top [ allocated, in order | chosen | drained, in order ] bottom
 *
 * A zone had free, in either: buddyinfo's pages, the lists' pages, and what was allocated between
 * the first event and the moment these were read. What the frames do not account for was in lists
 * and was not touched during the trace: it is taken from frames without a bit, highest PFN first,
 * and put into a list that was never seen empty; these are chosen, not known.
 *
 * Where refills were not recorded, a block allocated first may as well have come from a free list:
 * then blocks are taken in the order of events while each CPU's count lasts, and the list is that
 * of the pageblock.
 *
 * I1  No frame is chosen twice.
 * I2  A list gets at most the pages the snapshot counted, those that entered or left it since the
 *     first event considered.
 *
 * Cost: a walk over the blocks allocated first, and over frames where pages have to be chosen.
 */
#include "lib/replay/start/percpu.h"

#include <errno.h>

/* What told of a block: where in its list it lay, from the bottom up. */
enum layer { LAYER_DRAINED, LAYER_CHOSEN, LAYER_ALLOCATED, NR_LAYERS };

struct entry {
	pfn_t pfn;
	uint16_t cpu;
	uint8_t order;
	uint8_t type; /* of the list; MIGRATE_TYPES: of the pageblock */
	uint8_t layer;
};

struct percpu {
	struct mmt_alloc *alloc;
	struct entry *entry; /* of a layer: those told first are outermost */
	size_t nr, cap;
};

static bool has_list(unsigned order)
{
	return order <= 3 || order == PAGEBLOCK_ORDER;
}

static struct machine_zone *recorded_zone(const struct machine *m, pfn_t pfn)
{
	for (unsigned i = 0; i < m->nr_zones; i++)
		if (pfn >= m->zone[i].start && pfn - m->zone[i].start < m->zone[i].spanned)
			return &m->zone[i];
	return NULL;
}

/* Pages of zone @z that were free, wherever. */
static uint64_t count_free(const struct population *p, const struct machine_zone *z)
{
	uint64_t count[256] = { 0 }, pages = 0;

	population_count(p, z->start, z->start + z->spanned, count);
	for (unsigned v = 0; v < 256; v++)
		if (frame_was_free((uint8_t)v) && (v & FRAME_USE_MASK) != FRAME_ABSENT)
			pages += count[v];
	return pages;
}

static int add(struct percpu *p, struct population *population, struct entry entry,
	       struct mmt_err *e)
{
	struct entry *grown = mmt_grow(p->alloc, p->entry, &p->cap, p->nr + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for per-CPU lists");
	p->entry = grown;
	grown[p->nr++] = entry;
	for (pfn_t i = 0; i < 1u << entry.order; i++) {
		pfn_t pfn = entry.pfn + i;
		int ret = population_set(population, pfn,
					 population_get(population, pfn) | FRAME_IN_PCP, e);

		if (ret)
			return ret;
	}
	return 0;
}

/* Whether the block was free as a whole and, if @strict, no snapshot saw it in a free list. */
static bool may_have_waited(const struct population *p, const struct survey_block *b, bool strict)
{
	for (pfn_t i = 0; i < 1u << b->order; i++) {
		uint8_t v = population_get(p, b->pfn + i);
		enum frame_use use = v & FRAME_USE_MASK;

		if (use == FRAME_ABSENT || v & FRAME_IN_PCP || !(v & FRAME_FIRST_ALLOC))
			return false;
		if (strict && use == FRAME_FREE && !(v & FRAME_LATE))
			return false;
	}
	return has_list(b->order);
}

/* What a zone's lists still lack, and what may be taken for it. */
struct budget {
	uint64_t known;		      /* pages of blocks that events name */
	int64_t untold;		      /* free pages that neither events nor frames account for */
	uint32_t *room;		      /* by CPU */
	pfn_t cursor[NR_PAGE_ORDERS]; /* frames from here on were looked at for blocks of an order
				       */
	uint64_t chosen;
};

static struct entry entry_of(const struct survey *s, const struct survey_block *b)
{
	return (struct entry){ .pfn = b->pfn,
			       .cpu = b->cpu,
			       .order = b->order,
			       .type = s->flow.told ? b->type : MIGRATE_TYPES,
			       .layer = b->drained ? LAYER_DRAINED : LAYER_ALLOCATED };
}

/* Blocks that events name, while the budget of their zone and CPU lasts. */
static int choose_known(struct percpu *p, struct survey *s, struct budget *budget, bool strict,
			struct mmt_err *e)
{
	const struct machine *m = &s->machine;

	for (size_t i = 0; i < s->nr_first; i++) {
		const struct survey_block *b = &s->first[i];
		struct machine_zone *z = recorded_zone(m, b->pfn);
		uint32_t pages = 1u << b->order;
		struct budget *left;
		int ret;

		if (!z || b->cpu >= m->nr_cpus)
			continue;
		left = &budget[z - m->zone];
		if (left->known < pages || left->room[b->cpu] < pages ||
		    !may_have_waited(&s->population, b, strict))
			continue;
		left->known -= pages;
		left->room[b->cpu] -= pages;
		ret = add(p, &s->population, entry_of(s, b), e);
		if (ret)
			return ret;
	}
	return 0;
}

/* Whether nothing is known of a block's frames: no event, no bit. */
static bool is_unnamed(const struct population *p, pfn_t pfn, unsigned order)
{
	for (pfn_t i = 0; i < 1u << order; i++)
		if (population_get(p, pfn + i) != FRAME_KERNEL)
			return false;
	return true;
}

/* Fill the room left in lists of zone @z on @cpu with blocks of frames that nothing is known of. */
static int choose_blocks(struct percpu *p, struct survey *s, const struct machine_zone *z,
			 struct budget *left, struct entry entry, struct mmt_err *e)
{
	pfn_t size = 1u << entry.order, *at = &left->cursor[entry.order];
	int ret = 0;

	while (*at >= z->start + size && left->untold >= size && left->room[entry.cpu] >= size &&
	       !ret) {
		uint64_t end = ((uint64_t)*at + size - 1) & ~((uint64_t)size - 1);
		/* a section alike all over has no lone frame of the kernel's */
		pfn_t last = population_find_back(&s->population, FRAME_KERNEL, z->start, end);

		*at = last == PFN_NONE ? z->start : last & ~(size - 1);
		if (last == PFN_NONE || *at < z->start ||
		    !is_unnamed(&s->population, *at, entry.order))
			continue;
		left->room[entry.cpu] -= size;
		left->untold -= size;
		left->chosen += size;
		entry.pfn = *at;
		ret = add(p, &s->population, entry, e);
	}
	return ret;
}

/*
 * Pages that nothing named waited in lists that were never seen empty: of single pages, if there is
 * such a list, else of larger blocks, largest first (a huge page counts as 512).
 */
static int choose_unknown(struct percpu *p, struct survey *s, const struct machine_zone *z,
			  struct budget *left, unsigned cpu, struct mmt_err *e)
{
	static const uint8_t order[] = { 0, PAGEBLOCK_ORDER, 3, 2, 1 };
	static const uint8_t type[] = { MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE };
	struct entry entry = { .cpu = (uint16_t)cpu, .layer = LAYER_CHOSEN };
	int ret = 0;

	for (unsigned i = 0; i < sizeof(order) && s->flow.told; i++)
		for (unsigned t = 0; t < sizeof(type) && !ret; t++) {
			entry.order = order[i];
			entry.type = type[t];
			if (!flow_emptied(&s->flow, &s->machine, z, cpu, type[t], order[i]))
				ret = choose_blocks(p, s, z, left, entry, e);
		}
	entry.order = 0;
	entry.type = MIGRATE_TYPES;
	return ret ? ret : choose_blocks(p, s, z, left, entry, e);
}

/* What the lists of zone @z held when the trace began, by CPU and in all. */
static void take_stock(const struct survey *s, const struct machine_zone *z, struct budget *budget)
{
	int64_t free = (int64_t)machine_free_pages(z), waited = 0;

	for (unsigned cpu = 0; cpu < z->nr_pcp; cpu++) {
		int64_t count = z->pcp[cpu].count;

		free += count;
		if (s->flow.told)
			count -= flow_net_pcp(&s->flow, z, cpu, s->zone_time);
		budget->room[cpu] = count > 0 ? (uint32_t)count : 0;
		waited += budget->room[cpu];
	}
	free += flow_net(&s->flow, z, s->zone_time);
	budget->untold = free - (int64_t)count_free(&s->population, z);
	budget->known = (uint64_t)waited;
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
		budget->cursor[order] = z->start + z->spanned;
	/* where refills are told, a block that no refill brought was there */
	if (!s->flow.told && budget->untold > 0)
		budget->known = waited > budget->untold ? (uint64_t)(waited - budget->untold) : 0;
}

static int choose(struct percpu *p, struct survey *s, struct budget *budget, uint64_t *chosen,
		  struct mmt_err *e)
{
	const struct machine *m = &s->machine;
	int ret;

	for (unsigned i = 0; i < m->nr_zones; i++)
		take_stock(s, &m->zone[i], &budget[i]);
	ret = choose_known(p, s, budget, true, e);
	/* what the snapshot read in a free list may have gone there from a per-CPU list */
	if (!ret)
		ret = choose_known(p, s, budget, false, e);
	for (unsigned i = 0; i < m->nr_zones && !ret; i++) {
		for (unsigned cpu = 0; cpu < m->nr_cpus && !ret; cpu++)
			ret = choose_unknown(p, s, &m->zone[i], &budget[i], cpu, e);
		*chosen += budget[i].chosen;
	}
	return ret;
}

struct percpu *percpu_choose(struct survey *s, uint64_t *chosen, struct mmt_err *e)
{
	const struct machine *m = &s->machine;
	struct percpu *p = mmt_calloc(s->alloc, 1, sizeof(*p));
	struct budget *budget = mmt_calloc(s->alloc, m->nr_zones, sizeof(*budget));
	uint32_t *room = mmt_calloc(s->alloc, (size_t)m->nr_zones * m->nr_cpus, sizeof(*room));
	int ret = -ENOMEM;

	if (p && budget && room) {
		p->alloc = s->alloc;
		for (unsigned i = 0; i < m->nr_zones; i++)
			budget[i].room = &room[(size_t)i * m->nr_cpus];
		ret = choose(p, s, budget, chosen, e);
	} else {
		mmt_fail(e, ENOMEM, "no memory for per-CPU lists");
	}
	mmt_free(s->alloc, budget);
	mmt_free(s->alloc, room);
	if (!ret)
		return p;
	if (p) {
		p->alloc = s->alloc;
		percpu_free(p);
	}
	return NULL;
}

static int seed_entry(const struct entry *entry, struct mm_system *sys, unsigned nr_cpus,
		      struct mmt_err *e)
{
	int ret = mm_seed_pcp(sys, entry->pfn, entry->order, (enum migratetype)entry->type,
			      entry->cpu % nr_cpus, e);

	/* not of a smaller machine, or in use there: then it is simply gone */
	return ret == -EINVAL ? 0 : ret;
}

int percpu_seed(const struct percpu *p, struct mm_system *sys, unsigned nr_cpus, struct mmt_err *e)
{
	int ret = 0;

	/* bottom first: drains take from the bottom, what was drained first lay lowest */
	for (size_t i = 0; i < p->nr && !ret; i++)
		if (p->entry[i].layer == LAYER_DRAINED)
			ret = seed_entry(&p->entry[i], sys, nr_cpus, e);
	for (unsigned layer = LAYER_CHOSEN; layer < NR_LAYERS; layer++)
		for (size_t i = p->nr; i-- > 0 && !ret;)
			if (p->entry[i].layer == layer)
				ret = seed_entry(&p->entry[i], sys, nr_cpus, e);
	return ret;
}

void percpu_free(struct percpu *p)
{
	if (!p)
		return;
	mmt_free(p->alloc, p->entry);
	mmt_free(p->alloc, p);
}
