/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When vmstat_update() ran on each CPU.
 */
#ifndef REPLAY_CLOCK_H
#define REPLAY_CLOCK_H

#include "lib/replay/survey/flow.h"

/* The trace tells that a worker begins. */
int clock_run(struct flow *f, const struct mmt_event *ev, const struct mmt_dict *dict,
	      struct mmt_err *e);
/* A sound block is drained, perhaps in a run. */
int clock_drain(struct flow *f, struct flow_cpu *c, const struct page_event *ev,
		const struct machine *m, struct mmt_err *e);
/* All of the trace was taken, and the zones are those of @m: where runs are told, no others stay. */
void clock_settle(struct flow *f, const struct machine *m);
/* Where in the second it runs, in ns; -1: nothing told it. */
int64_t clock_phase(const struct flow *f);

#endif
