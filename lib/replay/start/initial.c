// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine when the trace began.
 *
 *	topology -> pageblock types -> free blocks -> per-CPU lists -> what the host reported
 *
 * Free blocks are the maximal aligned cover of the frames that were free and not in a per-CPU list:
 * the buddy allocator never leaves two free buddies apart, so the cover is what the host had, up to
 * what happened while the snapshot was read. Their order in the free lists is not recorded, but the
 * host took from their heads: what it took first stood before the rest. Blocks that no event took come
 * last, by PFN.
 *
 * In a base replay the host's watermarks, reserves and per-CPU sizes hold; when anything was set
 * they come from the formulas, which compare.c checks against the host's figures in every replay.
 *
 * I1  A frame is seeded free only if frame_was_free() and the machine has it under management.
 * I2  A frame that was in use keeps its number, unless the new machine does not have it (place.c).
 * I3  No CPU's lists hold more than the host's did.
 *
 * Cost: a walk over the mixed sections of the population, one seed per free block, a look-up for each
 * block or run of frames that was free and taken.
 */
#include "lib/replay/start/initial.h"

#include "lib/replay/start/booted.h"
#include "lib/replay/start/pageblock.h"
#include "lib/replay/start/percpu.h"
#include "lib/replay/start/place.h"
#include "lib/replay/start/topology.h"

#include <errno.h>

static struct mm_config configure(const struct topology *t, const struct tunable_values *v)
{
	return (struct mm_config){ .profile = v->profile,
				   .nr_nodes = t->nr_nodes,
				   .nr_cpus = t->nr_cpus,
				   .node_of_cpu = t->node_of_cpu,
				   .distance = t->has_distance ? t->distance : NULL,
				   .zones = t->zone,
				   .nr_zones = t->nr_zones,
				   .tunables = v->mm,
				   .seed = v->seed };
}

/* A machine, or why not: what the model refuses of a trace is beyond the model. */
static int create(const struct topology *t, const struct tunable_values *v, struct mmt_alloc *a,
		  struct mm_system **sys, struct mmt_err *e)
{
	struct mm_config config = configure(t, v);

	*sys = mm_create(&config, a, e);
	if (*sys)
		return 0;
	if (e && e->code == EINVAL)
		e->code = ENOTSUP;
	return e && e->code ? -e->code : -ENOTSUP;
}

/* Seed the aligned cover of @from..@to. */
static int seed_cover(struct mm_system *sys, pfn_t from, pfn_t to, struct mmt_err *e)
{
	while (from < to) {
		unsigned order = from ? (unsigned)__builtin_ctz(from) : MAX_PAGE_ORDER;
		int ret;

		if (order > MAX_PAGE_ORDER)
			order = MAX_PAGE_ORDER;
		while (to - from < 1u << order)
			order--;
		ret = mm_seed_free(sys, from, order, e);
		if (ret)
			return ret;
		from += 1u << order;
	}
	return 0;
}

/* What a frame is to the machine: nothing more than used, free, or in use by movable content, which
 * counts when a pageblock is claimed. */
enum { SEED_NOTHING, SEED_FREE, SEED_MOVABLE };

static uint8_t seed_class(uint8_t v)
{
	enum frame_use use = v & FRAME_USE_MASK;

	if (frame_in_list(v))
		return SEED_FREE;
	return frame_was_used(v) && use >= FRAME_UNEVICTABLE && use != FRAME_HUGETLB &&
			       !(v & FRAME_IN_PCP)
		       ? SEED_MOVABLE
		       : SEED_NOTHING;
}

static void seed_classes(uint8_t class[256])
{
	for (unsigned v = 0; v < 256; v++)
		class[v] = seed_class((uint8_t)v);
}

/* Some bytes of a trace may say that a terabyte is in use: refuse before it is written down. */
static int check_memory(const struct mmt_alloc *a, const struct population *p,
			const struct topology *t, struct mmt_err *e)
{
	uint64_t bytes = 0;
	uint8_t class[256];

	seed_classes(class);
	for (unsigned i = 0; i < t->nr_zones && a->limit; i++) {
		pfn_t end = t->zone[i].start + t->zone[i].spanned;

		for (pfn_t pfn = t->zone[i].start, next; pfn < end; pfn = next) {
			next = population_run_of(p, pfn, end, class);
			if (class[population_get(p, pfn)] == SEED_MOVABLE)
				bytes += mm_frames_bytes(pfn, next);
		}
	}
	return place_budget(a, bytes, e);
}

