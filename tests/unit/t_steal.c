// SPDX-License-Identifier: GPL-2.0-only
/* What Linux 6.1 does otherwise: theft between types, the atomic reserve, lists of fixed size. */
#include "tests/unit/mm_machine.h"

#include "lib/mm/profile.h"

static struct mm_system *tiny(struct machine *m, pfn_t pages, unsigned cpus)
{
	struct mm_zone_config zone = { 0, ZONE_NORMAL, 0, pages, pages, pages };
	struct mm_config c = machine_config(&zone, 1, 1, cpus);

	c.profile = MM_PROFILE_6_1;
	c.tunables.min_free_kbytes_set = true;
	c.tunables.watermark_scale_factor = 1;
	c.tunables.thp = false;
	return machine_create(m, &c);
}

static pfn_t take(struct mm_system *sys, unsigned order, enum migratetype type, uint32_t flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	pfn_t pfn = rmqueue(sys, &sys->zone[0], order, type, flags, &mode);

	/* Given out to nobody: what the tests look at is left behind. */
	if (pfn != PFN_NONE)
		sys->zone[0].unknown += 1 << order;
	return pfn;
}

/*	pageblock 0, MOVABLE: 128 in use, unmovable     128-255 free, order 7     256-511 movable
 *	UNMOVABLE order 0: alike 512 - (128 + 256) = 128, 128 + 128 = 256 -> claimed
 *	the same with one movable page more: 255 -> it stays MOVABLE, its free pages move all the same
 */
TEST_NAMED(whole, "KAT 2.2d 6.1: all that is free in the pageblock moves, claimed or not")
{
	unsigned more;

	for (more = 0; more < 2; more++) {
		struct machine m;
		struct mm_system *sys = tiny(&m, 512, 1);

		CHECK_EQ(mm_seed_free(sys, 128, 6, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, 192, 5, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, 224, 5, &m.err), 0);
		CHECK_EQ(mm_seed_movable(sys, 256, 256, &m.err), 0);
		if (more)
			CHECK_EQ(mm_seed_movable(sys, 0, 1, &m.err), 0);
		CHECK_EQ(take(sys, 0, MIGRATE_UNMOVABLE, 0), 128);
		CHECK_EQ(mm_pageblock_type(sys, 0), more ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
		/* The free block 128-255 is the thief's either way. */
		CHECK_STR(FREE_LIST(sys, 0, 6, MIGRATE_UNMOVABLE), "192");
		CHECK_STR(FREE_LIST(sys, 0, 0, MIGRATE_UNMOVABLE), "129");
		CHECK_EQ(sys->zone[0].area[6].count[MIGRATE_MOVABLE], 0);
		CHECK_EQ(counter(sys, "pageblock_claim"), !more);
		CHECK_EQ(counter(sys, "pageblock_steal"), more);
		machine_end(&m);
	}
}

/*	UNMOVABLE has order 3 @ 64, RECLAIMABLE order 1 @ 520; nothing is MOVABLE
 *	MOVABLE order 0: order 3 < 4 may not bring its pageblock along, so the smallest it is */
TEST_NAMED(smallest, "KAT 2.2d 6.1: what is movable and may not claim steals the smallest block")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 1024, 1);

	CHECK_EQ(mm_seed_pageblock(sys, 0, MIGRATE_UNMOVABLE, &m.err), 0);
	CHECK_EQ(mm_seed_pageblock(sys, 512, MIGRATE_RECLAIMABLE, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 64, 3, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 520, 1, &m.err), 0);
	CHECK_EQ(take(sys, 0, MIGRATE_MOVABLE, 0), 520);
	/* The other half went with it, the pageblock did not. */
	CHECK_STR(FREE_LIST(sys, 0, 0, MIGRATE_MOVABLE), "521");
	CHECK_EQ(mm_pageblock_type(sys, 520), MIGRATE_RECLAIMABLE);
	CHECK_EQ(take(sys, 0, MIGRATE_MOVABLE, 0), 521);
	/* An unmovable request takes the largest it finds, of any order. */
	CHECK_EQ(mm_seed_free(sys, 512, 0, &m.err), 0);
	CHECK_EQ(take(sys, 0, MIGRATE_RECLAIMABLE, 0), 512);
	CHECK_EQ(take(sys, 0, MIGRATE_RECLAIMABLE, 0), 64);
	machine_end(&m);
}

