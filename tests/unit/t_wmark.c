// SPDX-License-Identifier: GPL-2.0-only
/* Watermarks, reserves, boosts, and the checks against them, at their exact boundaries. */
#include "tests/unit/mm_machine.h"

#define CHECK_WMARK(sys, z, a, b, c, d)                                  \
	do {                                                             \
		CHECK_EQ(zone_wmark(&(sys)->zone[z], WMARK_MIN), (a));   \
		CHECK_EQ(zone_wmark(&(sys)->zone[z], WMARK_LOW), (b));   \
		CHECK_EQ(zone_wmark(&(sys)->zone[z], WMARK_HIGH), (c));  \
		CHECK_EQ(zone_wmark(&(sys)->zone[z], WMARK_PROMO), (d)); \
	} while (0)

TEST_NAMED(lowmem_reserve, "KAT 1.2b lowmem_reserve of R1")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);

	CHECK_EQ(sys->zone[R1_DMA].lowmem_reserve[ZONE_DMA], 0);
	CHECK_EQ(sys->zone[R1_DMA].lowmem_reserve[ZONE_DMA32], 2968);
	CHECK_EQ(sys->zone[R1_DMA].lowmem_reserve[ZONE_NORMAL], 15859);
	CHECK_EQ(sys->zone[R1_DMA].lowmem_reserve[ZONE_MOVABLE], 15859);
	CHECK_EQ(sys->zone[R1_DMA32].lowmem_reserve[ZONE_DMA32], 0);
	CHECK_EQ(sys->zone[R1_DMA32].lowmem_reserve[ZONE_NORMAL], 12890);
	CHECK_EQ(sys->zone[R1_NORMAL].lowmem_reserve[ZONE_NORMAL], 0);
	CHECK_EQ(sys->zone[R1_NORMAL].lowmem_reserve[ZONE_MOVABLE], 0);
	machine_end(&m);
}

TEST_NAMED(reserve_ratio, "KAT 1.2b a ratio of 0 or an empty zone reserves nothing")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 3998, 0 },
		{ 0, ZONE_NORMAL, 1048576, 300000, 300000, 300000 },
	};
	struct mm_config empty = machine_config(zones, 2, 1, 1);
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);
	struct mm_tunables t = sys->tunables;

	t.lowmem_reserve_ratio[ZONE_DMA] = 0;
	t.lowmem_reserve_ratio[ZONE_DMA32] = 1;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(sys->zone[R1_DMA].lowmem_reserve[ZONE_NORMAL], 0);
	CHECK_EQ(sys->zone[R1_DMA32].lowmem_reserve[ZONE_NORMAL], 3300000);
	machine_end(&m);
	/* All of DMA's pages are the boot's. */
	sys = machine_create(&m, &empty);
	CHECK_EQ(sys->zone[0].lowmem_reserve[ZONE_NORMAL], 0);
	CHECK_EQ(mm_totalreserve_pages(sys), zone_wmark(&sys->zone[1], WMARK_HIGH));
	machine_end(&m);
}

TEST_NAMED(dma_protected, "KAT 1.2b GFP_KERNEL never takes DMA pages in R1")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);

	/* 3840 free pages, and 15 + 15859 would have to remain. */
	CHECK_EQ(zone_wmark(&sys->zone[R1_DMA], WMARK_MIN), 15);
	CHECK(!zone_watermark_ok(&sys->zone[R1_DMA], 0, 15, ZONE_NORMAL, 0));
	CHECK(zone_watermark_ok(&sys->zone[R1_DMA], 0, 15, ZONE_DMA, 0));
	machine_end(&m);
}

TEST_NAMED(totalreserve, "KAT 1.2d totalreserve_pages")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);

	CHECK_EQ(mm_totalreserve_pages(sys), 3840 + 15163 + 9873);
	CHECK_EQ(mm_totalreserve_pages(sys), 28876);
	machine_end(&m);
	sys = machine_r1(&m, true);
	CHECK_EQ(mm_totalreserve_pages(sys), 42047);
	machine_end(&m);
}

