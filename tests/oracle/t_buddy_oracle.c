// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random allocations and frees on the model and on the naive allocator, side by side: the same
 * frame every time, the same lists, and after every event all invariants hold.
 *
 * MMT_ORACLE_OPS=N sets how many events each run has (default 200000).
 */
#include "lib/base/rng.h"
#include "tests/oracle/naive.h"
#include "tests/unit/mm_machine.h"

#include <inttypes.h>

#define MAX_LIVE 16384

struct live {
	pfn_t pfn;
	uint8_t order;
};

struct run {
	struct machine m;
	struct mm_system *sys;
	struct naive *n;
	struct mmt_rng rng;
	struct live live[MAX_LIVE];
	unsigned nr_live;
	unsigned whole; /* look at every frame after each this many events */
	uint64_t events, failed, refused;
	bool filling;
};

static uint64_t ops(void)
{
	const char *s = getenv("MMT_ORACLE_OPS");
	uint64_t n = s ? strtoull(s, NULL, 0) : 0;

	return n ? n : 200000;
}

static unsigned below(struct run *r, unsigned n)
{
	return (unsigned)mmt_rng_below(&r->rng, n);
}

static uint32_t random_gfp(struct run *r)
{
	static const uint32_t gfp[] = {
		GFP_KERNEL,
		GFP_KERNEL,
		GFP_HIGHUSER_MOVABLE,
		GFP_HIGHUSER_MOVABLE,
		GFP_KERNEL | __GFP_RECLAIMABLE,
		GFP_ATOMIC,
		GFP_NOWAIT,
		GFP_KERNEL | GFP_DMA32,
		GFP_TRANSHUGE,
		GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC,
		GFP_ATOMIC | __GFP_RECLAIMABLE,
		0,
	};

	return gfp[below(r, sizeof(gfp) / sizeof(gfp[0]))];
}

static unsigned random_order(struct run *r)
{
	static const uint8_t order[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,  2,
					 2, 3, 3, 4, 5, 6, 7, 8, 9, 9, 10, 0 };

	return order[below(r, sizeof(order))];
}

static bool event_alloc(struct run *r)
{
	struct mm_alloc_request rq = {
		.gfp = random_gfp(r),
		.order = (uint8_t)random_order(r),
		.cpu = (uint16_t)below(r, NAIVE_CPUS),
		.node = -1,
		.memalloc = !below(r, 200),
		.oom_victim = !below(r, 200),
		.rt_task = !below(r, 50),
	};
	pfn_t want = naive_alloc(r->n, &rq), got = mm_alloc_pages(r->sys, &rq);

	if (want != got) {
		printf("# event %" PRIu64 ": order %u gfp 0x%x: %u, the oracle says %u\n",
		       r->events, rq.order, rq.gfp, got, want);
		return false;
	}
	r->failed += got == PFN_NONE;
	/* Memory is full when single pages are refused; a missing large block means little. */
	if (got == PFN_NONE && !rq.order)
		r->filling = false;
	if (got != PFN_NONE)
		r->live[r->nr_live++] = (struct live){ got, rq.order };
	return true;
}

static bool event_free(struct run *r)
{
	unsigned i = below(r, r->nr_live), cpu = below(r, NAIVE_CPUS);
	struct live b = r->live[i];

	r->live[i] = r->live[--r->nr_live];
	naive_free(r->n, b.pfn, b.order, cpu);
	return mm_free_pages(r->sys, b.pfn, b.order, cpu);
}

/* Who has each frame, painted anew: 0 nobody knows, 1 free or in a list of a CPU, 2 given out. */
static void paint(const struct naive *n, uint8_t *map)
{
	int z, o, t, i, c;
	pfn_t p;

	memset(map, 0, NAIVE_PAGES);
	for (z = 0; z < NAIVE_ZONES; z++) {
		for (o = 0; o <= 10; o++)
			for (t = 0; t < MIGRATE_TYPES; t++)
				for (i = 0; i < n->zone[z].free[o][t].n; i++)
					memset(map + n->zone[z].free[o][t].pfn[i], 1, 1u << o);
		for (c = 0; c < NAIVE_CPUS; c++)
			for (o = 0; o < 14; o++)
				for (i = 0; i < n->zone[z].cpu[c].list[o].n; i++)
					memset(map + n->zone[z].cpu[c].list[o].pfn[i], 1,
					       1u << n_list_order(o));
	}
	for (p = 0; p < NAIVE_PAGES; p++)
		if (n->order_of[p])
			memset(map + p, 2, 1u << (n->order_of[p] - 1));
}

