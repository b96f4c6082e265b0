/* SPDX-License-Identifier: GPL-2.0-only */
/* The known names nearest to a word that is none of them, for messages. */
#ifndef MMT_BASE_NEAREST_H
#define MMT_BASE_NEAREST_H

#include <stddef.h>

#define MMT_NEAREST_WORD 64 /* longer words have no nearest names */
#define MMT_NEAREST	 3

struct mmt_nearest {
	const char *word;
	size_t n;
	unsigned char held[256];	/* how often the word has each character, in lower case */
	unsigned distance[MMT_NEAREST]; /* 4 for a character */
	const char *name[MMT_NEAREST];	/* nearest first; NULL: none */
};

/* Begin with the @n bytes at @word, which must stay. */
void mmt_nearest_init(struct mmt_nearest *s, const char *word, size_t n);
/* Offer a known name, which must stay; a name offered twice counts once. */
void mmt_nearest_try(struct mmt_nearest *s, const char *name);
/* "a, b, c" into @buf, nearest first, or "" if nothing was offered; returns @buf. */
const char *mmt_nearest_text(const struct mmt_nearest *s, char *buf, size_t size);

#endif
