/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name somebody probably meant: least edits (insert, delete, replace, swap of neighbours:
 * optimal string alignment), and no more than a third of the word, so that suggestions stay
 * sensible.
 */
#include "cmd/cli.h"

#include <string.h>

#define LONGEST 48 /* longer words get no suggestion */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, const char *b)
{
	unsigned d[LONGEST + 1][LONGEST + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t i = 0; i <= n; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

const char *cli_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t len = strlen(word);
	unsigned best_distance = (unsigned)((len + 1) / 3) + 1;

	if (len > LONGEST)
		return NULL;
	for (; *names; names++) {
		unsigned d;

		if (strlen(*names) > LONGEST)
			continue;
		d = distance(word, *names);
		if (d < best_distance && d < strlen(*names)) {
			best_distance = d;
			best = *names;
		}
	}
	return best;
}