TEST_NAMED(boost, "KAT 1.3d 6.1: every theft below pageblock order raises the watermarks")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 4096, 1);

	sys->zone[0].wmark[WMARK_HIGH] = 4096;
	CHECK_EQ(mm_seed_pageblock(sys, 0, MIGRATE_UNMOVABLE, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 64, 3, &m.err), 0);
	CHECK_EQ(take(sys, 3, MIGRATE_MOVABLE, 0), 64);
	CHECK_EQ(sys->zone[0].boost, 512);
	CHECK(!sys->zone[0].boosted);
	CHECK_EQ(mm_seed_free(sys, 72, 3, &m.err), 0);
	CHECK_EQ(take(sys, 3, MIGRATE_MOVABLE, ALLOC_KSWAPD), 72);
	CHECK_EQ(sys->zone[0].boost, 1024);
	CHECK(sys->zone[0].boosted);
	/* A whole pageblock raises nothing. */
	CHECK_EQ(mm_seed_free(sys, 512, 9, &m.err), 0);
	CHECK_EQ(take(sys, 0, MIGRATE_UNMOVABLE, 0), 512);
	CHECK_EQ(sys->zone[0].boost, 1024);
	CHECK_EQ(mm_pageblock_type(sys, 512), MIGRATE_UNMOVABLE);
	machine_end(&m);
}

TEST_NAMED(nofragment, "KAT 2.2d 6.1: NOFRAGMENT steals nothing below pageblock order")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 2048, 1);

	CHECK_EQ(mm_seed_free(sys, 0, 8, &m.err), 0);
	CHECK_EQ(take(sys, 0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT), PFN_NONE);
	CHECK_EQ(mm_seed_free(sys, 512, 9, &m.err), 0);
	CHECK_EQ(take(sys, 0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT), 512);
	machine_end(&m);
}

TEST_NAMED(keeps,
	   "KAT 2.2e 6.1: a page returns from the lists of a CPU to the type it came there with")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 1024, 1);
	pfn_t pfn;

	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 8, 8, 8, 2, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 3, &m.err), 0);
	CHECK_EQ(mm_seed_movable(sys, 8, 504, &m.err), 0);
	pfn = get(sys, GFP_KERNEL | __GFP_MEMALLOC, 0, 0);
	CHECK_EQ(pfn, 0);
	/* The block of 8 was stolen, its pageblock is MOVABLE still; page 1 is in the CPU's list.
	 */
	CHECK_EQ(mm_pageblock_type(sys, 0), MIGRATE_MOVABLE);
	CHECK_EQ(sys->zone[0].cpu[0].count, 1);
	mm_drain_all_pages(sys);
	CHECK_STR(FREE_LIST(sys, 0, 0, MIGRATE_UNMOVABLE), "1");
	/* Once used, it is the pageblock's type that counts, which merging does not ask. */
	CHECK(mm_free_pages(sys, 0, 0, 0));
	mm_drain_all_pages(sys);
	CHECK_STR(FREE_LIST(sys, 0, 3, MIGRATE_MOVABLE), "0");
	machine_end(&m);
}

TEST_NAMED(highatomic, "KAT 2.2f 6.1: every zone has an atomic reserve, up to 1 % and a pageblock")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 0, 4096, 4096, 3840 },
		{ 0, ZONE_NORMAL, 1048576, 3407872, 3407872, 3300000 },
	};
	struct mm_config c = machine_config(zones, 2, 1, 1);
	struct machine m;
	struct mm_system *sys;
	unsigned i;

	c.profile = MM_PROFILE_6_1;
	sys = machine_create(&m, &c);
	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	/* 38 + 512 = 550: 0 and 512 are below it. */
	for (i = 0; i < 4; i++)
		reserve_highatomic_pageblock(sys, &sys->zone[0], i * 512, 1);
	CHECK_EQ(sys->zone[0].reserved_highatomic, 1024);
	/* 33000 + 512: 66 pageblocks */
	for (i = 0; i < 80; i++)
		reserve_highatomic_pageblock(sys, &sys->zone[1], 1048576 + i * 512, 1);
	CHECK_EQ(sys->zone[1].reserved_highatomic, 66 * 512);
	/* What is set aside counts as gone whether it is free or not. */
	while (buddy_rmqueue_smallest(sys, &sys->zone[0], 0, MIGRATE_HIGHATOMIC) != PFN_NONE)
		sys->zone[0].unknown++;
	CHECK_EQ(sys->zone[0].free_highatomic, 0);
	CHECK(zone_watermark_ok(&sys->zone[0], 0, 0, ZONE_DMA, 0));
	CHECK(zone_watermark_ok(&sys->zone[0], 0, sys->zone[0].free - 1025, ZONE_DMA, 0));
	CHECK(!zone_watermark_ok(&sys->zone[0], 0, sys->zone[0].free - 1024, ZONE_DMA, 0));
	machine_end(&m);
}

