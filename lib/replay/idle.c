// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs that go idle add what they counted for themselves to the zones' counters (vmstat.c). No event
 * that is recorded by default tells that they do. But memory is touched all the time by who works:
 *
 *	CPU 1   15.1512  15.1623  15.1624 .............. 15.1733
 *	CPU 0                                      15.1690 looks: CPU 1 is idle
 *
 * One that was not heard of for longer than a tick has stopped its tick, and is idle.
 *
 * Reference: Linux 6.12 kernel/time/tick-sched.c tick_nohz_stop_tick(), mm/vmstat.c quiet_vmstat().
 *
 * I1  CPUs are looked at at most once in each LOOK of the trace's time, and are made to add what they
 *     counted once for each time that they go idle.
 *
 * Differs from the host: one that computes without allocating or freeing is taken for idle.
 *
 * Cost: a comparison and a store an event; a walk over the CPUs once a LOOK.
 */
#include "lib/replay/idle.h"

#define SILENT UINT64_C(5000000) /* more than a tick of 250 Hz */
#define LOOK   UINT64_C(1000000)

void idle_look(struct idle *idle, struct mm_system *sys, unsigned nr_cpus, uint64_t time)
{
	for (unsigned i = 0; i < nr_cpus; i++) {
		uint64_t acted = idle->acted[i];

		if (!acted || time < acted || time - acted <= SILENT)
			continue;
		mm_quiet_vmstat(sys, i);
		idle->acted[i] = 0;
	}
	idle->look = time + LOOK;
}
