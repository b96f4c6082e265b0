/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/{unpack,sums,halves}.c: every way of reading fixed widths gives what a plain loop does. */
#include "lib/base/rng.h"
#include "lib/trace/column/sums.h"
#include "lib/trace/column/unpack.h"
#include "tests/unit/test.h"

#define MOST MMT_UNPACK_BLOCK

/* A column: what its planes hold, and what follows from it, one value after the other. */
struct column {
	struct mmt_unpack u;
	unsigned w;
	size_t n;
	uint8_t planes[8 * MOST];
	uint64_t rest[MOST], want[MOST];
	uint64_t any, sum;
};

static void reckon(struct column *c)
{
	uint64_t sum = c->u.sum;

	c->any = 0;
	for (size_t i = 0; i < c->n; i++) {
		uint64_t x = c->rest[i];

		if (c->u.transform == MMT_T_ZIGZAG)
			x = mmt_unzigzag(x) << c->u.shift;
		else
			x = (x << c->u.shift) + c->u.base;
		if (c->u.transform != MMT_T_NONE)
			x = sum += x;
		c->want[i] = x;
		c->any |= x;
	}
	c->sum = sum;
}

/* Any column; most have small steps and start in range, as real ones do. */
static void make(struct column *c, struct mmt_rng *r)
{
	static const unsigned widths[] = { 1, 2, 4, 8 };
	unsigned bits = (unsigned)mmt_rng_below(r, 65), wild = (unsigned)mmt_rng_below(r, 3);

	memset(c, 0, sizeof(*c));
	c->u.transform = (enum mmt_transform)mmt_rng_below(r, MMT_NR_TRANSFORMS);
	c->u.width = widths[mmt_rng_below(r, 4)];
	c->u.shift = mmt_rng_below(r, 2) ? 0 : (unsigned)mmt_rng_below(r, 64);
	c->w = (unsigned)mmt_rng_below(r, 9);
	c->n = 1 + mmt_rng_below(r, MOST);
	if (mmt_rng_below(r, 2))
		c->n = (c->n + 7) & ~(size_t)7;
	if (c->u.transform != MMT_T_NONE)
		c->u.sum = mmt_rng_next(r) >> mmt_rng_below(r, 64);
	if (c->u.transform != MMT_T_ZIGZAG && mmt_rng_below(r, 2))
		c->u.base = mmt_rng_next(r) >> mmt_rng_below(r, 64);
	for (size_t i = 0; i < c->n; i++) {
		uint64_t x = bits ? mmt_rng_next(r) >> (64 - bits) : 0;

		if (wild && !mmt_rng_below(r, wild == 1 ? 4 : 200))
			x = UINT64_MAX >> mmt_rng_below(r, 64);
		x = c->w ? x & UINT64_MAX >> (64 - 8 * c->w) : 0;
		c->rest[i] = x;
		for (unsigned b = 0; b < c->w; b++)
			c->planes[b * c->n + i] = (uint8_t)(x >> (8 * b));
	}
	reckon(c);
}

/* What was put at @to is what it should be, cut to its width if that shows in the bits of all. */
static bool as_wanted(const struct column *c, const uint8_t *to, const struct mmt_unpack *u)
{
	uint64_t mask = UINT64_MAX >> (64 - 8 * c->u.width);
	bool cut = c->any & ~mask;

	for (size_t i = 0; i < c->n; i++) {
		uint64_t x = 0;

		memcpy(&x, to + i * c->u.width, c->u.width); /* little endian */
		if (x != c->want[i] && !cut)
			return false;
	}
	return u->any == c->any && (c->u.transform == MMT_T_NONE || u->sum == c->sum) &&
	       u->to == to + c->n * c->u.width;
}

static bool untouched(const struct column *c, const struct mmt_unpack *u, const uint8_t *to)
{
	return u->any == 0 && u->sum == c->u.sum && u->to == to;
}

TEST(planes_become_words)
{
	struct mmt_rng r = { 4 };
	uint64_t v[MOST];

	for (int turn = 0; turn < 3000; turn++) {
		struct column c;

		make(&c, &r);
		memset(v, 0xaa, sizeof(v));
		mmt_unpack_planes(v, c.n, c.w, c.planes, c.n);
		CHECK_MEM(v, c.rest, c.n * sizeof(*v));
	}
}

TEST(values_are_put_where_they_belong)
{
	struct mmt_rng r = { 5 };
	uint8_t to[8 * MOST + 8];

	for (int turn = 0; turn < 20000; turn++) {
		struct mmt_unpack u;
		struct column c;

		make(&c, &r);
		u = c.u;
		u.to = to;
		mmt_unpack_put(&u, c.rest, c.n);
		CHECK(as_wanted(&c, to, &u));
	}
}

