// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the model's own page allocator costs, in CPU time: the median of 15 rounds and the best.
 *
 *	lifo     free and allocate the same block over and over: nothing but the two calls
 *	stream   allocate a million frames, then free them in the same order
 *	random   of a million frames in use free a random block, allocate another: its record is
 *           cold
 *	ahead    as random, but the next 16 victims are known, as in a replay, and their records
 *           fetched ahead
 *	batch    4096 random victims freed, then as many allocated: refills, drains, merges, splits
 *	floor    a random walk over as many bytes as the records take, each step waiting for the
 *           last: what "cold" costs on this host at this moment
 *
 * Then the ratio of random, order 0, to the floor, and last each goal with the figures reached.
 */
#include "lib/mm/gfp.h"

#include "lib/base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FRAMES (1u << 20)
#define STEPS  (1u << 18) /* a round */
#define ROUNDS 15
#define BATCH  4096
#define AHEAD  16

struct figure {
	double median, best;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct mm_system *create(struct mmt_alloc *a)
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 4096, 1044480, 1044480, 1044480 },
		{ 0, ZONE_NORMAL, 1048576, 4194304, 4194304, 4194304 },
	};
	struct mm_config c = {
		.profile = MM_PROFILE_6_12,
		.nr_nodes = 1,
		.nr_cpus = 1,
		.zones = zones,
		.nr_zones = 2,
		.tunables = mm_default_tunables(),
	};
	struct mmt_err e = { 0 };
	struct mm_system *sys = mm_create(&c, a, &e);

	if (!sys || mm_seed_boot(sys, &e)) {
		fprintf(stderr, "bench_alloc: %s\n", e.text);
		exit(2);
	}
	return sys;
}

static pfn_t get(struct mm_system *sys, unsigned order)
{
	struct mm_alloc_request rq = { .gfp = order ? GFP_KERNEL : GFP_HIGHUSER_MOVABLE,
				       .order = (uint8_t)order,
				       .node = -1 };
	pfn_t pfn = mm_alloc_pages(sys, &rq);

	if (pfn == PFN_NONE) {
		fprintf(stderr, "bench_alloc: order %u refused\n", order);
		exit(2);
	}
	return pfn;
}

static void put(struct mm_system *sys, pfn_t pfn, unsigned order)
{
	if (!mm_free_pages(sys, pfn, order, 0)) {
		fprintf(stderr, "bench_alloc: free of %u refused\n", pfn);
		exit(2);
	}
}

/* A million frames in use, and the blocks they are in. */
struct set {
	struct mm_system *sys;
	unsigned order;
	pfn_t *pfn;
	uint32_t n;
	struct mmt_rng rng;
};

/* Each returns the steps it made: one free and one allocation. */
static uint32_t lifo(struct set *s)
{
	pfn_t pfn = get(s->sys, s->order);
	uint32_t i;

	for (i = 0; i < STEPS; i++) {
		put(s->sys, pfn, s->order);
		pfn = get(s->sys, s->order);
	}
	put(s->sys, pfn, s->order);
	return STEPS;
}

static uint32_t stream(struct set *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		put(s->sys, s->pfn[i], s->order);
	for (i = 0; i < s->n; i++)
		s->pfn[i] = get(s->sys, s->order);
	return s->n;
}

/* Our own array of blocks is fetched ahead, for it is no part of the allocator; page records are
 * not, unless @told. */
static uint32_t victims(struct set *s, bool told)
{
	uint32_t next[AHEAD], i;

	for (i = 0; i < AHEAD; i++)
		next[i] = (uint32_t)(mmt_rng_next(&s->rng) >> 32) % s->n;
	for (i = 0; i < STEPS; i++) {
		uint32_t k = next[i % AHEAD], l;

		put(s->sys, s->pfn[k], s->order);
		s->pfn[k] = get(s->sys, s->order);
		l = next[i % AHEAD] = (uint32_t)(mmt_rng_next(&s->rng) >> 32) % s->n;
		__builtin_prefetch(&s->pfn[l]);
		if (told)
			mm_prefetch(s->sys, s->pfn[next[(i + AHEAD / 2) % AHEAD]]);
	}
	return STEPS;
}

static uint32_t random_victims(struct set *s)
{
	return victims(s, false);
}

/* The same, with what a replay knows: the blocks that the next events name. */
static uint32_t foretold_victims(struct set *s)
{
	return victims(s, true);
}

static uint32_t batches(struct set *s)
{
	uint32_t i, j;

	for (i = 0; i < STEPS; i += BATCH) {
		/* A random victim changes places with the last one left. */
		for (j = 0; j < BATCH; j++) {
			uint32_t k = (uint32_t)(mmt_rng_next(&s->rng) >> 32) % (s->n - j);
			pfn_t pfn = s->pfn[k];

			s->pfn[k] = s->pfn[s->n - 1 - j];
			put(s->sys, pfn, s->order);
		}
		for (j = 0; j < BATCH; j++)
			s->pfn[s->n - 1 - j] = get(s->sys, s->order);
	}
	return STEPS;
}

