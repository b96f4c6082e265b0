/* SPDX-License-Identifier: GPL-2.0-only */
/* The flight recorder: the last frames of a recording, in memory, from a full snapshot on. */
#ifndef MMT_RECORD_FLIGHT_H
#define MMT_RECORD_FLIGHT_H

#include "lib/base/alloc.h"
#include "lib/trace/kept.h"
#include "lib/trace/writer.h"

struct rec_flight;

/* Take @bytes of memory for frames, all of it now. What is older than @window (ns; UINT64_MAX:
 * no bound) goes. NULL: memory, told in @e. */
struct rec_flight *rec_flight_new(struct mmt_alloc *a, size_t bytes, uint64_t window,
				  struct mmt_err *e);
void rec_flight_free(struct rec_flight *f);

/* A writer's keep callback; @flight is the rec_flight. -ENOSPC: its memory does not hold one full
 * snapshot. */
int rec_flight_keep(void *flight, const struct mmt_kept *k, struct mmt_err *e);

/* Frames from the next on are a segment: every dictionary entry and a full snapshot begin it. */
void rec_flight_begin(struct rec_flight *f);
/* The same without a snapshot: more happens than a snapshot takes time for, and what happened last
 * is better than nothing. Whether it is time for one; asked during snapshots too. */
bool rec_flight_overrun(const struct rec_flight *f);
void rec_flight_begin_bare(struct rec_flight *f);
/* The snapshot that began the newest segment is whole; it took @cost ns of CPU time. -ENOSPC: the
 * memory is less than four of it, told in @e with what is needed. */
int rec_flight_whole(struct rec_flight *f, uint64_t now, uint64_t cost, struct mmt_err *e);
/* Let go of what is out of the window. True: it is time for another segment. */
bool rec_flight_tick(struct rec_flight *f, uint64_t now);

/* Write every frame that is held through @w, which has put out its header and nothing else.
 * @pause (or NULL) is called now and then, and may add frames: they are written too. */
int rec_flight_write(struct rec_flight *f, struct mmt_writer *w,
		     int (*pause)(void *arg, struct mmt_err *e), void *arg, struct mmt_err *e);

/* What it holds, and what has fallen out. */
struct rec_flight_state {
	size_t size, used;    /* bytes */
	unsigned segments;    /* of them held */
	bool whole;	      /* what is held begins with a whole snapshot */
	uint64_t held, left;  /* events, rows of snapshots among them */
	uint64_t rows;	      /* of snapshots, among what is held */
	uint64_t left_frames; /* that fell out */
	uint64_t missed;      /* events that found no room, and everything held before them went */
};
struct rec_flight_state rec_flight_state(const struct rec_flight *f);

#endif
