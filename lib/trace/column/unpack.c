/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inner loops of reading columns.
 *
 * Theory. A column passes through here in blocks:
 *
 *	bytes  -> planes or words ->  512 x 64 bits  -> exceptions (codec.c) -> sums ->  array of
 *	                              in the first-level cache                  1, 2, 4, 8 bytes
 *
 * The array is as wide as the largest value that its field may hold: of a frame with 65536 events
 * about 1.5 MiB, where 64 bits for each would take 5 and leave the second-level cache. Sums are
 * made with all 64 bits, so that no value beyond its limit can wrap into the range.
 *
 * Bytes become words by loops without branches, which compilers turn into vector code; where the
 * CPU has AVX2 they run in a second version made for it. Sums and planes, which need more thought,
 * are then left to sums.c, and small numbers to halves.c, but for the last few.
 *
 * Invariants: (1) nothing here depends on values but through `any`, so a stranger's bytes cannot
 * lead astray; (2) both versions of a loop give the same.
 *
 * Cost: a pass over the column; bytes and constants cost least, sums most (bench_decode).
 */
#include "lib/trace/column/unpack.h"

#include "lib/trace/column/sums.h"

#include <endian.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* --- bytes to 64 bits --- */

INLINE void words(uint64_t *restrict v, size_t n, unsigned w, const uint8_t *restrict p)
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

/* Two planes more, from plane @b on. */
INLINE void two_planes(uint64_t *restrict v, size_t n, unsigned b, const uint8_t *restrict p,
		       size_t step)
{
	const uint8_t *q = p + step;

	for (size_t i = 0; i < n; i++)
		v[i] |= (uint64_t)(uint16_t)(p[i] | q[i] << 8) << (8 * b);
}

INLINE void planes(uint64_t *restrict v, size_t n, unsigned w, const uint8_t *restrict p,
		   size_t step)
{
	const uint8_t *q = p + step, *r = q + step, *s = r + step;

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
			v[i] = (uint16_t)(p[i] | q[i] << 8);
		return;
	case 3:
		for (size_t i = 0; i < n; i++)
			v[i] = (uint32_t)p[i] | (uint32_t)q[i] << 8 | (uint32_t)r[i] << 16;
		return;
	default:
		for (size_t i = 0; i < n; i++)
			v[i] = (uint32_t)p[i] | (uint32_t)q[i] << 8 | (uint32_t)r[i] << 16 |
			       (uint32_t)s[i] << 24;
	}
	for (unsigned b = 4; b < w; b += 2) {
		if (b + 1 < w) {
			two_planes(v, n, b, p + b * step, step);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			v[i] |= (uint64_t)p[b * step + i] << (8 * b);
	}
}

/* --- 64 bits to the array --- */

INLINE void store(uint8_t *to, size_t i, unsigned width, uint64_t x)
{
	uint8_t v8 = (uint8_t)x;
	uint16_t v16 = (uint16_t)x;
	uint32_t v32 = (uint32_t)x;

	if (width == 1)
		memcpy(to + i, &v8, 1);
	else if (width == 2)
		memcpy(to + 2 * i, &v16, 2);
	else if (width == 4)
		memcpy(to + 4 * i, &v32, 4);
	else
		memcpy(to + 8 * i, &x, 8);
}

/* @width is a constant where this is called, so that each has its own loops. */
INLINE void undo(struct mmt_unpack *u, const uint64_t *restrict v, size_t n, unsigned width)
{
	uint64_t sum = u->sum, any = 0;
	const uint64_t base = u->base;
	const unsigned shift = u->shift;
	uint8_t *restrict to = u->to;

	switch (u->transform) {
	case MMT_T_DELTA:
		for (size_t i = 0; i < n; i++) {
			sum += (v[i] << shift) + base;
			any |= sum;
			store(to, i, width, sum);
		}
		break;
	case MMT_T_ZIGZAG:
		for (size_t i = 0; i < n; i++) {
			sum += (v[i] >> 1 ^ (0 - (v[i] & 1))) << shift;
			any |= sum;
			store(to, i, width, sum);
		}
		break;
	default:
		for (size_t i = 0; i < n; i++) {
			uint64_t x = (v[i] << shift) + base;

			any |= x;
			store(to, i, width, x);
		}
	}
	u->sum = sum;
	u->any |= any;
}

INLINE void put(struct mmt_unpack *u, const uint64_t *v, size_t n)
{
	switch (u->width) {
	case 1:
		undo(u, v, n, 1);
		break;
	case 2:
		undo(u, v, n, 2);
		break;
	case 4:
		undo(u, v, n, 4);
		break;
	default:
		undo(u, v, n, 8);
	}
}

/* --- bytes to the array --- */

INLINE uint64_t bytes(uint8_t *restrict to, unsigned width, const uint8_t *restrict p, size_t n,
		      uint8_t base)
{
	uint16_t any = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t x = (uint16_t)(p[i] + base);

		any |= x;
		store(to, i, width, x);
	}
	return any;
}

