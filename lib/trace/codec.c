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
 *
 * and the storage writes what is left:
 *
 *	const	the value; the column has no further bytes (and no transform)
 *	planes	width, exceptions, all lowest bytes, then all second bytes ...
 *	words	width, exceptions, little-endian words of 1, 2, 4 or 8 bytes
 *	table	count, values, one byte per value (no transform)
 *	varint	one varint per value: for the few and the wild
 *
 * Fixed widths are read by loops without branches, which compilers turn into vector code; the
 * few values that do not fit are exceptions (place - previous place, value: varints) put in after.
 * Planes let zstd see the quiet high bytes apart from the random low ones; words let it see a
 * frame number that comes again as the same four bytes.
 *
 * choose.c writes columns.
 *
 * Invariants: (1) a column is read only if its bytes end where its code says; (2) a reader's work
 * and memory follow the number of values, which the caller bounds; (3) every transform and storage
 * gives back the same 64 bits.
 */
#include "lib/trace/codec.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define TABLE_MAX 256

#define BLOCK	  512 /* values handled at once: they stay in the innermost cache */

/* What undoes a transform from block to block, and the bits seen in all values. */
struct undo {
	enum mmt_transform transform;
	uint64_t sum, base, any;
};

static void undo(struct undo *u, uint64_t *v, size_t n)
{
	uint64_t sum = u->sum, base = u->base, any = 0;

	switch (u->transform) {
	case MMT_T_DELTA:
		for (size_t i = 0; i < n; i++) {
			v[i] = sum += v[i] + base;
			any |= sum;
		}
		break;
	case MMT_T_ZIGZAG:
		for (size_t i = 0; i < n; i++) {
			v[i] = sum += v[i] >> 1 ^ (0 - (v[i] & 1));
			any |= sum;
		}
		break;
	default:
		for (size_t i = 0; i < n; i++) {
			v[i] += base;
			any |= v[i];
		}
	}
	u->sum = sum;
	u->any |= any;
}

/* Words of @w bytes, lowest byte first; one loop per width. */
static void take_words(uint64_t *v, size_t n, unsigned w, const uint8_t *p)
{
	uint32_t v32;
	uint16_t v16;

	switch (w) {
	case 1:
		for (size_t i = 0; i < n; i++)
			v[i] = p[i];
		return;
	case 2:
		for (size_t i = 0; i < n; i++) {
			memcpy(&v16, p + 2 * i, 2);
			v[i] = le16toh(v16);
		}
		return;
	case 4:
		for (size_t i = 0; i < n; i++) {
			memcpy(&v32, p + 4 * i, 4);
			v[i] = le32toh(v32);
		}
		return;
	default:
		for (size_t i = 0; i < n; i++) {
			memcpy(&v[i], p + 8 * i, 8);
			v[i] = le64toh(v[i]);
		}
	}
}

/* The same from planes that are @step bytes apart. */
static void take_planes(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	const uint8_t *q = p + step, *r = q + step;

	switch (w) {
	case 0:
		memset(v, 0, n * sizeof(*v));
		return;
	case 1:
		for (size_t i = 0; i < n; i++)
			v[i] = p[i];
		return;
	case 2:
		for (size_t i = 0; i < n; i++)
			v[i] = (uint64_t)p[i] | (uint64_t)q[i] << 8;
		return;
	default:
		for (size_t i = 0; i < n; i++)
			v[i] = (uint64_t)p[i] | (uint64_t)q[i] << 8 | (uint64_t)r[i] << 16;
		for (unsigned b = 3; b < w; b++)
			for (size_t i = 0; i < n; i++)
				v[i] |= (uint64_t)p[b * step + i] << (8 * b);
	}
}

