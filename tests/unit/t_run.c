// SPDX-License-Identifier: GPL-2.0-only
#include "lib/mm/pages/run.h"
#include "tests/unit/mm_machine.h"

/* Of a list that leaves oldest first the blocks @pfn, ended by PFN_NONE: how many are one block. */
static uint32_t find(const pfn_t *pfn, unsigned order, int32_t pages, pfn_t *at, unsigned *run)
{
	struct mmt_alloc alloc = MMT_ALLOC_INIT;
	struct deque list = { 0 };
	uint32_t n;

	for (; *pfn != PFN_NONE && deque_reserve(&list, 1, &alloc); pfn++)
		deque_push_head(&list, *pfn);
	n = run_find(&list, order, pages, at, run);
	deque_free(&list, &alloc);
	return n;
}

/* What is found of lists, oldest first. */
TEST(blocks_in_a_row_are_found_upwards_and_downwards)
{
	static const struct {
		pfn_t pfn[12];
		unsigned order;
		int32_t pages;
		uint32_t n;
		pfn_t at;
		unsigned run;
	} of[] = {
		{ { 64, 65, 66, 67, 68, PFN_NONE }, 0, 100, 4, 64, 2 },
		{ { 67, 66, 65, 64, 63, PFN_NONE }, 0, 100, 4, 64, 2 },
		/* no more than is to go: a block too many when they are large, as one by one */
		{ { 64, 65, 66, 67, PFN_NONE }, 0, 3, 2, 64, 1 },
		{ { 64, 66, 68, 70, PFN_NONE }, 1, 3, 2, 64, 2 },
		{ { 64, 65, 66, 67, PFN_NONE }, 0, 1, 1, 64, 0 },
		/* not aligned, not in a row, alone */
		{ { 65, 66, 67, PFN_NONE }, 0, 100, 1, 65, 0 },
		{ { 66, 65, 64, PFN_NONE }, 0, 100, 1, 66, 0 },
		{ { 64, 66, 67, PFN_NONE }, 0, 100, 1, 64, 0 },
		{ { 64, PFN_NONE }, 0, 100, 1, 64, 0 },
		{ { 65, 64, PFN_NONE }, 0, 100, 2, 64, 1 },
		{ { 0, 8, 16, 24, PFN_NONE }, 3, 100, 4, 0, 5 },
		/* a pageblock is left to itself */
		{ { 512, 1024, PFN_NONE }, 9, 5000, 1, 512, 9 },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		unsigned run;
		pfn_t at;

		CHECK_EQ(find(of[i].pfn, of[i].order, of[i].pages, &at, &run), of[i].n);
		CHECK_EQ(at, of[i].at);
		CHECK_EQ(run, of[i].run);
	}
}

/* One block of order 4 is free:
 *
 *	13 pages	64..71 as order 3, 72..75 as order 2, then 76 has to be asked for alone
 *	left		77, 78 79
 */
TEST(a_refill_takes_what_a_block_is_split_into)
{
	static const struct {
		pfn_t pfn;
		unsigned run;
	} of[] = { { 64, 3 }, { 72, 2 }, { PFN_NONE, 0 } };
	struct machine m;
	struct mm_system *sys = machine_tiny(&m, 512, 1);
	struct zone *z = sys->zone;
	int32_t nr = 13;

	CHECK_EQ(mm_seed_free(sys, 64, 4, &m.err), 0);
	for (unsigned i = 0; i < 3; i++) {
		unsigned run = 0;

		CHECK_EQ(run_take(sys, z, 0, MIGRATE_MOVABLE, nr, &run), of[i].pfn);
		CHECK_EQ(run, of[i].run);
		nr -= 1 << run;
	}
	CHECK_STR(FREE_LIST(sys, 0, 2, MIGRATE_MOVABLE), "76");
	CHECK_EQ(z->free, 4);
	/* nobody has what was taken: the test puts it back */
	for (pfn_t pfn = 64; pfn < 76; pfn++)
		CHECK(mm_free_pages_locked(sys, pfn, 0, 0));
	CHECK_STR(FREE_LIST(sys, 0, 4, MIGRATE_MOVABLE), "64");
	sys->zone->unknown += 12;
	machine_end(&m);
}

TEST_MAIN