TEST_NAMED(min_free, "KAT 1.3a automatic min_free_kbytes")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);

	CHECK_EQ(mm_min_free_kbytes(sys), 16127);
	machine_end(&m);
	CHECK_EQ(int_sqrt(0), 0);
	CHECK_EQ(int_sqrt(260085759), 16127); /* 16127^2 = 260080129, 16128^2 = 260112384 */
	CHECK_EQ(int_sqrt(260112383), 16127);
	CHECK_EQ(int_sqrt(260112384), 16128);
	CHECK_EQ(int_sqrt(UINT64_MAX >> 1), 3037000499u);
}

TEST_NAMED(min_free_kept, "KAT 1.3a a value that was set is kept")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_tunables t = sys->tunables;

	t.min_free_kbytes_set = true;
	t.min_free_kbytes = 100000;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 100000);
	/* 25000 pages, shared by managed pages. */
	CHECK_EQ(zone_wmark(&sys->zone[R1_NORMAL], WMARK_MIN), 25000ull * 3300000 / 4063840);
	t.min_free_kbytes_set = false;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 67584);
	/* sqrt(4 * 16 * (4063840 - 25338)): what is above the high marks of now */
	t.thp = false;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 16076);
	machine_end(&m);
}

TEST_NAMED(min_free_clamp, "KAT 1.3a automatic min_free_kbytes is within 128 and 262144")
{
	/* sqrt(16 * 4 * pages): 1023 pages 255, 255 pages 127, 1.2e9 pages 277128 */
	static const struct {
		pfn_t pages;
		uint32_t kbytes;
	} cases[] = { { 1023, 255 }, { 255, 128 }, { 16, 128 }, { 1200000000, 262144 } };
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mm_zone_config zone = {
			0, ZONE_NORMAL, 0, cases[i].pages, cases[i].pages, cases[i].pages
		};
		struct mm_config c = machine_config(&zone, 1, 1, 1);
		struct machine m;

		c.tunables.thp = false;
		machine_create(&m, &c);
		CHECK_EQ(mm_min_free_kbytes(m.sys), cases[i].kbytes);
		mm_destroy(m.sys);
	}
}

TEST_NAMED(min_free_user, "KAT 1.3a a larger value that was set survives, a smaller one does not")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);
	struct mm_tunables t = sys->tunables;

	t.min_free_kbytes_set = true;
	t.min_free_kbytes = 100000;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	mm_setup_watermarks(sys);
	CHECK_EQ(mm_min_free_kbytes(sys), 100000);
	CHECK_EQ(mm_write_tunables(sys, &t, MM_WRITTEN_THP, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 100000);
	t.min_free_kbytes = 4096;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 4096);
	CHECK_EQ(mm_write_tunables(sys, &t, MM_WRITTEN_THP, &m.err), 0);
	CHECK(mm_min_free_kbytes(sys) > 16000);
	machine_end(&m);
}

TEST_NAMED(khugepaged_zones, "KAT 1.3b the raise counts zones with memory, and not Movable")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA32, 4096, 1044480, 0, 0 },
		{ 0, ZONE_NORMAL, 1048576, 3300000, 3300000, 3300000 },
		{ 0, ZONE_MOVABLE, 4349952, 500000, 500000, 500000 },
	};
	struct mm_config c = machine_config(zones, 3, 1, 1);
	struct machine m;

	machine_create(&m, &c);
	CHECK_EQ(mm_min_free_kbytes(m.sys), 512 * 1 * 11 * 4);
	machine_end(&m);
}

TEST_NAMED(khugepaged, "KAT 1.3b khugepaged raises min_free_kbytes to 67584")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);

	CHECK_EQ(mm_min_free_kbytes(sys), 67584);
	CHECK_EQ((3072 + 13824) * 4, 67584);
	machine_end(&m);
}

