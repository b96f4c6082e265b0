// SPDX-License-Identifier: GPL-2.0-only
/* Fragmentation figures from block counts. */
#include "tests/unit/mm_machine.h"

/* @blocks blocks with @pages pages in all, the smallest possible orders first. */
static struct mm_zone_view counts(uint64_t pages, uint64_t blocks)
{
	struct mm_zone_view v = { 0 };
	unsigned o = 0;

	/* all of order o, but as many of order o + 1 as it takes */
	while (blocks << (o + 1) <= pages)
		o++;
	v.nr_free[o + 1] = (pages - (blocks << o)) >> o;
	v.nr_free[o] = blocks - v.nr_free[o + 1];
	return v;
}

TEST_NAMED(index, "KAT 15.4c fragmentation index")
{
	struct mm_zone_view v = counts(10000, 8000);

	CHECK_EQ(v.nr_free[0] + v.nr_free[1], 8000);
	CHECK_EQ(v.nr_free[0] + 2 * v.nr_free[1], 10000);
	CHECK_EQ(mm_extfrag_index(&v, 9), 998);
	/* 500 pages in 3 blocks would be 342, but no three powers of two make 500; 448 do. */
	v = (struct mm_zone_view){ .nr_free = { [6] = 1, [7] = 1, [8] = 1 } };
	CHECK_EQ(mm_extfrag_index(&v, 9), 1000 - (1000 + 448 * 1000 / 512) / 3);
	v = counts(20000, 3000);
	CHECK_EQ(mm_extfrag_index(&v, 5), 792);
	v = counts(100, 60);
	CHECK_EQ(mm_extfrag_index(&v, 4), 880);
	v = (struct mm_zone_view){ 0 };
	CHECK_EQ(mm_extfrag_index(&v, 4), 0);
	v.nr_free[9] = 1;
	CHECK_EQ(mm_extfrag_index(&v, 9), -1000);
	CHECK_EQ(mm_extfrag_index(&v, 10), 1000 - (1000 + 500));
	CHECK_EQ(mm_extfrag_index(&v, 11), 0);
}

TEST_NAMED(unusable, "KAT 15.4d unusable share")
{
	/* 100000 free, 50 blocks of order 9: (100000 - 25600) / 100000 */
	struct mm_zone_view v = { .nr_free = { [0] = 74400, [9] = 50 } };

	CHECK_EQ(mm_unusable_index(&v, 9), 744);
	CHECK_EQ(mm_unusable_index(&v, 0), 0);
	CHECK_EQ(mm_unusable_index(&v, 10), 1000);
	v = (struct mm_zone_view){ 0 };
	CHECK_EQ(mm_unusable_index(&v, 0), 1000);
	/* A larger block counts for a smaller order. */
	v.nr_free[10] = 1;
	v.nr_free[0] = 1024;
	CHECK_EQ(mm_unusable_index(&v, 9), 500);
}

TEST_MAIN
