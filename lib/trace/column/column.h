/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of a frame <-> its columns; column.c draws them. */
#ifndef MMT_TRACE_COLUMN_H
#define MMT_TRACE_COLUMN_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/trace/event.h"

#define MMT_LANES      64 /* of the shared column: CPU modulo this */
#define MMT_LANE_AHEAD 32 /* values after a lane's end that may be looked at, and mean nothing */

/* --- events -> columns --- */

struct mmt_columns;

struct mmt_columns *mmt_columns_new(struct mmt_alloc *a);
void mmt_columns_free(struct mmt_columns *c);
/* Append a valid event: 0 or -ENOMEM (then it is not in). */
int mmt_columns_add(struct mmt_columns *c, const struct mmt_event *ev, struct mmt_err *e);
size_t mmt_columns_count(const struct mmt_columns *c);
/* mmt_columns_put() can always keep within as many bytes. */
size_t mmt_columns_bound(const struct mmt_columns *c);
/* Lowest and highest time. */
void mmt_columns_times(const struct mmt_columns *c, uint64_t *first, uint64_t *last);
/* Write all columns so that zstd makes least of them, within @most bytes; if these are fewer than
 * the bound, perhaps within the bound only. Trouble shows in @w. */
void mmt_columns_put(struct mmt_columns *c, struct mmt_wr *w, size_t most);
/* Begin anew, keeping the memory. */
void mmt_columns_reset(struct mmt_columns *c);

/* --- columns -> events --- */

struct mmt_batch;

/* The events of one kind in a frame, in their order. */
struct mmt_view_kind {
	const struct mmt_event_info *info; /* NULL: not known, and without columns */
	uint16_t kind;
	uint8_t shared; /* 1 + the field whose values are in the lanes, or 0 */
	uint32_t n;
	const void *column[MMT_FIELDS_MAX]; /* values of mmt_unit_width() bytes, but `shared` */
};

/* A lane of a frame: what comes next on some of the CPUs. Whoever reads a view moves these on. */
struct mmt_lane {
	uint32_t at;		/* its next event's place in the columns */
	uint32_t nr_shared;	/* values it has in the shared column */
	const uint32_t *shared; /* the next of them */
	uint32_t *number;	/* by place of a kind: which of the kind's values is next */
};

/*
 * A frame, column by column. The columns of all events but `cpu` have them lane by lane; so for
 * each event in their order
 *
 *	lane = &lanes[cpu[i] & lane_mask]; at = lane->at++; kind = &kinds[place[at]]
 *	pfn = *lanes[cpu[i] % MMT_LANES].shared++	if kind->shared
 *	number = lane->number[place[at]]++		of values in kind->column[]
 *
 * Kinds that are not known have places, and may have values in the shared column.
 */
struct mmt_view {
	uint32_t n, nr_kinds;
	uint32_t lane_mask; /* 0: a frame of version 1.0, in the order of the events */
	const uint16_t *cpu;
	const uint16_t *place; /* of each event's kind in kinds[] */
	const uint64_t *time;
	const uint32_t *task;
	const uint8_t *flags;
	const struct mmt_view_kind *kinds;
	struct mmt_lane *lanes;	   /* [MMT_LANES]: by CPU modulo that */
	uint32_t first[MMT_LANES]; /* where `at` began */
};

/* What somebody makes of each frame of events before they are given out, perhaps in a thread of the
 * reader's: so it may touch nothing but @v, whose lanes it may move, and append to @w, which begins
 * empty. */
struct mmt_prepare {
	void (*frame)(const void *ctx, const struct mmt_view *v, struct mmt_wr *w);
	const void *ctx;
};

struct mmt_batch *mmt_batch_new(struct mmt_alloc *a);
void mmt_batch_free(struct mmt_batch *b);
/* Read the columns of @n events (at most MMT_FRAME_NR_EVENTS), which fill all of @r, and check
 * every value against its limit. -EBADMSG or -ENOMEM: the batch is empty. */
int mmt_batch_take(struct mmt_batch *b, struct mmt_rd r, uint32_t n, struct mmt_err *e);
/* The next event of a known kind, valid until the next call, or NULL at the end. */
const struct mmt_event *mmt_batch_next(struct mmt_batch *b);
/* All events taken, in columns, valid until the next mmt_batch_take(); they count as given out.
 * NULL: none is left to give out. */
const struct mmt_view *mmt_batch_view(struct mmt_batch *b);
/* The same, but they do not count as given out; perhaps none. */
const struct mmt_view *mmt_batch_all(const struct mmt_batch *b);
/* The event of a known kind that stands at @at, on @cpu, of which it is the one with @number (from
 * 0), its value in the shared column, if it has one, being @shared. */
void mmt_view_event(const struct mmt_view *v, uint32_t at, uint16_t cpu, uint32_t number,
		    uint32_t shared, struct mmt_event *ev);
/* How many of the first @n events of @v are of kinds that are known. */
uint32_t mmt_view_known(const struct mmt_view *v, uint32_t n);
/* Place in the frame of the event mmt_batch_next() gives next (unknown kinds have places too). */
uint32_t mmt_batch_place(const struct mmt_batch *b);
/* Events of kinds, and values of fields, that this version does not know. */
uint64_t mmt_batch_unknown(const struct mmt_batch *b);
uint64_t mmt_batch_extra(const struct mmt_batch *b);
/* Events of class snapshot. */
uint64_t mmt_batch_rows(const struct mmt_batch *b);

#endif
