/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events -> a trace file (mmtrace-trace(5)). The writer fills a frame, and puts it out whole when
 * it is full or flushed: whatever happens to the process, a file holds whole frames and at most
 * one torn one.
 */
#ifndef MMT_TRACE_WRITER_H
#define MMT_TRACE_WRITER_H

#include "lib/base/io.h"
#include "lib/trace/dict.h"
#include "lib/trace/event.h"

#include <jansson.h>

enum mmt_loss_cause {
	MMT_LOST_RING,	    /* the ring was full */
	MMT_LOST_NESTED,    /* an interrupt came while a record was being written */
	MMT_LOST_RECURSION, /* the kernel did not run the program: it was running already */
	MMT_LOST_USER,	    /* user space could not keep up or decode */
	MMT_NR_LOSS_CAUSES
};

struct mmt_writer;
struct mmt_kept;

struct mmt_writer_options {
	int level;		    /* zstd, 1..19; 0: the default, 3 */
	uint64_t dict_repeat_bytes; /* 0: 64 MiB */
	uint64_t dict_repeat_ns;    /* of event time; 0: 10 s, later where little is written */
	uint64_t file_id;	    /* random; the caller's, so that tests are reproducible */
	uint32_t frame_bytes; /* raw size at which a frame closes; 0: 1 MiB, which is the most */
	bool no_sync;	      /* who owns the file sees to it that it reaches the disk */
	/* Gets each frame (kept.h) in place of a file, the header's first; -errno ends it. Such a
	 * writer is not sealed. */
	int (*keep)(void *arg, const struct mmt_kept *k, struct mmt_err *e);
	void *keep_arg;
};

/* Begin a trace on @fd (any kind of file; the caller keeps and closes it) with @header as its JSON
 * header; schema keys are added here. */
struct mmt_writer *mmt_writer_new(struct mmt_alloc *a, struct mmt_io *io, int fd,
				  const struct mmt_writer_options *o, const json_t *header,
				  struct mmt_err *e);
/* The writer's dictionaries; change them only through the two calls below. */
const struct mmt_dict *mmt_writer_dict(const struct mmt_writer *w);
int mmt_writer_define(struct mmt_writer *w, const struct mmt_dict_entry *entry, struct mmt_err *e);
/* The id of a string, defined on first use; 0: no memory, @e says so. */
uint32_t mmt_writer_string(struct mmt_writer *w, const char *s, struct mmt_err *e);
/* Append one event. Times may go back by what the recorder's reordering allows. -EINVAL: beyond a
 * limit of the table (our mistake: the event is not written); -errno: the file can take no more. */
int mmt_writer_add(struct mmt_writer *w, const struct mmt_event *ev, struct mmt_err *e);
/* @n events of @kind were lost on @cpu since the last call; told in the frame being filled. */
int mmt_writer_lost(struct mmt_writer *w, unsigned cpu, unsigned kind, enum mmt_loss_cause cause,
		    uint64_t n, struct mmt_err *e);
/* @frames frames that would stand here are missing from what is written: their numbers are left
 * out, and a reader tells a gap. */
int mmt_writer_gap(struct mmt_writer *w, uint64_t frames, struct mmt_err *e);
/* Put out what has gathered (nothing: no frame). */
int mmt_writer_flush(struct mmt_writer *w, struct mmt_err *e);
/* No event will name these @nr ids of @kind (no strings) again: they are not repeated any more. */
void mmt_writer_forget(struct mmt_writer *w, enum mmt_dict_kind kind, const uint32_t *ids,
		       size_t nr);
/* Flush, and put out every dictionary entry: the frames from the next on need none before them. */
int mmt_writer_repeat(struct mmt_writer *w, struct mmt_err *e);
/* Put out a frame that another writer made, in its turn; nothing of this writer's is open. */
int mmt_writer_frame(struct mmt_writer *w, const struct mmt_kept *k, struct mmt_err *e);
/* After sealing: a new trace on @fd, with the same header and every dictionary entry known. */
int mmt_writer_restart(struct mmt_writer *w, int fd, uint64_t file_id, struct mmt_err *e);
/* Flush, then trailer and seek table. @overhead (may be NULL) goes into the trailer as it is. */
int mmt_writer_seal(struct mmt_writer *w, const json_t *overhead, struct mmt_err *e);
/* Bytes put out and events added so far. */
uint64_t mmt_writer_bytes(const struct mmt_writer *w);
/* What the file would have if it were sealed now, the frame being filled taken for as large as the
 * largest so far (256 KiB at least). */
uint64_t mmt_writer_sealed_bytes(const struct mmt_writer *w);
uint64_t mmt_writer_events(const struct mmt_writer *w);
/* Events of @kind that were lost, as told so far in this file. */
uint64_t mmt_writer_lost_kind(const struct mmt_writer *w, unsigned kind);
void mmt_writer_free(struct mmt_writer *w);

#endif
