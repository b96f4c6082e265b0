/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame of a trace file: our header in a zstd skippable frame, then one zstd frame with the
 * payload. frame.c draws it; mmtrace-trace(5) specifies it.
 */
#ifndef MMT_TRACE_FRAME_H
#define MMT_TRACE_FRAME_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/trace/reader.h"

#define MMT_FRAME_MAJOR	    1
#define MMT_FRAME_MINOR	    1
#define MMT_FRAME_SKIPPABLE 0x184d2a57u /* zstd's magic of the skippable frame we use */
#define MMT_FRAME_MAGIC	    0x31746d6du /* "mmt1" */
#define MMT_FRAME_FIXED	    68		/* bytes of a header without losses */
#define MMT_FRAME_HEAD_MAX  (64u << 10) /* largest header */
#define MMT_FRAME_RAW_MAX   (1u << 20)	/* largest payload */
#define MMT_FRAME_COMP_MAX  ((1u << 20) + (8u << 10)) /* largest compressed payload */
#define MMT_FRAME_NR_EVENTS (1u << 16)		      /* most events in a frame */
#define MMT_FRAME_MAX	    (MMT_FRAME_HEAD_MAX + MMT_FRAME_COMP_MAX)
#define MMT_FRAME_LOSSES    2048 /* most losses the writer puts into one header */

enum mmt_frame_type {
	MMT_FRAME_HEADER = 1, /* JSON */
	MMT_FRAME_DICT,	      /* every dictionary entry, again */
	MMT_FRAME_EVENT,
	MMT_FRAME_TRAILER /* JSON */
};

struct mmt_frame {
	uint64_t file_id;
	uint64_t seq;			/* from 0, the header frame's */
	uint64_t first_time, last_time; /* lowest and highest */
	uint32_t crc;
	uint32_t head_len; /* bytes of the skippable frame, its own 8 included */
	uint32_t raw_len, comp_len;
	uint32_t nr_events;
	uint32_t nr_losses;
	uint8_t major, minor, type, flags;
	struct mmt_rd losses; /* their bytes, checked */
};

/* Put out @f's header and @comp after it; fills in crc and lengths. Losses are @losses. */
void mmt_frame_put(struct mmt_wr *w, struct mmt_frame *f, const struct mmt_loss *losses,
		   const void *comp);
/* What stands at @p: 0 and *@f filled as far as the first MMT_FRAME_FIXED bytes tell; -EAGAIN:
 * fewer bytes than that; -EBADMSG, and why. Neither CRC nor losses are looked at. */
int mmt_frame_peek(struct mmt_frame *f, const void *p, size_t n, struct mmt_err *e);
/* Whether a file may begin with the peeked frame @f: a header of a version that is known. */
int mmt_frame_check_version(const struct mmt_frame *f, struct mmt_err *e);
/* Check the CRC and the losses of the peeked frame @f, whose bytes are @p, all there. */
int mmt_frame_check(struct mmt_frame *f, const void *p, struct mmt_err *e);
/* The next loss of @f's list (nr_losses times). */
void mmt_frame_loss(struct mmt_frame *f, struct mmt_loss *loss);
/* Bytes of the whole frame. */
static inline size_t mmt_frame_len(const struct mmt_frame *f)
{
	return (size_t)f->head_len + f->comp_len;
}

/* Unpack a payload: @raw has @raw_len bytes, all get filled. -EBADMSG: anything unusual. */
int mmt_frame_unpack(void *dctx, const void *comp, size_t comp_len, void *raw, size_t raw_len,
		     struct mmt_err *e);

#endif
