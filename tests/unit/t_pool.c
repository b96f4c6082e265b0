/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/base/pool.c: pieces are zeroed, one's own, and stay as they are until all are given back. */
#include "lib/base/pool.h"
#include "tests/unit/test.h"

#define PIECE ((size_t)36864)
#define MANY  200 /* 7 MiB: the first 56 on their own, the others in three huge pages */

static bool zeroed(const uint8_t *p, size_t n)
{
	while (n && !p[n - 1])
		n--;
	return !n;
}

/*	p[0]  p[1] ... | p[57] p[58] ... | p[114] ...		each holds its number all over
 */
TEST(pieces_are_zeroed_and_stay)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_pool pool = { .alloc = &a };
	static uint8_t *p[MANY];
	unsigned wrong = 0;

	for (unsigned i = 0; i < MANY; i++) {
		p[i] = mmt_pool_take(&pool, PIECE);
		CHECK(p[i]);
		if (!p[i])
			return;
		CHECK_EQ((uintptr_t)p[i] % 16, 0);
		wrong += !zeroed(p[i], PIECE);
		memset(p[i], (int)i + 1, PIECE);
	}
	CHECK_EQ(wrong, 0);
	for (unsigned i = 0; i < MANY; i++)
		wrong += p[i][0] != (uint8_t)(i + 1) || memcmp(p[i], p[i] + 1, PIECE - 1) != 0;
	CHECK_EQ(wrong, 0);
	CHECK(a.used >= MANY * PIECE);
	CHECK(a.used <= MANY * PIECE + MMT_HUGE);
	mmt_pool_free(&pool);
	CHECK_EQ(a.used, 0);
	mmt_pool_free(&pool);
	CHECK(mmt_pool_take(&pool, 1)); /* and may be used again */
	mmt_pool_free(&pool);
	CHECK_EQ(a.used, 0);
}

TEST(few_pieces_take_no_more_than_they_need)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_pool pool = { .alloc = &a };

	for (unsigned i = 0; i < 20; i++)
		CHECK(mmt_pool_take(&pool, 1000));
	CHECK(a.used <= 20 * (1000 + 64));
	mmt_pool_free(&pool);
}

TEST(a_huge_page_is_aligned_zeroed_and_counted)
{
	struct mmt_alloc a = { .limit = 3 * MMT_HUGE };
	uint8_t *p[4];

	for (unsigned i = 0; i < 3; i++) {
		p[i] = mmt_huge_new(&a);
		CHECK(p[i]);
		CHECK_EQ((uintptr_t)p[i] % MMT_HUGE, 0);
		CHECK(p[i] && zeroed(p[i], MMT_HUGE));
		CHECK_EQ(a.used, (i + 1) * MMT_HUGE);
	}
	CHECK(!mmt_huge_new(&a)); /* the budget */
	for (unsigned i = 0; i < 3; i++)
		mmt_huge_free(&a, p[i]);
	CHECK_EQ(a.used, 0);
}

/* Whichever allocation fails, what was taken before stays and is given back. */
TEST(no_memory)
{
	for (uint64_t at = 1; at <= 60; at++) {
		struct mmt_alloc a = { .fail_at = at };
		struct mmt_pool pool = { .alloc = &a };
		unsigned had = 0, refused = 0;

		for (unsigned i = 0; i < MANY; i++) {
			uint8_t *p = mmt_pool_take(&pool, PIECE);

			if (p)
				p[PIECE - 1] = 1;
			had += p != NULL;
			refused += !p;
		}
		CHECK_EQ(had, MANY - 1);
		CHECK_EQ(refused, 1);
		mmt_pool_free(&pool);
		CHECK_EQ(a.used, 0);
	}
}

TEST_MAIN
