/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace whose payloads are stored, not compressed, for fuzzers to change: store FILE [FRAMES] >OUT,
 * its header and first FRAMES (6) frames. Without a trailer, which counts bytes.
 */
#include "lib/trace/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#define BLOCK 65536u

/* @n bytes at @p as a frame of zstd (RFC 8878, 3.1.1): one segment, raw blocks. */
static void put_stored(struct mmt_wr *w, const uint8_t *p, uint32_t n)
{
	mmt_wr_u32(w, ZSTD_MAGICNUMBER);
	mmt_wr_u8(w, 0xa0); /* a single segment, its size in 4 bytes */
	mmt_wr_u32(w, n);
	for (uint32_t at = 0; !at || at < n; at += BLOCK) {
		uint32_t take = n - at < BLOCK ? n - at : BLOCK;
		uint32_t head = take << 3 | (at + take == n);

		mmt_wr_u16(w, (uint16_t)head);
		mmt_wr_u8(w, (uint8_t)(head >> 16));
		mmt_wr_bytes(w, p + at, take);
	}
}

/* The frame at @p once more, stored; false: it does not unpack. */
static bool put_frame(struct mmt_wr *out, struct mmt_frame *f, const uint8_t *p, ZSTD_DCtx *dctx,
		      struct mmt_alloc *a)
{
	struct mmt_wr comp = { .alloc = a };
	uint8_t *raw = mmt_calloc(a, f->raw_len + 1, 1);
	bool ok = raw &&
		  mmt_frame_unpack(dctx, p + f->head_len, f->comp_len, raw, f->raw_len, NULL) == 0;

	if (ok) {
		put_stored(&comp, raw, f->raw_len);
		f->comp_len = (uint32_t)comp.len;
		f->nr_losses = 0;
		mmt_frame_put(out, f, NULL, comp.buf);
		ok = !comp.bad && !out->bad;
	}
	mmt_wr_free(&comp);
	mmt_free(a, raw);
	return ok;
}

int main(int argc, char **argv)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr in = { .alloc = &a }, out = { .alloc = &a };
	unsigned most = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 6;
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	struct mmt_frame f;
	size_t at = 0;
	bool ok = file && dctx;

	for (size_t got = 1; ok && got;) {
		uint8_t *p = mmt_wr_space(&in, BLOCK);

		if (!p)
			break;
		got = fread(p, 1, BLOCK, file);
		in.len -= BLOCK - got;
	}
	for (unsigned i = 0; ok && i <= most; i++) {
		if (mmt_frame_peek(&f, in.buf + at, in.len - at, NULL) != 0 ||
		    f.type == MMT_FRAME_TRAILER || mmt_frame_len(&f) > in.len - at)
			break;
		size_t next = at + mmt_frame_len(&f);

		ok = mmt_frame_check(&f, in.buf + at, NULL) == 0 &&
		     put_frame(&out, &f, in.buf + at, dctx, &a);
		at = next;
	}
	ok = ok && !in.bad && out.len && fwrite(out.buf, 1, out.len, stdout) == out.len;
	if (file)
		fclose(file);
	ZSTD_freeDCtx(dctx);
	mmt_wr_free(&in);
	mmt_wr_free(&out);
	return ok ? 0 : 1;
}
