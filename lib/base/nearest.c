// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the distance of two words is the least number of characters to insert, delete or replace
 * that makes one of the other (Levenshtein, 1966). The three nearest of all names offered are kept,
 * the first offered first among equals, so that the same table gives the same message.
 *
 * Two words are at least as far apart as the longer one has characters that the other lacks, wherever
 * they stand: most names need no table.
 *
 * Cost: a row of the distance table on the stack; word length + name length steps a name, and word
 * length x name length for the few that may be among the three.
 */
#include "lib/base/nearest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A distance that the two have at least. */
static unsigned least_distance(const struct mmt_nearest *s, const char *name, size_t len)
{
	unsigned char held[sizeof(s->held)];
	size_t common = 0;

	memcpy(held, s->held, sizeof(held));
	for (size_t i = 0; i < len; i++) {
		unsigned char *left = &held[(unsigned char)name[i]];

		common += *left > 0;
		*left = (unsigned char)(*left - (*left > 0));
	}
	return (unsigned)((len > s->n ? len : s->n) - common);
}

/* The distance, or UINT_MAX as soon as it is known to be @limit or more. */
static unsigned distance(const struct mmt_nearest *s, const char *name, unsigned limit)
{
	unsigned row[MMT_NEAREST_WORD + 1];
	size_t len = strlen(name), n = s->n;

	if (least_distance(s, name, len) >= limit)
		return UINT_MAX;
	for (size_t i = 0; i <= n; i++)
		row[i] = (unsigned)i;
	for (size_t j = 1; j <= len; j++) {
		unsigned diagonal = row[0], least = (unsigned)j;

		row[0] = (unsigned)j;
		for (size_t i = 1; i <= n; i++) {
			unsigned change = diagonal + (s->word[i - 1] != name[j - 1]);
			unsigned best = row[i] < row[i - 1] ? row[i] + 1 : row[i - 1] + 1;

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

void mmt_nearest_init(struct mmt_nearest *s, const char *word, size_t n)
{
	*s = (struct mmt_nearest){ .word = word, .n = n };
	for (unsigned i = 0; i < MMT_NEAREST; i++)
		s->distance[i] = UINT_MAX;
	for (size_t i = 0; i < n && n <= MMT_NEAREST_WORD; i++)
		s->held[(unsigned char)word[i]]++;
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
