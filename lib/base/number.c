// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers out of text, bounded by a length, in 64 bits; nothing is guessed: what is not a number to
 * its last byte is none.
 *
 * Cost: one pass.
 */
#include "lib/base/number.h"

static unsigned digit_of(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16;
}

bool mmt_number(const char *p, size_t n, uint64_t *v)
{
	bool hex = n > 2 && p[0] == '0' && (p[1] | 0x20) == 'x';
	unsigned base = hex ? 16 : 10;

	*v = 0;
	for (size_t i = hex ? 2 : 0; i < n; i++) {
		unsigned digit = digit_of((unsigned char)p[i]);

		if (digit >= base || *v > (UINT64_MAX - digit) / base)
			return false;
		*v = *v * base + digit;
	}
	return n > 0;
}

bool mmt_fraction(const char *p, size_t n, uint64_t scale, bool inexact, uint64_t *v)
{
	uint64_t whole, part = 0, tens = 1;
	size_t dot = 0;

	while (dot < n && p[dot] != '.')
		dot++;
	if (!mmt_number(p, dot, &whole) || (dot > 1 && digit_of((unsigned char)p[1]) > 9))
		return false;
	if (__builtin_mul_overflow(whole, scale, v))
		return false;
	if (dot == n)
		return true;
	/* at most nine decimals: part * scale stays in 64 bits for scales up to 10^9 */
	if (n - dot - 1 == 0 || n - dot - 1 > 9 || scale > 1000000000)
		return false;
	for (size_t i = dot + 1; i < n; i++) {
		unsigned digit = digit_of((unsigned char)p[i]);

		if (digit > 9)
			return false;
		part = part * 10 + digit;
		tens *= 10;
	}
	if (!inexact && part * scale % tens)
		return false;
	return !__builtin_add_overflow(*v, part * scale / tens, v);
}