TEST_NAMED(khugepaged_cap, "KAT 1.3b the raise is at most 5 % of what is above high")
{
	/* One zone of 80000 pages: sqrt(320000 * 16) = 2262 kB = 565 pages min; high = 565 + 2 *
	 * 141 = 847; 512 * 1 * 11 = 5632 pages wanted, (80000 - 847) / 20 = 3957 allowed. */
	static const struct mm_zone_config zone = { 0, ZONE_DMA32, 4096, 80000, 80000, 80000 };
	struct mm_config c = { .profile = MM_PROFILE_6_12,
			       .nr_nodes = 1,
			       .nr_cpus = 1,
			       .zones = &zone,
			       .nr_zones = 1,
			       .tunables = mm_default_tunables() };
	struct mm_tunables t;
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);

	CHECK_EQ(mm_min_free_kbytes(sys), 3957 * 4);
	/* Enabled anew: above the marks of that raise, 3957 + 2 * 989, are 74065: 3703 allowed. */
	CHECK_EQ(mm_write_tunables(sys, &sys->tunables, MM_WRITTEN_THP, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 3957 * 4);
	t = sys->tunables;
	t.min_free_kbytes_set = true;
	t.min_free_kbytes = 8000; /* 2000 pages, high 3000: 77000 / 20 */
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_EQ(mm_write_tunables(sys, &t, MM_WRITTEN_THP, &m.err), 0);
	CHECK_EQ(mm_min_free_kbytes(sys), 3850 * 4);
	machine_end(&m);
}

TEST_NAMED(watermarks, "KAT 1.3c watermarks of R1")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, false);
	struct mm_tunables t = sys->tunables;

	CHECK_WMARK(sys, R1_DMA, 3, 6, 9, 12);
	CHECK_WMARK(sys, R1_DMA32, 753, 1513, 2273, 3033);
	CHECK_WMARK(sys, R1_NORMAL, 3273, 6573, 9873, 13173);
	t.watermark_scale_factor = 200;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_WMARK(sys, R1_NORMAL, 3273, 69273, 135273, 201273);
	machine_end(&m);
	sys = machine_r1(&m, true);
	CHECK_WMARK(sys, R1_DMA, 15, 18, 21, 24);
	CHECK_WMARK(sys, R1_DMA32, 3159, 3948, 4737, 5526);
	CHECK_WMARK(sys, R1_NORMAL, 13720, 17150, 20580, 24010);
	machine_end(&m);
}

/* What 6.12 guests of 256 MiB printed after a sysctl was written. */
TEST_NAMED(guests, "KAT 1.3c watermarks of real 6.12 guests")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 3998, 3840 },
		{ 0, ZONE_DMA32, 4096, 61405, 61405, 50604 },
	};
	struct mm_config c = machine_config(zones, 2, 1, 1);
	struct machine m;
	struct mm_system *sys;

	c.tunables.min_free_kbytes_set = true;
	c.tunables.min_free_kbytes = 32768;
	sys = machine_create(&m, &c);
	CHECK_WMARK(sys, 0, 577, 721, 865, 1009);
	CHECK_WMARK(sys, 1, 7614, 9517, 11420, 13323);
	machine_end(&m);
	/* 455 pages of min_free_kbytes were left from boot, when fewer pages were managed. */
	c.tunables.min_free_kbytes = 1820;
	c.tunables.watermark_scale_factor = 1000;
	sys = machine_create(&m, &c);
	CHECK_WMARK(sys, 0, 32, 416, 800, 1184);
	CHECK_EQ(zone_wmark(&sys->zone[1], WMARK_LOW) - zone_wmark(&sys->zone[1], WMARK_MIN), 5060);
	machine_end(&m);
}

TEST_NAMED(movable, "KAT 1.3c a movable zone")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 3998, 3840 },
		{ 0, ZONE_DMA32, 4096, 1044480, 782336, 760000 },
		{ 0, ZONE_NORMAL, 1048576, 3300000, 3300000, 3300000 },
		{ 0, ZONE_MOVABLE, 4349952, 500000, 500000, 500000 },
	};
	struct mm_config c = machine_config(zones, 4, 1, 4);
	struct mm_tunables t;
	struct machine m;
	struct mm_system *sys;

	c.tunables.thp = false;
	sys = machine_create(&m, &c);
	CHECK_EQ(mm_min_free_kbytes(sys), 16127);
	CHECK_WMARK(sys, 3, 128, 628, 1128, 1628);
	CHECK_WMARK(sys, R1_NORMAL, 3273, 6573, 9873, 13173);
	CHECK_EQ(sys->zone[R1_NORMAL].lowmem_reserve[ZONE_MOVABLE], 500000 / 32);
	/* Its share, 4031 x 500000 / 4063840 = 495, is not capped for the distances. */
	t = sys->tunables;
	t.watermark_scale_factor = 1;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK_WMARK(sys, 3, 128, 251, 374, 497);
	machine_end(&m);
}

