// SPDX-License-Identifier: GPL-2.0-only
/* The store of page records: sections made on first touch, lists of blocks, finding blocks. */
#include "tests/unit/mm_machine.h"

TEST(record_size)
{
	CHECK_EQ(sizeof(struct section), 9 * SECTION_PAGES);
	CHECK_EQ(sizeof(struct pageblock), 12);
}

TEST(untouched_costs_nothing)
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);

	/* Only the ends of zones are in blocks smaller than a pageblock. */
	CHECK(sys->frames.nr_touched <= 4);
	CHECK(m.alloc.used < 4 << 20);
	CHECK(get(sys, GFP_KERNEL, 0, 0) != PFN_NONE);
	CHECK(sys->frames.nr_touched <= 5);
	machine_end(&m);
}

TEST(find_block)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);
	const struct frames *f = &sys->frames;
	pfn_t head;
	unsigned order;

	/* |8..15 order 3|  |512..1023 order 9|  |2048..3071 order 10| */
	CHECK_EQ(mm_seed_free(sys, 8, 3, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 512, 9, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 2048, 10, &m.err), 0);
	CHECK_EQ(frames_find_block(f, 13, &head, &order), PAGE_BUDDY);
	CHECK_EQ(head, 8);
	CHECK_EQ(order, 3);
	CHECK_EQ(frames_find_block(f, 1023, &head, &order), PAGE_BUDDY);
	CHECK_EQ(head, 512);
	CHECK_EQ(frames_find_block(f, 2999, &head, &order), PAGE_BUDDY);
	CHECK_EQ(head, 2048);
	CHECK_EQ(order, 10);
	CHECK_EQ(frames_find_block(f, 7, &head, &order), PAGE_USED);
	CHECK_EQ(frames_find_block(f, 16, &head, &order), PAGE_USED);
	CHECK_EQ(frames_find_block(f, 1024, &head, &order), PAGE_USED);
	CHECK(frames_all_used(f, 16, 4));
	CHECK(!frames_all_used(f, 0, 4));
	CHECK(!frames_all_used(f, 0, 10));
	CHECK(frames_all_used(f, 1024, 10));
	CHECK(!frames_all_used(f, 2560, 9));
	/* runs of any length in a pageblock, whose blocks begin before, in, or behind them */
	CHECK(frames_run_used(f, 0, 8));
	CHECK(!frames_run_used(f, 0, 9));
	CHECK(!frames_run_used(f, 15, 1));
	CHECK(frames_run_used(f, 16, 496));
	CHECK(frames_run_used(f, 3, 5));
	CHECK(!frames_run_used(f, 3, 509));
	CHECK(!frames_run_used(f, 700, 3));
	CHECK(frames_run_used(f, 1024, 512));
	machine_end(&m);
}

TEST(state_byte)
{
	unsigned kind, order, type;

	for (kind = PAGE_USED; kind <= PAGE_ALLOCATED; kind++) {
		for (order = 0; order <= MAX_PAGE_ORDER; order++) {
			for (type = 0; type < 3; type++) {
				uint8_t s = PAGE_STATE(kind, order, type);

				CHECK_EQ(state_kind(s), kind);
				CHECK_EQ(state_order(s), order);
				CHECK_EQ(state_type(s), type);
			}
		}
	}
}

TEST(lists_link_both_ways)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct frames f;
	struct page_list l;

	CHECK_EQ(frames_init(&f, 100, 0, &a, NULL), 0);
	CHECK(frames_touch(&f, 0));
	page_list_init(&l);
	CHECK(page_list_empty(&l));
	page_list_add_tail(&f, &l, 5, 0);
	page_list_add_tail(&f, &l, 6, 0);
	page_list_add_head(&f, &l, 4, 0);
	/* 4 5 6 */
	CHECK_EQ(l.first, 4);
	CHECK_EQ(l.last, 6);
	CHECK_EQ(frames_link(&f, 5, 0)->prev, 4);
	CHECK_EQ(frames_link(&f, 5, 0)->next, 6);
	page_list_del(&f, &l, 5, 0);
	CHECK_EQ(frames_link(&f, 4, 0)->next, 6);
	CHECK_EQ(frames_link(&f, 6, 0)->prev, 4);
	page_list_pop(&f, &l, 0);
	CHECK_EQ(l.first, 6);
	CHECK_EQ(frames_link(&f, 6, 0)->prev, PFN_NONE);
	page_list_pop(&f, &l, 0);
	CHECK(page_list_empty(&l));
	CHECK_EQ(l.last, PFN_NONE);
	frames_free(&f);
	CHECK_EQ(a.used, 0);
}

TEST(every_allocation_may_fail)
{
	struct mmt_err e = { 0 };
	uint64_t n;

	for (n = 1; n < 100; n++) {
		static const struct mm_zone_config zone = { 0, ZONE_NORMAL, 0, 9999, 9999, 9999 };
		struct mm_config c = { .profile = MM_PROFILE_6_12,
				       .nr_nodes = 2,
				       .nr_cpus = 2,
				       .zones = &zone,
				       .nr_zones = 1,
				       .tunables = mm_default_tunables() };
		struct mmt_alloc a = { .fail_at = n };
		struct mm_system *sys = mm_create(&c, &a, &e);
		bool done = sys && !mm_seed_boot(sys, &e);

		if (!done)
			CHECK_EQ(e.code, ENOMEM);
		mm_destroy(sys);
		CHECK_EQ(a.used, 0);
		if (done)
			break;
	}
	CHECK(n > 10 && n < 100);
}

TEST_NAMED(terabyte, "a free 1 TiB machine costs 12 bytes a pageblock")
{
	static const struct mm_zone_config zones[] = {
		{ 0, ZONE_DMA, 1, 4095, 3998, 3840 },
		{ 0, ZONE_DMA32, 4096, 1044480, 782336, 760000 },
		{ 0, ZONE_NORMAL, 1048576, 267386880, 267386880, 267386880 },
	};
	struct mm_config c = machine_config(zones, 3, 1, 128);
	struct machine m;
	struct mm_system *sys = machine_create(&m, &c);

	CHECK_EQ(mm_seed_boot(sys, &m.err), 0);
	CHECK(m.alloc.used < 16 << 20);
	CHECK_EQ(sys->zone[2].area[10].nr_free, 267386880 / 1024);
	CHECK(get(sys, GFP_KERNEL, 0, 127) != PFN_NONE);
	CHECK_EQ(mm_check(sys, 2, &m.err), 0);
	mm_destroy(sys);
	CHECK_EQ(m.alloc.used, 0);
}

TEST_MAIN
