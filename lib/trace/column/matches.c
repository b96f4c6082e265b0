/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Repeats by AVX2: eight tokens at a time, with no branch that has to be guessed.
 *
 * Theory. Which token comes next cannot be guessed, so each value is told in one way, as the one
 * that stands somewhere in the column, and something added to it. Where, is reckoned for eight
 * tokens at once; then the values are fetched, one after the other, since one may be told by the
 * one before it.
 *
 *	tokens		F   F   J   F   B   L   U   U
 *	way of match	1   2   2   3   2   2   2   2	a sum: + 1, + 1, 0, + 1, - 1, 0 ...
 *	jumps		0   0   1   1   1   1   1   1	a sum too: which jump it is measured from
 *	literals	0   0   0   0   0   1   1   1	likewise
 *	where		m+1 m+2 j   j+1 j   l   the one before
 *
 * All three sums are made as one, in bytes of a word each. A jump of lane k to the place p stands
 * for a match that began at p less the way to lane k; lanes fetch the beginning that is theirs by
 * the number of their jump.
 *
 * Invariants: (1) the same values as the loops of repeat.c, and the same columns refused
 * (t_column.c); (2) nothing outside of the column is touched, whatever its tokens are: the places
 * are checked before the values are fetched.
 *
 * Cost: some twelve instructions a value.
 */
#include "lib/trace/column/matches.h"

#if defined(__x86_64__)
#include "lib/trace/column/eight.h"

#include <stdbool.h>
#include <string.h>

#define AVX2   __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define INLINE AVX2 static inline __attribute__((always_inline))

#define LANES  8
#define RUN    16	 /* like tokens, which are better copied whole */
#define NONE   (1 << 30) /* no match: beyond all values */

/* Whether @n tokens at @t begin with a run. */
INLINE bool is_run(const uint8_t *t, size_t n)
{
	const uint64_t like = t[0] * UINT64_C(0x0101010101010101);
	uint64_t x[RUN / 8];

	if (n < RUN)
		return false;
	memcpy(x, t, sizeof(x));
	return !((x[0] ^ like) | (x[1] ^ like));
}

/* The last jumps, and after them as many bytes as are read at once. */
struct tail {
	size_t from;
	uint8_t low[2 * LANES], high[2 * LANES];
};

static void make_tail(struct tail *t, const struct mmt_matches *m)
{
	size_t n = m->nr_jumps < LANES ? m->nr_jumps : LANES;

	memset(t, 0, sizeof(*t));
	t->from = m->nr_jumps - n;
	memcpy(t->low, m->jumps + t->from, n);
	memcpy(t->high, m->jumps + m->nr_jumps + t->from, n);
}

/* Eight jumps from @at on, those after the last being anything. */
INLINE __m256i jumps_at(const struct mmt_matches *m, const struct tail *t, size_t at)
{
	const uint8_t *low = m->jumps + at, *high = low + m->nr_jumps;

	if (at + LANES > m->nr_jumps) {
		low = t->low + (at - t->from);
		high = t->high + (at - t->from);
	}
	return _mm256_cvtepu16_epi32(_mm_unpacklo_epi8(_mm_loadu_si64(low), _mm_loadu_si64(high)));
}

/* What each token means, to be fetched by it. */
INLINE __m256i meaning(__m256i token, int f, int b, int u, int d, int s, int j, int l)
{
	return _mm256_permutevar8x32_epi32(_mm256_setr_epi32(f, b, u, d, s, j, l, 0), token);
}

/* Eight tokens' lanes. */
struct lanes {
	__m256i match; /* where the match is after each */
	__m256i sums;  /* of the way, + 1 each; of jumps; of literals: a byte each */
	__m256i at;    /* where each value is found */
	bool good;
};

