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
	CHECK_EQ(s.distance[0], 2);
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
	CHECK_EQ(s.distance[0], 4 * MMT_NEAREST_WORD);
	mmt_nearest_init(&s, word, MMT_NEAREST_WORD + 1);
	mmt_nearest_try(&s, "once");
	CHECK_STR(mmt_nearest_text(&s, text, sizeof(text)), "");
}

TEST_NAMED(meant, "another case, a part of a name, the words of a pattern")
{
	static const char *const names[] = { "alloc",	     "vmalloc", "free.N.ZONE",
					     "drain_all",    "ENOMEM",	"buddy.N.ZONE.ORDER",
					     "dontneed",     "cold",	"model.profile",
					     "GFP_KERNEL",   "r",	"pgfault",
					     "hw.l1.things", "brk",	"zone.N.ZONE.min" };
	static const struct {
		const char *word, *name;
	} meant[] = { { "ALLOC", "alloc" },
		      { "PGFAULT", "pgfault" },
		      { "drain", "drain_all" },
		      { "enomem", "ENOMEM" },
		      { "MADV_DONTNEED", "dontneed" },
		      { "gfp_kernel", "GFP_KERNEL" },
		      { "profile", "model.profile" },
		      { "buddy.0.DMA32", "buddy.N.ZONE.ORDER" },
		      { "zone.0.DMA", "zone.N.ZONE.min" } };

	for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++) {
		struct mmt_nearest s;

		mmt_nearest_init(&s, meant[i].word, strlen(meant[i].word));
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			mmt_nearest_try(&s, names[k]);
		CHECK_STR(s.name[0], meant[i].name);
	}
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins(const char *a, const char *b)
{
	while (*b && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return !*b;
}

static bool is_part(const char *whole, const char *part)
{
	size_t n = strlen(whole), m = strlen(part);

	return m >= 3 && m <= n && (begins(whole, part) || begins(whole + n - m, part));
}

static unsigned edits(const char *a, const char *b);

/* By definition. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), dot = strcspn(a, ".");
	unsigned d = edits(a, b);

	if (a[dot] && strncmp(a, b, dot + 1) == 0)
		d /= 2;
	if ((is_part(a, b) || is_part(b, a)) && 2 + (n > m ? n - m : m - n) / 4 < d)
		d = (unsigned)(2 + (n > m ? n - m : m - n) / 4);
	return d;
}

/* The whole table. */
static unsigned edits(const char *a, const char *b)
{
	unsigned d[BYTES + 1][BYTES + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			unsigned best = 4 * (unsigned)(i + j), change = 4;

			if (i && j && a[i - 1] == b[j - 1])
				change = 0;
			else if (i && j && fold(a[i - 1]) == fold(b[j - 1]))
				change = 1;
			if (i && d[i - 1][j] + 4 < best)
				best = d[i - 1][j] + 4;
			if (j && d[i][j - 1] + 4 < best)
				best = d[i][j - 1] + 4;
			if (i && j && d[i - 1][j - 1] + change < best)
				best = d[i - 1][j - 1] + change;
			d[i][j] = best;
		}
	return d[n][m];
}

/* Few letters, so that names are near each other and some are the same. */
static void spell(char *name, struct mmt_rng *r, unsigned letters)
{
	size_t n = mmt_rng_below(r, BYTES);

	for (size_t i = 0; i < n; i++)
		switch (mmt_rng_below(r, 16)) {
		case 0:
			name[i] = (char)(0x80 + mmt_rng_below(r, 8));
			break;
		case 1:
			name[i] = '.';
			break;
		default:
			name[i] = (char)((mmt_rng_below(r, 4) ? 'a' : 'A') +
					 (char)mmt_rng_below(r, letters));
		}
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