/* Seed what was free or movable of one zone of the new machine. */
static int seed_zone(struct mm_system *sys, const struct population *p,
		     const struct mm_zone_config *z, struct mmt_err *e)
{
	pfn_t end = z->start + z->spanned;
	uint8_t class[256];
	int ret = 0;

	seed_classes(class);
	for (pfn_t pfn = z->start, next; pfn < end && !ret; pfn = next) {
		uint8_t of = class[population_get(p, pfn)];

		next = population_run_of(p, pfn, end, class);
		if (of == SEED_FREE)
			ret = seed_cover(sys, pfn, next, e);
		else if (of == SEED_MOVABLE)
			ret = mm_seed_movable(sys, pfn, next - pfn, e);
	}
	return ret;
}

/* Managed pages beyond what the snapshot's zone row says: it was read before the frames were. */
static void count_inferred(struct initial *in, struct topology *t, const struct population *p)
{
	for (unsigned i = 0; i < t->nr_zones; i++) {
		struct mm_zone_config *z = &t->zone[i];
		uint64_t count[256] = { 0 }, free = 0;

		population_count(p, z->start, z->start + z->spanned, count);
		for (unsigned v = 0; v < 256; v++)
			if (frame_in_list((uint8_t)v) || v & FRAME_IN_PCP)
				free += count[v];
		if (free <= z->managed)
			continue;
		in->inferred_managed_pages += free - z->managed;
		z->managed = (pfn_t)free;
		if (z->present < z->managed)
			z->present = z->managed;
	}
}

/*
 * Since 6.7 the kernel tunes high within a range, which it prints since 6.18 (high_max is not 0
 * then). Where it is not printed it follows from the low watermark and the managed pages of the
 * moment when the kernel computed it, which are known to some pages (booted.c); where high came to
 * rest below, that is its limit.
 */
static void override_pcp(struct mm_system *sys, const struct mm_system *formulas,
			 const struct survey *s, const struct machine_zone *z, unsigned cpu)
{
	const struct machine *m = &s->machine;
	const struct machine_pcp *pcp = &z->pcp[cpu];
	uint32_t min = pcp->high, max = pcp->high;
	unsigned zone = (unsigned)(z - m->zone);
	int index = mm_zone_of(formulas, z->start);

	if (!pcp->told || !pcp->batch)
		return;
	if (pcp->high_max) {
		min = pcp->high_min;
		max = pcp->high_max;
	} else if (!m->fixed_high && index >= 0) {
		struct mm_pcp_view v;

		mm_view_pcp(formulas, (unsigned)index, cpu, &v);
		min = v.high_min;
		max = flow_high_max(&s->flow, m, z, v.high_max);
	}
	/* refused where they contradict each other: the formulas stay */
	mm_override_pcp(sys, z->node, z->type, cpu, pcp->high, min, max, pcp->batch, NULL);
	mm_seed_pcp_state(sys, z->node, z->type, cpu, level_factor(&s->flow, z, zone, cpu),
			  m->fixed_high ? 0 : level_free_count(&s->flow, z, zone, cpu),
			  level_freed_high(&s->flow, zone, cpu));
}

/* The figures the host reported, where this machine has the same zones. */
static int override(struct mm_system *sys, struct survey *s, const struct tunable_values *values,
		    unsigned nr_cpus, struct mmt_err *e)
{
	const struct machine *m = &s->machine;
	struct mm_system *booted = NULL;
	int ret = booted_late(m) ? initial_empty(s, values, &booted, e) : 0;

	for (unsigned i = 0; i < m->nr_zones && !ret; i++) {
		const struct machine_zone *z = &m->zone[i];
		uint64_t wmark[NR_WMARK] = { z->wmark[WMARK_MIN], z->wmark[WMARK_LOW],
					     z->wmark[WMARK_HIGH], z->wmark[WMARK_PROMO] };

		if (!z->told || !z->spanned || z->type == ZONE_DEVICE)
			continue;
		/* kernels before 5.18 have no such line */
		if (wmark[WMARK_PROMO] < wmark[WMARK_HIGH])
			wmark[WMARK_PROMO] = 2 * wmark[WMARK_HIGH] - wmark[WMARK_LOW];
		ret = mm_override_zone(sys, z->node, z->type, wmark, z->protection, e);
		for (unsigned cpu = 0; cpu < z->nr_pcp && cpu < nr_cpus; cpu++)
			override_pcp(sys, booted ? booted : sys, s, z, cpu);
		if (ret)
			ret = mmt_fail(e, ENOTSUP,
				       "node %u zone %u: the recorded watermarks cannot be",
				       z->node, (unsigned)z->type);
	}
	if (booted)
		mm_destroy(booted);
	return ret;
}

