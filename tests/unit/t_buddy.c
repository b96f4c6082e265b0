// SPDX-License-Identifier: GPL-2.0-only
/* The buddy allocator and the fallbacks between migratetypes, on machines small enough to draw. */
#include "tests/unit/mm_machine.h"

#define UNM MIGRATE_UNMOVABLE
#define MOV MIGRATE_MOVABLE
#define REC MIGRATE_RECLAIMABLE

TEST_NAMED(orders, "KAT 2.1 orders 0 to 10, blocks aligned to their order")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 2048, 1);

	CHECK_EQ(NR_PAGE_ORDERS, 11);
	CHECK_EQ(mm_seed_free(sys, 1024, 10, &m.err), 0);
	CHECK_EQ(sys->zone[0].area[10].nr_free, 1);
	CHECK_EQ(sys->zone[0].free, 1024);
	CHECK_EQ(mm_seed_free(sys, 512, 10, &m.err), -EINVAL);
	CHECK_EQ(mm_seed_free(sys, 0, 11, &m.err), -EINVAL);
	CHECK_EQ(get(sys, GFP_KERNEL, 11, 0), PFN_NONE);
	CHECK_EQ(counter(sys, "alloc_invalid"), 1);
	machine_end(&m);
}

TEST_NAMED(nr_free, "KAT 2.2a nr_free and NR_FREE_PAGES")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 1024, 1);
	struct mm_zone_view v;

	/* |4..7|  |16..19|  |32..35|  |50| */
	CHECK_EQ(mm_seed_free(sys, 4, 2, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 16, 2, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 32, 2, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 50, 0, &m.err), 0);
	mm_view_zone(sys, 0, &v);
	CHECK_EQ(v.free, 13);
	CHECK_EQ(v.nr_free[0], 1);
	CHECK_EQ(v.nr_free[1], 0);
	CHECK_EQ(v.nr_free[2], 3);
	CHECK_EQ(v.by_type[MOV][2], 3);
	machine_end(&m);
}

TEST_NAMED(isolate, "KAT 2.2a blocks of ISOLATE pageblocks are not NR_FREE_PAGES")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 1024, 1);
	struct mm_zone_view v;

	CHECK_EQ(mm_seed_pageblock(sys, 512, MIGRATE_ISOLATE, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 520, 3, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 8, 3, &m.err), 0);
	mm_view_zone(sys, 0, &v);
	CHECK_EQ(v.free, 8);
	CHECK_EQ(v.isolated, 8);
	CHECK_EQ(v.nr_free[3], 2);
	machine_end(&m);
}

TEST_NAMED(buddies, "KAT 2.4 the buddy of a block")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 96, 1);

	CHECK_EQ(buddy_of(8, 1), 10);
	CHECK_EQ(buddy_of(12, 2), 8);
	CHECK_EQ(buddy_of(0, 10), 1024);
	/* |.8 9.|  free at order 1: no free buddy for order 0 at 10's side, nor for order 2. */
	CHECK_EQ(mm_seed_free(sys, 8, 1, &m.err), 0);
	CHECK(buddy_is_free(sys, &sys->zone[0], 8, 1));
	CHECK(!buddy_is_free(sys, &sys->zone[0], 8, 0));
	CHECK(!buddy_is_free(sys, &sys->zone[0], 9, 0));
	/* Beyond the zone nothing is free, whatever a record there says. */
	CHECK(!buddy_is_free(sys, &sys->zone[0], 96, 5));
	machine_end(&m);
}

TEST_NAMED(expand, "KAT 2.5a expand gives the upper halves back")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 64, 1);
	struct zone *z = &sys->zone[0];

	/* |0 1 2 3 4 5 6 7|  order 3  ->  |0 1|2 3|4 5 6 7|, 0-1 given out */
	CHECK(frames_touch(&sys->frames, 0));
	z->unknown -= 6;
	CHECK_EQ(buddy_expand(sys, z, 0, 1, 3, MOV), 6);
	CHECK_STR(FREE_LIST(sys, 0, 2, MOV), "4");
	CHECK_STR(FREE_LIST(sys, 0, 1, MOV), "2");
	CHECK_STR(FREE_LIST(sys, 0, 3, MOV), "-");
	machine_end(&m);
}

