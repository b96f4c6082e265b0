/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/{codec,choose}.c: the values of one column <-> bytes. */
#include "lib/base/rng.h"
#include "lib/trace/column/codec.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct mmt_alloc heap;

/* @n values through the codec and back; the code it chose. */
static void through(const uint64_t *v, size_t n, bool plain, unsigned *code)
{
	uint64_t *tmp = calloc(n, sizeof(*tmp)), *out = calloc(n, sizeof(*out));
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_err e = { 0 };
	uint64_t varints = 0, before = 0, steps = 0;
	uint64_t any = 0;
	bool constant = false;
	int err;

	mmt_codec_put(&w, v, n, tmp, plain);
	err = mmt_codec_take(mmt_rd(w.buf, w.len), out, sizeof(*out), n, &constant, &any, &e);
	for (size_t i = 0; !err && i < n; i++)
		test_true(__FILE__, __LINE__, "no other bits", !(out[i] & ~any));
	for (size_t i = 0; i < n; i++) {
		varints += mmt_varint_len(v[i]);
		steps += mmt_varint_len(mmt_zigzag(v[i] - before));
		before = v[i];
	}
	*code = w.buf[0];
	if (err)
		printf("# %s\n", e.text);
	test_true(__FILE__, __LINE__, "decodes", !err);
	test_mem(__FILE__, __LINE__, "same values", out, v, n * sizeof(*v));
	if (plain)
		test_true(__FILE__, __LINE__, "within the bound",
			  w.len <= (varints < steps ? varints : steps) + MMT_CODEC_HEAD);
	mmt_wr_free(&w);
	free(tmp);
	free(out);
}

/* Both ways of writing; @code is the code of the small one. */
static void both(const uint64_t *v, size_t n, unsigned *code)
{
	unsigned plain;

	through(v, n, true, &plain);
	through(v, n, false, code);
}

TEST(a_column_takes_the_code_that_fits_it)
{
	static uint64_t v[5000];
	struct mmt_rng r = { 3 };
	unsigned code;

	for (size_t i = 0; i < 5000; i++)
		v[i] = 42;
	both(v, 5000, &code);
	CHECK_EQ(code, MMT_S_CONST);
	for (size_t i = 0; i < 5000; i++)
		v[i] = (uint64_t)1 << mmt_rng_below(&r, 60);
	both(v, 5000, &code);
	CHECK_EQ(code, MMT_S_TABLE);
	/* times: steps of some hundred ns, and a pause */
	for (size_t i = 0, t = 1000000000; i < 5000; i++)
		v[i] = t += mmt_rng_below(&r, 500) + (i == 777 ? 1000000000 : 0);
	both(v, 5000, &code);
	CHECK_EQ(code >> 4, MMT_T_DELTA);
	CHECK_EQ(code & 15, MMT_S_PLANES);
	/* the same in units of 128 ns */
	for (size_t i = 0; i < 5000; i++)
		v[i] &= ~UINT64_C(127);
	both(v, 5000, &code);
	CHECK_EQ(code >> 4, MMT_T_DELTA | MMT_T_SCALED);
	/* pages that wander, back and forth */
	for (size_t i = 0; i < 5000; i++)
		v[i] = (UINT64_C(0x7f0000000) + (i * 7 + i % 3 * 5000) % 60000) << 12;
	both(v, 5000, &code);
	CHECK_EQ(code >> 4, MMT_T_ZIGZAG | MMT_T_SCALED);
	/* two frames that wander about each other */
	for (size_t i = 0; i < 5000; i++)
		v[i] = 5000000 + mmt_rng_below(&r, 65536);
	both(v, 5000, &code);
	CHECK_EQ(code >> 4, MMT_T_NONE);
	/* the same thousand wild numbers again and again */
	for (size_t i = 0; i < 5000; i++)
		v[i] = i < 1000 ? mmt_rng_below(&r, 1ull << 32) : v[i - 1000];
	both(v, 5000, &code);
	CHECK_EQ(code, MMT_S_WORDS);
}

TEST(any_values_come_back)
{
	struct mmt_rng r = { 9 };
	unsigned code;

	for (int round = 0; round < 3000; round++) {
		uint64_t v[400], base = mmt_rng_next(&r) >> mmt_rng_below(&r, 64);
		size_t n = 1 + mmt_rng_below(&r, round % 10 ? 60 : 400);
		unsigned shift = (unsigned)mmt_rng_below(&r, 64),
			 wild = 1 + (unsigned)mmt_rng_below(&r, 100);
		bool walk = mmt_rng_below(&r, 2);

		for (size_t i = 0; i < n; i++) {
			uint64_t x = mmt_rng_next(&r) >> shift;

			if (mmt_rng_below(&r, wild) == 0)
				x = mmt_rng_next(&r);
			v[i] = walk && i ? v[i - 1] + x : base + x;
		}
		both(v, n, &code);
		if (test_failed())
			return;
	}
}

TEST(varints_of_any_length_come_back)
{
	struct mmt_rng r = { 11 };
	uint64_t v[700];
	unsigned code;

	for (int round = 0; round < 2000; round++) {
		size_t n = 1 + mmt_rng_below(&r, 700), seldom = 1 + mmt_rng_below(&r, 30);

		for (size_t i = 0; i < n; i++)
			v[i] = mmt_rng_below(&r, seldom)
				       ? mmt_rng_below(&r, 128)
				       : mmt_rng_next(&r) >> mmt_rng_below(&r, 64);
		through(v, n, true, &code);
		if (test_failed())
			return;
	}
	/* few that are long among bytes are left to varints */
	for (size_t i = 0; i < 700; i++)
		v[i] = i % 16 ? 100 + i % 20 : 300 + i;
	through(v, 700, true, &code);
	CHECK_EQ(code, MMT_S_VARINT);
}