/* Places and values of the exceptions at @r, which are passed over. */
static int check_exceptions(struct mmt_rd *r, uint64_t exceptions, size_t n, struct mmt_err *e)
{
	uint64_t at = 0;

	if (exceptions > n)
		return mmt_fail(e, EBADMSG, "%llu exceptions in a column of %zu values",
				(unsigned long long)exceptions, n);
	for (uint64_t i = 0; i < exceptions; i++) {
		uint64_t step = mmt_rd_varint(r);

		mmt_rd_varint(r);
		if (step >= n - at || r->bad)
			return mmt_fail(e, EBADMSG, "exception %llu of a column is beyond its end",
					(unsigned long long)i);
		at += step;
	}
	return 0;
}

static int take_fixed(struct mmt_rd *r, uint64_t *v, size_t n, bool words, struct undo *u,
		      struct mmt_err *e)
{
	unsigned w = mmt_rd_u8(r);
	uint64_t exceptions = mmt_rd_varint(r), next = UINT64_MAX;
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
	if (exceptions)
		next = mmt_rd_varint(&list);
	for (size_t at = 0; at < n; at += BLOCK) {
		size_t m = n - at < BLOCK ? n - at : BLOCK;

		if (words)
			take_words(v + at, m, w, p + at * w);
		else
			take_planes(v + at, m, w, p + at, n);
		while (next < at + m) {
			v[next] = mmt_rd_varint(&list);
			next = --exceptions ? next + mmt_rd_varint(&list) : UINT64_MAX;
		}
		undo(u, v + at, m);
	}
	return 0;
}

static int take_table(struct mmt_rd *r, uint64_t *v, size_t n, struct undo *u, struct mmt_err *e)
{
	uint64_t table[TABLE_MAX] = { 0 };
	uint64_t count = mmt_rd_varint(r);
	const uint8_t *p;
	unsigned top = 0;

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
	for (size_t i = 0; i < n; i++)
		top = p[i] > top ? p[i] : top;
	if (top >= count)
		return mmt_fail(e, EBADMSG, "choice %u of a column's table of %llu", top,
				(unsigned long long)count);
	for (size_t i = 0; i < n; i++)
		v[i] = table[p[i]];
	return 0;
}

static int take_varints(struct mmt_rd *r, uint64_t *v, size_t n, struct undo *u, struct mmt_err *e)
{
	for (size_t i = 0; i < n; i++) {
		/* most are one byte */
		if (r->p < r->end && *r->p < 0x80)
			v[i] = *r->p++;
		else
			v[i] = mmt_rd_varint(r);
	}
	undo(u, v, n);
	return r->bad ? mmt_fail(e, EBADMSG, "column of %zu varints is cut short", n) : 0;
}

static int take_stored(struct mmt_rd *r, unsigned storage, uint64_t *v, size_t n, struct undo *u,
		       struct mmt_err *e)
{
	switch (storage) {
	case MMT_S_PLANES:
	case MMT_S_WORDS:
		return take_fixed(r, v, n, storage == MMT_S_WORDS, u, e);
	case MMT_S_TABLE:
		return take_table(r, v, n, u, e);
	default:
		return take_varints(r, v, n, u, e);
	}
}

int mmt_codec_take(struct mmt_rd r, uint64_t *v, size_t n, bool *constant, uint64_t *any,
		   struct mmt_err *e)
{
	unsigned code = mmt_rd_u8(&r), storage = code & 15;
	struct undo u = { .transform = code >> 4 };

	if (storage >= MMT_NR_STORAGES || u.transform >= MMT_NR_TRANSFORMS ||
	    (u.transform && (storage == MMT_S_CONST || storage == MMT_S_TABLE)))
		return mmt_fail(e, EBADMSG, "column code 0x%02x is not known", code);
	*constant = storage == MMT_S_CONST;
	if (storage == MMT_S_CONST) {
		u.any = v[0] = mmt_rd_varint(&r);
	} else {
		int err;

		if (u.transform != MMT_T_NONE)
			u.sum = mmt_rd_varint(&r);
		if (u.transform != MMT_T_ZIGZAG && storage != MMT_S_TABLE)
			u.base = mmt_rd_varint(&r);
		err = take_stored(&r, storage, v, n, &u, e);
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
