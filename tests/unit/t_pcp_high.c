// SPDX-License-Identifier: GPL-2.0-only
/* Per-CPU page lists in their extremes: how much of a burst goes, how fast high falls and grows. */
#include "tests/unit/mm_machine.h"

/*	3000 pages freed in a row, then blocks of order 3 */
TEST_NAMED(burst_end, "KAT 2.7e a burst ends with 32 batches, and needs two blocks of order 1 to 3")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];

	while (pcp->count < 3000)
		mm_free_pages(sys, get(sys, GFP_KERNEL, 0, 1), 0, 0);
	CHECK_EQ(pcp->free_count, 2016);
	mm_free_pages(sys, get(sys, GFP_KERNEL, 3, 1), 3, 0);
	CHECK_EQ(pcp->count, 3008);
	mm_free_pages(sys, get(sys, GFP_KERNEL, 3, 1), 3, 0);
	CHECK_EQ(pcp->count, 3016 - 2016);
	machine_end(&m);
}

TEST_NAMED(high_floor, "KAT 2.7f high decays by 32 batches of pages at most at a time")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];

	while (pcp->count < 3000)
		mm_free_pages(sys, get(sys, GFP_KERNEL, 0, 1), 0, 0);
	pcp->high = 1000;
	pcp->high_min = 100;
	mm_vmstat_tick(sys, 0);
	/* 1000 - 125 would leave more than 2016 to drain */
	CHECK_EQ(pcp->high, 3000 - 2016);
	CHECK_EQ(pcp->count, 3000 - 2016);
	mm_vmstat_tick(sys, 0);
	CHECK_EQ(pcp->high, 984 - 123);
	machine_end(&m);
}

TEST_NAMED(high_raised, "KAT 2.7f full lists grow to what was freed in a row and a batch")
{
	struct machine m;
	struct mm_system *sys = machine_r1_boot(&m, true);
	struct per_cpu_pages *pcp = &sys->zone[R1_NORMAL].cpu[0];

	while (pcp->count < 299)
		mm_free_pages(sys, get(sys, GFP_KERNEL, 0, 1), 0, 0);
	pcp->high = 300;
	pcp->high_min = 100;
	mm_free_pages(sys, get(sys, GFP_KERNEL, 0, 1), 0, 0);
	/* this time what was high bounds the drain: 300 - 63 of 300 freed */
	CHECK_EQ(pcp->high, 363);
	CHECK_EQ(pcp->count, 63);
	machine_end(&m);
}

TEST_MAIN
