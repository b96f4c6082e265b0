/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: the layer between bytes of a file and payloads that can be trusted to be what was
 * written.
 *
 * Theory. A trace is a valid zstd file: each payload is one zstd frame that stands alone, and what
 * we have to say about it stands before it in a skippable frame, which zstd passes over.
 *
 *	 0	0x184d2a57	zstd: a skippable frame
 *	 4	size		zstd: bytes that follow, 60 and the losses
 *	 8	"mmt1"		ours
 *	12	CRC32C		of all bytes from 0 to the end of the payload, but these four
 *	16	file id		random: a frame of another file is not taken for ours
 *	24	major minor type flags
 *	28	raw length	of the payload, at most 1 MiB
 *	32	sequence number	from 0
 *	40	compressed length
 *	44	events in it
 *	48	lowest time
 *	56	highest time
 *	64	losses		how many follow: cpu, kind, cause, count, each a varint
 *	68	...
 *	      ------------------
 *		zstd frame	compressed length bytes
 *
 * The CRC is what makes a damaged bit certain to be seen: zstd alone lets three of four flips pass
 * without its checksum, and some with it. It is checked before a byte is decompressed.
 *
 * Invariants: (1) nothing is decompressed that fails the CRC, is longer than MMT_FRAME_RAW_MAX, has
 * no content size or another one than the header says, or asks for a window beyond
 * MMT_FRAME_RAW_MAX; (2) decompression is a single pass into a buffer of exactly that size, so it
 * allocates nothing; (3) a header without losses is MMT_FRAME_FIXED bytes.
 *
 * A build with MMT_FUZZ takes every CRC as right, so that a fuzzer gets past it.
 */
#include "lib/trace/frame.h"

#include "lib/base/crc32c.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#define CRC_AT 12

static uint32_t frame_crc(const uint8_t *p, size_t n)
{
	return mmt_crc32c(mmt_crc32c(0, p, CRC_AT), p + CRC_AT + 4, n - CRC_AT - 4);
}

void mmt_frame_put(struct mmt_wr *w, struct mmt_frame *f, const struct mmt_loss *losses,
		   const void *comp)
{
	size_t start = w->len;
	uint8_t *p;

	mmt_wr_u32(w, MMT_FRAME_SKIPPABLE);
	mmt_wr_u32(w, 0);
	mmt_wr_u32(w, MMT_FRAME_MAGIC);
	mmt_wr_u32(w, 0);
	mmt_wr_u64(w, f->file_id);
	mmt_wr_u8(w, f->major);
	mmt_wr_u8(w, f->minor);
	mmt_wr_u8(w, f->type);
	mmt_wr_u8(w, f->flags);
	mmt_wr_u32(w, f->raw_len);
	mmt_wr_u64(w, f->seq);
	mmt_wr_u32(w, f->comp_len);
	mmt_wr_u32(w, f->nr_events);
	mmt_wr_u64(w, f->first_time);
	mmt_wr_u64(w, f->last_time);
	mmt_wr_u32(w, f->nr_losses);
	for (uint32_t i = 0; i < f->nr_losses; i++) {
		mmt_wr_varint(w, losses[i].cpu);
		mmt_wr_varint(w, losses[i].kind);
		mmt_wr_varint(w, (uint64_t)losses[i].cause);
		mmt_wr_varint(w, losses[i].count);
	}
	f->head_len = (uint32_t)(w->len - start);
	mmt_wr_bytes(w, comp, f->comp_len);
	if (w->bad)
		return;
	p = w->buf + start;
	for (unsigned i = 0; i < 4; i++)
		p[4 + i] = (uint8_t)((f->head_len - 8) >> (8 * i));
	f->crc = frame_crc(p, mmt_frame_len(f));
	for (unsigned i = 0; i < 4; i++)
		p[CRC_AT + i] = (uint8_t)(f->crc >> (8 * i));
}

int mmt_frame_peek(struct mmt_frame *f, const void *p, size_t n, struct mmt_err *e)
{
	struct mmt_rd r = mmt_rd(p, n);
	uint32_t size;

	if (n < MMT_FRAME_FIXED)
		return mmt_fail(e, EAGAIN, "%zu bytes are too few for a frame header", n);
	if (mmt_rd_u32(&r) != MMT_FRAME_SKIPPABLE)
		return mmt_fail(e, EBADMSG, "no frame begins here");
	size = mmt_rd_u32(&r);
	if (mmt_rd_u32(&r) != MMT_FRAME_MAGIC)
		return mmt_fail(e, EBADMSG, "no frame of a trace begins here");
	f->crc = mmt_rd_u32(&r);
	f->file_id = mmt_rd_u64(&r);
	f->major = mmt_rd_u8(&r);
	f->minor = mmt_rd_u8(&r);
	f->type = mmt_rd_u8(&r);
	f->flags = mmt_rd_u8(&r);
	f->raw_len = mmt_rd_u32(&r);
	f->seq = mmt_rd_u64(&r);
	f->comp_len = mmt_rd_u32(&r);
	f->nr_events = mmt_rd_u32(&r);
	f->first_time = mmt_rd_u64(&r);
	f->last_time = mmt_rd_u64(&r);
	f->nr_losses = mmt_rd_u32(&r);
	if (size < MMT_FRAME_FIXED - 8 || size > MMT_FRAME_HEAD_MAX - 8)
		return mmt_fail(e, EBADMSG, "frame header of %u bytes is not in %d..%u", size,
				MMT_FRAME_FIXED - 8, MMT_FRAME_HEAD_MAX - 8);
	f->head_len = size + 8;
	if (f->raw_len > MMT_FRAME_RAW_MAX)
		return mmt_fail(e, EBADMSG, "payload of %u bytes exceeds %u", f->raw_len,
				MMT_FRAME_RAW_MAX);
	if (f->comp_len > MMT_FRAME_COMP_MAX)
		return mmt_fail(e, EBADMSG, "compressed payload of %u bytes exceeds %u",
				f->comp_len, MMT_FRAME_COMP_MAX);
	if (f->nr_events > MMT_FRAME_NR_EVENTS)
		return mmt_fail(e, EBADMSG, "%u events in a frame exceed %u", f->nr_events,
				MMT_FRAME_NR_EVENTS);
	return 0;
}