INLINE struct lanes places(const struct mmt_matches *m, const struct tail *tail, size_t i,
			   __m256i token, __m256i match)
{
	const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), one = _mm256_set1_epi32(1);
	const __m256i byte = _mm256_set1_epi32(0xff);
	const __m256i here = _mm256_add_epi32(_mm256_set1_epi32((int)i), lane);
	struct lanes l = { .sums = sums_of_eight(meaning(token, 2, 0, 1, 1, 1, 0x101, 0x10001)) };
	__m256i way = _mm256_and_si256(l.sums, byte);
	__m256i number = _mm256_and_si256(_mm256_srli_epi32(l.sums, 8), byte);
	__m256i literal = _mm256_add_epi32(_mm256_srli_epi32(l.sums, 16),
					   _mm256_set1_epi32((int)m->literal - 1));
	/* the lanes of jumps, first ones first */
	__m128i t = _mm_loadu_si64(m->tokens + i);
	uint64_t is_jump =
		(uint64_t)_mm_cvtsi128_si64(_mm_cmpeq_epi8(t, _mm_set1_epi8(MMT_TOKEN_JUMP)));
	__m256i jump = _mm256_cvtepu8_epi32(
		_mm_cvtsi64_si128((long long)_pext_u64(UINT64_C(0x0706050403020100), is_jump)));
	__m256i matched = meaning(token, -1, -1, 0, 0, 0, -1, 0);
	__m256i bad, begin;

	/* where the match of each jump would have begun */
	begin = _mm256_add_epi32(_mm256_set1_epi32((int)i), _mm256_add_epi32(jump, jump));
	begin = _mm256_sub_epi32(begin, jumps_at(m, tail, m->jump));
	begin = _mm256_sub_epi32(begin, _mm256_permutevar8x32_epi32(way, jump));
	begin = _mm256_permutevar8x32_epi32(begin, _mm256_sub_epi32(number, one));
	begin = _mm256_blendv_epi8(begin, match,
				   _mm256_cmpeq_epi32(number, _mm256_setzero_si256()));
	l.match = _mm256_sub_epi32(_mm256_add_epi32(begin, way), _mm256_add_epi32(lane, one));
	/* neither negative, nor here or beyond */
	bad = _mm256_or_si256(l.match, _mm256_xor_si256(_mm256_cmpgt_epi32(here, l.match),
							_mm256_set1_epi32(-1)));
	l.good = _mm256_testz_si256(_mm256_and_si256(bad, matched), _mm256_set1_epi32(INT32_MIN));
	l.at = _mm256_blendv_epi8(_mm256_sub_epi32(here, one), literal,
				  meaning(token, 0, 0, 0, 0, 0, 0, -1));
	l.at = _mm256_blendv_epi8(l.at, l.match, matched);
	return l;
}

/* The eight values at @at, each plus what its token adds. */
INLINE uint64_t fetch(uint32_t *v, size_t i, __m256i at, __m256i token)
{
	__m256i by = meaning(token, 0, 0, 1, -1, 0, 0, 0);
	uint32_t place[LANES];
	int64_t add[LANES];
	uint64_t any = 0;

	_mm256_storeu_si256((__m256i *)(void *)place, at);
	_mm256_storeu_si256((__m256i *)(void *)add,
			    _mm256_cvtepi32_epi64(_mm256_castsi256_si128(by)));
	_mm256_storeu_si256((__m256i *)(void *)(add + 4),
			    _mm256_cvtepi32_epi64(_mm256_extracti128_si256(by, 1)));
	for (size_t k = 0; k < LANES; k++) {
		uint64_t x = v[place[k]] + (uint64_t)add[k];

		any |= x;
		v[i + k] = (uint32_t)x;
	}
	return any;
}

AVX2 static size_t tell(struct mmt_matches *matches, size_t i)
{
	struct mmt_matches m = *matches;
	__m256i match = _mm256_set1_epi32(m.match < NONE ? (int)m.match : NONE);
	const size_t start = i;
	struct tail tail;

	make_tail(&tail, &m);
	while (i + LANES <= m.n && !is_run(m.tokens + i, m.n - i)) {
		__m256i token = _mm256_cvtepu8_epi32(_mm_loadu_si64(m.tokens + i));
		struct lanes l = places(&m, &tail, i, token, match);
		uint32_t sums = (uint32_t)_mm256_extract_epi32(l.sums, LANES - 1);

		if (__builtin_expect(!l.good, 0))
			return SIZE_MAX;
		m.any |= fetch(m.v, i, l.at, token);
		match = _mm256_permutevar8x32_epi32(l.match, _mm256_set1_epi32(LANES - 1));
		m.jump += sums >> 8 & 0xff;
		m.literal += sums >> 16;
		i += LANES;
	}
	matches->match = (size_t)_mm_cvtsi128_si32(_mm256_castsi256_si128(match));
	matches->jump = m.jump;
	matches->literal = m.literal;
	matches->any = m.any;
	return i - start;
}

size_t mmt_matches_tell(struct mmt_matches *m, size_t i)
{
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
		return 0;
	return tell(m, i);
}

#else

size_t mmt_matches_tell(struct mmt_matches *m, size_t i)
{
	(void)m, (void)i;
	return 0;
}

#endif
