/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compressed frames -> a file.
 *
 * Theory. A payload does not say in which file it stands, nor where: its frame's header does. So
 * the header is made last, when the frame is put out:
 *
 *	payload, times, losses  ->  | header: file id, number, CRC | payload |  ->  one write(2)
 *
 *   I1  Frames are numbered from 0 in the order they are put out.
 *   I2  `bytes` is what the file holds; a frame that could not be written whole does not count.
 *
 * Cost: a copy of the payload and its CRC; 16 bytes of memory a frame for the seek table.
 */
#include "lib/trace/output.h"

#include "lib/base/crc32c.h"

#include <errno.h>

#define FRAME_EXPECTED (256 << 10) /* compressed bytes, before there was one */

void mmt_output_init(struct mmt_output *o, struct mmt_alloc *a, struct mmt_io *io, int fd,
		     uint64_t file_id)
{
	*o = (struct mmt_output){ .alloc = a, .io = io };
	o->out.alloc = o->seek.alloc = a;
	o->frame_max = FRAME_EXPECTED;
	mmt_output_restart(o, fd, file_id);
}

void mmt_output_restart(struct mmt_output *o, int fd, uint64_t file_id)
{
	o->fd = fd;
	o->file_id = file_id;
	o->seek.nr = 0;
	o->frames = o->bytes = 0;
	o->frames_crc = 0;
}

static int write_out(struct mmt_output *o, struct mmt_err *e)
{
	int err;

	if (o->out.bad)
		return mmt_fail(e, ENOMEM, "no memory for a frame");
	err = mmt_io_write(o->io, o->fd, o->out.buf, o->out.len);
	if (err)
		return mmt_fail_errno(e, -err, "cannot write the trace");
	o->bytes += o->out.len;
	return 0;
}

int mmt_output_frame(struct mmt_output *o, struct mmt_frame *f, const struct mmt_loss *losses,
		     const void *comp, struct mmt_err *e)
{
	uint8_t crc[4];
	int err;

	f->file_id = o->file_id;
	f->major = MMT_FRAME_MAJOR;
	f->minor = MMT_FRAME_MINOR;
	f->seq = o->frames;
	if (o->frame_max < f->comp_len)
		o->frame_max = f->comp_len;
	o->out.len = 0;
	mmt_frame_put(&o->out, f, losses, comp);
	if (!mmt_seek_add(&o->seek, f->head_len, 0) ||
	    !mmt_seek_add(&o->seek, f->comp_len, f->raw_len))
		return mmt_fail(e, ENOMEM, "no memory for the seek table");
	err = write_out(o, e);
	if (err)
		return err;
	for (unsigned i = 0; i < 4; i++)
		crc[i] = (uint8_t)(f->crc >> (8 * i));
	o->frames_crc = mmt_crc32c(o->frames_crc, crc, 4);
	o->frames++;
	return 0;
}

int mmt_output_end(struct mmt_output *o, bool sync, struct mmt_err *e)
{
	int err;

	o->out.len = 0;
	mmt_seek_put(&o->seek, &o->out);
	err = write_out(o, e);
	if (err)
		return err;
	err = sync ? mmt_io_sync(o->io, o->fd) : 0;
	return err ? mmt_fail_errno(e, -err, "cannot write the trace") : 0;
}

void mmt_output_free(struct mmt_output *o)
{
	mmt_wr_free(&o->out);
	mmt_seek_free(&o->seek);
}