static void count_state(struct initial *in, const struct survey *s, const struct mm_system *sys)
{
	for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(sys, i, &v);
		in->free_pages += v.free;
		in->pcp_pages += v.pcp;
		in->used_pages += v.used;
	}
	for (unsigned i = 0; i < s->machine.nr_zones; i++)
		in->recorded_free_pages += machine_free_pages(&s->machine.zone[i]);
}

/* Free lists in the order in which the host took blocks from them. */
static void order_lists(struct mm_system *sys, const struct survey *s)
{
	for (size_t i = s->nr_taken; i-- > 0;) {
		const struct survey_run *r = &s->taken[i];

		for (pfn_t end = r->pfn + r->pages; end > r->pfn;) {
			pfn_t head = mm_seed_first(sys, end - 1);

			end = head == PFN_NONE ? end - 1 : head;
		}
	}
}

static int fill(struct initial *in, struct survey *s, struct topology *t, struct mm_system *sys,
		struct mmt_err *e)
{
	int ret = 0;

	for (unsigned i = 0; i < s->machine.nr_zones && !ret; i++)
		if (s->machine.zone[i].spanned && mm_zone_of(sys, s->machine.zone[i].start) >= 0)
			ret = pageblock_deal(sys, s, &s->machine.zone[i], t->end,
					     &in->inferred_pageblocks, e);
	for (unsigned i = 0; i < t->nr_zones && !ret; i++)
		ret = seed_zone(sys, &s->population, &t->zone[i], e);
	if (!ret)
		order_lists(sys, s);
	return ret;
}

int initial_build(struct initial *in, struct survey *s, const struct tunable_values *v, bool base,
		  struct framemap *map, struct mm_system **sys, struct mmt_err *e)
{
	struct topology *t = mmt_calloc(s->alloc, 1, sizeof(*t));
	struct percpu *lists = NULL;
	int ret;

	*in = (struct initial){ 0 };
	*sys = NULL;
	if (!t)
		return mmt_fail(e, ENOMEM, "no memory for the topology");
	ret = topology_build(t, s, v, e);
	if (!ret)
		ret = check_memory(s->alloc, &s->population, t, e);
	if (!ret) {
		lists = percpu_choose(s, &in->inferred_pcp_pages, e);
		ret = lists ? 0 : -ENOMEM;
	}
	if (!ret) {
		count_inferred(in, t, &s->population);
		ret = create(t, v, s->alloc, sys, e);
	}
	if (!ret)
		ret = fill(in, s, t, *sys, e);
	if (!ret)
		ret = percpu_seed(lists, *sys, t->nr_cpus, e);
	if (!ret && base)
		ret = override(*sys, s, v, t->nr_cpus, e);
	if (!ret && !t->as_recorded)
		ret = place_population(in, s, t, map, *sys, e);
	if (!ret) {
		mm_let_counters_drift(*sys);
		in->nr_cpus = t->nr_cpus;
		in->as_recorded = t->as_recorded;
		in->late_pages = booted_late(&s->machine);
		count_state(in, s, *sys);
	}
	if (ret && *sys) {
		mm_destroy(*sys);
		*sys = NULL;
	}
	percpu_free(lists);
	mmt_free(s->alloc, t);
	return ret;
}

int initial_empty(struct survey *s, const struct tunable_values *v, struct mm_system **sys,
		  struct mmt_err *e)
{
	struct topology *t = mmt_calloc(s->alloc, 1, sizeof(*t));
	int ret =
		t ? topology_build(t, s, v, e) : mmt_fail(e, ENOMEM, "no memory for the topology");

	for (unsigned i = 0; !ret && t->as_recorded && i < t->nr_zones; i++)
		t->zone[i].managed -=
			machine_zone(&s->machine, t->zone[i].node, t->zone[i].type)->late;
	if (!ret)
		ret = create(t, v, s->alloc, sys, e);
	mmt_free(s->alloc, t);
	return ret;
}

int initial_formulas(struct survey *s, const struct tunable_values *v, struct compare *c,
		     struct mmt_err *e)
{
	struct mm_system *sys;
	int ret = initial_empty(s, v, &sys, e);

	if (ret)
		return ret;
	ret = compare_formulas(c, &s->machine, sys, s->machine.nr_cpus, e);
	mm_destroy(sys);
	return ret;
}
