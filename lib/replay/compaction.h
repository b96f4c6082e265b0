/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the recorded kernel's compaction took out of the free lists.
 */
#ifndef REPLAY_COMPACTION_H
#define REPLAY_COMPACTION_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/mm/mm.h"
#include "lib/replay/survey/flow.h"
#include "lib/trace/event.h"

struct allocator;

#define COMPACTION_TASKS 16

/* Pages of one zone that are held, the last taken on top; some may have left since. */
struct compaction_zone {
	pfn_t *frame;
	size_t nr, cap;
	uint64_t pages; /* held now */
};

/* A task that compacts. */
struct compaction_task {
	uint32_t task;
	bool moving; /* right now */
	bool moved;  /* what it had gathered */
	pfn_t from,
		end;	/* between these frames are the pages it gathered to move; none: not told */
	bool daemon;	/* kcompactd */
	bool for_order; /* it compacts for a block of some order: lists are drained on the way */
	bool unflushed; /* it has moved pages, and no lists were drained since */
	bool failed;	/* its pass is over and no block came of it */
};

struct compaction {
	struct mmt_alloc *alloc;      /* the rest is zero while nothing was taken */
	uint64_t **held;	      /* by section of 2^15 model frames: a bit for each */
	uint32_t nr_sections;	      /* sections from here on are NULL */
	struct compaction_zone *zone; /* by the model's zones; NULL: nothing was ever taken */
	unsigned nr_zones;
	uint64_t pages; /* held in all zones */
	struct compaction_task task[COMPACTION_TASKS];
	unsigned nr_tasks;
};

void compaction_end(struct compaction *c);
/* A block of the host's went from a list to the zone; where it was compaction that drains lists, the
 * model's are drained. */
void compaction_drained(struct allocator *a, const struct page_event *ev);
/* Take an event of compaction or of page migration. -ENOMEM or 0. */
int compaction_event(struct allocator *a, const struct mmt_event *ev, struct mmt_err *e);
/* The host's @task freed 2^@order frames from @pfn on @cpu that no allocation accounts for. *@left:
 * how many of them no held page stands for either. -ENOMEM or 0. */
int compaction_release(struct allocator *a, pfn_t pfn, unsigned order, unsigned cpu, uint32_t task,
		       pfn_t *left, struct mmt_err *e);

#endif