/* A column of width 0 by hand, and what a plain loop makes of it. */
static void alike(unsigned transform, unsigned shift, uint64_t start, uint64_t base, size_t n,
		  struct mmt_rng *r)
{
	uint64_t want[1200] = { 0 }, got[1200], any, all = 0, sum = start;
	struct mmt_wr w = { .alloc = &heap };
	size_t exceptions = mmt_rng_below(r, 2) && n > 5 ? mmt_rng_below(r, 6) : 0, place = 0;
	struct mmt_err e = { 0 };
	bool constant;
	int err;

	mmt_wr_u8(&w, (uint8_t)((transform | (shift ? MMT_T_SCALED : 0)) << 4 | MMT_S_PLANES));
	if (transform != MMT_T_NONE)
		mmt_wr_varint(&w, start);
	if (transform != MMT_T_ZIGZAG)
		mmt_wr_varint(&w, base);
	if (shift)
		mmt_wr_u8(&w, (uint8_t)shift);
	mmt_wr_u8(&w, 0);
	mmt_wr_varint(&w, exceptions);
	for (size_t i = 0; i < exceptions; i++) {
		/* often at once, or in the place of the one before */
		size_t step = mmt_rng_below(r, n - place);
		uint64_t rest = mmt_rng_next(r) >> mmt_rng_below(r, 64);

		step = mmt_rng_below(r, 2) && step > 2 ? mmt_rng_below(r, 3) : step;
		place += step;
		want[place] = rest;
		mmt_wr_varint(&w, step);
		mmt_wr_varint(&w, rest);
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t x = want[i];

		x = transform == MMT_T_ZIGZAG ? mmt_unzigzag(x) << shift : (x << shift) + base;
		want[i] = transform == MMT_T_NONE ? x : (sum += x);
		all |= want[i];
	}
	err = mmt_codec_take(mmt_rd(w.buf, w.len), got, sizeof(*got), n, &constant, &any, &e);
	CHECK_EQ(err, 0);
	CHECK_MEM(got, want, n * sizeof(*got));
	CHECK_EQ(any, all);
	mmt_wr_free(&w);
}

TEST(columns_without_bytes_are_their_exceptions)
{
	struct mmt_rng r = { 13 };

	for (int round = 0; round < 5000 && !test_failed(); round++)
		alike((unsigned)mmt_rng_below(&r, MMT_NR_TRANSFORMS),
		      mmt_rng_below(&r, 2) ? 0 : (unsigned)mmt_rng_below(&r, 64),
		      mmt_rng_next(&r) >> mmt_rng_below(&r, 64),
		      mmt_rng_below(&r, 2) ? 0 : mmt_rng_below(&r, 1000),
		      1 + mmt_rng_below(&r, 1200), &r);
}

TEST(the_ends_of_the_range_come_back)
{
	const uint64_t v[] = { 0, UINT64_MAX, 0, 1, UINT64_MAX - 1, INT64_MAX, 1ull << 63, 0 };
	unsigned code;

	for (size_t n = 1; n <= 8; n++)
		both(v, n, &code);
}

/* A column by hand must be refused with @text. */
static void refuses(const char *bytes, size_t len, size_t n, const char *text)
{
	uint8_t *copy = malloc(len); /* ASan sees a read beyond it */
	uint64_t *v = calloc(n, sizeof(*v));
	struct mmt_err e = { 0 };
	uint64_t any;
	bool constant;

	memcpy(copy, bytes, len);
	test_eq(__FILE__, __LINE__, text,
		(uint64_t)mmt_codec_take(mmt_rd(copy, len), v, sizeof(*v), n, &constant, &any, &e),
		(uint64_t)-EBADMSG);
	test_str(__FILE__, __LINE__, "reason", e.text, text);
	free(copy);
	free(v);
}

TEST_NAMED(hostile, "R11 every way a column can lie is refused by name")
{
	refuses("\x05", 1, 3, "column code 0x05 is not known");
	refuses("\x30", 1, 3, "column code 0x30 is not known");
	refuses("\x13", 1, 3, "column code 0x13 is not known");
	refuses("\x83", 1, 3, "column code 0x83 is not known");
	refuses("\xb1", 1, 3, "column code 0xb1 is not known");
	refuses("\x81\x00\x40\x01\x00...", 8, 3, "a column leaves out 64 bits");
	refuses("\x00\x07\x07", 3, 3, "1 bytes are left over in a column");
	refuses("\x00\xff", 2, 3, "a column is cut short");
	refuses("\x01\x00\x09\x00", 4, 3, "width 9 of a column is not known");
	refuses("\x02\x00\x03\x00", 4, 3, "width 3 of a column is not known");
	refuses("\x01\x00\x01\x04", 4, 3, "4 exceptions in a column of 3 values");
	refuses("\x01\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, 3,
		"18446744073709551615 exceptions in a column of 3 values");
	refuses("\x01\x00\x01\x01\x03\x07...", 9, 3, "exception 0 of a column is beyond its end");
	refuses("\x01\x00\x02\x00.....", 9, 3, "column of 3 values of 2 bytes is cut short");
	refuses("\x03\x00", 2, 3, "a column's table of 0 values is not in 1..256");
	refuses("\x03\x81\x02", 3, 3, "a column's table of 257 values is not in 1..256");
	refuses("\x03\x01\x07\x00\x01\x00", 6, 3, "choice 1 of a column's table of 1");
	refuses("\x03\x01\x07\x00\x00", 5, 3, "column of 3 bytes is cut short");
	refuses("\x04\x00\x01\x02", 4, 3, "column of 3 varints is cut short");
	refuses("\x04\x00\x01\x02\x03\x04", 6, 3, "1 bytes are left over in a column");
}

TEST_MAIN
