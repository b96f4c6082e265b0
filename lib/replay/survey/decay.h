/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When vmstat_update() ran without a drain to tell it.
 */
#ifndef REPLAY_DECAY_H
#define REPLAY_DECAY_H

#include "lib/replay/survey/machine.h"

struct flow;

/* Refills and drains of a CPU's lists, and what snapshots say of their size, until all of the trace
 * is read. */
struct decay_event {
	uint64_t time;
	uint64_t until;	 /* a refill: the CPU's next allocation or free; a drain: its last block */
	uint32_t pages;	 /* by which high grew, of order 0; high itself; that are in the lists */
	uint32_t before; /* a drain: so long before it the frees began that led to it, in ns;
			    a row: of which reading */
	uint16_t cpu;
	uint16_t zone; /* of the machine */
	uint8_t kind;  /* enum decay_kind; in this order at one time */
};
enum decay_kind {
	DECAY_REFILL,
	DECAY_REFILL_BATCH,
	DECAY_DRAIN,	   /* tells nothing of high */
	DECAY_DRAIN_FULL,  /* the lists held as much before */
	DECAY_DRAIN_CLOCK, /* the lists held as much after it */
	DECAY_ROW
};

/* A time of which all runs on a CPU are known. */
struct decay_window {
	uint64_t from, to; /* after, up to */
	uint32_t next;	   /* of the same CPU: index + 1 */
	uint16_t cpu;
};

/* When a snapshot read the zones; and what was under way then, which the host had done and the
 * trace not told, or told and the host not done. */
struct decay_reading {
	uint64_t from, at; /* it began; it was done */
	uint64_t since;	   /* all that was told before had been done at `from` */
	uint64_t until;	   /* all that had been done at `at` is told */
};

/* A block of @order went to a list of @cpu in zone @zone; @more: of the refill before. */
int decay_refill(struct flow *f, unsigned zone, unsigned cpu, unsigned order, uint64_t time,
		 bool more, struct mmt_err *e);
/* A drain begins on @cpu, of blocks of zone @zone, whose lists hold @pages: a free told at @since or
 * later led to it. */
int decay_drain(struct flow *f, unsigned zone, unsigned cpu, uint64_t time, uint64_t since,
		enum decay_kind kind, int32_t pages, struct mmt_err *e);
/* One more block of @order was drained at @time, or the first. */
void decay_drained(struct flow *f, unsigned cpu, unsigned order, uint64_t time);
/* The lists of @cpu in zone @zone may hold @high pages. */
int decay_row(struct flow *f, unsigned zone, unsigned cpu, uint64_t time, uint32_t high,
	      struct mmt_err *e);
/* The reading that was done at @at; NULL: there is none. */
const struct decay_reading *decay_reading_at(const struct flow *f, uint64_t at);
/* All of the trace was read: add the runs that sizes tell to f->tick, fill f->window, and complete
 * f->reading. */
int decay_settle(struct flow *f, const struct machine *m, struct mmt_err *e);

#endif