int mmt_frame_check_version(const struct mmt_frame *f, struct mmt_err *e)
{
	if (f->major != MMT_FRAME_MAJOR)
		return mmt_fail(e, EBADMSG,
				"trace format version %u.%u is not known; this is %d.%d", f->major,
				f->minor, MMT_FRAME_MAJOR, MMT_FRAME_MINOR);
	if (f->type != MMT_FRAME_HEADER || f->seq)
		return mmt_fail(e, EBADMSG, "the first frame is not a header");
	return 0;
}

int mmt_frame_check(struct mmt_frame *f, const void *p, struct mmt_err *e)
{
	struct mmt_frame scratch = *f;
	struct mmt_loss loss;

#ifndef MMT_FUZZ
	uint32_t crc = frame_crc(p, mmt_frame_len(f));

	if (crc != f->crc)
		return mmt_fail(e, EBADMSG, "CRC is 0x%08x, the frame says 0x%08x", crc, f->crc);
#endif
	f->losses = mmt_rd((const uint8_t *)p + MMT_FRAME_FIXED, f->head_len - MMT_FRAME_FIXED);
	scratch.losses = f->losses;
	for (uint32_t i = 0; i < f->nr_losses && !scratch.losses.bad; i++) {
		mmt_frame_loss(&scratch, &loss);
		if (loss.cpu > MMT_CPU_MAX || loss.kind > MMT_KIND_MAX ||
		    (unsigned)loss.cause >= MMT_NR_LOSS_CAUSES)
			return mmt_fail(e, EBADMSG,
					"loss %u (cpu %u, kind %u, cause %u) is beyond a limit", i,
					loss.cpu, loss.kind, (unsigned)loss.cause);
	}
	if (scratch.losses.bad)
		return mmt_fail(e, EBADMSG, "list of %u losses is cut short", f->nr_losses);
	return 0;
}

static uint16_t clamp16(uint64_t v)
{
	return v > UINT16_MAX ? UINT16_MAX : (uint16_t)v;
}

void mmt_frame_loss(struct mmt_frame *f, struct mmt_loss *loss)
{
	loss->time_first = f->first_time;
	loss->time_last = f->last_time;
	loss->cpu = clamp16(mmt_rd_varint(&f->losses));
	loss->kind = clamp16(mmt_rd_varint(&f->losses));
	loss->cause = (enum mmt_loss_cause)clamp16(mmt_rd_varint(&f->losses));
	loss->count = mmt_rd_varint(&f->losses);
}

/* Bytes of window the zstd frame at @p asks for (RFC 8878, 3.1.1.1); 0: none but its content. */
static uint64_t window(const uint8_t *p)
{
	unsigned descriptor = p[4], exponent = p[5] >> 3, mantissa = p[5] & 7;
	uint64_t base = UINT64_C(1024) << exponent;

	return descriptor & 0x20 ? 0 : base + base / 8 * mantissa;
}

int mmt_frame_unpack(void *dctx, const void *comp, size_t comp_len, void *raw, size_t raw_len,
		     struct mmt_err *e)
{
	struct mmt_rd r = mmt_rd(comp, comp_len);
	unsigned long long content;
	size_t n;

	if (mmt_rd_u32(&r) != ZSTD_MAGICNUMBER || mmt_rd_left(&r) < 2)
		return mmt_fail(e, EBADMSG, "payload is not a zstd frame");
	content = ZSTD_getFrameContentSize(comp, comp_len);
	if (content == ZSTD_CONTENTSIZE_UNKNOWN || content == ZSTD_CONTENTSIZE_ERROR)
		return mmt_fail(e, EBADMSG, "payload is not a zstd frame of known size");
	if (content != raw_len)
		return mmt_fail(e, EBADMSG, "zstd frame holds %llu bytes, the header says %zu",
				content, raw_len);
	if (window(comp) > MMT_FRAME_RAW_MAX)
		return mmt_fail(e, EBADMSG, "zstd window exceeds %u bytes", MMT_FRAME_RAW_MAX);
	n = ZSTD_findFrameCompressedSize(comp, comp_len);
	if (ZSTD_isError(n) || n != comp_len)
		return mmt_fail(e, EBADMSG, "zstd frame does not end where the header says");
	n = ZSTD_decompressDCtx(dctx, raw, raw_len, comp, comp_len);
	/* an error number is more than any length */
	if (n != raw_len)
		return mmt_fail(e, EBADMSG, "zstd: %s", ZSTD_getErrorName(n));
	return 0;
}