/*	batch 7, high 28: trims of 7, 14, 21 (28 - 7 at most) while nothing is taken */
TEST_NAMED(pcp, "KAT 2.7e 6.1: lists of fixed size drain twice as much each time in a row")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 4096, 1);
	static const int32_t left[] = { 21, 14, 7, 7 };
	unsigned i, n = 0;

	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 28, 28, 28, 7, &m.err), 0);
	for (i = 0; i < 4; i++) {
		while (sys->zone[0].cpu[0].count < 27)
			CHECK(mm_free_pages(sys, n++ * 2, 0, 0));
		CHECK(mm_free_pages(sys, n++ * 2, 0, 0));
		CHECK_EQ(sys->zone[0].cpu[0].count, left[i]);
	}
	/* While kswapd is at work, 4 batches are most: as many as here anyway. */
	mm_set_reclaim_active(sys, 0, ZONE_NORMAL, true);
	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 200, 200, 200, 7, &m.err), 0);
	while (sys->zone[0].cpu[0].count < 27)
		CHECK(mm_free_pages(sys, n++ * 2, 0, 0));
	CHECK(mm_free_pages(sys, n++ * 2, 0, 0));
	CHECK_EQ(sys->zone[0].cpu[0].count, 7);
	/* Blocks of order 1 to 3 after a drain: everything goes. */
	CHECK(sys->zone[0].cpu[0].free_count);
	CHECK(mm_free_pages(sys, 2048, 1, 0));
	CHECK_EQ(sys->zone[0].cpu[0].count, 0);
	machine_end(&m);
}

TEST_NAMED(refill, "KAT 2.7d 6.1: refills are one batch each, and nothing decays")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 4096, 1);
	unsigned i;

	CHECK_EQ(mm_override_pcp(sys, 0, ZONE_NORMAL, 0, 28, 28, 28, 7, &m.err), 0);
	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	for (i = 0; i < 22; i++)
		CHECK(get(sys, GFP_HIGHUSER_MOVABLE, 0, 0) != PFN_NONE);
	CHECK_EQ(counter(sys, "pcp_refill"), 4);
	CHECK_EQ(counter(sys, "pcp_refill_pages"), 28);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(sys->zone[0].cpu[0].count, 6);
	CHECK(get(sys, GFP_HIGHUSER_MOVABLE, 2, 0) != PFN_NONE);
	/* max(7 >> 2, 2) = 2 blocks of 4 */
	CHECK_EQ(counter(sys, "pcp_refill_pages"), 36);
	machine_end(&m);
}

/*	high = max(low watermark / CPUs of the node, 4 batches): R1-THP Normal 17150 / 4 = 4287 */
TEST_NAMED(sizes, "KAT 2.7a 2.7b 6.1: the sizes of the per-CPU lists of R1")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_pcp_view v;
	unsigned i;

	sys->rules = mm_profile_rules(MM_PROFILE_6_1);
	for (i = 0; i < 3; i++)
		sys->zone[i].rules = sys->rules;
	mm_setup_watermarks(sys);
	mm_view_pcp(sys, R1_NORMAL, 0, &v);
	CHECK_EQ(v.high, 4287);
	CHECK_EQ(v.high_min, 4287);
	CHECK_EQ(v.high_max, 4287);
	CHECK_EQ(v.batch, 63);
	mm_view_pcp(sys, R1_DMA, 0, &v);
	CHECK_EQ(v.high, 4);
	machine_end(&m);
}

/*	As real kernels printed them in /proc/zoneinfo after the sysctls were written:
 *	managed 3840 and 50604 pages, one CPU. 6.1 makes the low watermark the lists' size. */