/* The next index to look at stands where we look: no step can begin before the last has ended. */
static uint32_t walk(struct set *s)
{
	uint32_t i, at = s->pfn[0];

	for (i = 0; i < STEPS; i++)
		at = s->pfn[at];
	s->pfn[0] = at ? at : 1;
	return STEPS;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct figure measure(struct set *s, uint32_t (*step)(struct set *))
{
	double ns[ROUNDS];
	unsigned i;

	step(s);
	for (i = 0; i < ROUNDS; i++) {
		double start = now();
		uint32_t steps = step(s);

		ns[i] = (now() - start) / steps;
	}
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	return (struct figure){ ns[ROUNDS / 2], ns[0] };
}

static struct figure floor_walk(struct mmt_alloc *a)
{
	/* 9 bytes a frame, as the records have */
	struct set s = { .n = FRAMES / 4 * 9, .rng = { 3 } };
	struct figure f;
	uint32_t i;

	s.pfn = mmt_calloc(a, s.n, sizeof(*s.pfn));
	if (!s.pfn)
		exit(2);
	/* Sattolo's shuffle: one cycle through all places. */
	for (i = 0; i < s.n; i++)
		s.pfn[i] = i;
	for (i = s.n - 1; i > 0; i--) {
		uint32_t k = (uint32_t)mmt_rng_below(&s.rng, i);
		pfn_t t = s.pfn[i];

		s.pfn[i] = s.pfn[k];
		s.pfn[k] = t;
	}
	f = measure(&s, walk);
	mmt_free(a, s.pfn);
	return f;
}

static void show(const char *name, struct figure f)
{
	printf("  %-7s %6.1f ns (best %.1f)\n", name, f.median, f.best);
}

struct result {
	struct figure lifo, random, ahead;
	double bytes; /* host bytes a touched frame */
};

static struct result run(unsigned order)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct set s = { .sys = create(&a), .order = order, .n = FRAMES >> order, .rng = { 1 } };
	struct result r;
	uint32_t i;

	s.pfn = mmt_calloc(&a, s.n, sizeof(*s.pfn));
	if (!s.pfn)
		exit(2);
	for (i = 0; i < s.n; i++)
		s.pfn[i] = get(s.sys, order);
	printf("order %u, one free and one allocation:\n", order);
	show("lifo", r.lifo = measure(&s, lifo));
	show("stream", measure(&s, stream));
	show("random", r.random = measure(&s, random_victims));
	show("ahead", r.ahead = measure(&s, foretold_victims));
	show("batch", measure(&s, batches));
	r.bytes = (double)mm_touched_bytes(s.sys) / FRAMES;
	printf("  %.1f host bytes a touched frame\n", r.bytes);
	mmt_free(&a, s.pfn);
	mm_destroy(s.sys);
	return r;
}

/* A machine of 1 TiB, all free: time, in ms, and host memory until it is ready. */
static double terabyte(void)
{
	static const struct mm_zone_config zone = {
		0, ZONE_NORMAL, 0, 1u << 28, 1u << 28, 1u << 28
	};
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .nr_nodes = 1,
			       .nr_cpus = 64,
			       .zones = &zone,
			       .nr_zones = 1,
			       .tunables = mm_default_tunables() };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	double start = now(), ms;
	struct mm_system *sys = mm_create(&c, &a, NULL);

	if (!sys || mm_seed_boot(sys, NULL))
		exit(2);
	ms = (now() - start) / 1e6;
	printf("1 TiB, free: ready in %.1f ms, %" PRIu64 " KiB of host memory\n", ms, a.used >> 10);
	mm_destroy(sys);
	return ms;
}

static void goal_ns(unsigned order, double goal, struct result r)
{
	printf("goal: order %u under %.0f ns: lifo %.1f, random %.1f, ahead %.1f\n", order, goal,
	       r.lifo.median, r.random.median, r.ahead.median);
}

int main(void)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct result small = run(0), large = run(3);
	struct figure f = floor_walk(&a);
	double ms;

	show("floor", f);
	ms = terabyte();
	printf("ratio random order 0 / floor: %.2f\n", small.random.median / f.median);
	goal_ns(0, 30, small);
	goal_ns(3, 60, large);
	printf("goal: at most 40 host bytes a touched frame: %.1f\n",
	       small.bytes > large.bytes ? small.bytes : large.bytes);
	printf("goal: 1 TiB, free, ready in under 1000 ms: %.1f\n", ms);
	return 0;
}
