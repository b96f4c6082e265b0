/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Codes of a column: what makes a trace small before zstd sees it, and quick to read after.
 *
 * Theory. A column is one field of all events of one kind in a frame (or the kind, time, CPU, task
 * or flags of all events). Its code is a byte: the storage in the low 4 bits, the transform in the
 * high 4. The transform takes what can be predicted away:
 *
 *	none	base, then value - base				sizes, flags, orders
 *	delta	start, base, then value - previous - base	times: small, nearly never back
 *	zigzag	start, then value - previous, sign in bit 0	addresses and frames that wander
 *	scaled	any of these, less low bits that are always 0	times in 128 ns, bytes in pages
 *
 * and the storage writes what is left:
 *
 *	const	the value; the column has no further bytes (and no transform)
 *	planes	width, exceptions, all lowest bytes, then all second bytes ...
 *	words	width, exceptions, little-endian words of 1, 2, 4 or 8 bytes
 *	table	count, values, one byte per value (no transform)
 *	varint	one varint per value: for the few and the wild
 *
 * Fixed widths are read by loops without branches (unpack.c); the few values that do not fit are
 * exceptions (place - previous place, value: varints) put in after.
 * Planes let zstd see the quiet high bytes apart from the random low ones; words let it see a
 * frame number that comes again as the same four bytes.
 *
 * choose.c writes columns.
 *
 * Invariants: (1) a column is read only if its bytes end where its code says; (2) a reader's work
 * and memory follow the number of values, which the caller bounds; (3) every transform and storage
 * gives back the same 64 bits.
 */
#include "lib/trace/column/codec.h"

#include "lib/trace/column/sums.h"
#include "lib/trace/column/unpack.h"

#include <errno.h>
#include <string.h>

#define TABLE_MAX 256
#define BLOCK	  MMT_UNPACK_BLOCK

/* A varint of at most 8 bytes, all of them before @r's end, is taken here. */
static inline __attribute__((always_inline)) uint64_t take_varint(struct mmt_rd *r)
{
	uint64_t x;
	unsigned n;

	if (r->p < r->end && *r->p < 0x80)
		return *r->p++;
	n = mmt_rd_left(r) < 8 ? 0 : mmt_short_varint(r->p, &x);
	r->p += n;
	return n ? x : mmt_rd_long_varint(r);
}

/* Places and values of the exceptions at @r, which are passed over. */
static int check_exceptions(struct mmt_rd *r, uint64_t exceptions, size_t n, struct mmt_err *e)
{
	uint64_t at = 0;

	if (exceptions > n)
		return mmt_fail(e, EBADMSG, "%llu exceptions in a column of %zu values",
				(unsigned long long)exceptions, n);
	for (uint64_t i = 0; i < exceptions; i++) {
		uint64_t step = take_varint(r);

		take_varint(r);
		if (step >= n - at || r->bad)
			return mmt_fail(e, EBADMSG, "exception %llu of a column is beyond its end",
					(unsigned long long)i);
		at += step;
	}
	return 0;
}

/* Widths without exceptions or sums need no block in between. */
static bool take_bytes(struct mmt_unpack *u, unsigned w, uint64_t exceptions, const uint8_t *p,
		       size_t n)
{
	return w == 1 && !exceptions && mmt_unpack_bytes(u, p, n);
}

/* @n times @value, perhaps none. */
static void fill(struct mmt_unpack *u, uint64_t value, size_t n)
{
	if (n)
		mmt_unpack_constant(u, value, n);
}

/*
 * A column of width 0: its values are all alike but for exceptions, or, where they are sums to which
 * nothing else is added, alike from one exception to the next. False: they are not.
 */
static bool take_alike(struct mmt_unpack *u, uint64_t exceptions, struct mmt_rd list, size_t n)
{
	const bool sums = u->transform != MMT_T_NONE;
	size_t at = 0, place = 0;

	if (sums && u->base)
		return false;
	while (exceptions--) {
		struct mmt_rd after;
		uint64_t rest;

		place += take_varint(&list);
		rest = take_varint(&list);
		after = list;
		if (exceptions && !take_varint(&after))
			continue; /* the next one stands in the same place, and counts */
		fill(u, sums ? u->sum : u->base, place - at);
		at = place;
		rest = u->transform == MMT_T_ZIGZAG ? mmt_unzigzag(rest) : rest;
		if (sums)
			u->sum += rest << u->shift;
		else
			fill(u, u->base + (rest << u->shift), 1);
		at += !sums;
	}
	fill(u, sums ? u->sum : u->base, n - at);
	return true;
}

static int take_fixed(struct mmt_rd *r, size_t n, bool words, struct mmt_unpack *u,
		      struct mmt_err *e)
{
	unsigned w = mmt_rd_u8(r);
	uint64_t exceptions = mmt_rd_varint(r), next = UINT64_MAX, v[BLOCK];
	bool planes = !words || w == 1; /* one is both */
	struct mmt_rd list = *r;
	const uint8_t *p;
	int err;

