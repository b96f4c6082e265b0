/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/nearest.h"
#include "lib/base/rng.h"
#include "tests/unit/test.h"

#define NAMES 60
#define BYTES 24

TEST_NAMED(typing, "a slip of the fingers finds the name that was meant")
{
	static const char *const names[] = { "vm.swappiness", "vm.min_free_kbytes",
					     "vm.watermark_scale_factor", "mem", "nodes" };
	struct mmt_nearest s;
	char text[100];

	mmt_nearest_init(&s, "vm.swapiness", 12);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		mmt_nearest_try(&s, names[i]);
	CHECK_STR(s.name[0], "vm.swappiness");
	CHECK_EQ(s.distance[0], 1);
	mmt_nearest_init(&s, "node", 4);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		mmt_nearest_try(&s, names[i]);
	CHECK_STR(mmt_nearest_text(&s, text, sizeof(text)), "nodes, mem, vm.swappiness");
}

TEST_NAMED(bounds, "no names, one name twice, and a word too long to compare")
{
	char word[MMT_NEAREST_WORD + 1], text[100];
	struct mmt_nearest s;

	memset(word, 'x', sizeof(word));
	mmt_nearest_init(&s, word, MMT_NEAREST_WORD);
	CHECK_STR(mmt_nearest_text(&s, text, sizeof(text)), "");
	mmt_nearest_try(&s, "once");
	mmt_nearest_try(&s, "once");
	CHECK_STR(mmt_nearest_text(&s, text, sizeof(text)), "once");
	CHECK_EQ(s.distance[0], MMT_NEAREST_WORD);
	mmt_nearest_init(&s, word, MMT_NEAREST_WORD + 1);
	mmt_nearest_try(&s, "once");
	CHECK_STR(mmt_nearest_text(&s, text, sizeof(text)), "");
}

/* By definition: the whole table. */
static unsigned distance(const char *a, const char *b)
{
	unsigned d[BYTES + 1][BYTES + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			unsigned best = (unsigned)(i + j);

			if (i && d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (j && d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i && j && d[i - 1][j - 1] + (a[i - 1] != b[j - 1]) < best)
				best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = best;
		}
	return d[n][m];
}

/* Few letters, so that names are near each other and some are the same. */
static void spell(char *name, struct mmt_rng *r, unsigned letters)
{
	size_t n = mmt_rng_below(r, BYTES);

	for (size_t i = 0; i < n; i++)
		name[i] = (char)(mmt_rng_below(r, 16) ? 'a' + (char)mmt_rng_below(r, letters)
						      : (char)(0x80 + mmt_rng_below(r, 8)));
	name[n] = '\0';
}

/* Of all names, the first that is nearest and not among the @nr in @taken. */
static const char *nearest(const char *word, char name[NAMES][BYTES + 1], const char *const *taken,
			   unsigned nr)
{
	const char *best = NULL;

	for (unsigned i = 0; i < NAMES; i++) {
		bool again = false;

		for (unsigned t = 0; t < nr; t++)
			again |= strcmp(taken[t], name[i]) == 0;
		if (!again && (!best || distance(word, name[i]) < distance(word, best)))
			best = name[i];
	}
	return best;
}

TEST_NAMED(naive, "the three nearest are those of the definition, the first among equals")
{
	struct mmt_rng r = { 11 };

	for (unsigned round = 0; round < 400; round++) {
		char word[BYTES + 1], name[NAMES][BYTES + 1];
		const char *want[MMT_NEAREST];
		struct mmt_nearest s;

		spell(word, &r, 2 + round % 9);
		for (unsigned i = 0; i < NAMES; i++)
			spell(name[i], &r, 2 + round % 9);
		mmt_nearest_init(&s, word, strlen(word));
		for (unsigned i = 0; i < NAMES; i++)
			mmt_nearest_try(&s, name[i]);
		for (unsigned k = 0; k < MMT_NEAREST; k++) {
			want[k] = nearest(word, name, want, k);
			CHECK_STR(s.name[k], want[k]);
			CHECK_EQ(s.distance[k], distance(word, want[k]));
		}
	}
}

TEST_MAIN
