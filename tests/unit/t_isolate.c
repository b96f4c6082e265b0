// SPDX-License-Identifier: GPL-2.0-only
/* Free pages that leave the lists for a compactor. */
#include "lib/mm/profile.h"
#include "tests/unit/mm_machine.h"

/* Blocks taken between @from and @end until @pages are, as "order:pfn". */
static const char *take(struct mm_system *sys, pfn_t from, pfn_t end, pfn_t pages, char *buf,
			size_t size)
{
	size_t n = 0;

	snprintf(buf, size, "-");
	while (pages) {
		unsigned order = 99;
		pfn_t pfn = mm_isolate_range(sys, from, end, pages, &order);

		if (pfn == PFN_NONE)
			break;
		n += (size_t)snprintf(buf + n, size - n, n ? " %u:%u" : "%u:%u", order, pfn);
		pages -= 1u << order;
		from = pfn + (1u << order);
	}
	return buf;
}
#define TAKE(sys, from, end, pages) take(sys, from, end, pages, (char[128]){ 0 }, 128)

/*	0 ............ 16   20 21      24        32
 *	[ free, order 4 ]   [f] used   [ free, 3 ]
 *	         ^6 .. 12: 2 + 4 pages
 */
TEST(what_lies_in_the_range_is_cut_out_of_its_block)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 2048, 1);

	CHECK_EQ(mm_seed_free(sys, 0, 4, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 20, 0, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 24, 3, &m.err), 0);
	CHECK_STR(TAKE(sys, 6, 12, 100), "1:6 2:8");
	CHECK_STR(FREE_LIST(sys, 0, 2, MIGRATE_MOVABLE), "12 0");
	CHECK_STR(FREE_LIST(sys, 0, 1, MIGRATE_MOVABLE), "4");
	CHECK_EQ(sys->zone[0].free, 10 + 1 + 8);
	CHECK_EQ(sys->zone[0].allocated, 6);
	CHECK(mm_is_allocated(sys, 8, 2));
	/* no more than is asked for, wherever the range ends */
	CHECK_STR(TAKE(sys, 16, 32, 4), "0:20 1:24 0:26");
	CHECK_EQ(mm_check(sys, 3, &m.err), 0);
	/* and back as any block: it merges */
	CHECK(mm_free_pages(sys, 6, 1, 0));
	CHECK(mm_free_pages(sys, 8, 2, 0));
	mm_drain_all_pages(sys);
	CHECK_STR(FREE_LIST(sys, 0, 4, MIGRATE_MOVABLE), "0");
	/* nothing free there, nothing there at all */
	CHECK_STR(TAKE(sys, 32, 2048, 5), "-");
	CHECK_STR(TAKE(sys, 4000, 5000, 5), "-");
	machine_end(&m);
}

/* What waits in a per-CPU list is not in a free list. */
TEST(per_cpu_lists_are_left_alone)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 2048, 1);
	struct mm_alloc_request rq = { .gfp = GFP_HIGHUSER_MOVABLE, .node = -1 };
	pfn_t pfn;

	CHECK_EQ(mm_seed_free(sys, 0, 6, &m.err), 0);
	sys->zone[0].wmark[WMARK_LOW] = sys->zone[0].wmark[WMARK_MIN] = 0;
	pfn = mm_alloc_pages(sys, &rq);
	CHECK(mm_free_pages(sys, pfn, 0, 0));
	CHECK(sys->zone[0].cpu[0].count > 0);
	TAKE(sys, 0, 64, 64);
	CHECK_EQ(sys->zone[0].free, 0);
	CHECK_EQ(sys->zone[0].allocated + sys->zone[0].cpu[0].count, 64);
	machine_end(&m);
}

/* Half a pageblock at once makes movable what was not; a quarter does not. */
TEST(a_pageblock_of_which_half_is_taken_becomes_movable)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);

	for (pfn_t block = 0; block < 2; block++) {
		CHECK_EQ(mm_seed_pageblock(sys, block * 512, MIGRATE_UNMOVABLE, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, block * 512, 8, &m.err), 0);
		CHECK_EQ(mm_seed_free(sys, block * 512 + 256, 3, &m.err), 0);
	}
	CHECK_STR(TAKE(sys, 0, 512, 128), "7:0");
	CHECK_EQ(mm_pageblock_type(sys, 0), MIGRATE_UNMOVABLE);
	CHECK_STR(TAKE(sys, 512, 1024, 256), "8:512");
	CHECK_EQ(mm_pageblock_type(sys, 512), MIGRATE_MOVABLE);
	CHECK_STR(FREE_LIST(sys, 0, 3, MIGRATE_MOVABLE), "768");
	CHECK_STR(FREE_LIST(sys, 0, 3, MIGRATE_UNMOVABLE), "256");
	machine_end(&m);
}

/* Linux 6.1 only says so of the pageblock: what else is free in it stays in its list. */
TEST(a_pageblock_of_6_1_becomes_movable_without_its_free_blocks)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 4096, 1);

	sys->rules = sys->zone[0].rules = mm_profile_rules(MM_PROFILE_6_1);
	CHECK_EQ(mm_seed_pageblock(sys, 512, MIGRATE_UNMOVABLE, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 512, 8, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 768, 3, &m.err), 0);
	CHECK_STR(TAKE(sys, 512, 1024, 256), "8:512");
	CHECK_EQ(mm_pageblock_type(sys, 512), MIGRATE_MOVABLE);
	CHECK_STR(FREE_LIST(sys, 0, 3, MIGRATE_MOVABLE), "-");
	CHECK_STR(FREE_LIST(sys, 0, 3, MIGRATE_UNMOVABLE), "768");
	machine_end(&m);
}

/* Anywhere in the zone: movable memory first, the smallest block that will do. */
TEST(any_block_comes_from_movable_memory_first)
{
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 2048, 1);

	CHECK_EQ(mm_seed_pageblock(sys, 0, MIGRATE_UNMOVABLE, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 0, 2, &m.err), 0);
	CHECK_EQ(mm_seed_free(sys, 1024, 5, &m.err), 0);
	CHECK_EQ(mm_isolate_any(sys, 0, 2), 1024);
	CHECK_STR(FREE_LIST(sys, 0, 2, MIGRATE_MOVABLE), "1028");
	CHECK_EQ(mm_isolate_any(sys, 0, 4), 1040);
	CHECK_EQ(mm_isolate_any(sys, 0, 3), 1032);
	CHECK_EQ(mm_isolate_any(sys, 0, 2), 1028);
	CHECK_EQ(mm_isolate_any(sys, 0, 2), 0);
	CHECK_EQ(mm_isolate_any(sys, 0, 0), PFN_NONE);
	CHECK_EQ(mm_isolate_any(sys, 7, 0), PFN_NONE);
	machine_end(&m);
}

TEST_MAIN
