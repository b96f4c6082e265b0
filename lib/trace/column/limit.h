/* SPDX-License-Identifier: GPL-2.0-only */
/* The values of a column against the limit of their field. */
#ifndef MMT_TRACE_LIMIT_H
#define MMT_TRACE_LIMIT_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/trace/event.h"

/* Whether none of @n values of @width bytes exceeds @limit; @any has the bits of all. False: look
 * closer. */
bool mmt_limit_holds(const void *v, unsigned width, size_t n, uint64_t any, uint64_t limit);
/* Read @column again to find the first value beyond @limit (@order: that is no order either): *@at
 * of @n is *@value; *@at is @n if there is none. -EBADMSG: the column cannot be read; -ENOMEM. */
int mmt_limit_explain(struct mmt_alloc *a, struct mmt_rd column, size_t n, uint64_t limit,
		      bool order, size_t *at, uint64_t *value, struct mmt_err *e);

#endif
