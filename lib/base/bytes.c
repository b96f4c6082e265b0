/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds-checked little-endian reading and writing; see bytes.h.
 */
#include "lib/base/bytes.h"

#include <string.h>

const uint8_t *mmt_rd_bytes(struct mmt_rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > mmt_rd_left(r)) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint64_t rd_le(struct mmt_rd *r, size_t n)
{
	const uint8_t *p = mmt_rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; p && i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint8_t mmt_rd_u8(struct mmt_rd *r)
{
	const uint8_t *p = mmt_rd_bytes(r, 1);

	return p ? *p : 0;
}

uint16_t mmt_rd_u16(struct mmt_rd *r)
{
	return (uint16_t)rd_le(r, 2);
}

uint32_t mmt_rd_u32(struct mmt_rd *r)
{
	return (uint32_t)rd_le(r, 4);
}

uint64_t mmt_rd_u64(struct mmt_rd *r)
{
	return rd_le(r, 8);
}

#define VARINT_MOST 10 /* bytes */

uint64_t mmt_rd_long_varint(struct mmt_rd *r)
{
	size_t most = mmt_rd_left(r) < VARINT_MOST ? mmt_rd_left(r) : VARINT_MOST;
	const uint8_t *p = r->p;
	uint64_t v = 0;
	unsigned n = !r->bad && most >= sizeof(uint64_t) ? mmt_short_varint(p, &v) : 0;

	r->p += n;
	if (n)
		return v;
	for (size_t i = 0; !r->bad && i < most; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] & 0x80)
			continue;
		if (i == VARINT_MOST - 1 && p[i] > 1)
			break;
		r->p += i + 1;
		return v;
	}
	r->bad = true;
	return 0;
}

uint8_t *mmt_wr_space(struct mmt_wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || n > SIZE_MAX / 2 - w->len) {
		w->bad = true;
		return NULL;
	}
	p = mmt_grow(w->alloc, w->buf, &w->cap, w->len + n, 1);
	if (!p) {
		w->bad = true;
		return NULL;
	}
	w->buf = p;
	p += w->len;
	w->len += n;
	return p;
}

static void wr_le(struct mmt_wr *w, uint64_t v, size_t n)
{
	uint8_t *p = mmt_wr_space(w, n);

	for (size_t i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void mmt_wr_u8(struct mmt_wr *w, uint8_t v)
{
	wr_le(w, v, 1);
}

void mmt_wr_u16(struct mmt_wr *w, uint16_t v)
{
	wr_le(w, v, 2);
}

void mmt_wr_u32(struct mmt_wr *w, uint32_t v)
{
	wr_le(w, v, 4);
}

void mmt_wr_u64(struct mmt_wr *w, uint64_t v)
{
	wr_le(w, v, 8);
}

void mmt_wr_varint(struct mmt_wr *w, uint64_t v)
{
	uint8_t *p = mmt_wr_space(w, mmt_varint_len(v));

	for (; p && v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	if (p)
		*p = (uint8_t)v;
}

void mmt_wr_bytes(struct mmt_wr *w, const void *src, size_t n)
{
	uint8_t *p = mmt_wr_space(w, n);

	if (p && n)
		memcpy(p, src, n);
}

void mmt_wr_free(struct mmt_wr *w)
{
	mmt_free(w->alloc, w->buf);
	*w = (struct mmt_wr){ .alloc = w->alloc };
}
