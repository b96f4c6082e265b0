/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/bytes.h"
#include "lib/base/rng.h"
#include "tests/unit/test.h"

static struct mmt_alloc heap;

static struct mmt_wr writer(void)
{
	heap = (struct mmt_alloc)MMT_ALLOC_INIT;
	return (struct mmt_wr){ .alloc = &heap };
}

TEST_NAMED(little_endian, "integers are little endian, one after another")
{
	struct mmt_wr w = writer();
	struct mmt_rd r;

	/*  12 | 56 34 | ef cd ab 90 | 08 07 06 05 04 03 02 01  */
	mmt_wr_u8(&w, 0x12);
	mmt_wr_u16(&w, 0x3456);
	mmt_wr_u32(&w, 0x90abcdef);
	mmt_wr_u64(&w, 0x0102030405060708);
	CHECK_EQ(w.len, 15);
	CHECK_MEM(w.buf, "\x12\x56\x34\xef\xcd\xab\x90\x08\x07\x06\x05\x04\x03\x02\x01", 15);

	r = mmt_rd(w.buf, w.len);
	CHECK_EQ(mmt_rd_u8(&r), 0x12);
	CHECK_EQ(mmt_rd_u16(&r), 0x3456);
	CHECK_EQ(mmt_rd_u32(&r), 0x90abcdef);
	CHECK_EQ(mmt_rd_u64(&r), 0x0102030405060708);
	CHECK_EQ(mmt_rd_left(&r), 0);
	CHECK(!r.bad);
	mmt_wr_free(&w);
	CHECK_EQ(heap.used, 0);
}

TEST_NAMED(end, "one byte too few turns bad, gives zero, and stays bad though bytes are left")
{
	struct mmt_rd r = mmt_rd("\x01\x02\x03", 3);

	CHECK_EQ(mmt_rd_u32(&r), 0);
	CHECK(r.bad);
	CHECK_EQ(mmt_rd_u8(&r), 0);
	CHECK_EQ(mmt_rd_varint(&r), 0);
	CHECK(!mmt_rd_bytes(&r, 0));
	CHECK(r.bad);
}

TEST_NAMED(slices, "bytes: exactly the rest, none, and one more than there is")
{
	struct mmt_rd r = mmt_rd("abc", 3);

	CHECK_MEM(mmt_rd_bytes(&r, 3), "abc", 3);
	CHECK(mmt_rd_bytes(&r, 0) != NULL);
	CHECK(!r.bad);
	CHECK(!mmt_rd_bytes(&r, 1));
	CHECK(r.bad);
	r = mmt_rd("abc", 3);
	CHECK(!mmt_rd_bytes(&r, SIZE_MAX));
	CHECK(r.bad);
	r = mmt_rd(NULL, 0);
	CHECK(mmt_rd_bytes(&r, 0) != NULL);
	CHECK(!r.bad);
}

TEST_NAMED(varint_edges, "varints at every 7-bit edge: length, round trip, announced length")
{
	for (unsigned bits = 0; bits <= 64; bits++) {
		for (int d = -1; d <= 1; d++) {
			uint64_t v = (bits == 64 ? 0 : 1ull << bits) + (uint64_t)(int64_t)d;
			struct mmt_wr w = writer();
			struct mmt_rd r;
			unsigned want = 1;

			for (uint64_t x = v >> 7; x; x >>= 7)
				want++;
			mmt_wr_varint(&w, v);
			r = mmt_rd(w.buf, w.len);
			CHECK_EQ(w.len, want);
			CHECK_EQ(mmt_varint_len(v), want);
			CHECK_EQ(mmt_rd_varint(&r), v);
			CHECK(!r.bad && !mmt_rd_left(&r));
			mmt_wr_free(&w);
		}
	}
}

TEST_NAMED(varint_bad, "a varint cut short, of 11 bytes, or past 64 bits is bad")
{
	struct mmt_rd r = mmt_rd("\x80", 1);

	mmt_rd_varint(&r);
	CHECK(r.bad);
	/* UINT64_MAX is nine times ff and 01; 02 there would be bit 64 */
	r = mmt_rd("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
	CHECK_EQ(mmt_rd_varint(&r), UINT64_MAX);
	CHECK(!r.bad);
	r = mmt_rd("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
	CHECK_EQ(mmt_rd_varint(&r), 0);
	CHECK(r.bad);
	r = mmt_rd("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11);
	CHECK_EQ(mmt_rd_varint(&r), 0);
	CHECK(r.bad);
}

TEST_NAMED(zigzag, "0 -1 1 -2 become 0 1 2 3; the extremes and random numbers come back")
{
	struct mmt_rng rng = { 3 };

	CHECK_EQ(mmt_zigzag(0), 0);
	CHECK_EQ(mmt_zigzag((uint64_t)-1), 1);
	CHECK_EQ(mmt_zigzag(1), 2);
	CHECK_EQ(mmt_zigzag((uint64_t)-2), 3);
	CHECK_EQ(mmt_zigzag((uint64_t)INT64_MIN), UINT64_MAX);
	CHECK_EQ(mmt_zigzag(INT64_MAX), UINT64_MAX - 1);
	for (int i = 0; i < 1000; i++) {
		uint64_t v = mmt_rng_next(&rng) >> mmt_rng_below(&rng, 64);

		CHECK_EQ(mmt_unzigzag(mmt_zigzag(v)), v);
		CHECK_EQ(mmt_unzigzag(mmt_zigzag(0 - v)), 0 - v);
	}
}

TEST_NAMED(writer_memory, "a writer out of memory turns bad, keeps what it had, and frees it")
{
	for (uint64_t nth = 1;; nth++) {
		struct mmt_wr w = writer();

		heap.fail_at = nth;
		for (unsigned i = 0; i < 1000; i++)
			mmt_wr_u32(&w, i);
		if (!w.bad) {
			CHECK(nth > 3);
			CHECK_EQ(w.len, 4000);
			mmt_wr_free(&w);
			break;
		}
		CHECK(w.len < 4000);
		for (unsigned i = 0; i < w.len / 4; i++)
			CHECK_EQ(w.buf[4 * i], i & 0xff);
		CHECK(!mmt_wr_space(&w, 1));
		mmt_wr_free(&w);
		CHECK_EQ(heap.used, 0);
	}
}

TEST_NAMED(writer_huge, "a length beyond the address space is refused, not wrapped")
{
	struct mmt_wr w = writer();

	mmt_wr_u8(&w, 1);
	CHECK(!mmt_wr_space(&w, SIZE_MAX));
	CHECK(w.bad);
	CHECK_EQ(w.len, 1);
	mmt_wr_free(&w);
}

TEST_MAIN
