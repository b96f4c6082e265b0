/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went into per-CPU lists and came out of them, as far as it tells how they began.
 */
#ifndef REPLAY_FLOW_H
#define REPLAY_FLOW_H

#include "lib/replay/survey/decay.h"
#include "lib/replay/survey/level.h"
#include "lib/replay/survey/machine.h"
#include "lib/replay/survey/trylock.h"

#define FLOW_NO_LIST UINT8_MAX
#define FLOW_BINS    50 /* of a second */

/* An allocation or a free of pages, or a block's way between lists, as far as a replay needs it. */
struct page_event {
	uint64_t time;
	uint32_t pfn;
	uint32_t gfp; /* of an allocation */
	uint32_t task;
	uint16_t cpu;
	uint8_t order;
	uint8_t type : 4;	/* of all but a free: the recorded migratetype */
	uint8_t names_node : 1; /* of an allocation: it asked for the node it got a block of */
	uint8_t role : 3;	/* in a row of wanted.h: what that is */
};

struct page_event page_event_alloc(const struct mmt_event *ev);
struct page_event page_event_free(const struct mmt_event *ev);
struct page_event page_event_locked(const struct mmt_event *ev);
struct page_event page_event_drain(const struct mmt_event *ev);

/* One event before the snapshot read the zones. */
struct flow_early {
	uint64_t time;
	pfn_t pfn;
	int32_t pages; /* allocated or, negative, freed */
	int32_t pcp;   /* into the lists of the CPU or, negative, out of them */
	uint16_t cpu;
	uint8_t list; /* that was empty then, or FLOW_NO_LIST */
};

/* A run of vmstat_update() that was told, or that a drain tells of, or the size of lists: then it was
 * in between. */
struct flow_tick {
	uint64_t time, until;
	uint64_t nodes; /* whose lists it drained since this CPU had not used them for long */
	bool again;	/* at once another run followed it */
	bool told;	/* by the trace itself */
	uint32_t next;	/* of the same CPU: index + 1 */
};

struct flow_cpu {
	uint64_t last_drain;
	uint32_t drained_by;		/* the task */
	uint32_t first_tick, last_tick; /* index + 1; 0: none */
	uint32_t first_window;		/* index + 1 */
	uint32_t in_tick;		/* the last drain belongs to this run: index + 1 */
	uint32_t run, runner;		/* the last run that was told, likewise, and its task */
	uint16_t drained_node;		/* of the last drain, and pages from there in that run */
	uint32_t drained_pages;
	uint32_t drained_own; /* zone of the CPU's own node, index + 1, and pages of it, likewise */
	uint32_t drained_own_pages;
	size_t refill;	    /* of struct decay_event: the last one's index + 1 */
	size_t drain;	    /* likewise, while it lasts */
	uint32_t task;	    /* of the last event */
	uint16_t kind;	    /* of the last event; 0: none */
	uint8_t order;	    /* of the last allocation or free */
	pfn_t page;	    /* its block */
	uint16_t locked_by; /* what told of the block that left the buddy lists last */
	pfn_t locked;	    /* that block */
	/* frees in a row: when the last FLOW_IN_HAND or less began, and as many before them */
	uint64_t row_from, row_before;
	uint32_t in_row;
	struct level_place place; /* of the last block */
	struct trylock_watch watch;
};

/* The largest high of a zone's lists in any snapshot, and in how many rows. */
struct flow_high {
	uint32_t high, rows;
	uint32_t limit; /* which refills did not make it exceed; 0: not seen */
};

struct flow {
	struct mmt_alloc *alloc;
	bool told;		  /* the trace tells of refills */
	bool clocked;		  /* and of all runs of vmstat_update() */
	struct flow_early *early; /* up to when the snapshot read the zones */
	size_t nr_early, cap_early;
	uint16_t *emptied; /* [zone of the machine][CPU]: lists that were empty at some time */
	struct level *level[MACHINE_MAX_ZONES]; /* [CPU]; NULL: no row told of the zone */
	struct flow_cpu *cpu;			/* [MM_MAX_CPUS] */
	struct flow_high *high;			/* [MACHINE_MAX_ZONES] */
	struct flow_tick *tick;
	size_t nr_ticks, cap_ticks;
	struct decay_event *decay;
	size_t nr_decay, cap_decay;
	struct decay_reading *reading; /* of all snapshots, in their order */
	size_t nr_readings, cap_readings;
	uint64_t reading_from; /* the snapshot being read began */
	struct trylock trylock;
	struct waiting waiting;
	struct decay_window *window;
	size_t nr_windows, cap_windows;
	uint32_t bin[FLOW_BINS]; /* ticks by their place in the second */
};

int flow_init(struct flow *f, struct mmt_alloc *a, struct mmt_err *e);
void flow_free(struct flow *f);
/* Take an event of the page allocator whose block is sound; the zones were read at @zone_time (0:
 * not yet) and are those of @m by then. */
int flow_event(struct flow *f, const struct mmt_event *ev, pfn_t pfn, unsigned order,
	       const struct machine *m, uint64_t zone_time, struct mmt_err *e);
/* The same for a block that left the buddy lists or went back to them (@kind: _zone_locked, _extfrag,
 * _pcpu_drain). */
int flow_block(struct flow *f, unsigned kind, const struct page_event *ev, const struct machine *m,
	       uint64_t zone_time, struct mmt_err *e);
/* The same for an allocation or a free (@kind) of a sound block. */
int flow_page(struct flow *f, unsigned kind, const struct page_event *ev, const struct machine *m,
	      uint64_t zone_time, struct mmt_err *e);
/* A snapshot begins; what it says of a CPU's lists of zone @z. */
void flow_snapshot(struct flow *f, uint64_t time);
int flow_pcp_row(struct flow *f, const struct mmt_event *ev, const struct machine *m,
		 const struct machine_zone *z, struct mmt_err *e);
/* All of the trace was taken: what came early now belongs to the zones of @m. */
int flow_settle(struct flow *f, const struct machine *m, uint64_t zone_time, struct mmt_err *e);

/* Pages of zone @z allocated less those freed before its row of the snapshot was read. */
int64_t flow_net(const struct flow *f, const struct machine_zone *z, uint64_t zone_time);
/* Pages that entered the lists of @cpu in that time, less those that left them. */
int64_t flow_net_pcp(const struct flow *f, const struct machine_zone *z, unsigned cpu,
		     uint64_t zone_time);
/* Whether the list of @type and @order was seen empty: what it held at first was all taken. */
bool flow_emptied(const struct flow *f, const struct machine *m, const struct machine_zone *z,
		  unsigned cpu, unsigned type, unsigned order);
/* The upper limit of high in zone @z, where high came to rest at it below @formula; else @formula.
 */
uint32_t flow_high_max(const struct flow *f, const struct machine *m, const struct machine_zone *z,
		       uint32_t formula);

#endif