TEST_NAMED(expand_head, "KAT 2.5a the halves go to the heads of their lists")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 64, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_free(sys, 34, 1, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 3, &m.err), 0);
	buddy_take(sys, z, 0, 1, 3, MOV);
	CHECK_STR(FREE_LIST(sys, 0, 1, MOV), "2 34");
	z->unknown += 2;
	machine_end(&m);
}

TEST_NAMED(smallest, "KAT 2.5b the smallest sufficient block is taken")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 128, 1);
	struct zone *z = &sys->zone[0];

	/* order 4 at 16, order 2 at 64; order 1 wanted: 64-65, 66-67 remain */
	CHECK_EQ(mm_seed_free(sys, 16, 4, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 64, 2, &m.err), 0);
	CHECK_EQ(buddy_rmqueue_smallest(sys, z, 1, MOV), 64);
	z->unknown += 2;
	CHECK_STR(FREE_LIST(sys, 0, 1, MOV), "66");
	CHECK_STR(FREE_LIST(sys, 0, 4, MOV), "16");
	machine_end(&m);
}

TEST_NAMED(coalesce, "KAT 2.6a a freed page merges all the way")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 64, 1);

	/* |0 1| - |3|4 5 6 7|  + 2  ->  |0 .. 7| */
	CHECK_EQ(mm_seed_free(sys, 3, 0, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 1, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 4, 2, &m.err), 0);
	sys->zone[0].unknown--;
	buddy_free_one(sys, &sys->zone[0], 2, 0, MOV, false);
	CHECK_STR(FREE_LIST(sys, 0, 3, MOV), "0");
	CHECK_EQ(sys->zone[0].area[3].nr_free, 1);
	CHECK_EQ(sys->zone[0].area[0].nr_free + sys->zone[0].area[1].nr_free +
			 sys->zone[0].area[2].nr_free,
		 0);
	machine_end(&m);
}

TEST_NAMED(guard, "KAT 2.6a pageblocks of a special type do not merge with others")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);

	/* |0 MOVABLE|512 HIGHATOMIC|1024 MOVABLE|1536 UNMOVABLE|2048 CMA|2560 CMA|
	 * |3072 ISOLATE|3584 MOVABLE| */
	CHECK_EQ(mm_seed_pageblock(sys, 512, MIGRATE_HIGHATOMIC, &m.err), 0);
	CHECK_EQ(mm_seed_pageblock(sys, 1536, UNM, &m.err), 0);
	CHECK_EQ(mm_seed_pageblock(sys, 2048, MIGRATE_CMA, &m.err), 0);
	CHECK_EQ(mm_seed_pageblock(sys, 2560, MIGRATE_CMA, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 512, 9, &m.err), 0);
	CHECK_STR(FREE_LIST(sys, 0, 9, MOV), "0");
	CHECK_STR(FREE_LIST(sys, 0, 9, MIGRATE_HIGHATOMIC), "512");
	/* Ordinary types merge, and the whole block takes the type of what was freed last. */
	CHECK_EQ(mm_seed_free(sys, 1024, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 1536, 9, &m.err), 0);
	CHECK_STR(FREE_LIST(sys, 0, 10, UNM), "1024");
	CHECK_EQ(mm_pageblock_type(sys, 1024), UNM);
	CHECK_EQ(mm_seed_free(sys, 2560, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 2048, 9, &m.err), 0);
	CHECK_STR(FREE_LIST(sys, 0, 10, MIGRATE_CMA), "2048");
	CHECK_EQ(mm_seed_pageblock(sys, 3072, MIGRATE_ISOLATE, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 3072, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 3584, 9, &m.err), 0);
	CHECK_STR(FREE_LIST(sys, 0, 9, MIGRATE_ISOLATE), "3072");
	CHECK_EQ(sys->zone[0].area[9].count[MOV], 2);
	CHECK_EQ(mm_pageblock_type(sys, 3072), MIGRATE_ISOLATE);
	machine_end(&m);
}

