// SPDX-License-Identifier: GPL-2.0-only
/* Lists that change at their ends: order, growth, indices that wrap, no memory. */
#include "lib/mm/pages/deque.h"

#include "lib/base/rng.h"
#include "tests/unit/test.h"

TEST(both_ends)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct deque d = { 0 };

	CHECK_EQ(deque_len(&d), 0);
	CHECK_EQ(deque_first(&d), PFN_NONE);
	CHECK_EQ(deque_last(&d), PFN_NONE);
	CHECK(deque_reserve(&d, 4, &a));
	/* 5; 4 5; 4 5 6; 3 4 5 6 */
	deque_push_head(&d, 5);
	deque_push_head(&d, 4);
	deque_push_tail(&d, 6);
	deque_push_head(&d, 3);
	CHECK_EQ(deque_len(&d), 4);
	CHECK_EQ(deque_first(&d), 3);
	CHECK_EQ(deque_at(&d, 1), 4);
	CHECK_EQ(deque_at(&d, 2), 5);
	CHECK_EQ(deque_last(&d), 6);
	CHECK_EQ(deque_pop_tail(&d), 6);
	CHECK_EQ(deque_pop_head(&d), 3);
	CHECK_EQ(deque_pop_tail(&d), 5);
	CHECK_EQ(deque_pop_tail(&d), 4);
	CHECK_EQ(deque_first(&d), PFN_NONE);
	deque_free(&d, &a);
	CHECK_EQ(a.used, 0);
}

/* The entries wander up or down through all slots, and the list grows wherever it stands. */
static void wander(uint32_t start, bool up)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct deque d = { .head = start, .tail = start };
	uint32_t first = 1000000, end = first, i, n;

	for (n = 0; n < 300; n++) {
		CHECK(deque_reserve(&d, 2, &a));
		/* two in at one end, every third time one out at the other */
		if (up) {
			deque_push_tail(&d, end++);
			deque_push_tail(&d, end++);
			if (n % 3 == 0)
				CHECK_EQ(deque_pop_head(&d), first++);
		} else {
			deque_push_head(&d, --first);
			deque_push_head(&d, --first);
			if (n % 3 == 0)
				CHECK_EQ(deque_pop_tail(&d), --end);
		}
		CHECK_EQ(deque_len(&d), end - first);
		CHECK(deque_len(&d) <= d.cap);
		CHECK_EQ(d.cap & (d.cap - 1), 0);
		for (i = first; i < end; i++)
			CHECK_EQ(deque_at(&d, i - first), i);
	}
	CHECK_EQ(d.cap, 512);
	deque_free(&d, &a);
	CHECK_EQ(a.used, 0);
}

TEST(grows_where_it_stands)
{
	static const uint32_t starts[] = { 0, 7, 16, 250, 0x7ffffff0, 0xfffffff0, 0xffffffff };
	unsigned i;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		wander(starts[i], true);
		wander(starts[i], false);
	}
}

TEST(no_memory)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct deque d = { 0 };
	uint32_t i;

	CHECK(deque_reserve(&d, 16, &a));
	for (i = 0; i < 16; i++)
		deque_push_tail(&d, i);
	CHECK(deque_reserve(&d, 0, &a));
	a.fail_at = a.calls + 1;
	CHECK(!deque_reserve(&d, 1, &a));
	CHECK_EQ(deque_len(&d), 16);
	CHECK_EQ(d.cap, 16);
	for (i = 0; i < 16; i++)
		CHECK_EQ(deque_at(&d, i), i);
	CHECK(deque_reserve(&d, 1, &a));
	CHECK_EQ(d.cap, 32);
	CHECK_EQ(deque_last(&d), 15);
	deque_free(&d, &a);
	CHECK_EQ(a.used, 0);
}

TEST_MAIN
