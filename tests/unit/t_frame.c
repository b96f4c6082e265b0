/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/frame.c: headers, CRC, unpacking, and what is refused. */
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <errno.h>
#include <zstd.h>

static struct mmt_alloc heap;

/* A frame of @raw_len zero bytes with two losses; its bytes, to be freed with mmt_wr_free(). */
static struct mmt_wr make(struct mmt_frame *f, uint32_t raw_len, const struct mmt_loss *losses,
			  uint32_t nr_losses)
{
	struct mmt_wr w = { .alloc = &heap };
	size_t bound = ZSTD_compressBound(raw_len);
	void *raw = calloc(1, raw_len + 1), *comp = malloc(bound);

	*f = (struct mmt_frame){ .file_id = SAMPLE_ID,
				 .seq = 7,
				 .first_time = 10,
				 .last_time = 20,
				 .raw_len = raw_len,
				 .nr_events = 3,
				 .nr_losses = nr_losses,
				 .major = 1,
				 .minor = 0,
				 .type = MMT_FRAME_EVENT };
	f->comp_len = (uint32_t)ZSTD_compress(comp, bound, raw, raw_len, 3);
	mmt_frame_put(&w, f, losses, comp);
	free(raw);
	free(comp);
	return w;
}

TEST(a_header_says_what_was_put_in)
{
	const struct mmt_loss losses[] = { { 0, 0, 1234567, 3, 2, MMT_LOST_NESTED },
					   { 0, 0, UINT64_MAX, MMT_CPU_MAX, MMT_KIND_MAX,
					     MMT_LOST_USER } };
	struct mmt_frame in, out;
	struct mmt_wr w = make(&in, 1000, losses, 2);
	struct mmt_loss loss;

	CHECK_EQ(mmt_frame_peek(&out, w.buf, w.len, NULL), 0);
	CHECK_EQ(mmt_frame_len(&out), w.len);
	CHECK_EQ(out.file_id, SAMPLE_ID);
	CHECK_EQ(out.seq, 7);
	CHECK_EQ(out.first_time, 10);
	CHECK_EQ(out.last_time, 20);
	CHECK_EQ(out.raw_len, 1000);
	CHECK_EQ(out.comp_len, in.comp_len);
	CHECK_EQ(out.nr_events, 3);
	CHECK_EQ(out.type, MMT_FRAME_EVENT);
	CHECK_EQ(out.crc, in.crc);
	CHECK_EQ(mmt_frame_check(&out, w.buf, NULL), 0);
	for (int i = 0; i < 2; i++) {
		mmt_frame_loss(&out, &loss);
		CHECK_EQ(loss.cpu, losses[i].cpu);
		CHECK_EQ(loss.kind, losses[i].kind);
		CHECK_EQ(loss.cause, losses[i].cause);
		CHECK_EQ(loss.count, losses[i].count);
		CHECK_EQ(loss.time_first, 10);
		CHECK_EQ(loss.time_last, 20);
	}
	mmt_wr_free(&w);
	CHECK_EQ(heap.used, 0);
}

TEST(a_header_without_losses_is_under_100_bytes)
{
	struct mmt_frame f;
	struct mmt_wr w = make(&f, 10, NULL, 0);

	CHECK_EQ(f.head_len, MMT_FRAME_FIXED);
	CHECK(f.head_len < 100);
	mmt_wr_free(&w);
}

TEST(every_flipped_bit_is_refused)
{
	const struct mmt_loss loss = { 0, 0, 5, 1, 2, MMT_LOST_RING };
	struct mmt_frame f;
	struct mmt_wr w = make(&f, 3000, &loss, 1);

	for (size_t bit = 0; bit < w.len * 8; bit++) {
		struct mmt_frame g;
		bool refused;

		w.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused = mmt_frame_peek(&g, w.buf, w.len, NULL) != 0 ||
			  mmt_frame_len(&g) != w.len || mmt_frame_check(&g, w.buf, NULL) != 0;
		w.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(refused);
	}
	mmt_wr_free(&w);
}

/* Overwrite 4 bytes at @at and expect peek to refuse with @text. */
static void refuses(size_t at, uint32_t value, const char *text)
{
	struct mmt_frame f;
	struct mmt_wr w = make(&f, 100, NULL, 0);
	struct mmt_err e = { 0 };

	for (unsigned i = 0; i < 4; i++)
		w.buf[at + i] = (uint8_t)(value >> (8 * i));
	CHECK_EQ(mmt_frame_peek(&f, w.buf, w.len, &e), -EBADMSG);
	CHECK_STR(e.text, text);
	mmt_wr_free(&w);
}

TEST_NAMED(limits, "R11 every number of a header beyond its limit is named")
{
	refuses(0, 0, "no frame begins here");
	refuses(8, 0, "no frame of a trace begins here");
	refuses(4, 59, "frame header of 59 bytes is not in 60..65528");
	refuses(4, UINT32_MAX, "frame header of 4294967295 bytes is not in 60..65528");
	refuses(28, (1 << 20) + 1, "payload of 1048577 bytes exceeds 1048576");
	refuses(40, UINT32_MAX, "compressed payload of 4294967295 bytes exceeds 1056768");
	refuses(44, UINT32_MAX, "4294967295 events in a frame exceed 65536");
}

