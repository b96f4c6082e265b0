/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums and planes by AVX2: what compilers do not find by themselves.
 *
 * Theory. A sum waits for the one before it. Four values at a time wait once: their own sums are
 * made side by side, and only the last of them, added to what came before, is waited for.
 *
 *	a   b   c   d		four steps
 *	a   ab  c   cd		+ the one to the left, in each half
 *	a   ab  abc abcd	+ the last of the left half
 *	S+  S+  S+  S+		+ the sum so far, S; then S += abcd
 *
 * Planes become words as cards are shuffled: bytes of two planes in turn give words of 16 bits,
 * two of those in turn words of 32, and so 64 bits, for 32 values at once.
 *
 * Most columns are narrow: a few bytes a step, and values far below 2^31. Their sums need 32 bits,
 * eight at a time. A step is so small that a sum on its way beyond must show itself between 2^31
 * and 2^32 before it could come round: then the block is done again in 64 bits. Wide values, as
 * times are, are told by their distance from where their block began, which must not leave 31 bits.
 *
 * Invariants: (1) the same result as the loops of unpack.c, bit for bit (t_unpack.c); (2) nothing
 * is called unless mmt_sums_usable().
 *
 * Cost: about one clock a value for a sum, half of one for planes.
 */
#include "lib/trace/column/sums.h"

#if defined(__x86_64__)
#include "lib/trace/column/eight.h"

#define AVX2   __attribute__((target("avx2")))
#define INLINE AVX2 static inline __attribute__((always_inline))

bool mmt_sums_usable(void)
{
	return __builtin_cpu_supports("avx2");
}

/* --- sums --- */

INLINE __m256i sums_of_four(__m256i x)
{
	__m256i left;

	x = _mm256_add_epi64(x, _mm256_slli_si256(x, 8));
	left = _mm256_permute4x64_epi64(x, _MM_SHUFFLE(1, 1, 1, 1));
	return _mm256_add_epi64(x, _mm256_blend_epi32(_mm256_setzero_si256(), left, 0xf0));
}

/* The low bytes of four values, @width of each. */
INLINE void store_four(uint8_t *to, unsigned width, __m256i x)
{
	const __m128i low16 = _mm_set_epi32(-1, -1, 0x0d0c0908, 0x05040100);
	const __m128i low8 = _mm_set_epi32(-1, -1, -1, 0x0c080400);
	__m128i half;

	if (width == 8) {
		_mm256_storeu_si256((__m256i *)(void *)to, x);
		return;
	}
	half = _mm256_castsi256_si128(
		_mm256_permutevar8x32_epi32(x, _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0)));
	if (width == 4)
		_mm_storeu_si128((__m128i *)(void *)to, half);
	else if (width == 2)
		_mm_storel_epi64((__m128i *)(void *)to, _mm_shuffle_epi8(half, low16));
	else
		_mm_storeu_si32(to, _mm_shuffle_epi8(half, low8));
}

/* @transform and @width are constants where this is called. */
INLINE void put_as(struct mmt_unpack *u, const uint64_t *v, size_t n, enum mmt_transform transform,
		   unsigned width)
{
	const __m128i shift = _mm_cvtsi32_si128((int)u->shift);
	const __m256i base = _mm256_set1_epi64x((long long)u->base);
	__m256i sum = _mm256_set1_epi64x((long long)u->sum), any = _mm256_setzero_si256();
	uint64_t bits[4];

	for (size_t i = 0; i < n; i += 4) {
		__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(v + i));

		if (transform == MMT_T_ZIGZAG) {
			__m256i sign = _mm256_sub_epi64(_mm256_setzero_si256(),
							_mm256_and_si256(x, _mm256_set1_epi64x(1)));

			x = _mm256_xor_si256(_mm256_srli_epi64(x, 1), sign);
		}
		x = _mm256_sll_epi64(x, shift);
		if (transform != MMT_T_ZIGZAG)
			x = _mm256_add_epi64(x, base);
		if (transform != MMT_T_NONE) {
			__m256i four = sums_of_four(x);

			x = _mm256_add_epi64(four, sum);
			sum = _mm256_add_epi64(
				sum, _mm256_permute4x64_epi64(four, _MM_SHUFFLE(3, 3, 3, 3)));
		}
		any = _mm256_or_si256(any, x);
		store_four(u->to + i * width, width, x);
	}
	_mm256_storeu_si256((__m256i *)(void *)bits, any);
	u->any |= bits[0] | bits[1] | bits[2] | bits[3];
	u->sum = (uint64_t)_mm256_extract_epi64(sum, 0);
}

