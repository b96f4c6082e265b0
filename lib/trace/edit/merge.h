/* SPDX-License-Identifier: GPL-2.0-only */
/* Several traces of one host, one after another, as one: ids, hosts, the seams. */
#ifndef MMT_TRACE_EDIT_MERGE_H
#define MMT_TRACE_EDIT_MERGE_H

#include "lib/trace/edit/copy.h"

struct mmt_merge;

/* NULL: no memory. */
struct mmt_merge *mmt_merge_new(struct mmt_alloc *a);
void mmt_merge_free(struct mmt_merge *m);
/* 0 if @header can follow @first, the header of the first part: the same kernel since the same
 * boot; -ENOTSUP: what differs. */
int mmt_merge_check(const json_t *first, const json_t *header, struct mmt_err *e);
/* The next part begins. */
int mmt_merge_part(struct mmt_merge *m, struct mmt_err *e);
/* The id of an entry of this part in the whole (an operation of mmt_copy; @ctx: the struct
 * mmt_merge). */
int mmt_merge_id(void *ctx, enum mmt_dict_kind kind, uint32_t id,
		 const struct mmt_dict_entry *entry, uint32_t *to, struct mmt_err *e);
/* Whether the next event of this part is after all earlier parts: false: they tell of its time. */
bool mmt_merge_wants(struct mmt_merge *m, const struct mmt_event *ev);
/* Events of this part that were not wanted. */
uint64_t mmt_merge_overlap(const struct mmt_merge *m);

#endif
