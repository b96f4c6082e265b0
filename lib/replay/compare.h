/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model beside the host: free memory at every snapshot, and the figures that follow from
 * tunables.
 */
#ifndef REPLAY_COMPARE_H
#define REPLAY_COMPARE_H

#include "lib/replay/survey/flow.h"
#include "lib/replay/tunable.h"

/* What the model had at some time while the host was read. */
struct sample_range {
	uint64_t least, most;
};

/* One zone at one snapshot. */
struct sample_zone {
	bool recorded; /* the host's side is known */
	uint64_t managed, recorded_managed;
	uint64_t free, recorded_free;
	uint64_t pcp, recorded_pcp;
	uint64_t wmark_low, wmark_min;
	uint64_t blocks[NR_PAGE_ORDERS], recorded_blocks[NR_PAGE_ORDERS];
	/* the model's when the host began to read */
	uint64_t blocks_begin[NR_PAGE_ORDERS];
	/* and from then on until it had read */
	struct sample_range free_range, pcp_range;
	int extfrag[NR_PAGE_ORDERS], unusable[NR_PAGE_ORDERS];
};

/* A figure of the host beside the model's. */
struct fidelity {
	const char *metric;
	const char *at; /* "start", "last", "worst", "total" or "formula" */
	unsigned node;
	const char *zone; /* NULL: the whole machine */
	int cpu;	  /* -1: none */
	uint64_t time;	  /* of the snapshot, ns since the start */
	uint64_t recorded, model;
	uint64_t error_permille; /* of the recorded figure; 1000 times the model's when that is 0 */
};

struct compare {
	struct mmt_alloc *alloc;
	const struct mm_system *sys;
	bool as_recorded;
	uint64_t start;
	unsigned nr_zones;
	struct machine now; /* the snapshot being read */
	bool begun;	    /* the model has not passed the moment `from` when it began */
	bool armed;	    /* its zones were read at `at`, the model has not passed that moment */
	bool captured;	    /* the model's side is in view[] */
	bool watched;	    /* the model is between `from` and `look` */
	uint64_t from, at;
	uint64_t look; /* when the model is looked at: what was under way at `at` is over */
	const struct flow *flow;    /* tells that; NULL: nothing was */
	size_t reading;		    /* of the flow's: the next one */
	struct mm_zone_view *view;  /* [nr_zones], at `at` */
	struct mm_zone_view *begin; /* [nr_zones], at `from` */
	struct sample_zone *seen;   /* [nr_zones], its ranges */
	uint64_t *time;		    /* of each sample, ns since the start */
	struct sample_zone *sample; /* [nr][nr_zones] */
	size_t nr, cap_time, cap_sample;
	struct fidelity *fidelity;
	size_t nr_fidelity, cap_fidelity;
};

/* Of the model's figures while the host read its own: the nearest. */
uint64_t fidelity_nearest(uint64_t recorded, struct sample_range r);
uint64_t fidelity_error(uint64_t recorded, uint64_t model);
/* @as_recorded: the model has the host's zones. @start: time 0 of the samples. @flow: tells what
 * was under way when snapshots were read, or NULL. */
int compare_init(struct compare *c, struct mmt_alloc *a, const struct mm_system *sys,
		 bool as_recorded, uint64_t start, const struct flow *flow, struct mmt_err *e);
void compare_free(struct compare *c);
/* Take an event of class snapshot. 1: the host's side of a snapshot is complete. */
int compare_row(struct compare *c, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e);
/* When the model is to be looked at next; UINT64_MAX: no snapshot waits for that. */
static inline uint64_t compare_moment(const struct compare *c)
{
	return c->begun ? c->from : c->armed ? c->look : UINT64_MAX;
}
/* Note what the model has now, while it is watched. */
void compare_watch(struct compare *c);
/* The model is about to pass @time: look at it if a snapshot waits for that. */
int compare_before(struct compare *c, uint64_t time, struct mmt_err *e);
/* The trace is over: finish a snapshot that waits, and fill fidelity[] with last and worst. */
int compare_finish(struct compare *c, struct mmt_err *e);
/* Append a row to fidelity[]; @row.error_permille is computed here. */
int compare_add(struct compare *c, struct fidelity row, struct mmt_err *e);
/* A count of the whole trace, where the host has one; @metric must last. */
int compare_total(struct compare *c, const char *metric, uint64_t recorded, uint64_t model,
		  struct mmt_err *e);
/* Watermarks, reserves and per-CPU sizes that the model computed for @sys, beside what the host of
 * @m reported. */
int compare_formulas(struct compare *c, const struct machine *m, const struct mm_system *sys,
		     unsigned nr_cpus, struct mmt_err *e);

#endif
