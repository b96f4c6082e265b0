/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Escaping for terminals; see escape.h. UTF-8 as RFC 3629 has it: shortest form, no surrogates,
 * nothing above U+10FFFF.
 */
#include "lib/base/escape.h"

#include <string.h>

/* Length of the character at @s and its code point; 0: not valid UTF-8. */
static size_t utf8(const uint8_t *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n < 2 || s[0] > 0xf4) {
		*code = s[0];
		return n == 1;
	}
	*code = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

/* Controls (C0, DEL, C1), line and paragraph separators, and direction marks. */
static bool harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xfeff;
}

static void hex_byte(struct mmt_wr *w, uint8_t b)
{
	static const char digit[] = "0123456789abcdef";
	char text[4] = { '\\', 'x', digit[b >> 4], digit[b & 15] };

	mmt_wr_bytes(w, text, sizeof(text));
}

/* Bytes at @p that stand for themselves and are one character each. */
static size_t plain(const uint8_t *p)
{
	size_t n = 0;

	while (p[n] >= 0x20 && p[n] < 0x7f && p[n] != '\\')
		n++;
	return n;
}

void mmt_wr_escaped(struct mmt_wr *w, const char *s)
{
	const uint8_t *p = (const uint8_t *)s;

	while (*p) {
		uint32_t code;
		size_t n = plain(p);

		mmt_wr_bytes(w, p, n);
		p += n;
		if (!*p)
			break;
		n = utf8(p, &code);
		if (*p == '\\' || *p == '\n' || *p == '\t') {
			mmt_wr_u8(w, '\\');
			mmt_wr_u8(w, *p == '\\' ? '\\' : *p == '\n' ? 'n' : 't');
		} else if (n && !harmful(code)) {
			mmt_wr_bytes(w, p, n);
		} else {
			for (size_t i = 0; i < (n ? n : 1); i++)
				hex_byte(w, p[i]);
		}
		p += n ? n : 1;
	}
}
