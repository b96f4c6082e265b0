/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine as it was when the trace began.
 */
#ifndef REPLAY_INITIAL_H
#define REPLAY_INITIAL_H

#include "lib/replay/compare.h"
#include "lib/replay/framemap.h"
#include "lib/replay/survey/survey.h"
#include "lib/replay/tunable.h"

/* How the machine came to its state; counts of pages or pageblocks. */
struct initial {
	unsigned nr_cpus;
	bool as_recorded;			    /* zones and nodes are the host's */
	uint64_t free_pages, pcp_pages, used_pages; /* what the model began with */
	uint64_t recorded_free_pages;		    /* what the snapshot's free lists held */
	uint64_t evicted_pages;			    /* what-if: dropped because they did not fit */
	uint64_t moved_pages;			    /* what-if: placed elsewhere */
	/* inferred, where nothing recorded tells */
	uint64_t inferred_pcp_pages;	 /* in per-CPU lists by count only, frames chosen */
	uint64_t inferred_pageblocks;	 /* types dealt by content rather than seen */
	uint64_t inferred_managed_pages; /* frames in use beyond the managed count */
	uint64_t late_pages;		 /* managed since the watermarks were set (booted.c) */
	uint64_t inferred_ticks;	 /* runs of vmstat_update() that drains told */
};

/* Build the machine of @s as @v wants it. @base: nothing was set, so what the host reported of its
 * watermarks and per-CPU lists holds. Fills @in, and @map where frames had to move. The caller owns
 * *@sys. -ENOTSUP: the population does not fit, or the topology is beyond the model; -EDQUOT: what is
 * in use takes more host memory than the limit allows. */
int initial_build(struct initial *in, struct survey *s, const struct tunable_values *v, bool base,
		  struct framemap *map, struct mm_system **sys, struct mmt_err *e);

/* The machine of @s under @v with nothing free, as the kernel found it when it computed what the
 * formulas say (booted.c). */
int initial_empty(struct survey *s, const struct tunable_values *v, struct mm_system **sys,
		  struct mmt_err *e);
/* Set what the host reported of its watermarks, reserves and per-CPU lists beside the formulas,
 * computed from the recorded tunables @v. */
int initial_formulas(struct survey *s, const struct tunable_values *v, struct compare *c,
		     struct mmt_err *e);

#endif