TEST_NAMED(guests, "KAT 1.3c 2.7b watermarks and list sizes of guests of 256 MB")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 3998, 3840 },
		{ 0, ZONE_DMA32, 4096, 61405, 61405, 50604 },
	};
	static const struct {
		uint32_t min_free_kbytes, scale;
		uint64_t wmark[2][3];
	} cases[] = {
		{ 32768, 10, { { 577, 721, 865 }, { 7614, 9517, 11420 } } },
		{ 1824, 1000, { { 32, 416, 800 }, { 423, 5483, 10543 } } },
	};
	unsigned i, profile, z, w;

	for (i = 0; i < 2; i++) {
		for (profile = MM_PROFILE_6_1; profile <= MM_PROFILE_6_12; profile++) {
			struct mm_config c = machine_config(zones, 2, 1, 1);
			struct mm_zone_view v;
			struct mm_pcp_view p;
			struct machine m;

			c.profile = (enum mm_profile)profile;
			c.tunables.min_free_kbytes_set = true;
			c.tunables.min_free_kbytes = cases[i].min_free_kbytes;
			c.tunables.watermark_scale_factor = cases[i].scale;
			machine_create(&m, &c);
			for (z = 0; z < 2; z++) {
				mm_view_zone(m.sys, z, &v);
				for (w = 0; w < 3; w++)
					CHECK_EQ(v.wmark[w], cases[i].wmark[z][w]);
				mm_view_pcp(m.sys, z, 0, &p);
				CHECK_EQ(p.batch, z ? 15 : 1);
				CHECK_EQ(p.high_min, cases[i].wmark[z][WMARK_LOW]);
				if (profile == MM_PROFILE_6_1)
					CHECK_EQ(p.high, cases[i].wmark[z][WMARK_LOW]);
			}
			machine_end(&m);
		}
	}
}

TEST_NAMED(movable, "KAT 1.3c 6.1: a movable zone has its share of min_free_kbytes")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_NORMAL, 1048576, 300000, 300000, 300000 },
		{ 0, ZONE_MOVABLE, 1348576, 100000, 100000, 100000 },
	};
	struct mm_config c = machine_config(zones, 2, 1, 1);
	struct machine m;
	struct mm_system *sys;

	c.tunables.min_free_kbytes_set = true;
	c.tunables.min_free_kbytes = 16000; /* 4000 pages */
	sys = machine_create(&m, &c);
	/* 6.12: 4000 x 300000 / 300000, and 100000 / 1024 */
	CHECK_EQ(sys->zone[0].wmark[WMARK_MIN], 4000);
	CHECK_EQ(sys->zone[1].wmark[WMARK_MIN], 97);
	machine_end(&m);
	c.profile = MM_PROFILE_6_1;
	sys = machine_create(&m, &c);
	CHECK_EQ(sys->zone[0].wmark[WMARK_MIN], 3000);
	CHECK_EQ(sys->zone[1].wmark[WMARK_MIN], 1000);
	machine_end(&m);
}

TEST_NAMED(order0_boost, "KAT 3.3c 6.1: only those that cannot wait ignore the boost")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 4096, 1);
	struct zone *z = &sys->zone[0];

	z->wmark[WMARK_MIN] = 1000;
	z->boost = 512;
	/* 501 pages: above 1000 / 2, and 375 with a quarter less, below what 1512 would ask */
	force_free(sys, 0, 501);
	CHECK(!zone_watermark_fast(z, 0, zone_wmark(z, WMARK_MIN), ZONE_NORMAL, ALLOC_MIN_RESERVE));
	CHECK(zone_watermark_fast(z, 0, zone_wmark(z, WMARK_MIN), ZONE_NORMAL,
				  ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK));
	z->rules = mm_profile_rules(MM_PROFILE_6_12);
	CHECK(zone_watermark_fast(z, 0, zone_wmark(z, WMARK_MIN), ZONE_NORMAL, ALLOC_MIN_RESERVE));
	z->rules = sys->rules;
	mm_destroy(sys);
}

TEST_NAMED(no_weights, "KAT 4.3f 6.1: there is no weighted interleaving yet")
{
	struct machine m;
	struct mm_system *sys = tiny(&m, 1024, 1);
	struct mm_mempolicy p;

	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_WEIGHTED_INTERLEAVE, 1, 0, &m.err), -EINVAL);
	CHECK(strstr(m.err.text, "6.1"));
	CHECK_EQ(mm_mempolicy_init(sys, &p, MPOL_INTERLEAVE, 1, 0, &m.err), 0);
	machine_end(&m);
}

TEST_MAIN
