/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first reading of a trace: the machine as the start snapshot tells it, and what the events say
 * about frames before they are replayed.
 */
#ifndef REPLAY_SURVEY_H
#define REPLAY_SURVEY_H

#include "lib/replay/machine.h"
#include "lib/replay/population.h"

/* An allocation or a free of pages, as far as a replay needs it. */
struct page_event {
	uint64_t time, pfn;
	uint32_t gfp; /* of an allocation */
	uint16_t cpu;
	uint8_t order;
	uint8_t type; /* of an allocation: its recorded migratetype */
};

struct page_event page_event_alloc(const struct mmt_event *ev);
struct page_event page_event_free(const struct mmt_event *ev);

/* A block that was free when the trace began, and who took it first. */
struct survey_block {
	pfn_t pfn;
	uint16_t cpu;
	uint8_t order;
	uint8_t type; /* enum migratetype of the request */
};

/* Pages that one early event allocated or, negative, freed. */
struct survey_early {
	uint64_t time;
	pfn_t pfn;
	int32_t pages;
};

struct survey {
	struct mmt_alloc *alloc;
	struct machine machine; /* of the first full snapshot */
	bool has_machine;
	struct population population;
	struct survey_block *first; /* in the order of events */
	size_t nr_first, cap_first;
	struct survey_early *early; /* up to when the snapshot read the zones */
	size_t nr_early, cap_early;
	uint64_t zone_time;  /* that moment; 0: not known yet */
	uint64_t *read_time; /* by 4096 frames: when the snapshot read them; 0: not (yet) */
	uint8_t *witness;    /* by pageblock: 0: none, else its type at the first sight + 1 */
	uint64_t events, rows, allocs, frees, self;
	uint64_t first_time, last_time;
	uint64_t nr_light; /* complete light or end snapshots */
};

int survey_init(struct survey *s, struct mmt_alloc *a, struct mmt_err *e);
void survey_free(struct survey *s);
/* Take the next event of the trace. */
int survey_event(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		 struct mmt_err *e);
/* The same in steps, for a reader of columns: every event of a known kind is counted, in order;
 * those that are wanted are taken, allocations and frees perhaps as page events. */
void survey_count(struct survey *s, uint64_t time, uint8_t flags);
bool survey_wants(unsigned kind);
int survey_take(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e);
int survey_alloc(struct survey *s, const struct page_event *ev, struct mmt_err *e);
int survey_free_page(struct survey *s, const struct page_event *ev, struct mmt_err *e);

/* Pages of zone @z allocated less those freed before its snapshot row was read. */
int64_t survey_net(const struct survey *s, const struct machine_zone *z);

#endif
