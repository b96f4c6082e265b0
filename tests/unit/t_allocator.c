// SPDX-License-Identifier: GPL-2.0-only
/*
 * The open loop: what a recorded allocation or free does to the model, in the easy case and in
 * every case that cannot be.
 */
#include "tests/unit/host.h"
#include "tests/unit/test.h"

/* A machine with every frame of its nodes free, 16 MiB each, a CPU on each or two, and an allocator
 * on it without any trace. */
struct bench {
	struct mmt_alloc alloc;
	struct survey survey;
	struct allocator a;
	struct mmt_err err;
};

static bool bench_nodes(struct bench *b, unsigned nodes)
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 4096, 4096, 4096, 4096 },
		{ 1, ZONE_DMA32, 8192, 4096, 4096, 4096 },
	};
	static const unsigned node_of_cpu[] = { 0, 1 };
	struct mm_config config = { .profile = MM_PROFILE_6_12,
				    .nr_nodes = nodes,
				    .nr_cpus = 2,
				    .node_of_cpu = nodes > 1 ? node_of_cpu : NULL,
				    .zones = zones,
				    .nr_zones = nodes,
				    .tunables = mm_default_tunables() };
	struct machine_zone *z;

	*b = (struct bench){ 0 };
	if (survey_init(&b->survey, &b->alloc, &b->err) ||
	    framemap_init(&b->a.map, 0, &b->alloc, &b->err) ||
	    population_fill(&b->survey.population, 4096, 4096 * nodes, FRAME_FREE, &b->err))
		return false;
	z = mmt_calloc(&b->alloc, nodes, sizeof(*z));
	if (!z)
		return false;
	for (unsigned i = 0; i < nodes; i++) {
		z[i] = (struct machine_zone){ .node = i,
					      .type = ZONE_DMA32,
					      .start = 4096 * (i + 1),
					      .spanned = 4096,
					      .present = 4096,
					      .managed = 4096 };
		b->a.zone_node[i] = (uint16_t)i;
	}
	b->survey.machine.zone = z;
	b->survey.machine.nr_zones = nodes;
	b->survey.machine.node_of_cpu[1] = nodes > 1;
	b->a.sys = mm_create(&config, &b->alloc, &b->err);
	b->a.survey = &b->survey;
	b->a.nr_cpus = 2;
	b->a.base = b->a.as_recorded = true;
	return b->a.sys && mm_seed_boot(b->a.sys, &b->err) == 0;
}

static bool bench_start(struct bench *b)
{
	return bench_nodes(b, 1);
}

static void bench_stop(struct bench *b)
{
	mm_destroy(b->a.sys);
	framemap_free(&b->a.map);
	survey_free(&b->survey);
}

static int do_alloc(struct bench *b, uint64_t pfn, unsigned order, uint32_t gfp)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc };
	int type = gfp_migratetype(gfp);

	ev.v[MMT_F(mm_page_alloc, pfn)] = pfn;
	ev.v[MMT_F(mm_page_alloc, order)] = order;
	ev.v[MMT_F(mm_page_alloc, gfp)] = gfp;
	ev.v[MMT_F(mm_page_alloc, migratetype)] = type < 0 ? 0 : (uint64_t)type;
	return allocator_alloc(&b->a, &ev, false, &b->err);
}

static int do_free(struct bench *b, uint64_t pfn, unsigned order)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .cpu = 5 };

	ev.v[MMT_F(mm_page_free, pfn)] = pfn;
	ev.v[MMT_F(mm_page_free, order)] = order;
	return allocator_free(&b->a, &ev, &b->err);
}

static uint64_t used(const struct bench *b)
{
	struct mm_zone_view v;

	mm_view_zone(b->a.sys, 0, &v);
	return v.used;
}

#define SOUND(b)     CHECK_EQ(mm_check((b)->a.sys, 3, &(b)->err), 0)
#define COUNT(b, id) ((b)->a.divergence[DIVERGENCE_##id])

