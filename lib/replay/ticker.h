/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When vmstat_update() runs on each CPU.
 */
#ifndef REPLAY_TICKER_H
#define REPLAY_TICKER_H

#include "lib/replay/survey/flow.h"

struct ticker_cpu {
	uint64_t next;
	uint32_t due;	 /* the next run is this one of those told, + 1; 0: none of them */
	uint64_t nodes;	 /* whose lists the last run drained, see struct flow_tick */
	bool again;	 /* and whether it runs once more */
	uint32_t told;	 /* index of the next run that is told, + 1; 0: none */
	uint32_t window; /* of the next window, likewise */
};

struct ticker {
	struct mmt_alloc *alloc;
	const struct flow *flow;
	unsigned nr_cpus;
	uint64_t phase; /* where in the second timers expire, ns */
	uint64_t soonest;
	struct ticker_cpu *cpu;
	unsigned leaves;  /* of the tree: at least nr_cpus, a power of two */
	uint64_t *sooner; /* leaves + i: cpu[i].next; else the least below the node, see ticker.c */
};

/* Clocks of @nr_cpus CPUs that start at @now. @flow must outlive them. */
int ticker_init(struct ticker *t, struct mmt_alloc *a, const struct flow *flow, unsigned nr_cpus,
		uint64_t now, struct mmt_err *e);
void ticker_free(struct ticker *t);
/* The next CPU whose turn comes until @time; -1: none. Of a long time without events only the end
 * is run. */
int ticker_due(struct ticker *t, uint64_t time);

#endif
