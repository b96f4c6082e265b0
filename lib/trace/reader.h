/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace file -> events. Safe on a stranger's file: every frame's CRC is checked before its bytes
 * are decompressed, every field against its limit, memory is bounded. A damaged frame is skipped
 * and told as a gap; a file without trailer is read to its last good frame.
 */
#ifndef MMT_TRACE_READER_H
#define MMT_TRACE_READER_H

#include "lib/base/io.h"
#include "lib/trace/dict.h"
#include "lib/trace/event.h"
#include "lib/trace/writer.h"

struct mmt_reader;
struct mmt_view;    /* column.h */
struct mmt_prepare; /* column.h */

/* A place where frames are missing or damaged. */
struct mmt_gap {
	uint64_t offset, bytes;	      /* of the file */
	uint64_t first_frame, frames; /* sequence numbers missing; frames 0: unknown how many */
	uint64_t time;		      /* of the last event before it */
	char why[160];		      /* "event 3: order of mm_page_free is 40, ..." */
};

struct mmt_loss {
	uint64_t time_first, time_last; /* of the frame that tells it */
	uint64_t count;
	uint16_t cpu, kind;
	enum mmt_loss_cause cause;
};

/* What is known of the file so far; final once mmt_reader_next() returned 0. */
struct mmt_reader_state {
	uint64_t file_id;   /* random, the writer's; copies of a trace share it */
	bool sealed;	    /* a trailer was found, and agrees with what was read */
	bool complete;	    /* sealed, no gap, the seek table agrees */
	uint64_t frames;    /* good ones, of every type */
	uint64_t events;    /* delivered; snapshot rows included */
	uint64_t rows;	    /* of these, of class snapshot */
	uint64_t bytes;	    /* of the file read */
	uint64_t raw_bytes; /* decompressed */
	uint64_t first_time, last_time;
	uint64_t lost;
	uint64_t lost_from, lost_to; /* times of the first and last interval that lost some */
	size_t lost_intervals;
	uint64_t unknown; /* events of kinds this version does not know, skipped */
	uint64_t extra;	  /* values of fields this version does not know, skipped */
	size_t nr_gaps;
	const struct mmt_gap *gaps;
	size_t nr_losses;
	const struct mmt_loss *losses;
	char why_incomplete[256]; /* one line for people; empty when complete */
};

/* Open a trace on descriptor @fd (a pipe will do; the caller closes it) and read its header frame.
 * -EBADMSG: not a trace, an unknown major version (by name), a damaged header; -ENODATA: too short.
 */
struct mmt_reader *mmt_reader_open(struct mmt_alloc *a, struct mmt_io *io, int fd,
				   struct mmt_err *e);
/* As above, on bytes in memory, which stay the caller's. */
struct mmt_reader *mmt_reader_open_memory(struct mmt_alloc *a, const void *bytes, size_t n,
					  struct mmt_err *e);
/* From now on decode frames ahead, in threads of the reader's own, where that can be done and the
 * trace is long: at once, if the window shows that it is. As many as there are CPUs for (ahead.c),
 * or @workers. All else is the same, but that more of a pipe is waited for. */
void mmt_reader_read_ahead(struct mmt_reader *r);
void mmt_reader_read_ahead_by(struct mmt_reader *r, unsigned workers);
/* Next event: 1 and *@ev points to it (valid until the next call); 0: the end; or -errno (I/O,
 * memory). */
int mmt_reader_next(struct mmt_reader *r, const struct mmt_event **ev, struct mmt_err *e);
/* Next frame that has events, for those who read columns: 1 and *@view is all of it, valid until
 * the next call; 0 and -errno as above. Use either this or mmt_reader_next(). */
int mmt_reader_next_view(struct mmt_reader *r, const struct mmt_view **view, struct mmt_err *e);
/* From the next frame on let @prepare, which is copied, have each one before it is given out: before
 * mmt_reader_read_ahead(). */
void mmt_reader_prepare(struct mmt_reader *r, const struct mmt_prepare *prepare);
/* What it made of the frame that mmt_reader_next_view() gave. */
const void *mmt_reader_prepared(const struct mmt_reader *r, size_t *bytes);
/* The reader of columns has come to event @i of the frame: ids defined before it are now known, and
 * mmt_reader_where() tells of it. 0 or -errno. */
int mmt_reader_reach(struct mmt_reader *r, uint32_t i, struct mmt_err *e);
const json_t *mmt_reader_header(const struct mmt_reader *r);
/* The trailer, NULL until it was read. */
const json_t *mmt_reader_trailer(const struct mmt_reader *r);
const struct mmt_dict *mmt_reader_dict(const struct mmt_reader *r);
const struct mmt_reader_state *mmt_reader_state(const struct mmt_reader *r);
/* Where the event last delivered stands, for error messages. */
void mmt_reader_where(const struct mmt_reader *r, struct mmt_err *e);
/* 64 bits that name an input in results: the same for whole copies of a trace, compressed anew or
 * made anonymous, once they were read to their end. */
uint64_t mmt_state_digest(const struct mmt_reader_state *s);
void mmt_reader_free(struct mmt_reader *r);

#endif
