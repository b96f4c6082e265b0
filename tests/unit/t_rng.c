/* SPDX-License-Identifier: GPL-2.0-only */
/* SplitMix64: the published outputs for two seeds, and that a seed is the whole state. */
#include "lib/base/rng.h"
#include "tests/unit/test.h"

TEST_NAMED(known, "first outputs of seeds 0 and 1234567")
{
	struct mmt_rng r = { 0 };

	CHECK_EQ(mmt_rng_next(&r), 0xe220a8397b1dcdaf);
	CHECK_EQ(mmt_rng_next(&r), 0x6e789e6aa1b965f4);
	CHECK_EQ(mmt_rng_next(&r), 0x06c45d188009454f);
	r.state = 1234567;
	CHECK_EQ(mmt_rng_next(&r), 6457827717110365317u);
	CHECK_EQ(mmt_rng_next(&r), 3203168211198807973u);
	CHECK_EQ(mmt_rng_next(&r), 9817491932198370423u);
}

TEST_NAMED(copy, "a copied state goes on alike")
{
	struct mmt_rng a = { 42 }, b;

	mmt_rng_next(&a);
	b = a;
	for (int i = 0; i < 100; i++)
		CHECK_EQ(mmt_rng_next(&a), mmt_rng_next(&b));
}

TEST_NAMED(below, "below n stays below n and reaches all of it, about evenly")
{
	struct mmt_rng r = { 7 };
	unsigned hits[10] = { 0 };

	for (int i = 0; i < 10000; i++) {
		uint64_t v = mmt_rng_below(&r, 10);

		CHECK(v < 10);
		hits[v]++;
	}
	for (int i = 0; i < 10; i++)
		CHECK(hits[i] > 850 && hits[i] < 1150);
	CHECK_EQ(mmt_rng_below(&r, 1), 0);
}

TEST_MAIN
