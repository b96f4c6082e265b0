/* SPDX-License-Identifier: GPL-2.0-only */
/* The last row of each thing that snapshots tell of: what is left out while it stays the same. */
#ifndef MMT_TRACE_ROWS_H
#define MMT_TRACE_ROWS_H

#include "lib/base/alloc.h"
#include "lib/trace/event.h"

struct mmt_rows;

/* Leading fields of a row of @kind that say what it is of; 0: rows of this kind are never left
 * out. */
unsigned mmt_rows_key(unsigned kind);
/* NULL: memory. */
struct mmt_rows *mmt_rows_new(struct mmt_alloc *a);
/* Keep the fields of @ev, of a kind that has a key, as the last of its thing. 1: they differ from
 * those before, or are its first; 0: they do not; -ENOMEM. */
int mmt_rows_note(struct mmt_rows *r, const struct mmt_event *ev);
size_t mmt_rows_count(const struct mmt_rows *r);
/* Kind and fields of thing @i, in order of first sight, into @ev; the rest of it stays. */
void mmt_rows_at(const struct mmt_rows *r, size_t i, struct mmt_event *ev);
void mmt_rows_clear(struct mmt_rows *r);
void mmt_rows_free(struct mmt_rows *r);

#endif
