/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random events on the model and on the naive allocator, side by side: the same frames every time,
 * the same lists and statistics, and after every event all invariants hold.
 *
 * MMT_ORACLE_OPS=N sets how many events each run has (20000; with MMT_TEST_LONG as many as its plan
 * says: 10 million for each machine, over all profiles).
 */
#ifndef TESTS_ORACLE_RUN_H
#define TESTS_ORACLE_RUN_H

#include "tests/oracle/events.h"

static uint64_t ops(uint64_t most)
{
	const char *s = getenv("MMT_ORACLE_OPS");
	uint64_t n = s ? strtoull(s, NULL, 0) : 0;

	return n ? n : test_long() ? most : 20000;
}

/* What a run starts from. */
struct plan {
	enum mm_profile profile;
	const struct mm_zone_config *zones;
	int nr_zones, nr_nodes, nr_cpus;
	const unsigned *node_of_cpu;
	const uint8_t *distance;
	uint32_t min_free_kbytes;
	bool drifts;	 /* CPUs keep some free pages to themselves */
	unsigned pages;	 /* free in each zone, at its start */
	unsigned whole;	 /* every frame is looked at after each this many events */
	uint64_t events; /* of the long variant */
	uint64_t seed;
};

static void run_zone(struct run *r, unsigned z, int high_max)
{
	struct nzone *nz = &r->n->zone[z];
	struct mm_zone_view v;
	unsigned i, cpu;

	mm_view_zone(r->sys, z, &v);
	*nz = (struct nzone){ .start = v.start,
			      .end = v.start + v.spanned,
			      .node = (int)v.node,
			      .type = (int)v.type,
			      .old = r->n->old,
			      .managed = v.managed };
	for (i = 0; i < NR_WMARK; i++)
		nz->wmark[i] = (long)v.wmark[i];
	for (i = 0; i < MAX_NR_ZONES; i++)
		nz->reserve[i] = (long)v.lowmem_reserve[i];
	for (cpu = 0; cpu < (unsigned)r->n->nr_cpus; cpu++) {
		struct ncpu *c = &nz->cpu[cpu];

		CHECK_EQ(mm_override_pcp(r->sys, v.node, v.type, cpu, 28, 28, (unsigned)high_max, 7,
					 &r->m.err),
			 0);
		c->high = c->high_min = 28;
		c->high_max = high_max;
		c->batch = 7;
	}
}

static void run_nodes(struct run *r, const struct plan *p)
{
	int i, k;

	for (i = 0; i < p->nr_cpus; i++)
		r->n->node_of_cpu[i] = p->node_of_cpu ? (int)p->node_of_cpu[i] : 0;
	for (i = 0; i < p->nr_nodes; i++)
		for (k = 0; k < p->nr_nodes; k++)
			r->n->distance[i][k] = p->distance ? p->distance[i * p->nr_nodes + k] : 10;
	for (i = 0; i < NAIVE_TASKS; i++) {
		r->ntask[i] = (struct ntask){ .home = -1 };
		r->task[i].policy.home_node = -1;
	}
	n_sort_nodes(r->n);
}

/* In binary. */
static int bits(long n)
{
	int digits = 0;

	for (; n; n /= 2)
		digits++;
	return digits;
}

static void run_start(struct run *r, const struct plan *p)
{
	struct mm_config c = {
		.profile = p->profile,
		.nr_nodes = (unsigned)p->nr_nodes,
		.nr_cpus = (unsigned)p->nr_cpus,
		.node_of_cpu = p->node_of_cpu,
		.distance = p->distance,
		.zones = p->zones,
		.nr_zones = (unsigned)p->nr_zones,
		.tunables = mm_default_tunables(),
	};
	int i;

	r->n->old = p->profile == MM_PROFILE_6_1;
	r->n->recent = p->profile == MM_PROFILE_6_18;
	r->n->late_burst = p->profile == MM_PROFILE_6_18;
	r->n->nr_zones = p->nr_zones;
	r->n->nr_nodes = p->nr_nodes;
	r->n->nr_cpus = p->nr_cpus;
	r->n->boost_factor = 15000;
	c.tunables.min_free_kbytes_set = true;
	c.tunables.min_free_kbytes = p->min_free_kbytes;
	for (i = 0; i < p->nr_nodes && !r->n->old; i++)
		c.tunables.interleave_weight[i] = (uint8_t)(r->n->weight[i] = i * 2);
	r->sys = machine_create(&r->m, &c);
	memset(r->n->block, MIGRATE_MOVABLE, sizeof(r->n->block));
	for (i = 0; i < p->nr_zones; i++)
		run_zone(r, (unsigned)i, r->n->old ? 28 : 200);
	run_nodes(r, p);
	if (!p->drifts)
		return;
	mm_let_counters_drift(r->sys);
	for (i = 0; i < p->nr_zones; i++)
		r->n->zone[i].threshold =
			2 * bits(p->nr_cpus) * (1 + bits(r->n->zone[i].managed >> 15));
}

