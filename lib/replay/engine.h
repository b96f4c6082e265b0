/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay of one trace: survey, initial state, events in recorded order, comparison.
 */
#ifndef REPLAY_ENGINE_H
#define REPLAY_ENGINE_H

#include "lib/replay/allocator.h"
#include "lib/replay/compare.h"
#include "lib/replay/kswapd.h"
#include "lib/replay/scenario/scenario.h"
#include "lib/replay/ticker.h"
#include "lib/trace/reader.h"

/* Where the trace comes from; it is read twice, each time from its start. */
struct replay_source {
	struct mmt_reader *(*open)(void *ctx, struct mmt_err *e);
	void *ctx;
};

struct replay_options {
	const struct tunable_change *change; /* every --set, in order */
	size_t nr_changes;
	uint64_t max_events; /* 0: no limit */
	int check;	     /* level of mm_check() after every event; 0: none */
	const struct scenario_listener *listener; /* of a scenario; NULL: nobody */
};

/* What the host's own tracepoints counted, to set beside the model's counters. */
struct replay_outcomes {
	uint64_t extfrag;
	uint64_t pcpu_drain_pages;
	uint64_t kswapd_wakes;
};

struct replay {
	struct mmt_alloc *alloc;
	const struct replay_options *options;
	struct survey survey;
	struct scenario *scenario;		/* NULL: a recorded trace */
	struct tunable_values recorded, values; /* as recorded, and in force */
	bool base;				/* nothing was set */
	struct initial initial;
	struct allocator allocator;
	struct compare compare;
	struct replay_outcomes outcomes;
	uint64_t *counter_base; /* the model's counters before the first event */
	uint64_t now;		/* time of the latest event */
	struct ticker ticker;
	struct kswapd kswapd;
	bool kswapd_asked[MM_MAX_NODES]; /* the model woke kswapd since the last tick */
	uint64_t setting_changes;
	/* of the trace, at its end */
	struct mmt_reader_state state;
	char why_incomplete[256];
	char kernel[128];
	char filter[16]; /* of the recorder: "all", or whose tasks it was asked for */
	unsigned kernel_major, kernel_minor; /* 0, 0: not told */
	uint64_t digest;
	size_t nr_gaps;
};

/* Replay; @r is filled as far as it went and is to be freed whatever happened. Errors: those of the
 * reader; -ENOTSUP: no start snapshot, or a machine the model cannot hold; -EDQUOT: a budget is
 * exhausted, the text says at which event. @e must not be NULL. */
int replay_run(struct replay *r, struct mmt_alloc *a, const struct replay_source *source,
	       const struct replay_options *o, struct mmt_err *e);

/* The same in steps, for whoever has events that are in no file: every event to the survey, build,
 * every event again, finish. Errors as above, without a position. */
int replay_start(struct replay *r, struct mmt_alloc *a, const struct replay_options *o,
		 struct mmt_err *e);
int replay_survey(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		  struct mmt_err *e);
int replay_build(struct replay *r, struct mmt_err *e);
int replay_event(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		 struct mmt_err *e);
int replay_finish(struct replay *r, struct mmt_err *e);
/* For stream.c, which leads the commonest events past replay_survey() and replay_event(): which
 * kinds the survey wants, and takes once they are counted; whether a kind has a handler; what
 * happens by the clock up to @time; what the reader knows to be lost; and that a list was drained. */
bool replay_survey_wants(unsigned kind);
int replay_survey_take(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		       struct mmt_err *e);
bool replay_wants(unsigned kind);
int replay_reach(struct replay *r, uint64_t time, struct mmt_err *e);
void replay_note_losses(struct replay *r, const struct mmt_reader_state *state);
void replay_drained(struct replay *r, const struct page_event *ev);

/* Apply every --set that has no time to r->values, and say whether there is any. */
void replay_apply_untimed(struct replay *r);
/* Write every --set whose time is in [@from, @to). */
int replay_apply_timed(struct replay *r, uint64_t from, uint64_t to, struct mmt_err *e);
/* Write one tunable while the machine runs. ERANGE, EINVAL as of mm_set_tunables(), nothing changed.
 */
int replay_write(struct replay *r, const struct tunable_change *c, struct mmt_err *e);
/* Let the clock go on to @time, with what is due until then. */
int replay_advance(struct replay *r, uint64_t time, struct mmt_err *e);
/* The recorded kernel is not of the release that the model follows. */
bool replay_other_kernel(const struct replay *r);
/* Counter @i of the model (mm_counter_name()) since the first event. */
uint64_t replay_counter(const struct replay *r, unsigned i);
/* Set what the host's tracepoints counted beside the model's counters (outcome.c). */
int replay_compare_outcomes(struct replay *r, struct mmt_err *e);
void replay_free(struct replay *r);

#endif