INLINE void put_width(struct mmt_unpack *u, const uint64_t *v, size_t n, unsigned width)
{
	switch (u->transform) {
	case MMT_T_DELTA:
		put_as(u, v, n, MMT_T_DELTA, width);
		break;
	case MMT_T_ZIGZAG:
		put_as(u, v, n, MMT_T_ZIGZAG, width);
		break;
	default:
		put_as(u, v, n, MMT_T_NONE, width);
	}
	u->to += n * width;
}

AVX2 void mmt_sums_put(struct mmt_unpack *u, const uint64_t *v, size_t n)
{
	switch (u->width) {
	case 1:
		put_width(u, v, n, 1);
		break;
	case 2:
		put_width(u, v, n, 2);
		break;
	case 4:
		put_width(u, v, n, 4);
		break;
	default:
		put_width(u, v, n, 8);
	}
}

/* --- planes --- */

INLINE void store_pairs(uint64_t *v, __m256i x)
{
	/* a pair of values of the first 16, and one of the second */
	_mm_storeu_si128((__m128i *)(void *)v, _mm256_castsi256_si128(x));
	_mm_storeu_si128((__m128i *)(void *)(v + 16), _mm256_extracti128_si256(x, 1));
}

/* Four values of each 16, from 32-bit words @low and @high. */
INLINE void store_words(uint64_t *v, __m256i low, __m256i high)
{
	store_pairs(v, _mm256_unpacklo_epi32(low, high));
	store_pairs(v + 2, _mm256_unpackhi_epi32(low, high));
}

/* Eight values of each 16, from 16-bit words @a to @d, lowest first. */
INLINE void store_halves(uint64_t *v, __m256i a, __m256i b, __m256i c, __m256i d)
{
	store_words(v, _mm256_unpacklo_epi16(a, b), _mm256_unpacklo_epi16(c, d));
	store_words(v + 4, _mm256_unpackhi_epi16(a, b), _mm256_unpackhi_epi16(c, d));
}

/* @w is a constant where this is called. */
INLINE void shuffle(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	for (size_t i = 0; i < n; i += 32) {
		__m256i plane[8], low[4], high[4];

		for (unsigned b = 0; b < 8; b++)
			plane[b] = b < w ? _mm256_loadu_si256((
						   const __m256i *)(const void *)(p + b * step + i))
					 : _mm256_setzero_si256();
		for (unsigned b = 0; b < 4; b++) {
			low[b] = _mm256_unpacklo_epi8(plane[2 * b], plane[2 * b + 1]);
			high[b] = _mm256_unpackhi_epi8(plane[2 * b], plane[2 * b + 1]);
		}
		store_halves(v + i, low[0], low[1], low[2], low[3]);
		store_halves(v + i + 8, high[0], high[1], high[2], high[3]);
	}
}

AVX2 void mmt_sums_planes(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	switch (w) {
	case 1:
		shuffle(v, n, 1, p, step);
		break;
	case 2:
		shuffle(v, n, 2, p, step);
		break;
	case 3:
		shuffle(v, n, 3, p, step);
		break;
	case 4:
		shuffle(v, n, 4, p, step);
		break;
	case 5:
		shuffle(v, n, 5, p, step);
		break;
	case 6:
		shuffle(v, n, 6, p, step);
		break;
	case 7:
		shuffle(v, n, 7, p, step);
		break;
	default:
		shuffle(v, n, 8, p, step);
	}
}

/* --- narrow columns, at once --- */

