/* SPDX-License-Identifier: GPL-2.0-only */
/* Compressed frames -> a file: their numbers, CRCs, and the seek table. */
#ifndef MMT_TRACE_OUTPUT_H
#define MMT_TRACE_OUTPUT_H

#include "lib/base/io.h"
#include "lib/trace/kept.h"
#include "lib/trace/seek.h"

struct mmt_output {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	int fd;
	uint64_t file_id;
	struct mmt_wr out;
	struct mmt_seek seek;
	uint32_t frame_max;	/* compressed bytes of the largest frame, 256 KiB at least */
	uint64_t frames, bytes; /* put out so far */
	uint32_t frames_crc;	/* over the frames' CRCs */
};

void mmt_output_init(struct mmt_output *o, struct mmt_alloc *a, struct mmt_io *io, int fd,
		     uint64_t file_id);
/* From now on another file. */
void mmt_output_restart(struct mmt_output *o, int fd, uint64_t file_id);
/* Put out one frame: @f has type, times, lengths, events and losses; the rest is filled in. */
int mmt_output_frame(struct mmt_output *o, struct mmt_frame *f, const struct mmt_loss *losses,
		     const void *comp, struct mmt_err *e);
/* The seek table; @sync: then wait for the disk. */
int mmt_output_end(struct mmt_output *o, bool sync, struct mmt_err *e);
void mmt_output_free(struct mmt_output *o);

#endif