TEST_NAMED(boost, "KAT 1.3d 1.3e boost, its cap, and what the watermarks read")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];
	int i;

	CHECK(wmark_boost(sys, z));
	CHECK_EQ(zone_wmark(z, WMARK_MIN), 14232);
	CHECK_EQ(zone_wmark(z, WMARK_LOW), 17662);
	CHECK_EQ(zone_wmark(z, WMARK_HIGH), 21092);
	CHECK_EQ(zone_wmark(z, WMARK_PROMO), 24522);
	for (i = 1; i < 60; i++)
		CHECK(wmark_boost(sys, z));
	CHECK_EQ(z->boost, 30720);
	CHECK(wmark_boost(sys, z));
	CHECK_EQ(z->boost, 30870);
	CHECK(wmark_boost(sys, z));
	CHECK_EQ(z->boost, 30870);
	/* A small zone's cap is one pageblock. */
	CHECK(wmark_boost(sys, &sys->zone[R1_DMA]));
	CHECK(wmark_boost(sys, &sys->zone[R1_DMA]));
	CHECK_EQ(sys->zone[R1_DMA].boost, 512);
	mm_drop_boost(sys, 0);
	CHECK_EQ(z->boost, 0);
	machine_end(&m);
}

TEST_NAMED(no_boost, "KAT 1.3d no boost with factor 0 or below four pageblocks")
{
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct mm_tunables t = sys->tunables;

	t.watermark_boost_factor = 0;
	CHECK_EQ(mm_set_tunables(sys, &t, &m.err), 0);
	CHECK(!wmark_boost(sys, &sys->zone[R1_NORMAL]));
	machine_end(&m);
	sys = machine_tiny(&m, 2047, 1);
	sys->zone[0].wmark[WMARK_HIGH] = sys->zone[0].wmark[WMARK_PROMO] = 10;
	CHECK(!wmark_boost(sys, &sys->zone[0]));
	machine_end(&m);
	sys = machine_tiny(&m, 2048, 1);
	sys->zone[0].wmark[WMARK_HIGH] = sys->zone[0].wmark[WMARK_PROMO] = 10;
	CHECK(wmark_boost(sys, &sys->zone[0]));
	CHECK_EQ(sys->zone[0].boost, 512);
	machine_end(&m);
}

TEST_NAMED(strict, "KAT 2.8b a check passes only with more than its mark")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	struct zone *z = &sys->zone[0];

	CHECK(!zone_watermark_ok_free(z, 0, 1000, ZONE_NORMAL, 0, 1000));
	CHECK(zone_watermark_ok_free(z, 0, 1000, ZONE_NORMAL, 0, 1001));
	/* Order 3: seven pages of the block do not count, and a block must be there. */
	CHECK(!zone_watermark_ok_free(z, 3, 1000, ZONE_NORMAL, 0, 1008));
	CHECK_EQ(mm_seed_free(sys, 8, 3, &m.err), 0);
	CHECK(zone_watermark_ok_free(z, 3, 1000, ZONE_NORMAL, 0, 1008));
	CHECK(!zone_watermark_ok_free(z, 3, 1000, ZONE_NORMAL, 0, 1007));
	CHECK(!zone_watermark_ok_free(z, 4, 1000, ZONE_NORMAL, 0, 5000));
	machine_end(&m);
}

