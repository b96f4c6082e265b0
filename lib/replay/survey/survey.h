/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first reading of a trace: the machine as the start snapshot tells it, and what the events say
 * about frames before they are replayed.
 */
#ifndef REPLAY_SURVEY_H
#define REPLAY_SURVEY_H

#include "lib/replay/survey/flow.h"
#include "lib/replay/survey/host_only.h"
#include "lib/replay/survey/population.h"

/* A block that was free when the trace began, and who took it first. */
struct survey_block {
	pfn_t pfn;
	uint16_t cpu;
	uint8_t order;
	uint8_t type; /* enum migratetype of the request; of the pageblock, if drained */
	bool drained; /* it went from a per-CPU list to the buddy lists */
};

/* Frames that were free when the trace began and were taken one after the other, upwards. */
struct survey_run {
	pfn_t pfn, pages;
};

/* A CPU's list told it: that of MOVABLE ones has those of HIGHATOMIC and CMA too. */
#define SURVEY_LISTED 0x80

struct survey {
	struct mmt_alloc *alloc;
	struct machine machine; /* of the first full snapshot */
	bool has_machine;
	struct population population;
	struct survey_block *first; /* in the order of events */
	size_t nr_first, cap_first;
	struct survey_run *taken; /* in the order of events */
	size_t nr_taken, cap_taken;
	struct flow flow;    /* of per-CPU lists */
	uint64_t zone_time;  /* when the snapshot read the zones; 0: not known yet */
	uint64_t *read_time; /* by 4096 frames: when the snapshot read them; 0: not (yet) */
	uint8_t *witness;    /* by pageblock: 0: none, else its type at the first sight + 1; perhaps
			      * SURVEY_LISTED */
	pfn_t claimed;	     /* the block that left a list last, if it was such a sight */
	uint64_t events, allocs, frees, self;
	uint64_t first_time, last_time;
	uint64_t nr_light; /* complete light or end snapshots */
	struct host_only host_only;
};

int survey_init(struct survey *s, struct mmt_alloc *a, struct mmt_err *e);
void survey_free(struct survey *s);
/* Take the next event of the trace. */
int survey_event(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		 struct mmt_err *e);
/* The same in steps, for a reader of columns: every event of a known kind is counted, perhaps @n at
 * once, of which @self are the recorder's own; those that are wanted are taken, those of blocks
 * perhaps as page events, snap_pages perhaps as what it says, if all of its frame numbers exist. */
void survey_count(struct survey *s, uint64_t n, uint64_t first_time, uint64_t last_time,
		  uint64_t self);
bool survey_wants(unsigned kind);
int survey_take(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e);
int survey_alloc(struct survey *s, const struct page_event *ev, struct mmt_err *e);
int survey_free_page(struct survey *s, const struct page_event *ev, struct mmt_err *e);
int survey_locked(struct survey *s, const struct page_event *ev, struct mmt_err *e);
int survey_drain(struct survey *s, const struct page_event *ev, struct mmt_err *e);
int survey_pages(struct survey *s, uint64_t time, pfn_t pfn, pfn_t pages, enum frame_use use,
		 struct mmt_err *e);
/* The trace has ended. */
int survey_end(struct survey *s, struct mmt_err *e);

#endif