TEST_NAMED(tail, "KAT 2.6b a block about to merge goes to the tail")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 64, 1);
	struct zone *z = &sys->zone[0];

	/* |0 free now|1 used|2 3 free, order 1|: 0 waits for 1 */
	CHECK_EQ(mm_seed_free(sys, 2, 1, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 20, 0, &m.err), 0);
	z->unknown -= 2;
	buddy_free_one(sys, z, 0, 0, MOV, false);
	CHECK_STR(FREE_LIST(sys, 0, 0, MOV), "20 0");
	/* 40: nothing around it is free, so it comes first. */
	buddy_free_one(sys, z, 40, 0, MOV, false);
	CHECK_STR(FREE_LIST(sys, 0, 0, MOV), "40 20 0");
	/* Told so, it goes to the tail anyway. */
	z->unknown--;
	buddy_free_one(sys, z, 50, 0, MOV, true);
	CHECK_STR(FREE_LIST(sys, 0, 0, MOV), "40 20 0 50");
	machine_end(&m);
}

TEST_NAMED(tail_limit, "KAT 2.6b order 9 never goes to the tail")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	struct zone *z = &sys->zone[0];

	/* |0: order 9 freed now|512 used|1024..2047 free, order 10| */
	CHECK_EQ(mm_seed_free(sys, 1024, 10, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 2560, 9, &m.err), 0);
	z->unknown -= 512;
	buddy_free_one(sys, z, 0, 9, MOV, false);
	CHECK_STR(FREE_LIST(sys, 0, 9, MOV), "0 2560");
	machine_end(&m);
}

TEST_NAMED(fallback_order, "KAT 2.2c fallback types in order, HIGHATOMIC and CMA never")
{
	static const struct {
		enum migratetype want, first, second;
	} rows[] = { { UNM, REC, MOV }, { MOV, REC, UNM }, { REC, UNM, MOV } };
	unsigned i;

	for (i = 0; i < 3; i++) {
		enum rmqueue_mode mode = RMQUEUE_NORMAL;
		struct machine m;
		struct mm_system *sys = machine_tiny(&m, 8192, 1);
		struct zone *z = &sys->zone[0];

		/* order 9 of the two other types, apart so that they cannot merge */
		CHECK_EQ(mm_seed_pageblock(sys, 0, rows[i].second, &m.err), 0);
		CHECK_EQ(mm_seed_pageblock(sys, 1024, rows[i].first, &m.err), 0);
		CHECK_EQ(mm_seed_pageblock(sys, 2048, MIGRATE_HIGHATOMIC, &m.err), 0);
		CHECK_EQ(mm_seed_pageblock(sys, 3072, MIGRATE_CMA, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, 0, 9, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, 1024, 9, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, 2048, 9, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, 3072, 9, &m.err), 0);
		CHECK_EQ(rmqueue(sys, z, 9, rows[i].want, 0, &mode), 1024);
		mode = RMQUEUE_NORMAL;
		CHECK_EQ(rmqueue(sys, z, 9, rows[i].want, 0, &mode), 0);
		mode = RMQUEUE_NORMAL;
		CHECK_EQ(rmqueue(sys, z, 9, rows[i].want, 0, &mode), PFN_NONE);
		z->unknown += 1024;
		machine_end(&m);
	}
}

TEST_NAMED(cma, "KAT 2.2c CMA serves movable requests: first when over half of the free pages")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_pageblock(sys, 1024, MIGRATE_CMA, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 1024, 5, &m.err), 0); /* 32 CMA */
	CHECK_EQ(mm_seed_free(sys, 0, 4, &m.err), 0);	 /* 16 movable */
	CHECK_EQ(mm_seed_free(sys, 32, 3, &m.err), 0);	 /* 8 movable */
	/* 32 of 56: CMA first; without the flag never */
	CHECK_EQ(rmqueue(sys, z, 4, MOV, ALLOC_CMA, &mode), 1024);
	/* 16 of 40: the movable list */
	CHECK_EQ(rmqueue(sys, z, 3, MOV, ALLOC_CMA, &mode), 32);
	/* 16 of 32: still */
	CHECK_EQ(rmqueue(sys, z, 4, MOV, ALLOC_CMA, &mode), 0);
	/* 16 of 80, but the movable lists are empty: CMA comes before a foreign pageblock */
	CHECK_EQ(mm_seed_pageblock(sys, 2048, UNM, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 2048, 6, &m.err), 0);
	CHECK_EQ(rmqueue(sys, z, 4, MOV, ALLOC_CMA, &mode), 1040);
	CHECK_EQ(mode, RMQUEUE_CMA);
	CHECK_EQ(z->free_cma, 0);
	z->unknown += 56;
	machine_end(&m);
}

