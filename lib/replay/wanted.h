/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events of a frame that are wanted, in their order, out of its columns.
 */
#ifndef REPLAY_WANTED_H
#define REPLAY_WANTED_H

#include "lib/replay/survey/flow.h"
#include "lib/replay/survey/population.h"
#include "lib/trace/column/column.h"

#define WANTED_AHEAD 32 /* rows after the last that may be looked at, and mean nothing */

enum wanted_role {
	WANTED_ALLOC,
	WANTED_FREE,
	WANTED_LOCKED, /* mm_page_alloc_zone_locked */
	WANTED_DRAIN,  /* mm_page_pcpu_drain */
	WANTED_PAGES,  /* snap_pages */
	WANTED_OTHER
};

struct wanted_row {
	/* What happened to a block, as it is. Of snap_pages, if all of its frame numbers exist: time,
	 * first frame, in gfp how many there are, in type their use. Of another event: its CPU;
	 * time is its place among the events of the frame, task that in the columns of all events,
	 * gfp that in those of its kind; pfn is its value in the shared column, if it has one
	 * there. */
	struct page_event page; /* .role: enum wanted_role */
};

/* What is made of a frame. */
struct wanted {
	uint64_t known;			/* events of known kinds */
	uint64_t self;			/* of these, the recorder's own */
	uint64_t first_time, last_time; /* of these: the first one's, and the highest */
	uint64_t nr;
	struct wanted_row row[]; /* WANTED_AHEAD more than nr */
};

/* Who wants what; what mmt_prepare.ctx points to. */
struct wanted_choice {
	bool (*wants)(unsigned kind);
};

/* An mmt_prepare.frame: appends a struct wanted. */
void wanted_prepare(const void *choice, const struct mmt_view *v, struct mmt_wr *w);
/* Which event of the frame row @row of it was made of. */
uint32_t wanted_place(const struct wanted_choice *c, const struct mmt_view *v, uint64_t row);

#endif
