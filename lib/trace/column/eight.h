/* SPDX-License-Identifier: GPL-2.0-only */
/* What vector code for several kinds of columns shares; for files that are built for x86-64 alone. */
#ifndef MMT_TRACE_EIGHT_H
#define MMT_TRACE_EIGHT_H

#include <immintrin.h>

/* Each of eight numbers with those before it added. */
static inline __attribute__((target("avx2"), always_inline)) __m256i sums_of_eight(__m256i x)
{
	__m256i left;

	x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
	x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
	left = _mm256_permutevar8x32_epi32(x, _mm256_set1_epi32(3));
	return _mm256_add_epi32(x, _mm256_blend_epi32(_mm256_setzero_si256(), left, 0xf0));
}

#endif
