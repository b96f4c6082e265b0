/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds-checked bytes. A reader that runs past its end, or meets a varint longer than 10 bytes,
 * turns `bad` and returns zeros from then on, so a decoder checks once at the end of a step. A
 * writer grows through its allocator and turns `bad` when memory runs out.
 * Integers are little endian. A varint is LEB128: 7 bits a byte, lowest first.
 */
#ifndef MMT_BASE_BYTES_H
#define MMT_BASE_BYTES_H

#include "lib/base/alloc.h"

#include <endian.h>
#include <string.h>

struct mmt_rd {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
};

static inline struct mmt_rd mmt_rd(const void *buf, size_t len)
{
	/* no arithmetic on a null pointer, not even by 0 */
	const uint8_t *p = buf ? buf : (const uint8_t *)"";

	return (struct mmt_rd){ .p = p, .end = p + len };
}

static inline size_t mmt_rd_left(const struct mmt_rd *r)
{
	return (size_t)(r->end - r->p);
}

uint8_t mmt_rd_u8(struct mmt_rd *r);
uint16_t mmt_rd_u16(struct mmt_rd *r);
uint32_t mmt_rd_u32(struct mmt_rd *r);
uint64_t mmt_rd_u64(struct mmt_rd *r);
/* The varint at @p, where 8 bytes may be read: its length, or 0 if it is longer than that. It takes
 * no branch for each byte. */
static inline unsigned mmt_short_varint(const uint8_t *p, uint64_t *v)
{
	const uint64_t more = UINT64_C(0x8080808080808080);
	uint64_t x, last;

	memcpy(&x, p, sizeof(x));
	x = le64toh(x);
	last = ~x & more;
	if (!last)
		return 0;
	x &= last ^ (last - 1);
	x = (x & UINT64_C(0x7f007f007f007f00)) >> 1 | (x & UINT64_C(0x007f007f007f007f));
	x = (x & UINT64_C(0x3fff00003fff0000)) >> 2 | (x & UINT64_C(0x00003fff00003fff));
	*v = (x & UINT64_C(0x0fffffff00000000)) >> 4 | (x & UINT64_C(0x000000000fffffff));
	return (unsigned)__builtin_ctzll(last) / 8 + 1;
}

uint64_t mmt_rd_long_varint(struct mmt_rd *r); /* of any length */
static inline uint64_t mmt_rd_varint(struct mmt_rd *r)
{
	return !r->bad && r->p < r->end && *r->p < 0x80 ? *r->p++ : mmt_rd_long_varint(r);
}
/* The next @n bytes, or NULL (and bad) if there are fewer. */
const uint8_t *mmt_rd_bytes(struct mmt_rd *r, size_t n);

struct mmt_wr {
	struct mmt_alloc *alloc;
	uint8_t *buf;
	size_t len, cap;
	bool bad;
};

/* Room for @n more bytes: pointer to them (length already advanced), or NULL and bad. */
uint8_t *mmt_wr_space(struct mmt_wr *w, size_t n);
void mmt_wr_u8(struct mmt_wr *w, uint8_t v);
void mmt_wr_u16(struct mmt_wr *w, uint16_t v);
void mmt_wr_u32(struct mmt_wr *w, uint32_t v);
void mmt_wr_u64(struct mmt_wr *w, uint64_t v);
void mmt_wr_varint(struct mmt_wr *w, uint64_t v);
void mmt_wr_bytes(struct mmt_wr *w, const void *p, size_t n);
void mmt_wr_free(struct mmt_wr *w);

/* Signed numbers as small unsigned ones: 0, -1, 1, -2 ... become 0, 1, 2, 3 ... */
static inline uint64_t mmt_zigzag(uint64_t v)
{
	return v << 1 ^ (v >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t mmt_unzigzag(uint64_t v)
{
	return v >> 1 ^ (v & 1 ? UINT64_MAX : 0);
}

/* Bytes mmt_wr_varint() would write: 1 to 10. */
static inline unsigned mmt_varint_len(uint64_t v)
{
	return v ? (unsigned)(70 - __builtin_clzll(v)) / 7 : 1;
}

#endif