/* A free of any frames at all: right for a block given out as such, or for frames nobody had. */
static bool event_wild_free(struct run *r)
{
	static uint8_t map[NAIVE_PAGES];
	unsigned order = random_order(r), cpu = below(r, NAIVE_CPUS), i, z;
	pfn_t end = r->n->zone[1].end, pfn = below(r, end);
	bool allowed, unknown = true, got;
	long given = 0, spare = 0;

	if (below(r, 10))
		pfn &= ~((1u << order) - 1);
	paint(r->n, map);
	for (i = 0; i < 1u << order && pfn + i < NAIVE_PAGES; i++)
		unknown &= !map[pfn + i];
	z = pfn >= r->n->zone[1].start;
	for (i = r->n->zone[z].start; i < r->n->zone[z].end; i++)
		given += map[i] != 0;
	spare = r->n->zone[z].managed - given;
	allowed = !(pfn & ((1u << order) - 1)) && pfn + (1u << order) <= r->n->zone[z].end &&
		  (r->n->order_of[pfn] == order + 1 || (unknown && spare >= 1 << order));
	got = mm_free_pages(r->sys, pfn, order, cpu);
	if (got != allowed) {
		printf("# event %" PRIu64 ": free of %u order %u: %d, the oracle says %d\n",
		       r->events, pfn, order, got, allowed);
		return false;
	}
	r->refused += !allowed;
	if (!allowed)
		return true;
	for (i = 0; i < r->nr_live; i++)
		if (r->live[i].pfn == pfn)
			r->live[i--] = r->live[--r->nr_live];
	naive_free(r->n, pfn, (int)order, cpu);
	return true;
}

static bool event_split(struct run *r)
{
	unsigned i = below(r, r->nr_live), to;
	struct live *b = &r->live[i];
	pfn_t p, pfn = b->pfn, end = b->pfn + (1u << b->order);

	to = below(r, b->order + 1u);
	if (r->nr_live + (1u << (b->order - to)) > MAX_LIVE)
		return true;
	if (!mm_split_page(r->sys, pfn, b->order, to))
		return false;
	b->order = (uint8_t)to;
	for (p = pfn; p < end; p += 1u << to) {
		r->n->order_of[p] = (uint8_t)(to + 1);
		if (p != pfn)
			r->live[r->nr_live++] = (struct live){ p, (uint8_t)to };
	}
	return true;
}

static bool event_other(struct run *r)
{
	unsigned cpu = below(r, NAIVE_CPUS), z;

	switch (below(r, 6)) {
	case 0:
		naive_drain_all(r->n);
		mm_drain_all_pages(r->sys);
		return true;
	case 1:
	case 2:
		naive_tick(r->n, cpu);
		mm_vmstat_tick(r->sys, cpu);
		return true;
	case 3:
		z = below(r, 2);
		for (cpu = 0; cpu < NAIVE_ZONES; cpu++)
			r->n->zone[cpu].reclaim = z;
		mm_set_reclaim_active(r->sys, 0, ZONE_NORMAL, z);
		return true;
	case 4:
		for (z = 0; z < NAIVE_ZONES; z++)
			r->n->zone[z].boost = 0;
		mm_drop_boost(r->sys, 0);
		return true;
	default:
		return r->nr_live ? event_split(r) : true;
	}
}

static bool same_list(const struct run *r, const struct page_list *l, unsigned order,
		      const struct nlist *want)
{
	pfn_t pfn = l->first;
	int i;

	for (i = 0; i < want->n; i++) {
		if (pfn != want->pfn[i])
			return false;
		pfn = frames_link(&r->sys->frames, pfn, order)->next;
	}
	return pfn == PFN_NONE;
}

/* Every list block by block, and what the zones and CPUs remember. */
static bool same_state(const struct run *r)
{
	unsigned z, o, t, c;

	for (z = 0; z < NAIVE_ZONES; z++) {
		const struct nzone *want = &r->n->zone[z];
		const struct zone *got = &r->sys->zone[z];

		if (got->free != n_count(want, -1) || got->boost != want->boost ||
		    got->below_high != want->below_high || got->boosted != want->boosted ||
		    got->reserved_highatomic != want->highatomic)
			return false;
		for (o = 0; o < NR_PAGE_ORDERS; o++)
			for (t = 0; t < MIGRATE_TYPES; t++)
				if (!same_list(r, &got->area[o].list[t], o, &want->free[o][t]))
					return false;
		for (c = 0; c < NAIVE_CPUS; c++) {
			if (got->cpu[c].high != want->cpu[c].high ||
			    got->cpu[c].count != n_pages(&want->cpu[c]))
				return false;
			for (t = 0; t < 14; t++)
				if (!same_list(r, &got->cpu[c].list[t], pcp_order(t),
					       &want->cpu[c].list[t]))
					return false;
		}
	}
	for (o = 0; o < r->n->zone[1].end / 512; o++)
		if (mm_pageblock_type(r->sys, o * 512) != r->n->block[o])
			return false;
	return true;
}

