// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text files of the kernel, cut into lines, words and numbers.
 *
 * Reference: the seq_file and sysfs text that fs/proc and mm/vmstat.c print. Lines end in a
 * newline, words are separated by blanks or tabs, numbers are decimal, or hexadecimal in maps and
 * iomem.
 *
 * I1. A cursor never leaves the bytes it was made of, whatever they are.
 * I2. A number is taken whole or not at all: "12x" is no number, nor is one beyond 64 bits.
 *
 * Cost: one pass, no copy.
 */
#include "lib/record/snapshot/text.h"

#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool text_line(struct text *t, struct text *line)
{
	const char *nl;

	if (t->p == t->end)
		return false;
	nl = memchr(t->p, '\n', text_len(*t));
	*line = (struct text){ t->p, nl ? nl : t->end };
	t->p = nl ? nl + 1 : t->end;
	return true;
}

bool text_word(struct text *t, struct text *word)
{
	const char *p = t->p;

	while (p < t->end && (blank(*p) || *p == '\n'))
		p++;
	if (p == t->end)
		return false;
	word->p = p;
	while (p < t->end && !blank(*p) && *p != '\n')
		p++;
	word->end = p;
	t->p = p;
	return true;
}

bool text_until(struct text *t, char c, struct text *part)
{
	const char *at = memchr(t->p, c, text_len(*t));

	if (!at)
		return false;
	*part = (struct text){ t->p, at };
	t->p = at + 1;
	return true;
}

bool text_skip(struct text *t, const char *prefix)
{
	size_t n = strlen(prefix);

	if (text_len(*t) < n || memcmp(t->p, prefix, n))
		return false;
	t->p += n;
	return true;
}

bool text_is(struct text t, const char *s)
{
	return text_skip(&t, s) && t.p == t.end;
}

void text_trim(struct text *t)
{
	while (t->p < t->end && (blank(*t->p) || *t->p == '\n'))
		t->p++;
	while (t->p < t->end && (blank(t->end[-1]) || t->end[-1] == '\n'))
		t->end--;
}

bool text_u64(struct text t, uint64_t *v)
{
	uint64_t n = 0;

	if (t.p == t.end)
		return false;
	for (; t.p < t.end; t.p++) {
		if (*t.p < '0' || *t.p > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*t.p - '0'), &n))
			return false;
	}
	*v = n;
	return true;
}

bool text_s64(struct text t, int64_t *v)
{
	uint64_t n;
	bool minus = text_skip(&t, "-");

	if (!text_u64(t, &n) || n > (uint64_t)INT64_MAX + minus)
		return false;
	*v = minus ? (int64_t)-n : (int64_t)n;
	return true;
}

bool text_hex(struct text t, uint64_t *v)
{
	uint64_t n = 0;

	if (t.p == t.end || text_len(t) > 16)
		return false;
	for (; t.p < t.end; t.p++) {
		unsigned char c = (unsigned char)*t.p | 0x20;

		if (c >= '0' && c <= '9')
			n = n << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (c - 'a' + 10u);
		else
			return false;
	}
	*v = n;
	return true;
}

bool text_next_u64(struct text *t, uint64_t *v)
{
	struct text rest = *t, word;

	if (!text_word(&rest, &word) || !text_u64(word, v))
		return false;
	*t = rest;
	return true;
}

void text_copy(struct text t, char *out, size_t size)
{
	size_t n = text_len(t) < size - 1 ? text_len(t) : size - 1;

	memcpy(out, t.p, n);
	out[n] = 0;
}