INLINE __m256i load_narrow(const uint8_t *p, size_t step, unsigned w)
{
	__m128i a = _mm_loadl_epi64((const __m128i *)(const void *)p), b;
	__m256i x;

	if (w == 1)
		return _mm256_cvtepu8_epi32(a);
	b = _mm_loadl_epi64((const __m128i *)(const void *)(p + step));
	x = _mm256_cvtepu16_epi32(_mm_unpacklo_epi8(a, b));
	if (w == 2)
		return x;
	a = _mm_loadl_epi64((const __m128i *)(const void *)(p + 2 * step));
	if (w == 3)
		return _mm256_or_si256(x, _mm256_slli_epi32(_mm256_cvtepu8_epi32(a), 16));
	b = _mm_loadl_epi64((const __m128i *)(const void *)(p + 3 * step));
	a = _mm_unpacklo_epi8(a, b);
	return _mm256_or_si256(x, _mm256_slli_epi32(_mm256_cvtepu16_epi32(a), 16));
}

INLINE void store_eight(uint8_t *to, unsigned width, __m256i x)
{
	__m128i low = _mm256_castsi256_si128(x), high = _mm256_extracti128_si256(x, 1);

	if (width == 4) {
		_mm256_storeu_si256((__m256i *)(void *)to, x);
		return;
	}
	low = _mm_packus_epi32(low, high);
	if (width == 2)
		_mm_storeu_si128((__m128i *)(void *)to, low);
	else
		_mm_storel_epi64((__m128i *)(void *)to, _mm_packus_epi16(low, low));
}

/* Values of 64 bits: @x is what they are above @start, less the bits left out. */
INLINE __m256i store_wide(uint8_t *to, __m256i x, __m256i start, __m128i shift)
{
	__m256i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(x));
	__m256i high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(x, 1));

	low = _mm256_add_epi64(start, _mm256_sll_epi64(low, shift));
	high = _mm256_add_epi64(start, _mm256_sll_epi64(high, shift));
	_mm256_storeu_si256((__m256i *)(void *)to, low);
	_mm256_storeu_si256((__m256i *)(void *)(to + 32), high);
	return _mm256_or_si256(low, high);
}

/* What narrow() makes: the bits of all values, the last sum, and, in bit 31, what went too far. */
struct narrow {
	__m256i any, sum, far;
};

INLINE __m256i unzigzag(__m256i x)
{
	__m256i sign = _mm256_and_si256(x, _mm256_set1_epi32(1));

	return _mm256_xor_si256(_mm256_srli_epi32(x, 1),
				_mm256_sub_epi32(_mm256_setzero_si256(), sign));
}

/* @w, @transform and @width are constants where this is called. */
INLINE struct narrow narrow(const struct mmt_unpack *u, size_t n, unsigned w,
			    enum mmt_transform transform, unsigned width, const uint8_t *p,
			    size_t step)
{
	const __m128i shift = _mm_cvtsi32_si128((int)u->shift);
	/* wide values are told in units of what is left out, and with no sum from their base on */
	const __m256i base =
		_mm256_set1_epi32((int)(width < 8		   ? u->base
					: transform == MMT_T_DELTA ? u->base >> u->shift
								   : 0));
	const __m256i start =
		_mm256_set1_epi64x((long long)(transform == MMT_T_NONE ? u->base : u->sum));
	const __m256i zero = _mm256_setzero_si256(), last = _mm256_set1_epi32(7);
	struct narrow all = { zero, width == 8 ? zero : _mm256_set1_epi32((int)u->sum), zero };

	for (size_t i = 0; i < n; i += 8) {
		__m256i x = load_narrow(p + i, step, w);

		if (w == 4) /* a step of 2^24 or more */
			all.far = _mm256_or_si256(
				all.far, _mm256_cmpgt_epi32(_mm256_srli_epi32(x, 24), zero));
		x = transform == MMT_T_ZIGZAG ? unzigzag(x) : x;
		x = width == 8 ? x : _mm256_sll_epi32(x, shift);
		x = transform == MMT_T_ZIGZAG ? x : _mm256_add_epi32(x, base);
		if (transform != MMT_T_NONE) {
			__m256i eight = sums_of_eight(x);

			x = _mm256_add_epi32(eight, all.sum);
			all.sum =
				_mm256_add_epi32(all.sum, _mm256_permutevar8x32_epi32(eight, last));
		}
		if (width == 8) {
			all.far = _mm256_or_si256(all.far,
						  _mm256_xor_si256(x, _mm256_add_epi32(x, x)));
			all.any = _mm256_or_si256(all.any,
						  store_wide(u->to + 8 * i, x, start, shift));
			continue;
		}
		all.any = _mm256_or_si256(all.any, x);
		store_eight(u->to + i * width, width, x);
	}
	return all;
}