TEST(too_few_bytes_ask_for_more)
{
	struct mmt_frame f;
	struct mmt_wr w = make(&f, 100, NULL, 0);

	for (size_t n = 0; n < MMT_FRAME_FIXED; n++)
		CHECK_EQ(mmt_frame_peek(&f, w.buf, n, NULL), -EAGAIN);
	CHECK_EQ(mmt_frame_peek(&f, w.buf, MMT_FRAME_FIXED, NULL), 0);
	mmt_wr_free(&w);
}

TEST(losses_beyond_a_limit_are_refused)
{
	const struct mmt_loss wild[] = { { 0, 0, 1, MMT_CPU_MAX + 1, 2, MMT_LOST_RING },
					 { 0, 0, 1, 0, MMT_KIND_MAX + 1, MMT_LOST_RING },
					 { 0, 0, 1, 0, 2, MMT_NR_LOSS_CAUSES } };
	struct mmt_err e = { 0 };
	struct mmt_frame f;
	struct mmt_wr w;

	for (int i = 0; i < 3; i++) {
		w = make(&f, 10, &wild[i], 1);
		CHECK_EQ(mmt_frame_peek(&f, w.buf, w.len, NULL), 0);
		CHECK_EQ(mmt_frame_check(&f, w.buf, &e), -EBADMSG);
		CHECK(strstr(e.text, "is beyond a limit"));
		mmt_wr_free(&w);
	}
	/* says two, has one: the CRC is right */
	w = (struct mmt_wr){ .alloc = &heap };
	f = (struct mmt_frame){ .major = 1, .nr_losses = 0 };
	mmt_frame_put(&w, &f, NULL, "");
	f.nr_losses = 2;
	CHECK_EQ(mmt_frame_check(&f, w.buf, &e), -EBADMSG);
	CHECK_STR(e.text, "list of 2 losses is cut short");
	mmt_wr_free(&w);
}

/* --- unpacking: what a hostile payload may be --- */

static int unpack(const void *comp, size_t n, size_t raw_len, struct mmt_err *e)
{
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	uint8_t *raw = malloc(raw_len + 1); /* ASan sees a byte too many */
	int err = mmt_frame_unpack(dctx, comp, n, raw, raw_len, e);

	free(raw);
	ZSTD_freeDCtx(dctx);
	return err;
}

TEST_NAMED(bombs, "R9 a payload that lies about its size is refused before it is unpacked")
{
	static uint8_t comp[70000], raw[1 << 20];
	struct mmt_err e = { 0 };
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	size_t n;

	n = ZSTD_compress(comp, sizeof(comp), raw, 1000, 3);
	CHECK_EQ(unpack(comp, n, 1000, &e), 0);
	CHECK_EQ(unpack(comp, n, 999, &e), -EBADMSG);
	CHECK_STR(e.text, "zstd frame holds 1000 bytes, the header says 999");
	CHECK_EQ(unpack(comp, n, 1001, &e), -EBADMSG);
	/* bytes before or after its end */
	CHECK_EQ(unpack(comp, n - 1, 1000, &e), -EBADMSG);
	CHECK_STR(e.text, "zstd frame does not end where the header says");
	comp[n] = 0;
	CHECK_EQ(unpack(comp, n + 1, 1000, &e), -EBADMSG);
	CHECK_EQ(unpack(comp, 0, 1000, &e), -EBADMSG);
	CHECK_STR(e.text, "payload is not a zstd frame");
	CHECK_EQ(unpack("\x57\x2a\x4d\x18\0\0\0\0", 8, 0, &e), -EBADMSG);

	/* a frame without a content size: a stream of any length */
	ZSTD_CCtx_setParameter(cctx, ZSTD_c_contentSizeFlag, 0);
	n = ZSTD_compress2(cctx, comp, sizeof(comp), raw, 1000);
	CHECK_EQ(unpack(comp, n, 1000, &e), -EBADMSG);
	CHECK_STR(e.text, "payload is not a zstd frame of known size");
	ZSTD_freeCCtx(cctx);
}

TEST_NAMED(window, "R9 a window of 32 MiB is refused, whatever the content")
{
	/* by hand (RFC 8878): 4-byte content size, window descriptor, one raw block, last */
	uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 15 << 3, 1, 0, 0, 0, 0x09, 0, 0, 'x' };
	struct mmt_err e = { 0 };

	CHECK_EQ(unpack(frame, sizeof(frame), 1, &e), -EBADMSG);
	CHECK_STR(e.text, "zstd window exceeds 1048576 bytes");
	frame[5] = 10 << 3; /* 1 MiB is fine */
	CHECK_EQ(unpack(frame, sizeof(frame), 1, &e), 0);
	frame[5] = 10 << 3 | 1;
	CHECK_EQ(unpack(frame, sizeof(frame), 1, &e), -EBADMSG);
}

TEST_MAIN
