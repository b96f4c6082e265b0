/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums in 16 bits by AVX2: twice as many at once as sums.c has.
 *
 * Theory. CPUs, tasks, kinds and most ids are small numbers, and so are their steps. Sixteen of
 * them are summed side by side, as in sums.c:
 *
 *	a   b   c   d ...	+ the one to the left, + the two, + the four, + the last of the left half
 *
 * A value below 2^15 and a step of less than 2^15 either way give one between -2^15 and 2^16, which
 * 16 bits tell: bit 15 is set if, and only if, it is not below 2^15. So the bits of all values show
 * whether a block went too far, and it is done again in a wider way.
 *
 * Invariants: (1) the same result as the loops of unpack.c, bit for bit, or none (t_unpack.c);
 * (2) nothing is called unless mmt_sums_usable().
 *
 * Cost: less than half a clock a value.
 */
#include "lib/trace/column/sums.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2   __attribute__((target("avx2")))
#define INLINE AVX2 static inline __attribute__((always_inline))

#define SMALL  (1u << 14) /* steps and bases that are */

INLINE __m128i load_bytes(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

INLINE __m256i load(const uint8_t *p, size_t step, unsigned w)
{
	__m128i low = load_bytes(p), high;

	if (w == 1)
		return _mm256_cvtepu8_epi16(low);
	high = load_bytes(p + step);
	return _mm256_set_m128i(_mm_unpackhi_epi8(low, high), _mm_unpacklo_epi8(low, high));
}

/* The last value of each half, eight times. */
INLINE __m256i last_of_halves(__m256i x)
{
	return _mm256_shuffle_epi8(x, _mm256_set1_epi16(0x0f0e));
}

INLINE __m256i sums_of_sixteen(__m256i x)
{
	__m256i left;

	x = _mm256_add_epi16(x, _mm256_slli_si256(x, 2));
	x = _mm256_add_epi16(x, _mm256_slli_si256(x, 4));
	x = _mm256_add_epi16(x, _mm256_slli_si256(x, 8));
	left = last_of_halves(x);
	return _mm256_add_epi16(x, _mm256_permute2x128_si256(left, left, 0x08));
}

INLINE void store(uint8_t *to, unsigned width, __m256i x)
{
	const __m128i low = _mm256_castsi256_si128(x), high = _mm256_extracti128_si256(x, 1);
	__m256i *four = (__m256i *)(void *)to;

	if (width == 1) {
		_mm_storeu_si128((__m128i *)(void *)to, _mm_packus_epi16(low, high));
	} else if (width == 2) {
		_mm256_storeu_si256(four, x);
	} else if (width == 4) {
		_mm256_storeu_si256(four, _mm256_cvtepu16_epi32(low));
		_mm256_storeu_si256(four + 1, _mm256_cvtepu16_epi32(high));
	} else {
		_mm256_storeu_si256(four, _mm256_cvtepu16_epi64(low));
		_mm256_storeu_si256(four + 1, _mm256_cvtepu16_epi64(_mm_srli_si128(low, 8)));
		_mm256_storeu_si256(four + 2, _mm256_cvtepu16_epi64(high));
		_mm256_storeu_si256(four + 3, _mm256_cvtepu16_epi64(_mm_srli_si128(high, 8)));
	}
}

INLINE uint32_t bits_of(__m256i x)
{
	uint16_t bits[16];
	uint32_t any = 0;

	_mm256_storeu_si256((__m256i *)(void *)bits, x);
	for (unsigned i = 0; i < 16; i++)
		any |= bits[i];
	return any;
}

/* @w, @transform and @width are constants where this is called. */
INLINE bool put_as(struct mmt_unpack *u, size_t n, unsigned w, enum mmt_transform transform,
		   unsigned width, const uint8_t *p, size_t step)
{
	const __m128i shift = _mm_cvtsi32_si128((int)u->shift);
	const __m256i base = _mm256_set1_epi16((short)u->base);
	__m256i sum = _mm256_set1_epi16((short)u->sum), zero = _mm256_setzero_si256();
	__m256i any = zero, rest = zero;
	uint32_t bits;

	for (size_t i = 0; i < n; i += 16) {
		__m256i x = load(p + i, step, w);

		rest = _mm256_or_si256(rest, x);
		if (transform == MMT_T_ZIGZAG) {
			__m256i sign = _mm256_and_si256(x, _mm256_set1_epi16(1));

			x = _mm256_xor_si256(_mm256_srli_epi16(x, 1), _mm256_sub_epi16(zero, sign));
		}
		x = _mm256_sll_epi16(x, shift);
		if (transform != MMT_T_ZIGZAG)
			x = _mm256_add_epi16(x, base);
		if (transform != MMT_T_NONE) {
			__m256i sixteen = sums_of_sixteen(x), last = last_of_halves(sixteen);

			x = _mm256_add_epi16(sixteen, sum);
			sum = _mm256_add_epi16(sum, _mm256_permute2x128_si256(last, last, 0x11));
		}
		any = _mm256_or_si256(any, x);
		store(u->to + i * width, width, x);
	}
	bits = bits_of(any);
	if (bits >> 15 || (w == 2 && transform != MMT_T_ZIGZAG && bits_of(rest) >= SMALL))
		return false;
	u->any |= bits;
	if (transform != MMT_T_NONE)
		u->sum = (uint16_t)_mm256_extract_epi16(sum, 0);
	u->to += n * width;
	return true;
}

INLINE bool put_width(struct mmt_unpack *u, size_t n, unsigned w, enum mmt_transform transform,
		      const uint8_t *p, size_t step)
{
	switch (u->width) {
	case 1:
		return put_as(u, n, w, transform, 1, p, step);
	case 2:
		return put_as(u, n, w, transform, 2, p, step);
	case 4:
		return put_as(u, n, w, transform, 4, p, step);
	default:
		return put_as(u, n, w, transform, 8, p, step);
	}
}

INLINE bool put_transform(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	switch (u->transform) {
	case MMT_T_DELTA:
		return put_width(u, n, w, MMT_T_DELTA, p, step);
	case MMT_T_ZIGZAG:
		return put_width(u, n, w, MMT_T_ZIGZAG, p, step);
	default:
		return put_width(u, n, w, MMT_T_NONE, p, step);
	}
}

AVX2 bool mmt_sums_halves(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	/* all steps are below 2^15, or what is larger shows */
	if (!w || w > 2 || u->shift > (w == 1 ? 6 : 0) || u->base >= SMALL ||
	    (u->transform != MMT_T_NONE && u->sum >> 15))
		return false;
	return w == 1 ? put_transform(u, n, 1, p, step) : put_transform(u, n, 2, p, step);
}

#else

bool mmt_sums_halves(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	(void)u, (void)n, (void)w, (void)p, (void)step;
	return false;
}

#endif