INLINE uint32_t bits_of(__m256i x)
{
	uint32_t bits[8], any = 0;

	_mm256_storeu_si256((__m256i *)(void *)bits, x);
	for (unsigned i = 0; i < 8; i++)
		any |= bits[i];
	return any;
}

/* The same for a column of at most 32 bits; false: some sum was too large. */
INLINE bool narrow_short(struct mmt_unpack *u, size_t n, unsigned w, enum mmt_transform transform,
			 unsigned width, const uint8_t *p, size_t step)
{
	struct narrow all = narrow(u, n, w, transform, width, p, step);
	uint32_t any = bits_of(all.any);

	if ((any | bits_of(all.far)) >> 31)
		return false;
	u->any |= any;
	if (transform != MMT_T_NONE)
		u->sum = (uint32_t)_mm256_extract_epi32(all.sum, 0);
	u->to += n * width;
	return true;
}

/* Sums of 64 bits, told by how far they are from where the block began. */
INLINE bool narrow_wide(struct mmt_unpack *u, size_t n, unsigned w, enum mmt_transform transform,
			const uint8_t *p, size_t step)
{
	struct narrow all = narrow(u, n, w, transform, 8, p, step);
	uint64_t bits[4];

	if (bits_of(all.far) >> 31)
		return false;
	_mm256_storeu_si256((__m256i *)(void *)bits, all.any);
	u->any |= bits[0] | bits[1] | bits[2] | bits[3];
	if (transform != MMT_T_NONE)
		u->sum += (uint64_t)(int64_t)_mm256_extract_epi32(all.sum, 0) << u->shift;
	u->to += n * 8;
	return true;
}

#define SMALL (UINT64_C(1) << 24) /* of a base, so that 32 bits show where sums go too far */

INLINE bool narrow_by_transform(struct mmt_unpack *u, size_t n, unsigned w, unsigned width,
				const uint8_t *p, size_t step)
{
	switch (u->transform) {
	case MMT_T_DELTA:
		return narrow_short(u, n, w, MMT_T_DELTA, width, p, step);
	case MMT_T_ZIGZAG:
		return narrow_short(u, n, w, MMT_T_ZIGZAG, width, p, step);
	default:
		return narrow_short(u, n, w, MMT_T_NONE, width, p, step);
	}
}

INLINE bool narrow_by_width(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p,
			    size_t step)
{
	if (u->width == 8) {
		if (u->transform == MMT_T_ZIGZAG)
			return narrow_wide(u, n, w, MMT_T_ZIGZAG, p, step);
		if (u->transform == MMT_T_NONE)
			return narrow_wide(u, n, w, MMT_T_NONE, p, step);
		return u->base >> u->shift << u->shift == u->base && u->base >> u->shift < SMALL &&
		       narrow_wide(u, n, w, MMT_T_DELTA, p, step);
	}
	/* no step of 2^31 or more, and none down that is larger */
	if ((u->shift && 8 * w + u->shift > (u->transform == MMT_T_ZIGZAG ? 32 : 30)) ||
	    u->base >= SMALL || u->sum >> 31)
		return false;
	switch (u->width) {
	case 1:
		return narrow_by_transform(u, n, w, 1, p, step);
	case 2:
		return narrow_by_transform(u, n, w, 2, p, step);
	default:
		return narrow_by_transform(u, n, w, 4, p, step);
	}
}

AVX2 bool mmt_sums_narrow(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	switch (w) {
	case 1:
		return narrow_by_width(u, n, 1, p, step);
	case 2:
		return narrow_by_width(u, n, 2, p, step);
	case 3:
		return narrow_by_width(u, n, 3, p, step);
	case 4:
		return narrow_by_width(u, n, 4, p, step);
	default:
		return false;
	}
}

#else

bool mmt_sums_usable(void)
{
	return false;
}

void mmt_sums_put(struct mmt_unpack *u, const uint64_t *v, size_t n)
{
	mmt_unpack_put(u, v, n);
}

void mmt_sums_planes(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	mmt_unpack_planes(v, n, w, p, step);
}

bool mmt_sums_narrow(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step)
{
	(void)u, (void)n, (void)w, (void)p, (void)step;
	return false;
}

#endif