/* A MOVABLE pageblock at 0 with @free free pages in order 3 blocks, then @movable pages in use that
 * can be moved; the rest is in use and cannot. */
static struct mm_system *mixed(struct machine *m, unsigned free, unsigned movable)
{
	struct mm_system *sys = machine_tiny(m, 8192, 1);
	unsigned i;

	/* Every other order-3 block is free, as far as they go, so that none merges. */
	for (i = 0; i < free / 8; i++) {
		pfn_t pfn = i < 32 ? i * 16 : 0;

		if (mm_seed_free(sys, pfn, 3, &m->err))
			return NULL;
	}
	for (i = 0; i < 32 && movable; i++) {
		unsigned n = movable < 8 ? movable : 8;

		if (mm_seed_movable(sys, i * 16 + 8, n, &m->err))
			return NULL;
		movable -= n;
	}
	for (i = free / 8; i < 32 && movable; i++) {
		unsigned n = movable < 8 ? movable : 8;

		if (mm_seed_movable(sys, i * 16, n, &m->err))
			return NULL;
		movable -= n;
	}
	return movable ? NULL : sys;
}

TEST_NAMED(claim, "KAT 2.2d 200 free + 62 alike of 512: claimed, and the block changes type")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = mixed(&m, 200, 250);
	struct zone *z = &sys->zone[0];
	pfn_t pfn;

	CHECK(sys);
	pfn = rmqueue(sys, z, 0, UNM, 0, &mode);
	CHECK_EQ(mm_pageblock_type(sys, 0), UNM);
	CHECK_EQ(counter(sys, "pageblock_claim"), 1);
	CHECK_EQ(counter(sys, "pageblock_steal"), 0);
	CHECK_EQ(counter(sys, "mm_page_alloc_extfrag"), 1);
	CHECK_EQ(z->area[3].count[UNM], 24);
	CHECK_EQ(z->area[3].count[MOV], 0);
	/* KAT 2.2e: what is freed there from now on is the claimer's */
	buddy_free(sys, z, pfn, 0, false);
	CHECK_EQ(z->area[3].count[UNM], 25);
	CHECK_EQ(mode, RMQUEUE_NORMAL);
	machine_end(&m);
}

TEST_NAMED(claim_half, "KAT 2.2d half of the pageblock must be free or alike: 256, not 255")
{
	unsigned more, nr;

	/* 200 free + 512 - (200 + 256) = 256 */
	for (more = 0; more < 2; more++) {
		enum rmqueue_mode mode = RMQUEUE_NORMAL;
		struct machine m;
		struct mm_system *sys = mixed(&m, 200, 256 + more);

		CHECK(rmqueue(sys, &sys->zone[0], 0, UNM, 0, &mode) != PFN_NONE);
		CHECK_EQ(mm_pageblock_type(sys, 0), more ? MOV : UNM);
		sys->zone[0].unknown++;
		machine_end(&m);
	}
	/* What is neither free nor movable is alike for neither of UNMOVABLE and RECLAIMABLE. */
	for (nr = 31; nr <= 32; nr++) {
		enum rmqueue_mode mode = RMQUEUE_NORMAL;
		struct machine m;
		struct mm_system *sys = machine_tiny(&m, 512, 1);
		unsigned i;

		CHECK_EQ(mm_seed_pageblock(sys, 0, REC, &m.err), 0);
		for (i = 0; i < nr; i++)
			CHECK_EQ(mm_seed_free(sys, i * 16, 3, &m.err), 0);
		CHECK(rmqueue(sys, &sys->zone[0], 0, UNM, 0, &mode) != PFN_NONE);
		CHECK_EQ(mm_pageblock_type(sys, 0), nr == 31 ? REC : UNM);
		sys->zone[0].unknown++;
		machine_end(&m);
	}
}