static void run_start(struct run *r, enum mm_profile profile, const struct mm_zone_config *zones,
		      uint32_t min_free_kbytes)
{
	struct mm_config c = {
		.profile = profile,
		.nr_nodes = 1,
		.nr_cpus = NAIVE_CPUS,
		.zones = zones,
		.nr_zones = NAIVE_ZONES,
		.tunables = mm_default_tunables(),
	};
	unsigned z, i, cpu, high_max = r->n->old ? 28 : 200;

	c.tunables.min_free_kbytes_set = true;
	c.tunables.min_free_kbytes = min_free_kbytes;
	r->sys = machine_create(&r->m, &c);
	r->n->boost_factor = 15000;
	memset(r->n->block, MIGRATE_MOVABLE, sizeof(r->n->block));
	for (z = 0; z < NAIVE_ZONES; z++) {
		struct nzone *nz = &r->n->zone[z];
		struct mm_zone_view v;

		for (cpu = 0; cpu < NAIVE_CPUS; cpu++) {
			CHECK_EQ(mm_override_pcp(r->sys, 0, zones[z].type, cpu, 28, 28, high_max, 7,
						 &r->m.err),
				 0);
			nz->cpu[cpu].high = nz->cpu[cpu].high_min = 28;
			nz->cpu[cpu].high_max = (int)high_max;
			nz->cpu[cpu].batch = 7;
		}
		mm_view_zone(r->sys, z, &v);
		nz->start = v.start;
		nz->end = v.start + v.spanned;
		nz->type = (int)v.type;
		nz->old = r->n->old;
		nz->managed = v.managed;
		for (i = 0; i < NR_WMARK; i++)
			nz->wmark[i] = (long)v.wmark[i];
		for (i = 0; i < MAX_NR_ZONES; i++)
			nz->reserve[i] = (long)v.lowmem_reserve[i];
	}
}

/* The first @pages frames of each zone are free, in blocks of order 10. */
static void run_seed(struct run *r, unsigned pages)
{
	unsigned z, i;

	for (z = 0; z < NAIVE_ZONES; z++)
		for (i = 0; i < pages && i < r->n->zone[z].end - r->n->zone[z].start; i += 1024) {
			struct nzone *nz = &r->n->zone[z];

			CHECK_EQ(mm_seed_free(r->sys, nz->start + i, 10, &r->m.err), 0);
			n_insert(&nz->free[10][MIGRATE_MOVABLE], (int)(i / 1024), nz->start + i);
		}
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
		else if (r->nr_live < MAX_LIVE &&
			 (!r->nr_live || dice % 100 < (r->filling ? 60 : 45)))
			ok = event_alloc(r);
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
	CHECK_EQ(counter(r->sys, "kswapd_wake_calls"), r->n->kswapd);
}

/* What was given out returns, and all of it can merge again. */
static void run_end(struct run *r)
{
	while (r->nr_live)
		CHECK(event_free(r));
	naive_drain_all(r->n);
	mm_drain_all_pages(r->sys);
	CHECK_EQ(mm_check(r->sys, 3, &r->m.err), 0);
	CHECK(same_state(r));
	CHECK_EQ(r->sys->zone[0].allocated + r->sys->zone[1].allocated, 0);
	printf("# %" PRIu64 " events, %" PRIu64 " failed requests, %" PRIu64 " refused frees, "
	       "%" PRIu64 " claims, %" PRIu64 " steals, %" PRIu64 " reserves, %" PRIu64
	       " unreserves\n",
	       r->events, r->failed, r->refused, counter(r->sys, "pageblock_claim"),
	       counter(r->sys, "pageblock_steal"), counter(r->sys, "highatomic_reserve"),
	       counter(r->sys, "highatomic_unreserve"));
}

static void one_run(enum mm_profile profile, const struct mm_zone_config *zones,
		    uint32_t min_free_kbytes, unsigned pages, unsigned whole, uint64_t seed)
{
	struct run *r = calloc(1, sizeof(*r));

	r->n = calloc(1, sizeof(*r->n));
	r->rng.state = seed;
	r->n->old = profile == MM_PROFILE_6_1;
	r->whole = whole;
	run_start(r, profile, zones, min_free_kbytes);
	run_seed(r, pages);
	run_events(r, ops());
	if (!test_failed())
		run_end(r);
	machine_end(&r->m);
	free(r->n);
	free(r);
}

TEST_NAMED(small,
	   "KAT 20.1 a small machine agrees with the oracle; every frame checked after each event")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 0, 2048, 2048, 2048 },
		{ 0, ZONE_NORMAL, 2048, 4096, 4096, 4096 },
	};

	one_run(MM_PROFILE_6_12, zones, 400, 8192, 1, 1);
}

TEST_NAMED(small_old, "KAT 20.1 the same machine as Linux 6.1 has it")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 0, 2048, 2048, 2048 },
		{ 0, ZONE_NORMAL, 2048, 4096, 4096, 4096 },
	};

	one_run(MM_PROFILE_6_1, zones, 400, 8192, 1, 3);
}

TEST_NAMED(atomic_reserve, "KAT 20.1 2.2f a zone large enough for the high-order reserve agrees")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 0, 2048, 2048, 2048 },
		{ 0, ZONE_NORMAL, 2048, 55296, 55296, 53248 },
	};

	/* Most of Normal stays in use: 4096 pages come and go above watermarks of some hundred. */
	one_run(MM_PROFILE_6_12, zones, 2000, 4096, 512, 2);
}

TEST_MAIN