	if (w > 8 || (words && w != 1 && w != 2 && w != 4 && w != 8))
		return mmt_fail(e, EBADMSG, "width %u of a column is not known", w);
	err = check_exceptions(r, exceptions, n, e);
	if (err)
		return err;
	p = mmt_rd_bytes(r, w * n);
	if (!p)
		return mmt_fail(e, EBADMSG, "column of %zu values of %u bytes is cut short", n, w);
	if (take_bytes(u, w, exceptions, p, n) || (!w && take_alike(u, exceptions, list, n)))
		return 0;
	if (exceptions)
		next = take_varint(&list);
	for (size_t at = 0, m; at < n; at += m) {
		m = n - at < BLOCK ? n - at : BLOCK;
		if (planes && m >= 16 && next >= at + m &&
		    mmt_unpack_narrow(u, m & ~(size_t)15, w, p + at, n)) {
			m &= ~(size_t)15;
			continue;
		}
		if (words)
			mmt_unpack_words(v, m, w, p + at * w);
		else
			mmt_unpack_planes(v, m, w, p + at, n);
		while (next < at + m) {
			v[next - at] = take_varint(&list);
			next = --exceptions ? next + take_varint(&list) : UINT64_MAX;
		}
		mmt_unpack_put(u, v, m);
	}
	return 0;
}

static int take_table(struct mmt_rd *r, size_t n, struct mmt_unpack *u, struct mmt_err *e)
{
	uint64_t table[TABLE_MAX] = { 0 };
	uint64_t count = mmt_rd_varint(r), top;
	const uint8_t *p;

	if (!count || count > TABLE_MAX)
		return mmt_fail(e, EBADMSG, "a column's table of %llu values is not in 1..%d",
				(unsigned long long)count, TABLE_MAX);
	for (uint64_t i = 0; i < count; i++) {
		table[i] = mmt_rd_varint(r);
		u->any |= table[i];
	}
	p = mmt_rd_bytes(r, n);
	if (!p)
		return mmt_fail(e, EBADMSG, "column of %zu bytes is cut short", n);
	top = mmt_unpack_largest(p, 1, n);
	if (top >= count)
		return mmt_fail(e, EBADMSG, "choice %llu of a column's table of %llu",
				(unsigned long long)top, (unsigned long long)count);
	mmt_unpack_table(u, p, n, table);
	return 0;
}

/* @m varints from @r on: short ones at once, and each longer one by itself. */
static void take_some_varints(struct mmt_rd *r, uint64_t *v, size_t m)
{
	for (size_t i = 0; i < m; i++) {
		i += mmt_sums_varints(r, v + i, m - i);
		if (i < m)
			v[i] = take_varint(r);
	}
}

static int take_varints(struct mmt_rd *r, size_t n, struct mmt_unpack *u, struct mmt_err *e)
{
	uint64_t v[BLOCK];

	for (size_t at = 0; at < n && !r->bad; at += BLOCK) {
		size_t m = n - at < BLOCK ? n - at : BLOCK;

		take_some_varints(r, v, m);
		mmt_unpack_put(u, v, m);
	}
	return r->bad ? mmt_fail(e, EBADMSG, "column of %zu varints is cut short", n) : 0;
}

static int take_stored(struct mmt_rd *r, unsigned storage, size_t n, struct mmt_unpack *u,
		       struct mmt_err *e)
{
	switch (storage) {
	case MMT_S_PLANES:
	case MMT_S_WORDS:
		return take_fixed(r, n, storage == MMT_S_WORDS, u, e);
	case MMT_S_TABLE:
		return take_table(r, n, u, e);
	default:
		return take_varints(r, n, u, e);
	}
}

int mmt_codec_take(struct mmt_rd r, void *v, unsigned width, size_t n, bool *constant,
		   uint64_t *any, struct mmt_err *e)
{
	unsigned code = mmt_rd_u8(&r), storage = code & 15, high = code >> 4;
	struct mmt_unpack u = { .transform = high % MMT_T_SCALED, .to = v, .width = width };

	if (storage >= MMT_NR_STORAGES || u.transform >= MMT_NR_TRANSFORMS ||
	    (high && (storage == MMT_S_CONST || storage == MMT_S_TABLE)))
		return mmt_fail(e, EBADMSG, "column code 0x%02x is not known", code);
	*constant = storage == MMT_S_CONST;
	if (storage == MMT_S_CONST) {
		mmt_unpack_constant(&u, mmt_rd_varint(&r), n);
	} else {
		int err;

		if (u.transform != MMT_T_NONE)
			u.sum = mmt_rd_varint(&r);
		if (u.transform != MMT_T_ZIGZAG && storage != MMT_S_TABLE)
			u.base = mmt_rd_varint(&r);
		if (high & MMT_T_SCALED)
			u.shift = mmt_rd_u8(&r);
		if (u.shift > 63)
			return mmt_fail(e, EBADMSG, "a column leaves out %u bits", u.shift);
		err = take_stored(&r, storage, n, &u, e);
		if (err)
			return err;
	}
	*any = u.any;
	if (r.bad || mmt_rd_left(&r))
		return mmt_fail(e, EBADMSG,
				r.bad ? "a column is cut short"
				      : "%zu bytes are left over in a column",
				mmt_rd_left(&r));
	return 0;
}
