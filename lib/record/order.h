/* SPDX-License-Identifier: GPL-2.0-only */
/* The last step before the writer: an allocation and a free of one frame that cross are swapped. */
#ifndef MMT_RECORD_ORDER_H
#define MMT_RECORD_ORDER_H

#include "lib/trace/writer.h"

struct rec_order;

struct rec_order_counts {
	uint64_t written, swapped; /* events; pairs of them */
	uint64_t refused;	   /* that the format cannot hold: told as lost */
};

/* Events go on to @w. NULL: memory. */
struct rec_order *rec_order_new(struct mmt_alloc *a, struct mmt_writer *w, struct mmt_err *e);
void rec_order_free(struct rec_order *o);
/* The next event in the order of time. */
int rec_order_add(struct rec_order *o, const struct mmt_event *ev, struct mmt_err *e);
/* Write what is held back. */
int rec_order_flush(struct rec_order *o, struct mmt_err *e);
struct rec_order_counts rec_order_counts(const struct rec_order *o);

#endif
