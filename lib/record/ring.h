/* SPDX-License-Identifier: GPL-2.0-only */
/* Draining the rings: the records of all CPUs as one stream in the order of time. */
#ifndef MMT_RECORD_RING_H
#define MMT_RECORD_RING_H

#include "lib/record/convert.h"

struct rec_drain;

/* Rings of one kind, one for each CPU, @stride bytes apart, of @words words (a power of two). */
struct rec_rings {
	void *base;
	size_t stride;
	uint64_t words;
	unsigned nr_cpus;
};

/* @nested: of each CPU the ring of records that interrupted others; behind all of these, if there
 * are twice as many, that of programs that may be preempted. All stays the caller's. NULL: memory.
 */
struct rec_drain *rec_drain_new(struct mmt_alloc *a, const struct rec_rings *outer,
				const struct rec_rings *nested, struct rec_convert *c,
				struct mmt_writer *w, struct mmt_err *e);
void rec_drain_free(struct rec_drain *d);
/* Write the events of all records older than @before (ns, CLOCK_MONOTONIC); the last of them may
 * wait for those of the next drain (order.h), or for a flush. */
int rec_drain_run(struct rec_drain *d, uint64_t before, struct mmt_err *e);
int rec_drain_flush(struct rec_drain *d, struct mmt_err *e);
/* Show @see each event once it is converted, with the task it happened to. */
void rec_drain_on_event(struct rec_drain *d,
			void (*see)(void *arg, const struct mmt_event *ev,
				    const struct rec_task *task),
			void *arg);
/* Tell the writer what was lost in the rings since the last call. */
int rec_drain_losses(struct rec_drain *d, struct mmt_err *e);
/* Events written so far, losses told, events that came later than others of a drain before
 * (written where they were found), and pairs put into the order that can have been. */
uint64_t rec_drain_events(const struct rec_drain *d);
uint64_t rec_drain_lost(const struct rec_drain *d);
uint64_t rec_drain_late(const struct rec_drain *d);
uint64_t rec_drain_swapped(const struct rec_drain *d);

#endif
