// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the model's own page allocator costs: a working set of one million frames in use; each step
 * frees a random block of it and allocates another. Order 0 goes through PCP lists and back to the
 * buddy lists; order 3 likewise. The last line is the ratio of order 3 to order 0.
 *
 *	lifo     free and allocate the same block over and over: nothing but the two calls
 *	random   a random victim each time: records are cold, PCP lists warm
 *	batch    4096 random victims freed, then as many allocated: refills, drains, merges, splits
 */
#include "lib/mm/gfp.h"

#include "lib/base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FRAMES (1u << 20)
#define STEPS  (1u << 23)
#define BATCH  4096

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

/* Nanoseconds of one free and one allocation. */
static double lifo(struct mm_system *sys, unsigned order)
{
	pfn_t pfn = get(sys, order);
	double start = now();
	uint32_t i;

	for (i = 0; i < STEPS; i++) {
		put(sys, pfn, order);
		pfn = get(sys, order);
	}
	start = now() - start;
	put(sys, pfn, order);
	return start / STEPS;
}

static double random_victims(struct mm_system *sys, pfn_t *set, uint32_t n, unsigned order)
{
	struct mmt_rng r = { 1 };
	double start = now();
	uint32_t i;

	for (i = 0; i < STEPS; i++) {
		uint32_t k = (uint32_t)(mmt_rng_next(&r) >> 32) % n;

		put(sys, set[k], order);
		set[k] = get(sys, order);
	}
	return (now() - start) / STEPS;
}

static double batches(struct mm_system *sys, pfn_t *set, uint32_t n, unsigned order)
{
	struct mmt_rng r = { 2 };
	double start = now();
	uint32_t i, j;

	for (i = 0; i < STEPS; i += BATCH) {
		/* A random victim changes places with the last one left. */
		for (j = 0; j < BATCH; j++) {
			uint32_t k = (uint32_t)(mmt_rng_next(&r) >> 32) % (n - j);
			pfn_t pfn = set[k];

			set[k] = set[n - 1 - j];
			put(sys, pfn, order);
		}
		for (j = 0; j < BATCH; j++)
			set[n - 1 - j] = get(sys, order);
	}
	return (now() - start) / STEPS;
}

static double run(unsigned order)
{
	uint32_t n = FRAMES >> order, i;
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mm_system *sys = create(&a);
	pfn_t *set = mmt_calloc(&a, n, sizeof(*set));
	double ns[3];

	if (!set)
		exit(2);
	for (i = 0; i < n; i++)
		set[i] = get(sys, order);
	ns[0] = lifo(sys, order);
	ns[1] = random_victims(sys, set, n, order);
	ns[2] = batches(sys, set, n, order);
	printf("order %u: lifo %.1f ns, random %.1f ns, batch %.1f ns (alloc + free), "
	       "%.1f host bytes a touched frame\n",
	       order, ns[0], ns[1], ns[2], (double)a.used / FRAMES);
	mmt_free(&a, set);
	mm_destroy(sys);
	return ns[1];
}

/* A machine of 1 TiB, all free: time and host memory until it is ready. */
static void terabyte(void)
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
	double start = now();
	struct mm_system *sys = mm_create(&c, &a, NULL);

	if (!sys || mm_seed_boot(sys, NULL))
		exit(2);
	printf("1 TiB, free: ready in %.1f ms, %" PRIu64 " KiB of host memory\n",
	       (now() - start) / 1e6, a.used >> 10);
	mm_destroy(sys);
}

int main(void)
{
	double zero = run(0), three = run(3);

	terabyte();
	printf("ratio order 3 / order 0: %.2f\n", three / zero);
	return 0;
}
