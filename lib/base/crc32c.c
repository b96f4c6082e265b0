/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRC-32C, by the SSE4.2 instruction where the CPU has it and by a half-byte table elsewhere; both
 * give the same sum (the test compares them).
 *
 * The instruction is done after three clocks, and the next may begin after one: so long runs are
 * summed in three parts at once, of which the first two are then multiplied by x to the number of
 * bits that follow them. A product of bits is one short of 64, and the instruction multiplies by
 * x^32, so the factors are x^(bits - 33) modulo the polynomial, bits in the sum's order.
 */
#include "lib/base/crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t len)
{
	/* CRC of the 16 values of a half byte */
	static const uint32_t nibble[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
#define PART	 2048	    /* bytes of each of three */
#define PAST_ONE 0xa51b6135 /* x^(8 PART - 33) */
#define PAST_TWO 0x82f89c77 /* x^(16 PART - 33) */
#define SSE42	 __attribute__((target("sse4.2,pclmul")))

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
	return word;
}

SSE42 static inline uint64_t times(uint64_t crc, uint32_t factor)
{
	return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc),
								_mm_cvtsi64_si128(factor), 0));
}

SSE42 static uint32_t by_three(uint32_t crc, const uint8_t *p)
{
	const uint8_t *q = p + PART, *r = q + PART;
	uint64_t a = crc, b = 0, c = 0;

	for (size_t i = 0; i < PART - 8; i += 8) {
		a = _mm_crc32_u64(a, word_at(p + i));
		b = _mm_crc32_u64(b, word_at(q + i));
		c = _mm_crc32_u64(c, word_at(r + i));
	}
	a = _mm_crc32_u64(a, word_at(q - 8));
	b = _mm_crc32_u64(b, word_at(r - 8));
	return (uint32_t)_mm_crc32_u64(c, word_at(r + PART - 8) ^ times(a, PAST_TWO) ^
						  times(b, PAST_ONE));
}

SSE42 static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t len)
{
	uint64_t c;

	for (; len >= 3 * (size_t)PART; p += 3 * (size_t)PART, len -= 3 * (size_t)PART)
		crc = by_three(crc, p);
	for (c = crc; len >= 8; p += 8, len -= 8)
		c = _mm_crc32_u64(c, word_at(p));
	crc = (uint32_t)c;
	while (len--)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}
#endif

uint32_t mmt_crc32c(uint32_t crc, const void *buf, size_t len)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
		return ~by_instruction(~crc, buf, len);
#endif
	return ~by_table(~crc, buf, len);
}