INLINE uint64_t all_bytes(const struct mmt_unpack *u, const uint8_t *p, size_t n)
{
	switch (u->width) {
	case 1:
		return bytes(u->to, 1, p, n, (uint8_t)u->base);
	case 2:
		return bytes(u->to, 2, p, n, (uint8_t)u->base);
	case 4:
		return bytes(u->to, 4, p, n, (uint8_t)u->base);
	default:
		return bytes(u->to, 8, p, n, (uint8_t)u->base);
	}
}

INLINE void chosen(uint8_t *restrict to, unsigned width, const uint8_t *restrict p, size_t n,
		   const uint64_t *restrict table)
{
	for (size_t i = 0; i < n; i++)
		store(to, i, width, table[p[i]]);
}

INLINE uint64_t largest8(const uint8_t *v, size_t n)
{
	uint8_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

INLINE uint64_t largest16(const uint16_t *v, size_t n)
{
	uint16_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

INLINE uint64_t largest32(const uint32_t *v, size_t n)
{
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

INLINE uint64_t largest64(const uint64_t *v, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

INLINE uint64_t largest(const void *v, unsigned width, size_t n)
{
	switch (width) {
	case 1:
		return largest8(v, n);
	case 2:
		return largest16(v, n);
	case 4:
		return largest32(v, n);
	default:
		return largest64(v, n);
	}
}

/* --- versions by CPU --- */

#if defined(__x86_64__)
#define AVX2	   __attribute__((target("avx2")))
#define HAVE_AVX2  __builtin_cpu_supports("avx2")
#define BY_CPU(fn) (HAVE_AVX2 ? fn##_avx2 : fn##_plain)
#else
#define AVX2
#define BY_CPU(fn) fn##_plain
#endif

static void words_plain(uint64_t *v, size_t n, unsigned w, const uint8_t *p)
{
	words(v, n, w, p);
}

AVX2 static void words_avx2(uint64_t *v, size_t n, unsigned w, const uint8_t *p)
{
	words(v, n, w, p);
}

static uint64_t all_bytes_plain(const struct mmt_unpack *u, const uint8_t *p, size_t n)
{
	return all_bytes(u, p, n);
}

AVX2 static uint64_t all_bytes_avx2(const struct mmt_unpack *u, const uint8_t *p, size_t n)
{
	return all_bytes(u, p, n);
}

static uint64_t largest_plain(const void *v, unsigned width, size_t n)
{
	return largest(v, width, n);
}

AVX2 static uint64_t largest_avx2(const void *v, unsigned width, size_t n)
{
	return largest(v, width, n);
}

void mmt_unpack_words(uint64_t *v, size_t n, unsigned w, const uint8_t *p)
{
	BY_CPU(words)(v, n, w, p);
}

void mmt_unpack_planes(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	size_t quick = w && mmt_sums_usable() ? n & ~(size_t)31 : 0;

	if (quick)
		mmt_sums_planes(v, quick, w, p, step);
	planes(v + quick, n - quick, w, p + quick, step);
}

void mmt_unpack_put(struct mmt_unpack *u, const uint64_t *v, size_t n)
{
	size_t quick = mmt_sums_usable() ? n & ~(size_t)3 : 0;

	if (quick)
		mmt_sums_put(u, v, quick);
	put(u, v + quick, n - quick);
	u->to += (n - quick) * u->width;
}

bool mmt_unpack_narrow(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	if (n % 8 || !mmt_sums_usable())
		return false;
	return (n % 16 == 0 && mmt_sums_halves(u, n, w, p, step)) ||
	       mmt_sums_narrow(u, n, w, p, step);
}

bool mmt_unpack_bytes(struct mmt_unpack *u, const uint8_t *p, size_t n)
{
	if (u->transform != MMT_T_NONE || u->shift || u->base > UINT8_MAX)
		return false;
	u->any |= BY_CPU(all_bytes)(u, p, n);
	u->to += n * u->width;
	return true;
}

void mmt_unpack_table(struct mmt_unpack *u, const uint8_t *p, size_t n, const uint64_t *table)
{
	switch (u->width) {
	case 1:
		chosen(u->to, 1, p, n, table);
		break;
	case 2:
		chosen(u->to, 2, p, n, table);
		break;
	case 4:
		chosen(u->to, 4, p, n, table);
		break;
	default:
		chosen(u->to, 8, p, n, table);
	}
	u->to += n * u->width;
}

INLINE void same(uint8_t *restrict to, unsigned width, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		store(to, i, width, value);
}

void mmt_unpack_constant(struct mmt_unpack *u, uint64_t value, size_t n)
{
	u->any |= value;
	switch (u->width) {
	case 1:
		memset(u->to, (int)(value & 0xff), n);
		break;
	case 2:
		same(u->to, 2, value, n);
		break;
	case 4:
		same(u->to, 4, value, n);
		break;
	default:
		same(u->to, 8, value, n);
	}
	u->to += n * u->width;
}

uint64_t mmt_unpack_largest(const void *v, unsigned width, size_t n)
{
	return BY_CPU(largest)(v, width, n);
}