TEST(a_block_goes_where_the_model_puts_it_and_comes_back)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, 5000, 0, GFP_KERNEL), 0);
	CHECK_EQ(do_alloc(&b, 5008, 3, GFP_KERNEL), 0);
	CHECK_EQ(used(&b), 9);
	CHECK_EQ(b.a.map.live, 9);
	CHECK(framemap_get(&b.a.map, 5000).model != PFN_NONE);
	SOUND(&b);
	CHECK_EQ(do_free(&b, 5008, 3), 0);
	CHECK_EQ(do_free(&b, 5000, 0), 0);
	CHECK_EQ(used(&b), 0);
	CHECK_EQ(b.a.map.live, 0);
	CHECK_EQ(b.a.faithful, 4);
	SOUND(&b);
	bench_stop(&b);
}

static int alloc_by(struct bench *b, uint32_t task, unsigned cpu, uint64_t pfn)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc, .task = task, .cpu = (uint16_t)cpu };

	ev.v[MMT_F(mm_page_alloc, pfn)] = pfn;
	ev.v[MMT_F(mm_page_alloc, gfp)] = GFP_KERNEL;
	return allocator_alloc(&b->a, &ev, false, &b->err);
}

/* Two nodes, a CPU on each. A task that works on CPU 0 is moved to CPU 1 while a request is under way:
 * it asked for node 0. The next one asks for its new CPU's. So does one of a task that was never on
 * CPU 0, or that has been on CPU 1 for long, whatever the host gave it.
 */
TEST(a_request_that_was_moved_asks_for_the_node_where_it_began)
{
	struct bench b;

	CHECK(bench_nodes(&b, 2));
	CHECK_EQ(alloc_by(&b, 7, 0, 5000), 0);
	CHECK_EQ(alloc_by(&b, 7, 1, 5001), 0);
	CHECK_EQ(alloc_by(&b, 7, 1, 9000), 0);
	CHECK_EQ(b.a.same_zone, 3);
	CHECK_EQ(COUNT(&b, NODE_DIFFERS), 0);
	CHECK_EQ(alloc_by(&b, 7, 1, 5002), 0);
	CHECK_EQ(alloc_by(&b, 8, 1, 5003), 0);
	CHECK_EQ(b.a.same_zone, 3);
	CHECK_EQ(COUNT(&b, NODE_DIFFERS), 2);
	/* other hardware: what the host did does not bind */
	b.a.base = false;
	CHECK_EQ(alloc_by(&b, 9, 0, 5004), 0);
	CHECK_EQ(alloc_by(&b, 9, 1, 5005), 0);
	CHECK_EQ(COUNT(&b, NODE_DIFFERS), 3);
	SOUND(&b);
	bench_stop(&b);
}

/* An interrupt between a refill and the allocation it served, both of CPU 0 of the model:
 *
 *	free 5008, order 3	to the free lists, but only
 *	alloc 6000		after this, whose refill came first
 */
TEST(a_free_within_a_refill_waits_for_its_request_and_passes_the_lists_by)
{
	struct trylock_free within = { .nth = 1, .sure = true };
	struct mm_zone_view before, after;
	struct bench b;

	CHECK(bench_start(&b));
	b.a.nr_cpus = 1;
	CHECK_EQ(do_alloc(&b, 5008, 3, GFP_KERNEL), 0);
	b.survey.flow.trylock.free = &within;
	b.survey.flow.trylock.nr = 1;
	mm_view_zone(b.a.sys, 0, &before);
	CHECK_EQ(do_free(&b, 5008, 3), 0);
	mm_view_zone(b.a.sys, 0, &after);
	CHECK_EQ(after.free, before.free);
	CHECK_EQ(after.pcp, before.pcp);
	CHECK_EQ(do_alloc(&b, 6000, 0, GFP_KERNEL), 0);
	mm_view_zone(b.a.sys, 0, &after);
	CHECK_EQ(after.free, before.free - 1 + 8);
	CHECK_EQ(after.pcp, before.pcp);
	/* another that waits for a request, which is of the very block */
	b.a.hold.frees = b.a.hold.next = 0;
	CHECK_EQ(do_free(&b, 6000, 0), 0);
	CHECK_EQ(do_alloc(&b, 6000, 0, GFP_KERNEL), 0);
	CHECK_EQ(COUNT(&b, DOUBLE_ALLOC), 0);
	CHECK_EQ(used(&b), 1);
	/* and one that waits for nothing */
	within = (struct trylock_free){ .nth = 1, .sure = true, .at_once = true };
	b.a.hold.frees = b.a.hold.next = 0;
	mm_view_zone(b.a.sys, 0, &before);
	CHECK_EQ(do_free(&b, 6000, 0), 0);
	mm_view_zone(b.a.sys, 0, &after);
	CHECK_EQ(after.free, before.free + 1);
	CHECK_EQ(after.pcp, before.pcp);
	CHECK_EQ(used(&b), 0);
	SOUND(&b);
	b.survey.flow.trylock = (struct trylock){ 0 };
	bench_stop(&b);
}

