// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers out of text, bounded by a length, in 64 bits; nothing is guessed: what is not a number to
 * its last byte is none. And numbers into text, as printf() would write them, which has to find out
 * first how it is to.
 *
 * Cost: one pass; a division for two digits.
 */
#include "lib/base/number.h"

#include <string.h>

#define MOST 20 /* digits */

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

void mmt_wr_decimal(struct mmt_wr *w, uint64_t v, unsigned width, char pad)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char text[MOST];
	unsigned at = MOST;

	if (width > MOST)
		width = MOST;
	for (; v >= 100; v /= 100)
		memcpy(&text[at -= 2], &pairs[2 * (v % 100)], 2);
	if (v >= 10)
		memcpy(&text[at -= 2], &pairs[2 * v], 2);
	else
		text[--at] = (char)('0' + v);
	while (MOST - at < width)
		text[--at] = pad;
	mmt_wr_bytes(w, &text[at], MOST - at);
}

void mmt_wr_hex(struct mmt_wr *w, uint64_t v)
{
	static const char digit[] = "0123456789abcdef";
	char text[2 + 16];
	unsigned at = sizeof(text);

	do
		text[--at] = digit[v & 15];
	while (v >>= 4);
	text[--at] = 'x';
	text[--at] = '0';
	mmt_wr_bytes(w, &text[at], sizeof(text) - at);
}