TEST(narrow_columns_are_right_or_left_alone)
{
	struct mmt_rng r = { 6 };
	uint8_t to[8 * MOST + 8];
	unsigned taken = 0;

	for (int turn = 0; turn < 100000; turn++) {
		struct mmt_unpack u;
		struct column c;

		make(&c, &r);
		u = c.u;
		u.to = to;
		if (mmt_unpack_narrow(&u, c.n, c.w, c.planes, c.n)) {
			CHECK(as_wanted(&c, to, &u));
			taken++;
		} else {
			CHECK(untouched(&c, &u, to));
		}
		if (test_failed())
			return;
	}
	CHECK(mmt_sums_usable() ? taken > 1000 : !taken);
}

/* Small numbers, as ids are: what is done in 16 bits is right up to the last value that fits. */
TEST(small_numbers_are_summed_in_16_bits)
{
	static const unsigned widths[] = { 1, 2, 4, 8 };
	struct mmt_rng r = { 8 };
	uint8_t to[8 * MOST + 8];
	unsigned taken = 0, refused = 0;

	for (int turn = 0; turn < 50000; turn++) {
		static struct column c;
		struct mmt_unpack u;
		uint64_t at, most;

		memset(&c, 0, sizeof(c));
		c.u.transform = (enum mmt_transform)mmt_rng_below(&r, MMT_NR_TRANSFORMS);
		c.u.width = widths[mmt_rng_below(&r, 4)];
		c.w = 1 + (unsigned)mmt_rng_below(&r, 2);
		c.u.shift = c.w == 1 ? (unsigned)mmt_rng_below(&r, 8) : 0;
		c.n = 16 * (1 + mmt_rng_below(&r, 4));
		at = c.u.transform == MMT_T_NONE ? 0 : 32767 - mmt_rng_below(&r, 300);
		at = mmt_rng_below(&r, 3) ? at : mmt_rng_below(&r, 300);
		c.u.sum = c.u.transform == MMT_T_NONE ? 0 : at;
		if (c.u.transform != MMT_T_ZIGZAG && mmt_rng_below(&r, 2))
			c.u.base = mmt_rng_below(&r, mmt_rng_below(&r, 2) ? 40 : 17000);
		most = mmt_rng_below(&r, 4) ? 4 : c.w == 1 ? 256 : 65536;
		for (size_t i = 0; i < c.n; i++) {
			uint64_t x = mmt_rng_below(&r, most);

			c.rest[i] = x;
			c.planes[i] = (uint8_t)x;
			if (c.w == 2)
				c.planes[c.n + i] = (uint8_t)(x >> 8);
		}
		reckon(&c);
		u = c.u;
		u.to = to;
		if (mmt_sums_usable() && mmt_sums_halves(&u, c.n, c.w, c.planes, c.n)) {
			CHECK(as_wanted(&c, to, &u));
			CHECK(c.any <= UINT16_MAX);
			taken++;
		} else {
			CHECK(untouched(&c, &u, to));
			refused++;
		}
		if (test_failed())
			return;
	}
	CHECK(!mmt_sums_usable() || (taken > 10000 && refused > 10000));
}

TEST(sums_that_go_too_far_are_not_narrow)
{
	uint8_t planes[4 * 8] = { 0 }, to[8 * 8];
	struct mmt_unpack u = { .transform = MMT_T_DELTA, .sum = 0x7ffffff0, .to = to, .width = 4 };

	if (!mmt_sums_usable())
		SKIP("needs AVX2");
	planes[0] = 15;
	CHECK(mmt_unpack_narrow(&u, 8, 1, planes, 8));
	CHECK_EQ(u.sum, 0x7fffffff);
	planes[7] = 1;
	CHECK(!mmt_unpack_narrow(&u, 8, 1, planes, 8));
	CHECK_EQ(u.sum, 0x7fffffff);
	/* eight bytes wide it is no matter how large the sum is, but how far it goes */
	u = (struct mmt_unpack){
		.transform = MMT_T_DELTA, .sum = UINT64_MAX, .to = to, .width = 8
	};
	planes[0] = 0;
	planes[3 * 8 + 2] = 1; /* 2^24 */
	CHECK(!mmt_unpack_narrow(&u, 8, 4, planes, 8));
	planes[3 * 8 + 2] = 0;
	planes[2 * 8 + 2] = 1; /* 2^16 */
	CHECK(mmt_unpack_narrow(&u, 8, 4, planes, 8));
	CHECK_EQ(u.sum, 65536);
	/* with bits left out, and a base that is a multiple of what they leave */
	u = (struct mmt_unpack){ .transform = MMT_T_DELTA,
				 .sum = UINT64_C(1) << 40,
				 .to = to,
				 .width = 8,
				 .shift = 7,
				 .base = 1024 };
	CHECK(mmt_unpack_narrow(&u, 8, 4, planes, 8));
	CHECK_EQ(u.sum, (UINT64_C(1) << 40) + 8 * 1024 + (65537 << 7));
	u.to = to;
	u.base = 1025;
	CHECK(!mmt_unpack_narrow(&u, 8, 4, planes, 8));
}

TEST_MAIN