/* A pageblock of another type, before anything is free. */
TEST_UNUSED static void run_pageblock(struct run *r, pfn_t pfn, enum migratetype type)
{
	CHECK_EQ(mm_seed_pageblock(r->sys, pfn, type, &r->m.err), 0);
	r->n->block[pfn / 512] = (uint8_t)type;
}

/* The first @pages frames of each zone are free, in the largest blocks: of order 10, but where two
 * pageblocks differ. */
static void run_seed(struct run *r, unsigned pages)
{
	int z;
	pfn_t pfn;

	for (z = 0; z < r->n->nr_zones; z++) {
		struct nzone *nz = &r->n->zone[z];

		for (pfn = nz->start; pfn < nz->end && pfn < nz->start + pages; pfn += 512) {
			int type = r->n->block[pfn / 512];
			int order = r->n->block[(pfn ^ 512) / 512] == type ? 10 : 9;

			if (order == 10 && pfn & 512)
				continue;
			CHECK_EQ(mm_seed_free(r->sys, pfn, (unsigned)order, &r->m.err), 0);
			n_insert(&nz->free[order][type], nz->free[order][type].n, pfn);
		}
	}
	CHECK(same_state(r));
}

static void run_events(struct run *r, uint64_t count)
{
	for (r->events = 0; r->events < count; r->events++) {
		unsigned dice = below(r, 1000);
		bool ok;

		if (!r->nr_live || !below(r, 3000))
			r->filling = true;
		if (dice < 15)
			ok = event_other(r);
		else if (dice < 20)
			ok = event_wild_free(r);
		else if (dice < 35 && r->n->nr_nodes > 1)
			ok = event_policy(r);
		else if (dice < 45 && r->nr_live < MAX_LIVE - 40)
			ok = event_bulk(r);
		else if (r->nr_live < MAX_LIVE &&
			 (!r->nr_live || dice % 100 < (r->filling ? 60 : 45)))
			ok = r->n->nr_nodes > 1 && below(r, 2) ? event_alloc_mpol(r)
							       : event_alloc(r);
		else
			ok = event_free(r);
		CHECK(ok);
		if (mm_check(r->sys, r->events % r->whole ? 2 : 3, &r->m.err)) {
			printf("# event %" PRIu64 ": %s\n", r->events, r->m.err.text);
			CHECK(false);
		}
		if (!(r->events % 16) && !same_state(r)) {
			printf("# event %" PRIu64 ": the state differs\n", r->events);
			CHECK(false);
		}
	}
	CHECK(same_state(r));
}

/* What was given out returns, and all of it can merge again. */
static void run_end(struct run *r)
{
	int i;

	while (r->nr_live)
		CHECK(event_free(r));
	naive_drain_all(r->n);
	mm_drain_all_pages(r->sys);
	CHECK_EQ(mm_check(r->sys, 3, &r->m.err), 0);
	CHECK(same_state(r));
	for (i = 0; i < r->n->nr_zones; i++)
		CHECK_EQ(r->sys->zone[i].allocated, 0);
	printf("# %" PRIu64 " events, %" PRIu64 " failed requests, %" PRIu64 " refused frees, "
	       "%" PRIu64 " pages in bulk, %" PRIu64 " claims, %" PRIu64 " steals, %" PRIu64
	       " reserves, %" PRIu64 " unreserves\n",
	       r->events, r->failed, r->refused, r->bulk, counter(r->sys, "pageblock_claim"),
	       counter(r->sys, "pageblock_steal"), counter(r->sys, "highatomic_reserve"),
	       counter(r->sys, "highatomic_unreserve"));
}

static void run_plan(const struct plan *p, void (*types)(struct run *r))
{
	struct run *r = calloc(1, sizeof(*r));

	r->n = calloc(1, sizeof(*r->n));
	r->rng.state = p->seed;
	r->whole = p->whole;
	run_start(r, p);
	if (types)
		types(r);
	run_seed(r, p->pages);
	if (!test_failed())
		run_events(r, ops(p->events));
	if (!test_failed())
		run_end(r);
	machine_end(&r->m);
	free(r->n);
	free(r);
}

#endif