TEST_NAMED(special_lists, "KAT 2.8b CMA and HIGHATOMIC blocks need their flag")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_pageblock(sys, 0, MIGRATE_CMA, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 4, &m.err), 0);
	CHECK(!zone_watermark_ok(z, 4, 0, ZONE_NORMAL, 0)); /* 16 - 15 - 16 CMA */
	CHECK(zone_watermark_ok(z, 4, 0, ZONE_NORMAL, ALLOC_CMA));
	CHECK_EQ(mm_seed_pageblock(sys, 512, MIGRATE_HIGHATOMIC, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 512, 6, &m.err), 0);
	CHECK(!zone_watermark_ok(z, 6, 0, ZONE_NORMAL, ALLOC_CMA));
	CHECK(zone_watermark_ok(z, 6, 0, ZONE_NORMAL, ALLOC_HIGHATOMIC | ALLOC_CMA));
	CHECK(zone_watermark_ok(z, 6, 0, ZONE_NORMAL, ALLOC_OOM | ALLOC_CMA));
	CHECK(!zone_watermark_ok(z, 6, 0, ZONE_NORMAL, ALLOC_MIN_RESERVE | ALLOC_CMA));
	machine_end(&m);
}

/* Free pages at which a request just fails: one more is needed. */
static int64_t threshold(const struct zone *z, int64_t mark, uint32_t flags)
{
	int64_t free = 0;

	while (!zone_watermark_ok_free(z, 0, mark, ZONE_NORMAL, flags, free))
		free++;
	return free - 1;
}

TEST_NAMED(reserves, "KAT 3.3b how deep each kind of request may dig")
{
	const uint32_t high = ALLOC_MIN_RESERVE, block = ALLOC_NON_BLOCK, oom = ALLOC_OOM;
	struct machine m;
	struct mm_system *sys = machine_r1(&m, true);
	struct zone *z = &sys->zone[R1_NORMAL];

	CHECK_EQ(threshold(z, 1000, 0), 1000);
	CHECK_EQ(threshold(z, 1000, high), 500);
	CHECK_EQ(threshold(z, 1000, high | block), 375);
	CHECK_EQ(threshold(z, 1000, oom), 500);
	CHECK_EQ(threshold(z, 1000, high | block | oom), 188);
	CHECK_EQ(threshold(z, 1000, block), 1000);
	CHECK_EQ(threshold(z, 1001, high), 501);
	CHECK_EQ(threshold(z, 1001, high | block), 376);
	CHECK_EQ(threshold(z, zone_wmark(z, WMARK_MIN), high | block), 5145);
	machine_end(&m);
}

TEST_NAMED(boosted_min, "KAT 3.3c order 0 with __GFP_HIGH ignores the boost at min")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 8192, 1);
	struct zone *z = &sys->zone[0];

	z->wmark[WMARK_MIN] = 1000;
	z->boost = 512;
	CHECK_EQ(threshold(z, 1512, ALLOC_MIN_RESERVE), 756);
	force_free(sys, 0, 501);
	CHECK(zone_watermark_fast(z, 0, 1512, ZONE_NORMAL, ALLOC_MIN_RESERVE));
	CHECK(!zone_watermark_fast(z, 0, 1512, ZONE_NORMAL, 0));
	CHECK(!zone_watermark_fast(z, 0, 1512, ZONE_NORMAL, ALLOC_MIN_RESERVE | ALLOC_WMARK_LOW));
	force_free(sys, 0, 500);
	CHECK(!zone_watermark_fast(z, 0, 1512, ZONE_NORMAL, ALLOC_MIN_RESERVE));
	force_free(sys, 0, 0);
	z->wmark[WMARK_MIN] = z->wmark[WMARK_LOW];
	machine_end(&m);
}

TEST_NAMED(highatomic_free, "KAT 2.8b free HIGHATOMIC pages count only for those with reserves")
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	struct zone *z = &sys->zone[0];

	CHECK_EQ(mm_seed_pageblock(sys, 0, MIGRATE_HIGHATOMIC, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 512, 0, &m.err), 0);
	CHECK_EQ(z->free, 513);
	CHECK_EQ(z->free_highatomic, 512);
	CHECK(!zone_watermark_ok(z, 0, 1, ZONE_NORMAL, 0));
	CHECK(zone_watermark_ok(z, 0, 0, ZONE_NORMAL, 0));
	CHECK(zone_watermark_ok(z, 0, 512, ZONE_NORMAL, ALLOC_NON_BLOCK));
	machine_end(&m);
}

TEST_MAIN
