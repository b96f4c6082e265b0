/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/seek.c: the table at the end. */
#include "lib/trace/seek.h"

#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

static struct mmt_alloc heap;

TEST(the_table_stands_as_the_format_says)
{
	/* zstd seekable format 0.1.0: magic, size | entries | count, descriptor, magic */
	static const uint8_t expected[] = { 0x5e, 0x2a, 0x4d, 0x18, 25,	  0,	0, 0,	 68,
					    0,	  0,	0,    0,    0,	  0,	0, 0x34, 2,
					    0,	  0,	0x78, 0x56, 0x34, 0x12, 2, 0,	 0,
					    0,	  0,	0xb1, 0xea, 0x92, 0x8f };
	struct mmt_seek s = { .alloc = &heap }, back = { .alloc = &heap };
	struct mmt_wr w = { .alloc = &heap };

	CHECK(mmt_seek_add(&s, 68, 0));
	CHECK(mmt_seek_add(&s, 0x234, 0x12345678));
	mmt_seek_put(&s, &w);
	CHECK_EQ(w.len, sizeof(expected));
	CHECK_MEM(w.buf, expected, sizeof(expected));
	CHECK(mmt_seek_take(&back, w.buf, w.len));
	CHECK_EQ(back.nr, 2);
	CHECK_EQ(back.entries[1].compressed, 0x234);
	CHECK_EQ(back.entries[1].raw, 0x12345678);
	/* cut, or with a byte too many, it is none */
	for (size_t n = 0; n < w.len; n++)
		CHECK(!mmt_seek_take(&back, w.buf, n));
	mmt_wr_u8(&w, 0);
	CHECK(!mmt_seek_take(&back, w.buf, w.len));
	mmt_seek_free(&s);
	mmt_seek_free(&back);
	mmt_wr_free(&w);
	CHECK_EQ(heap.used, 0);
}

TEST(an_empty_table_is_one)
{
	struct mmt_seek s = { .alloc = &heap };
	struct mmt_wr w = { .alloc = &heap };

	mmt_seek_put(&s, &w);
	CHECK_EQ(w.len, 17);
	CHECK(mmt_seek_take(&s, w.buf, w.len));
	CHECK_EQ(s.nr, 0);
	mmt_seek_free(&s);
	mmt_wr_free(&w);
}

TEST(a_sealed_trace_ends_in_a_table_of_all_its_frames)
{
	struct mmt_seek s = { .alloc = &heap };
	struct sample sample;
	uint64_t bytes = 0, at = 0;
	size_t table;

	CHECK(sample_make(&sample, 5, 50, 3));
	table = sample.end[sample.nr_frames - 1];
	/* the last four bytes are what tools look for */
	CHECK_MEM(sample.bytes + sample.n - 4, "\xb1\xea\x92\x8f", 4);
	CHECK(mmt_seek_take(&s, sample.bytes + table, sample.n - table));
	CHECK_EQ(s.nr, 2 * sample.nr_frames);
	for (size_t i = 0; i < s.nr; i += 2) {
		struct mmt_frame f;

		CHECK_EQ(mmt_frame_peek(&f, sample.bytes + at, sample.n - at, NULL), 0);
		CHECK_EQ(s.entries[i].compressed, f.head_len);
		CHECK_EQ(s.entries[i].raw, 0);
		CHECK_EQ(s.entries[i + 1].compressed, f.comp_len);
		CHECK_EQ(s.entries[i + 1].raw, f.raw_len);
		at += mmt_frame_len(&f);
		bytes += s.entries[i].compressed + s.entries[i + 1].compressed;
	}
	CHECK_EQ(bytes, table);
	mmt_seek_free(&s);
	sample_free(&sample);
}

TEST(every_flipped_bit_of_the_table_is_noticed)
{
	struct sample s;
	size_t table;

	CHECK(sample_make(&s, 2, 30, 3));
	table = s.end[s.nr_frames - 1];
	for (size_t bit = table * 8; bit < s.n * 8; bit++) {
		struct sample_result got;

		s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		got = sample_read(&s, s.bytes, s.n);
		s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQ(got.err, 0);
		CHECK(!got.complete && got.sealed && !got.wrong);
		CHECK_EQ(got.events, s.nr_events);
		CHECK(strstr(got.why, "the seek table does not agree with the frames"));
	}
	sample_free(&s);
}

TEST_MAIN
