/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs have gone idle.
 */
#ifndef REPLAY_IDLE_H
#define REPLAY_IDLE_H

#include "lib/mm/mm.h"

struct idle {
	uint64_t acted[MM_MAX_CPUS]; /* when each was last heard of; 0: it has gone idle */
	uint64_t look;		     /* until then nobody asks */
};

/* Those not heard of for long before @time have gone idle. */
void idle_look(struct idle *idle, struct mm_system *sys, unsigned nr_cpus, uint64_t time);

/* The clock of @cpu ticked: it may have something to add again, and if it was idle, it is again. */
static inline void idle_ticks(struct idle *idle, unsigned cpu)
{
	if (!idle->acted[cpu])
		idle->acted[cpu] = 1;
}

/* @cpu, below @nr_cpus, does something at @time. */
static inline void idle_acts(struct idle *idle, struct mm_system *sys, unsigned nr_cpus,
			     unsigned cpu, uint64_t time)
{
	if (time >= idle->look)
		idle_look(idle, sys, nr_cpus, time);
	idle->acted[cpu] = time;
}

#endif
