/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of a frame <-> its columns; column.c draws them. */
#ifndef MMT_TRACE_COLUMN_H
#define MMT_TRACE_COLUMN_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/trace/event.h"

#define MMT_LANES 64 /* of the shared column: CPU modulo this */

/* --- events -> columns --- */

struct mmt_columns;

struct mmt_columns *mmt_columns_new(struct mmt_alloc *a);
void mmt_columns_free(struct mmt_columns *c);
/* Append a valid event: 0 or -ENOMEM (then it is not in). */
int mmt_columns_add(struct mmt_columns *c, const struct mmt_event *ev, struct mmt_err *e);
size_t mmt_columns_count(const struct mmt_columns *c);
/* No more bytes than these will mmt_columns_put() write, if @plain. */
size_t mmt_columns_bound(const struct mmt_columns *c);
/* Lowest and highest time. */
void mmt_columns_times(const struct mmt_columns *c, uint64_t *first, uint64_t *last);
/* Write all columns; @plain: no longer than the bound. Trouble shows in @w. */
void mmt_columns_put(struct mmt_columns *c, struct mmt_wr *w, bool plain);
/* Begin anew, keeping the memory. */
void mmt_columns_reset(struct mmt_columns *c);

/* --- columns -> events --- */

struct mmt_batch;

struct mmt_batch *mmt_batch_new(struct mmt_alloc *a);
void mmt_batch_free(struct mmt_batch *b);
/* Read the columns of @n events (at most MMT_FRAME_NR_EVENTS), which fill all of @r, and check
 * every value against its limit. -EBADMSG or -ENOMEM: the batch is empty. */
int mmt_batch_take(struct mmt_batch *b, struct mmt_rd r, uint32_t n, struct mmt_err *e);
/* The next event of a known kind, valid until the next call, or NULL at the end. */
const struct mmt_event *mmt_batch_next(struct mmt_batch *b);
/* Place in the frame of the event mmt_batch_next() gives next (unknown kinds have places too). */
uint32_t mmt_batch_place(const struct mmt_batch *b);
/* Events of kinds, and values of fields, that this version does not know. */
uint64_t mmt_batch_unknown(const struct mmt_batch *b);
uint64_t mmt_batch_extra(const struct mmt_batch *b);
/* Events of class snapshot. */
uint64_t mmt_batch_rows(const struct mmt_batch *b);

#endif