/* alloc_pages_exact(5 pages): order 3, of which the tail comes back page by page.
 *
 *	5008 |x x x x x - - -|   order 3 -> 8 x order 0
 */
TEST(part_of_a_block_can_be_freed)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, 5008, 3, GFP_KERNEL), 0);
	for (uint64_t pfn = 5013; pfn < 5016; pfn++)
		CHECK_EQ(do_free(&b, pfn, 0), 0);
	CHECK_EQ(used(&b), 5);
	SOUND(&b);
	/* the rest in one go: one block of order 2, and the page behind it */
	CHECK_EQ(do_free(&b, 5008, 2), 0);
	CHECK_EQ(do_free(&b, 5012, 0), 0);
	CHECK_EQ(used(&b), 0);
	CHECK_EQ(b.a.faithful, 6);
	SOUND(&b);
	bench_stop(&b);
}

/* A huge page is split by reclaim: 512 frees of one page each. */
TEST(a_huge_page_may_come_back_in_small_ones)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, 5120, 9, GFP_TRANSHUGE_LIGHT), 0);
	for (uint64_t pfn = 5120; pfn < 5120 + 512; pfn++)
		CHECK_EQ(do_free(&b, pfn, 0), 0);
	CHECK_EQ(used(&b), 0);
	CHECK_EQ(b.a.faithful, 513);
	SOUND(&b);
	bench_stop(&b);
}

/* One page of eight stays: the rest comes back in blocks of 1, 2 and 4, as __free_pages() gives it. */
TEST(a_block_may_come_back_in_halves)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, 5120, 3, GFP_KERNEL), 0);
	CHECK_EQ(do_free(&b, 5121, 0), 0);
	CHECK_EQ(framemap_get(&b.a.map, 5120).order, 0);
	for (unsigned order = 1; order < 3; order++) {
		CHECK_EQ(framemap_get(&b.a.map, 5120 + (1u << order)).order, order);
		CHECK_EQ(do_free(&b, 5120 + (1u << order), order), 0);
	}
	CHECK_EQ(used(&b), 1);
	CHECK_EQ(b.a.map.live, 1);
	CHECK_EQ(do_free(&b, 5120, 0), 0);
	CHECK_EQ(used(&b), 0);
	CHECK_EQ(b.a.faithful, 5);
	SOUND(&b);
	bench_stop(&b);
}

/* Frames 4608.. were in use when the trace began, by nobody the model knows. */
TEST(frames_in_use_at_the_start_can_be_freed)
{
	struct bench b;

	CHECK(bench_start(&b));
	/* a machine where they are in use: take them out of the lists first */
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(do_alloc(&b, 4096 + 1024 * i, 10, GFP_KERNEL), 0);
	CHECK_EQ(used(&b), 4096);
	framemap_free(&b.a.map);
	CHECK_EQ(framemap_init(&b.a.map, 0, &b.alloc, &b.err), 0);
	CHECK_EQ(population_fill(&b.survey.population, 4096, 4096, FRAME_KERNEL, &b.err), 0);
	/* the model knows these blocks as its own: a free of another order is refused, and counted
	 */
	CHECK_EQ(do_free(&b, 4096, 0), 0);
	CHECK_EQ(COUNT(&b, FREE_REFUSED), 1);
	CHECK_EQ(do_free(&b, 5120, 10), 0);
	CHECK_EQ(used(&b), 3072);
	SOUND(&b);
	bench_stop(&b);
}