TEST_NAMED(no_claim, "KAT 2.2d 200 free + 12 alike: not claimed, then stolen from the smallest")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = mixed(&m, 200, 300);
	struct zone *z = &sys->zone[0];

	CHECK(sys);
	/* a smaller block in another pageblock full of movable pages: steal prefers it */
	CHECK_EQ(mm_seed_movable(sys, 512, 88, &m.err), 0);
	CHECK_EQ(mm_seed_movable(sys, 602, 422, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 600, 1, &m.err), 0);
	CHECK_EQ(rmqueue(sys, z, 0, UNM, 0, &mode), 600);
	CHECK_EQ(mm_pageblock_type(sys, 0), MOV);
	CHECK_EQ(mm_pageblock_type(sys, 600), MOV);
	CHECK_EQ(counter(sys, "pageblock_steal"), 1);
	CHECK_EQ(counter(sys, "pageblock_claim"), 0);
	CHECK_EQ(mode, RMQUEUE_STEAL);
	z->unknown++;
	machine_end(&m);
}

TEST_NAMED(movable_small, "KAT 2.2d a movable request does not claim through blocks below order 4")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 8192, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_pageblock(sys, 0, UNM, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 8, 3, &m.err), 0);
	CHECK_EQ(rmqueue(sys, z, 0, MOV, 0, &mode), 8);
	CHECK_EQ(counter(sys, "pageblock_steal"), 1);
	CHECK_EQ(counter(sys, "watermark_boost"), 0);
	CHECK_EQ(mm_pageblock_type(sys, 0), UNM);
	/* Through order 4 it tries, and boosts, though the pageblock is not worth it. */
	CHECK_EQ(mm_seed_pageblock(sys, 1024, REC, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 1024, 4, &m.err), 0);
	z->wmark[WMARK_HIGH] = 1000;
	mode = RMQUEUE_NORMAL;
	CHECK_EQ(rmqueue(sys, z, 4, MOV, 0, &mode), 1024);
	CHECK_EQ(counter(sys, "watermark_boost"), 1);
	CHECK_EQ(z->boost, 512);
	CHECK_EQ(counter(sys, "pageblock_steal"), 2);
	z->boost = 0;
	z->unknown += 17;
	machine_end(&m);
}

TEST_NAMED(claim_largest, "KAT 2.2d claims look from order 10 down, whole pageblocks unasked")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 8192, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_free(sys, 2048, 10, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 600, 0, &m.err), 0);
	CHECK_EQ(rmqueue(sys, z, 0, UNM, ALLOC_NOFRAGMENT, &mode), 2048);
	/* both pageblocks of the order-10 block changed, and its rest is unmovable now */
	CHECK_EQ(mm_pageblock_type(sys, 2048), UNM);
	CHECK_EQ(mm_pageblock_type(sys, 2560), UNM);
	CHECK_STR(FREE_LIST(sys, 0, 9, UNM), "2560");
	CHECK_STR(FREE_LIST(sys, 0, 0, UNM), "2049");
	z->unknown++;
	machine_end(&m);
}

TEST_NAMED(nofragment, "KAT 2.2d NOFRAGMENT neither claims below order 9 nor steals")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 8192, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_free(sys, 0, 8, &m.err), 0);
	CHECK_EQ(rmqueue(sys, z, 0, UNM, ALLOC_NOFRAGMENT, &mode), PFN_NONE);
	CHECK_EQ(counter(sys, "watermark_boost"), 0);
	CHECK_EQ(rmqueue(sys, z, 0, UNM, 0, &mode), 0);
	CHECK_EQ(counter(sys, "pageblock_claim"), 1);
	z->unknown++;
	machine_end(&m);
}

TEST_NAMED(moved_to_tail, "KAT 2.2d claimed blocks go to the tails of the new lists")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 8192, 1);

	CHECK_EQ(mm_seed_pageblock(sys, 1024, UNM, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 1032, 3, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 8, 3, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 24, 3, &m.err), 0);
	CHECK(move_freepages_block(sys, &sys->zone[0], 30, UNM));
	CHECK_STR(FREE_LIST(sys, 0, 3, UNM), "1032 8 24");
	CHECK_STR(FREE_LIST(sys, 0, 3, MOV), "-");
	machine_end(&m);
}

