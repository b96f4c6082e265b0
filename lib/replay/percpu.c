// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU lists when the trace began. /proc/zoneinfo counts their pages; which frames they are,
 * nothing says: /proc/kpageflags shows such a frame without any bit, as it shows frames that the
 * kernel uses itself.
 *
 *	frame   kpageflags   first event         so it was
 *	100     BUDDY        -, or alloc         in a free list
 *	101     (none)       alloc by CPU 1      in a per-CPU list, of CPU 1
 *	102     (none)       free, or -          in use, or in a list that was not touched
 *	103     ANON, late   alloc by CPU 0      free, in either
 *
 * A zone had free, in either: buddyinfo's pages, the lists' pages, and what was allocated between
 * the first event and the moment these were read. What the frames do not account for was in lists
 * and was not touched during the trace: it is taken from frames without a bit, highest PFN first;
 * these are chosen, not known. The rest of the lists' pages is sought among the blocks allocated
 * first, in the order of events and within each CPU's count: the lists are stacks, what is on top
 *is allocated first.
 *
 * I1  No frame is chosen twice.
 * I2  A list gets at most the pages the snapshot counted.
 *
 * Cost: a walk over the blocks allocated first, and over frames where pages have to be chosen.
 */
#include "lib/replay/percpu.h"

#include <errno.h>

struct entry {
	pfn_t pfn;
	uint16_t cpu;
	uint8_t order;
};

struct percpu {
	struct mmt_alloc *alloc;
	struct entry *entry; /* top of the lists first; chosen ones at the end */
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
	uint64_t pages = 0;
	pfn_t end = z->start + z->spanned;

	for (pfn_t pfn = z->start, next; pfn < end; pfn = next) {
		uint8_t v = population_get(p, pfn);

		next = population_run(p, pfn, end);
		if (frame_was_free(v) && (v & FRAME_USE_MASK) != FRAME_ABSENT)
			pages += next - pfn;
	}
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

/* Blocks that events allocated first, while @room[] and @known of their zone and CPU last. */
static int choose_known(struct percpu *p, struct survey *s, uint64_t *known, uint32_t *room,
			bool strict, struct mmt_err *e)
{
	const struct machine *m = &s->machine;

	for (size_t i = 0; i < s->nr_first; i++) {
		const struct survey_block *b = &s->first[i];
		struct machine_zone *z = recorded_zone(m, b->pfn);
		uint32_t pages = 1u << b->order;
		size_t at;
		int ret;

		if (!z || b->cpu >= m->nr_cpus)
			continue;
		at = (size_t)(z - m->zone);
		if (known[at] < pages || room[at * m->nr_cpus + b->cpu] < pages ||
		    !may_have_waited(&s->population, b, strict))
			continue;
		known[at] -= pages;
		room[at * m->nr_cpus + b->cpu] -= pages;
		ret = add(p, &s->population,
			  (struct entry){ .pfn = b->pfn, .cpu = b->cpu, .order = b->order }, e);
		if (ret)
			return ret;
	}
	return 0;
}

/* Fill the room left in zone @z with frames that no event named and that show no bit. */
static int choose_unknown(struct percpu *p, struct survey *s, const struct machine_zone *z,
			  uint32_t *room, int64_t pages, uint64_t *chosen, struct mmt_err *e)
{
	unsigned cpu = 0;

	for (pfn_t pfn = z->start + z->spanned; pfn > z->start && pages > 0;) {
		uint8_t v = population_get(&s->population, --pfn);
		int ret;

		if (!s->population.section[pfn >> POPULATION_SECTION_ORDER]) {
			/* alike all over, hence no lone frame of the kernel's */
			pfn &= ~(POPULATION_SECTION - 1);
			if (pfn < z->start)
				break;
			continue;
		}
		if (v != FRAME_KERNEL)
			continue;
		while (cpu < s->machine.nr_cpus && !room[cpu])
			cpu++;
		if (cpu == s->machine.nr_cpus)
			break;
		room[cpu]--;
		pages--;
		(*chosen)++;
		ret = add(p, &s->population, (struct entry){ .pfn = pfn, .cpu = (uint16_t)cpu }, e);
		if (ret)
			return ret;
	}
	return 0;
}

static int choose(struct percpu *p, struct survey *s, uint64_t *known, uint32_t *room,
		  uint64_t *chosen, struct mmt_err *e)
{
	const struct machine *m = &s->machine;
	int ret;

	for (unsigned i = 0; i < m->nr_zones; i++) {
		const struct machine_zone *z = &m->zone[i];
		uint64_t waited = machine_pcp_pages(z);
		int64_t free = (int64_t)(machine_free_pages(z) + waited) + survey_net(s, z);
		int64_t untold = free - (int64_t)count_free(&s->population, z);

		known[i] = untold <= 0		       ? waited
			   : (uint64_t)untold < waited ? waited - (uint64_t)untold
						       : 0;
		for (unsigned cpu = 0; cpu < z->nr_pcp; cpu++)
			room[i * m->nr_cpus + cpu] = z->pcp[cpu].count;
	}
	ret = choose_known(p, s, known, room, true, e);
	/* what the snapshot read in a free list may have gone there from a per-CPU list */
	if (!ret)
		ret = choose_known(p, s, known, room, false, e);
	for (unsigned i = 0; i < m->nr_zones && !ret; i++) {
		const struct machine_zone *z = &m->zone[i];
		int64_t free =
			(int64_t)(machine_free_pages(z) + machine_pcp_pages(z)) + survey_net(s, z);
		int64_t untold = free - (int64_t)count_free(&s->population, z);

		ret = choose_unknown(p, s, z, &room[i * m->nr_cpus], untold, chosen, e);
	}
	return ret;
}

struct percpu *percpu_choose(struct survey *s, uint64_t *chosen, struct mmt_err *e)
{
	const struct machine *m = &s->machine;
	struct percpu *p = mmt_calloc(s->alloc, 1, sizeof(*p));
	uint64_t *known = mmt_calloc(s->alloc, m->nr_zones, sizeof(*known));
	uint32_t *room = mmt_calloc(s->alloc, (size_t)m->nr_zones * m->nr_cpus, sizeof(*room));
	int ret = -ENOMEM;

	if (p && known && room) {
		p->alloc = s->alloc;
		ret = choose(p, s, known, room, chosen, e);
	} else {
		mmt_fail(e, ENOMEM, "no memory for per-CPU lists");
	}
	mmt_free(s->alloc, known);
	mmt_free(s->alloc, room);
	if (!ret)
		return p;
	if (p) {
		p->alloc = s->alloc;
		percpu_free(p);
	}
	return NULL;
}

int percpu_seed(const struct percpu *p, struct mm_system *sys, unsigned nr_cpus, struct mmt_err *e)
{
	for (size_t i = p->nr; i-- > 0;) {
		const struct entry *entry = &p->entry[i];
		int ret = mm_seed_pcp(sys, entry->pfn, entry->order, entry->cpu % nr_cpus, e);

		/* not of a smaller machine, or in use there: then it is simply gone */
		if (ret && ret != -EINVAL)
			return ret;
	}
	return 0;
}

void percpu_free(struct percpu *p)
{
	if (!p)
		return;
	mmt_free(p->alloc, p->entry);
	mmt_free(p->alloc, p);
}