TEST_NAMED(far, "R9 frames named all over the place end a replay, in bounded memory")
{
	struct framemap m;
	struct mmt_alloc alloc = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	pfn_t i, far = 0;

	CHECK_EQ(framemap_init(&m, 8 * FRAMEMAP_SECTION, &alloc, &e), 0);
	/* a frame in each section, twice: as many sections as the host has, and some */
	for (i = 0; i < 2 * (8 + FRAMEMAP_BEYOND); i++) {
		CHECK_EQ(framemap_set(&m, far, 0, FRAME_LIVE, 7, &e), 0);
		far += i % 2 ? FRAMEMAP_SECTION - 1 : 1;
	}
	CHECK_EQ(framemap_set(&m, far + FRAMEMAP_SECTION, 0, FRAME_LIVE, 7, &e), -EDQUOT);
	CHECK_STR(e.text, "frames are named far beyond the zones of the host");
	CHECK_EQ(framemap_set(&m, 5, 0, FRAME_LIVE, 7, &e), 0);
	CHECK(alloc.peak < 64 << 20); /* half of it is a table of which little is touched */
	framemap_free(&m);
	CHECK_EQ(alloc.used, 0);
}

TEST(a_free_of_a_free_frame_is_counted_and_changes_nothing)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_free(&b, 5000, 0), 0);
	CHECK_EQ(COUNT(&b, FREE_UNKNOWN), 1);
	CHECK_EQ(do_alloc(&b, 5000, 0, GFP_KERNEL), 0);
	CHECK_EQ(do_free(&b, 5000, 0), 0);
	CHECK_EQ(do_free(&b, 5000, 0), 0);
	CHECK_EQ(COUNT(&b, FREE_UNKNOWN), 2);
	CHECK_EQ(used(&b), 0);
	/* after losses it says so */
	b.a.lossy = true;
	CHECK_EQ(do_free(&b, 5000, 0), 0);
	CHECK_EQ(COUNT(&b, AFTER_GAP), 1);
	SOUND(&b);
	bench_stop(&b);
}

TEST(an_allocation_of_a_live_frame_frees_it_first)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, 5008, 0, GFP_KERNEL), 0);
	CHECK_EQ(do_alloc(&b, 5010, 0, GFP_KERNEL), 0);
	CHECK_EQ(do_alloc(&b, 5008, 3, GFP_KERNEL), 0);
	CHECK_EQ(COUNT(&b, DOUBLE_ALLOC), 1);
	CHECK_EQ(used(&b), 8);
	CHECK_EQ(b.a.map.live, 8);
	/* and a page inside a live block */
	CHECK_EQ(do_alloc(&b, 5009, 0, GFP_KERNEL), 0);
	CHECK_EQ(COUNT(&b, DOUBLE_ALLOC), 2);
	CHECK_EQ(used(&b), 8);
	SOUND(&b);
	bench_stop(&b);
}

/* No block of order 9 is whole, since a page of each is in use: it is given in pieces, and these
 * come back with it. */
TEST(a_block_the_model_has_not_is_given_in_pieces)
{
	struct bench b;
	unsigned kept = 0;
	uint64_t refused;

	CHECK(bench_start(&b));
	/* fill it, then free all but one page of 512 */
	for (uint64_t pfn = 20000; pfn < 24000; pfn++)
		CHECK_EQ(do_alloc(&b, pfn, 0, GFP_HIGHUSER_MOVABLE), 0);
	for (uint64_t pfn = 20000; pfn < 24000; pfn++) {
		if (framemap_get(&b.a.map, (pfn_t)pfn).model % 512 == 7)
			kept++;
		else
			CHECK_EQ(do_free(&b, pfn, 0), 0);
	}
	mm_drain_all_pages(b.a.sys);
	CHECK_EQ(used(&b), kept);
	refused = COUNT(&b, REFUSED_SUCCESS); /* of pages below the watermark */
	CHECK_EQ(do_alloc(&b, 5120, 9, GFP_TRANSHUGE_LIGHT), 0);
	CHECK_EQ(COUNT(&b, REFUSED_SUCCESS), refused + 1);
	CHECK_EQ(used(&b), kept + 512);
	CHECK_EQ(framemap_get(&b.a.map, 5120).order, 8);
	SOUND(&b);
	CHECK_EQ(do_free(&b, 5120, 9), 0);
	CHECK_EQ(used(&b), kept);
	CHECK_EQ(COUNT(&b, FREE_REFUSED) + COUNT(&b, UNBACKED_FREE), 0);
	SOUND(&b);
	bench_stop(&b);
}

