/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The values of a column against the limit of their field.
 *
 * Theory. Columns are read into arrays as narrow as their limits allow, and with them come the bits
 * that occur in any value. Mostly these alone show that no value can be too large. Where they do
 * not, the largest value tells; where a value was cut to its array's width, or the one that is
 * wrong has to be named, the column is read again in full width.
 *
 *	bits of all <= limit	good
 *	else, none cut		largest <= limit: good
 *	else			read again: the first beyond, or good after all
 *
 * Invariants: (1) a column that passes holds no value beyond its limit; (2) memory is asked for
 * only where a column may be wrong.
 */
#include "lib/trace/column/limit.h"

#include "lib/trace/column/codec.h"
#include "lib/trace/column/repeat.h"
#include "lib/trace/column/unpack.h"

#include <errno.h>

bool mmt_limit_holds(const void *v, unsigned width, size_t n, uint64_t any, uint64_t limit)
{
	/* nearly always the bits of all tell; if one is beyond the width some value was cut */
	return any <= limit ||
	       ((width == 8 || !(any >> (8 * width))) && mmt_unpack_largest(v, width, n) <= limit);
}

/* A value that may not be, in full width; where it is, or @n. */
static size_t find_invalid(const uint64_t *v, size_t n, uint64_t limit, bool order, uint64_t *value)
{
	for (size_t i = 0; i < n; i++) {
		*value = v[i];
		if (v[i] > limit || (order && !mmt_unit_valid(MMT_U_ORDER, v[i])))
			return i;
	}
	return n;
}

int mmt_limit_explain(struct mmt_alloc *a, struct mmt_rd column, size_t n, uint64_t limit,
		      bool order, size_t *at, uint64_t *value, struct mmt_err *e)
{
	uint64_t *v = mmt_resize(a, NULL, n, sizeof(*v)), any;
	bool constant;
	int err;

	if (!v)
		return mmt_fail(e, ENOMEM, "no memory for a column of a frame");
	if (mmt_rd_left(&column) && *column.p == MMT_REPEAT_CODE) {
		mmt_rd_u8(&column);
		err = mmt_repeat_explain(column, v, n, e);
	} else {
		err = mmt_codec_take(column, v, sizeof(*v), n, &constant, &any, e);
	}
	if (!err)
		*at = find_invalid(v, n, limit, order, value);
	mmt_free(a, v);
	return err;
}
