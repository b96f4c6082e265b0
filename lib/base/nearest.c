// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the distance of two words is the least cost of the characters to insert, delete or replace
 * that makes one of the other (Levenshtein, 1966), in quarters: a character is 4, another case 1. Two
 * things that people do are nearer than their characters say:
 *
 *     drain      drain_all              one begins or ends with the other, which has three
 *     profile    model.profile          characters or more: 2, and 1 for four that are missing
 *     buddy.0.X  buddy.N.ZONE.ORDER     the same up to the first dot: half
 *
 * The three nearest of all names offered are kept, the first offered first among equals, so that the
 * same table gives the same message.
 *
 * Two words are at least as far apart as the longer one has characters that the other lacks, in
 * whatever case and wherever they stand: most names need no table.
 *
 * Cost: a row of the distance table on the stack; word length + name length steps a name, and word
 * length x name length for the few that may be among the three.
 */
#include "lib/base/nearest.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define EDIT	   4
#define OTHER_CASE 1
#define AFFIX_MIN  3

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same(const char *a, const char *b, size_t n)
{
	while (n && fold(a[n - 1]) == fold(b[n - 1]))
		n--;
	return !n;
}

/* Whether the longer one begins or ends with the other, in any case. */
static bool is_affix(const char *a, size_t n, const char *b, size_t len)
{
	if (n > len)
		return is_affix(b, len, a, n);
	return n >= AFFIX_MIN && (same(a, b, n) || same(a, b + len - n, n));
}

/* Whether they are the same up to the first dot. */
static bool is_family(const struct mmt_nearest *s, const char *name, size_t len)
{
	const char *dot = memchr(s->word, '.', s->n);
	size_t n = dot ? (size_t)(dot - s->word) + 1 : 0;

	return n && len >= n && memcmp(s->word, name, n) == 0;
}

/* A distance that the two have at least. */
static unsigned least_distance(const struct mmt_nearest *s, const char *name, size_t len)
{
	unsigned char held[sizeof(s->held)];
	size_t common = 0;

	memcpy(held, s->held, sizeof(held));
	for (size_t i = 0; i < len; i++) {
		unsigned char *left = &held[fold(name[i])];

		common += *left > 0;
		*left = (unsigned char)(*left - (*left > 0));
	}
	return EDIT * (unsigned)((len > s->n ? len : s->n) - common);
}

static unsigned replacing(char a, char b)
{
	if (a == b)
		return 0;
	return fold(a) == fold(b) ? OTHER_CASE : EDIT;
}

/* The cost of edits, or UINT_MAX as soon as it is known to be @limit or more. */
static unsigned edits(const struct mmt_nearest *s, const char *name, size_t len, unsigned limit)
{
	unsigned row[MMT_NEAREST_WORD + 1];
	size_t n = s->n;

	if (least_distance(s, name, len) >= limit)
		return UINT_MAX;
	for (size_t i = 0; i <= n; i++)
		row[i] = EDIT * (unsigned)i;
	for (size_t j = 1; j <= len; j++) {
		unsigned diagonal = row[0], least = EDIT * (unsigned)j;

		row[0] = EDIT * (unsigned)j;
		for (size_t i = 1; i <= n; i++) {
			unsigned change = diagonal + replacing(s->word[i - 1], name[j - 1]);
			unsigned best = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + EDIT;

			diagonal = row[i];
			row[i] = change < best ? change : best;
			least = row[i] < least ? row[i] : least;
		}
		/* a row never has less than the one before */
		if (least >= limit)
			return UINT_MAX;
	}
	return row[n];
}

/* The distance, or UINT_MAX if it is @limit or more. */
static unsigned distance(const struct mmt_nearest *s, const char *name, unsigned limit)
{
	size_t len = strlen(name), apart = len > s->n ? len - s->n : s->n - len;
	unsigned d, affix = UINT_MAX;

	if (is_affix(s->word, s->n, name, len))
		affix = 2 + (unsigned)(apart / 4);
	if (is_family(s, name, len)) {
		d = edits(s, name, len, limit < UINT_MAX / 2 ? 2 * limit : UINT_MAX);
		d = d == UINT_MAX ? d : d / 2;
	} else {
		d = edits(s, name, len, limit);
	}
	d = affix < d ? affix : d;
	return d < limit ? d : UINT_MAX;
}

void mmt_nearest_init(struct mmt_nearest *s, const char *word, size_t n)
{
	*s = (struct mmt_nearest){ .word = word, .n = n };
	for (unsigned i = 0; i < MMT_NEAREST; i++)
		s->distance[i] = UINT_MAX;
	for (size_t i = 0; i < n && n <= MMT_NEAREST_WORD; i++)
		s->held[fold(word[i])]++;
}

void mmt_nearest_try(struct mmt_nearest *s, const char *name)
{
	unsigned d, at = MMT_NEAREST - 1;

	if (s->n > MMT_NEAREST_WORD)
		return;
	for (unsigned i = 0; i < MMT_NEAREST && s->name[i]; i++)
		if (strcmp(s->name[i], name) == 0)
			return;
	d = distance(s, name, s->distance[at]);
	if (d >= s->distance[at])
		return;
	for (; at > 0 && d < s->distance[at - 1]; at--) {
		s->distance[at] = s->distance[at - 1];
		s->name[at] = s->name[at - 1];
	}
	s->distance[at] = d;
	s->name[at] = name;
}

const char *mmt_nearest_text(const struct mmt_nearest *s, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < MMT_NEAREST && s->name[i]; i++) {
		int n = snprintf(buf + at, size - at, "%s%s", i ? ", " : "", s->name[i]);

		if (n < 0 || at + (size_t)n >= size)
			break;
		at += (size_t)n;
	}
	return buf;
}