/* 5 blocks of order 10 in a machine of 4: the fifth is refused, and its free has nothing to do. */
TEST(a_refused_success_is_counted_and_its_free_ignored)
{
	struct bench b;

	CHECK(bench_start(&b));
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(do_alloc(&b, 4096 + 1024 * i, 10, GFP_KERNEL | __GFP_NORETRY), 0);
	/* the last of them only from the reserves: watermarks said no, the host had said yes */
	CHECK_EQ(COUNT(&b, REFUSED_SUCCESS), 1);
	CHECK_EQ(used(&b), 4096);
	CHECK_EQ(do_alloc(&b, 16384, 10, GFP_KERNEL | __GFP_NORETRY), 0);
	CHECK_EQ(COUNT(&b, REFUSED_SUCCESS), 2);
	CHECK_EQ(framemap_get(&b.a.map, 16384).state, FRAME_UNBACKED);
	CHECK_EQ(do_free(&b, 16384, 10), 0);
	CHECK_EQ(COUNT(&b, UNBACKED_FREE), 1);
	SOUND(&b);
	/* in a what-if the model's refusal stands */
	CHECK_EQ(do_free(&b, 4096, 10), 0);
	b.a.base = false;
	CHECK_EQ(do_alloc(&b, 4096, 10, GFP_KERNEL | __GFP_NORETRY), 0);
	CHECK_EQ(COUNT(&b, REFUSED_SUCCESS), 3);
	CHECK_EQ(used(&b), 3072);
	SOUND(&b);
	bench_stop(&b);
}

TEST(a_recorded_failure_is_a_request_too)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, MMT_PFN_NONE, 0, GFP_KERNEL), 0);
	CHECK_EQ(COUNT(&b, GRANTED_FAILURE), 1);
	CHECK_EQ(used(&b), 0);
	b.a.base = false;
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(do_alloc(&b, 4096 + 1024 * i, 10, GFP_KERNEL | __GFP_NORETRY), 0);
	CHECK_EQ(do_alloc(&b, MMT_PFN_NONE, 10, GFP_KERNEL | __GFP_NORETRY), 0);
	CHECK_EQ(COUNT(&b, GRANTED_FAILURE), 1);
	CHECK_EQ(used(&b), 3072);
	bench_stop(&b);
}

/* Nothing a trace can say breaks the model: order 63, frames beyond the last, misaligned ones. */
TEST(hostile_events_are_counted)
{
	struct bench b;

	CHECK(bench_start(&b));
	CHECK_EQ(do_alloc(&b, 5000, 63, GFP_KERNEL), 0);
	CHECK_EQ(do_free(&b, 5000, 18), 0);
	CHECK_EQ(do_free(&b, 5000, UINT32_MAX), 0);
	CHECK_EQ(COUNT(&b, ORDER_BEYOND_MODEL), 3);
	CHECK_EQ(do_alloc(&b, UINT32_MAX - 1, 0, GFP_KERNEL), 0);
	CHECK_EQ(do_alloc(&b, UINT64_MAX, 10, GFP_KERNEL), 0);
	CHECK_EQ(do_free(&b, 5001, 1), 0);
	CHECK_EQ(do_free(&b, UINT64_MAX - 1023, 10), 0);
	CHECK_EQ(COUNT(&b, FRAME_BEYOND_MACHINE), 4);
	CHECK_EQ(used(&b), 0);
	/* contradicting flags: the model refuses */
	CHECK_EQ(do_alloc(&b, 5000, 0, 0x3), 0);
	CHECK_EQ(COUNT(&b, REFUSED_SUCCESS), 1);
	/* far beyond the zones: a frame all the same, given one of the model's */
	CHECK_EQ(do_alloc(&b, 4000000000u & ~7u, 3, GFP_KERNEL), 0);
	CHECK_EQ(do_free(&b, 4000000000u & ~7u, 3), 0);
	CHECK_EQ(used(&b), 0);
	SOUND(&b);
	bench_stop(&b);
}

TEST_MAIN
