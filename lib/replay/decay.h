/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When vmstat_update() ran without a drain to tell it.
 */
#ifndef REPLAY_DECAY_H
#define REPLAY_DECAY_H

#include "lib/replay/machine.h"

struct flow;

/* Refills of a CPU's lists, and what snapshots say of their size, until all of the trace is read.
 */
struct decay_event {
	uint64_t time;
	uint64_t until; /* a refill: the CPU's next allocation or free */
	uint32_t pages; /* by which high grew, of order 0; or high itself */
	uint16_t cpu;
	uint16_t zone; /* of the machine */
	uint8_t kind;  /* enum decay_kind; in this order at one time */
};
enum decay_kind { DECAY_REFILL, DECAY_REFILL_BATCH, DECAY_ROW };

/* A time between two snapshots of which all runs on a CPU are known. */
struct decay_window {
	uint64_t from, to; /* after, up to */
	uint32_t next;	   /* of the same CPU: index + 1 */
};

/* A snapshot that fell into a refill: the host had taken the pages, the request was not served. */
struct decay_in_flight {
	uint64_t at;	/* the lists were read */
	uint64_t until; /* the request was served */
};

/* A block of @order went to a list of @cpu in zone @zone; @more: of the refill before. */
int decay_refill(struct flow *f, unsigned zone, unsigned cpu, unsigned order, uint64_t time,
		 bool more, struct mmt_err *e);
/* The lists of @cpu in zone @zone may hold @high pages. */
int decay_row(struct flow *f, unsigned zone, unsigned cpu, uint64_t time, uint32_t high,
	      struct mmt_err *e);
/* When the last of the refills was served that were under way at @at; @at: there was none. */
uint64_t decay_in_flight(const struct flow *f, uint64_t at);
/* All of the trace was read: add the runs that sizes tell to f->tick, fill f->window and
 * f->in_flight. */
int decay_settle(struct flow *f, const struct machine *m, struct mmt_err *e);

#endif