TEST_NAMED(zone_edge, "KAT 2.2d a pageblock that the zone does not hold whole is never claimed")
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 500, 1);

	CHECK_EQ(mm_seed_free(sys, 0, 8, &m.err), 0);
	CHECK(!move_freepages_block(sys, &sys->zone[0], 0, UNM));
	CHECK_EQ(rmqueue(sys, &sys->zone[0], 0, UNM, 0, &mode), 0);
	CHECK_EQ(mm_pageblock_type(sys, 0), MOV);
	CHECK_EQ(counter(sys, "pageblock_steal"), 1);
	sys->zone[0].unknown++;
	machine_end(&m);
}

TEST_NAMED(initial_type, "KAT 2.2e every pageblock is MOVABLE at first")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct mm_zone_view v;
	unsigned z;

	for (z = 0; z < 3; z++) {
		mm_view_zone(sys, z, &v);
		CHECK(v.pageblocks[MOV] > 0);
		CHECK_EQ(v.pageblocks[UNM] + v.pageblocks[REC] + v.pageblocks[MIGRATE_HIGHATOMIC],
			 0);
	}
	machine_end(&m);
}

TEST_NAMED(highatomic, "KAT 2.2f the reserve of R1 Normal ends at 33280 pages")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	unsigned i;

	/* order-9 blocks of a pageblock each: 66 asked for, 65 reserved */
	for (i = 0; i < 66; i++) {
		pfn_t pfn = get(sys, GFP_KERNEL, 9, 0);

		CHECK(pfn != PFN_NONE);
		reserve_highatomic_pageblock(sys, z, pfn, 9);
	}
	CHECK_EQ(z->reserved_highatomic, 33280);
	CHECK_EQ(counter(sys, "highatomic_reserve"), 65);
	/* DMA: 1 % of it is less than a pageblock */
	reserve_highatomic_pageblock(sys, &sys->zone[R1_DMA], 1024, 0);
	CHECK_EQ(sys->zone[R1_DMA].reserved_highatomic, 0);
	CHECK_EQ(mm_pageblock_type(sys, 1024), MOV);
	machine_end(&m);
}

TEST_NAMED(highatomic_alloc, "KAT 2.2f an atomic request of order 1 reserves its pageblock")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	pfn_t pfn;

	/* On the fast path nothing is reserved; in need (below low) it is. */
	pfn = get(sys, GFP_ATOMIC, 1, 0);
	CHECK_EQ(z->reserved_highatomic, 0);
	CHECK_EQ(mm_pageblock_type(sys, pfn), UNM);
	z->wmark[WMARK_LOW] = z->wmark[WMARK_HIGH] = z->wmark[WMARK_PROMO] = z->managed;
	sys->zone[R1_DMA32].wmark[WMARK_LOW] = sys->zone[R1_DMA32].wmark[WMARK_HIGH] = 760000;
	sys->zone[R1_DMA32].wmark[WMARK_PROMO] = sys->zone[R1_DMA32].wmark[WMARK_MIN] = 760000;
	pfn = get(sys, GFP_ATOMIC, 1, 0);
	CHECK_EQ(mm_zone_of(sys, pfn), R1_NORMAL);
	CHECK_EQ(mm_pageblock_type(sys, pfn), MIGRATE_HIGHATOMIC);
	CHECK_EQ(z->reserved_highatomic, 512);
	CHECK(z->free_highatomic > 0);
	/* One is kept unless forced. */
	CHECK(!unreserve_highatomic_pageblock(sys, z, MOV, false));
	CHECK(unreserve_highatomic_pageblock(sys, z, MOV, true));
	CHECK_EQ(mm_pageblock_type(sys, pfn), MOV);
	CHECK_EQ(z->reserved_highatomic, 0);
	CHECK_EQ(z->free_highatomic, 0);
	sys->zone[R1_DMA32].wmark[WMARK_MIN] = 0;
	machine_end(&m);
}

TEST_MAIN
