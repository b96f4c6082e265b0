/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Varints of one or two bytes, by BMI2 and AVX2.
 *
 * Theory. How long the next varint is cannot be guessed. Of eight bytes at once the top bits say
 * where values end, and they are spread to words of two bytes, each at the low end of its own:
 *
 *	bytes	a   b+  B   c   d+  D   e   f		+: another follows
 *	two	0   1       0   1       0   0		for each value, whether it has a second byte
 *	words	a 0 b B c 0 d D e 0 f 0
 *
 * Then bit 7 is taken out from between. A longer varint, which is seldom, is left to the caller.
 *
 * Invariants: (1) what mmt_rd_varint() would give, or less of it (t_codec.c); (2) only bytes before
 * the reader's end are read.
 *
 * Cost: some five instructions a value.
 */
#include "lib/trace/column/sums.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <string.h>

#define AVX2   __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define INLINE AVX2 static inline __attribute__((always_inline))

/* Four words of two bytes, of values of which those in @two have a second one. */
INLINE uint64_t spread(uint64_t bytes, uint64_t two)
{
	return _pdep_u64(bytes, UINT64_C(0x00ff00ff00ff00ff) |
					_pdep_u64(two, UINT64_C(0x0100010001000100)) * 0xff);
}

INLINE void store(uint64_t *v, uint64_t words)
{
	words = (words & UINT64_C(0x007f007f007f007f)) |
		(words & UINT64_C(0x7f007f007f007f00)) >> 1;
	_mm256_storeu_si256((__m256i *)(void *)v,
			    _mm256_cvtepu16_epi64(_mm_cvtsi64_si128((long long)words)));
}

AVX2 static size_t varints(struct mmt_rd *r, uint64_t *v, size_t m)
{
	const uint8_t *p = r->p, *end = r->end;
	size_t i = 0;

	while (i + 8 <= m && end - p >= 8) {
		uint64_t x, more, two;
		unsigned first, four;

		memcpy(&x, p, sizeof(x));
		more = _pext_u64(x, UINT64_C(0x8080808080808080));
		if (more & more << 1 & 0xff)
			break;
		/* the last byte, if another follows, is for the next time */
		first = (unsigned)(~(more << 1) & 0xff & ~(more & 0x80));
		two = _pext_u64(more, first);
		store(v + i, spread(x, two & 15));
		four = 4 + (unsigned)__builtin_popcountll(two & 15);
		store(v + i + 4, spread(four < 8 ? x >> (8 * four) : 0, two >> 4));
		i += (unsigned)__builtin_popcount(first);
		p += 8 - (more >> 7);
	}
	r->p = p;
	return i;
}

size_t mmt_sums_varints(struct mmt_rd *r, uint64_t *v, size_t m)
{
	if (!mmt_sums_usable() || !__builtin_cpu_supports("bmi2"))
		return 0;
	return varints(r, v, m);
}

#else

size_t mmt_sums_varints(struct mmt_rd *r, uint64_t *v, size_t m)
{
	(void)r, (void)v, (void)m;
	return 0;
}

#endif
