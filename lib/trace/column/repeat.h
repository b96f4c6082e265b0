/* SPDX-License-Identifier: GPL-2.0-only */
/* A column whose values come again in runs, forward or backward: frame numbers. */
#ifndef MMT_TRACE_REPEAT_H
#define MMT_TRACE_REPEAT_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define MMT_REPEAT_CODE 5 /* the column's code, beside those of codec.h */

/* Append @n > 0 values with their code. @tmp holds 3 * @n values. */
void mmt_repeat_put(struct mmt_wr *w, const uint64_t *v, size_t n, uint64_t *tmp);
/* Read such a column, its code already passed over, that fills all of @r, of frame numbers. Larger
 * values are cut, and show in *@any: no value has a bit that it has not. -EBADMSG: bytes that do
 * not fit it; mmt_repeat_explain() says which. */
int mmt_repeat_take(struct mmt_rd r, uint32_t *v, size_t n, uint64_t *any, struct mmt_err *e);
/* The same in full width and step by step, with the reason of a refusal. */
int mmt_repeat_explain(struct mmt_rd r, uint64_t *v, size_t n, struct mmt_err *e);

#endif
