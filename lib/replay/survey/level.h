/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How full per-CPU lists are, by the events.
 */
#ifndef REPLAY_LEVEL_H
#define REPLAY_LEVEL_H

#include "lib/replay/survey/decay.h"
#include "lib/replay/survey/machine.h"

#define LEVEL_MOST_FACTOR 5 /* PCP_BATCH_SCALE_MAX: a batch is doubled as often at most */

struct flow;
struct flow_early;

/* The lists of one CPU in one zone. */
struct level {
	int32_t pages; /* of late */
	uint32_t high; /* how many they may hold, until a full one is drained */
	uint32_t high_min, high_max;
	uint32_t batch;
	uint8_t factor[2];   /* alloc_factor: it is one of these or between */
	bool vague;	     /* high is not known any more */
	uint16_t refill;     /* pages of the first refill of order 0 */
	uint32_t twice;	     /* high, had that been meant to be of twice as many; 0: not asked */
	uint32_t twice_left; /* what a run of the clock would then leave, and what it did leave */
	uint32_t left;
	bool asks;	     /* it is draining */
	uint16_t freed;	     /* free_count, had it been 0 at first */
	uint16_t free_count; /* that it must have been at first */
	uint16_t full[2];    /* pages that the first drains of full lists took */
	uint16_t full_freed; /* freed, and allocs, when the first began */
	uint8_t full_allocs;
	uint16_t full_high; /* high then */
	uint16_t after;	    /* pages freed in a row then, as high tells that grew to hold them */
	bool steady;	    /* what else changes high has not happened since */
	uint8_t nr_full;
	uint8_t blocks_freed; /* 2: or more */
	bool freed_high;      /* before them one of order 1 to 3 was the last */
	uint8_t frees;	      /* before the first refill, as far as they matter */
	uint8_t allocs;	      /* of all, likewise */
	bool refilled;	      /* the first refill is over */
	bool drained;	      /* a drain has told free_count, or full */
	bool filled;	      /* that is under way */
	/* a drain of full lists is under way that may be a burst's: the order of the block that led to it
	 * (0: none is), a batch, and pages so far */
	uint8_t doubtful;
	uint32_t doubtful_batch, doubtful_pages;
	bool settled; /* what was at first makes no difference any more */
};

/* Where a CPU's last block was. */
struct level_place {
	unsigned zone; /* of the machine */
	pfn_t from, pages;
	struct level *level;
};

void level_free(struct flow *f);
/* Whether the lists of @cpu that take @pfn are known: *@place is where. */
bool level_find(const struct flow *f, struct level_place *place, const struct machine *m,
		unsigned cpu, pfn_t pfn);
/* A block was allocated or freed, while l->settled is not set: what that tells of the start. */
void level_learn(struct level *l, unsigned order, bool is_free);
/* A block came with a refill, the first of it unless @more. */
void level_refill(struct level *l, unsigned order, bool more);
/* The free of a block of @order, 1 to 3, makes lists with batches of @batch pages drain that are not
 * full. */
void level_burst(struct level *l, unsigned order, uint32_t batch);
/* Such a block found them full: which it was shows by what is drained. */
void level_doubt(struct level *l, unsigned order, uint32_t batch);
/* vmstat_update() begins to run on @cpu. */
void level_ran(const struct flow *f, unsigned cpu);
/* Lists begin to drain. */
void level_drain(struct level *l, enum decay_kind kind);
/* A block of @order is drained. */
void level_drained(struct level *l, unsigned order);
/* A snapshot's row of zone @zone; @first: of the first snapshot. */
int level_row(struct flow *f, unsigned zone, const struct mmt_event *row, bool first,
	      struct mmt_err *e);
/* log2 of how many batches the next refill was to take when the trace began; 0 where nothing tells
 * it. All of the trace was read. */
unsigned level_factor(const struct flow *f, const struct machine_zone *z, unsigned zone,
		      unsigned cpu);
/* How many pages had been freed in a row then; 0 likewise. */
uint32_t level_free_count(const struct flow *f, const struct machine_zone *z, unsigned zone,
			  unsigned cpu);
/* Whether the last of them was a block of order 1 to 3; false likewise. */
bool level_freed_high(const struct flow *f, unsigned zone, unsigned cpu);

#endif
