// SPDX-License-Identifier: GPL-2.0-only
/* The population: fills and runs, beside an array that holds a byte for every frame. */
#include "lib/base/rng.h"
#include "lib/replay/survey/population.h"
#include "tests/unit/test.h"

#include <errno.h>

#define NR (4 * POPULATION_SECTION)

static uint8_t plain[NR];
static struct mmt_alloc alloc = MMT_ALLOC_INIT;
static struct mmt_err err;

/* As the header puts it, a frame at a time. A whole section of the kernel's frames is absent. */
static void plain_fill(pfn_t pfn, pfn_t n, enum frame_use use, const bool *mixed)
{
	for (pfn_t at = pfn; at < pfn + n; at++) {
		pfn_t start = at & ~(POPULATION_SECTION - 1);
		bool whole = start >= pfn && start + POPULATION_SECTION <= pfn + n;
		uint8_t to = (uint8_t)use;

		if (whole && !mixed[at >> POPULATION_SECTION_ORDER] && use == FRAME_KERNEL)
			to = FRAME_ABSENT;
		if (plain[at] & FRAME_SEEN)
			plain[at] |= FRAME_LATE;
		plain[at] = (uint8_t)((plain[at] & ~FRAME_USE_MASK) | to);
	}
}

static bool same(const struct population *p)
{
	for (pfn_t pfn = 0; pfn < NR; pfn++)
		if (population_get(p, pfn) != plain[pfn])
			return false;
	return true;
}

static void change(struct population *p, struct mmt_rng *rng)
{
	bool mixed[NR / POPULATION_SECTION];
	pfn_t pfn = (pfn_t)mmt_rng_below(rng, NR), n;
	uint8_t value;

	if (mmt_rng_below(rng, 2)) {
		value = (uint8_t)mmt_rng_next(rng);
		CHECK_EQ(population_set(p, pfn, value, &err), 0);
		plain[pfn] = value;
		return;
	}
	for (unsigned i = 0; i < NR / POPULATION_SECTION; i++)
		mixed[i] = p->section[i] != NULL;
	/* mostly short, as rows of a snapshot are */
	n = (pfn_t)mmt_rng_below(rng, mmt_rng_below(rng, 20) ? 40 : NR) + 1;
	if (n > NR - pfn)
		n = NR - pfn;
	value = (uint8_t)mmt_rng_below(rng, NR_FRAME_USES);
	plain_fill(pfn, n, (enum frame_use)value, mixed);
	CHECK_EQ(population_fill(p, pfn, n, (enum frame_use)value, &err), 0);
}

TEST(a_fill_keeps_what_events_said)
{
	struct population p;

	CHECK_EQ(population_init(&p, &alloc, &err), 0);
	/* frames 3 and 9 were named before a snapshot read 0..15 */
	CHECK_EQ(population_set(&p, 3, FRAME_SEEN | FRAME_FIRST_ALLOC, &err), 0);
	CHECK_EQ(population_set(&p, 9, FRAME_SEEN, &err), 0);
	CHECK_EQ(population_fill(&p, 0, 16, FRAME_ANON, &err), 0);
	CHECK_EQ(population_get(&p, 2), FRAME_ANON);
	CHECK_EQ(population_get(&p, 3), FRAME_ANON | FRAME_SEEN | FRAME_FIRST_ALLOC | FRAME_LATE);
	CHECK_EQ(population_get(&p, 9), FRAME_ANON | FRAME_SEEN | FRAME_LATE);
	CHECK_EQ(population_get(&p, 15), FRAME_ANON);
	CHECK_EQ(population_get(&p, 16), FRAME_ABSENT);
	/* another row over it: what is late stays so, what is not named stays unmarked */
	CHECK_EQ(population_fill(&p, 1, 12, FRAME_SLAB, &err), 0);
	CHECK_EQ(population_get(&p, 0), FRAME_ANON);
	CHECK_EQ(population_get(&p, 1), FRAME_SLAB);
	CHECK_EQ(population_get(&p, 9), FRAME_SLAB | FRAME_SEEN | FRAME_LATE);
	CHECK_EQ(population_get(&p, 13), FRAME_ANON);
	population_free(&p);
	CHECK_EQ(alloc.used, 0);
}

/* 0 1 2 3 4 5 6 7 8 9 ...
 * A A A A A K A A K A ...	A ANON, K KERNEL */
TEST(the_last_frame_of_a_value)
{
	struct population p;

	CHECK_EQ(population_init(&p, &alloc, &err), 0);
	CHECK_EQ(population_find_back(&p, FRAME_ABSENT, 0, NR), PFN_NONE);
	CHECK_EQ(population_fill(&p, 0, 100, FRAME_ANON, &err), 0);
	CHECK_EQ(population_set(&p, 5, FRAME_KERNEL, &err), 0);
	CHECK_EQ(population_set(&p, 8, FRAME_KERNEL, &err), 0);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 0, NR), 8);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 0, 9), 8);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 0, 8), 5);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 5, 8), 5);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 6, 8), PFN_NONE);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 0, 5), PFN_NONE);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 0, 0), PFN_NONE);
	/* up to the last frame there is */
	CHECK_EQ(population_set(&p, PFN_NONE - 1, FRAME_KERNEL, &err), 0);
	CHECK_EQ(population_find_back(&p, FRAME_KERNEL, 0, UINT64_C(1) << 32), PFN_NONE - 1);
	population_free(&p);
	CHECK_EQ(alloc.used, 0);
}

/* Each run as long as it is in the plain array, forwards and backwards. */
TEST(runs_and_fills_are_those_of_a_plain_array)
{
	struct population p;
	struct mmt_rng rng = { 7 };

	CHECK_EQ(population_init(&p, &alloc, &err), 0);
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 50; i++)
			change(&p, &rng);
		CHECK(same(&p));
		for (pfn_t pfn = 0, next; pfn < NR; pfn = next) {
			pfn_t end = pfn;

			while (end < NR && plain[end] == plain[pfn])
				end++;
			next = population_run(&p, pfn, NR);
			if (next != end || population_run_back(&p, end) != pfn) {
				CHECK_EQ(next, end);
				CHECK_EQ(population_run_back(&p, end), pfn);
				break;
			}
			/* and no further than it is asked for */
			if (end - pfn > 1)
				CHECK_EQ(population_run(&p, pfn, end - 1), end - 1);
		}
	}
	population_free(&p);
	CHECK_EQ(alloc.used, 0);
}

/* What a plain array says of runs of two classes, and of how often there is each value. */
TEST(classes_and_counts_are_those_of_a_plain_array)
{
	struct population p;
	struct mmt_rng rng = { 8 };
	uint8_t class[256];

	CHECK_EQ(population_init(&p, &alloc, &err), 0);
	memset(plain, 0, sizeof(plain));
	for (unsigned round = 0; round < 40; round++) {
		pfn_t from = (pfn_t)mmt_rng_below(&rng, NR);
		uint64_t count[256] = { 0 }, want[256] = { 0 };

		for (unsigned v = 0; v < 256; v++)
			class[v] = (uint8_t)mmt_rng_below(&rng, 2);
		for (unsigned i = 0; i < 50; i++)
			change(&p, &rng);
		for (pfn_t pfn = from, next; pfn < NR; pfn = next) {
			pfn_t end = pfn;

			while (end < NR && class[plain[end]] == class[plain[pfn]])
				want[plain[end++]]++;
			next = population_run_of(&p, pfn, NR, class);
			if (next != end) {
				CHECK_EQ(next, end);
				break;
			}
			if (end - pfn > 1)
				CHECK_EQ(population_run_of(&p, pfn, end - 1, class), end - 1);
		}
		population_count(&p, from, NR, count);
		CHECK(memcmp(count, want, sizeof(count)) == 0);
	}
	population_free(&p);
	CHECK_EQ(alloc.used, 0);
}

TEST(no_memory_changes_nothing)
{
	struct mmt_alloc failing = MMT_ALLOC_INIT;
	struct population p;

	for (uint64_t at = 1; at <= 2; at++) {
		failing = (struct mmt_alloc){ 0 };
		failing.fail_at = at;
		CHECK_EQ(population_init(&p, &failing, &err), -ENOMEM);
		CHECK_EQ(failing.used, 0);
	}
	failing = (struct mmt_alloc){ 0 };
	CHECK_EQ(population_init(&p, &failing, &err), 0);
	failing.fail_at = failing.calls + 1;
	CHECK_EQ(population_fill(&p, 5, 1, FRAME_ANON, &err), -ENOMEM);
	failing.fail_at = failing.calls + 1;
	CHECK_EQ(population_set(&p, 5, FRAME_ANON, &err), -ENOMEM);
	CHECK_EQ(population_get(&p, 5), FRAME_ABSENT);
	population_free(&p);
	CHECK_EQ(failing.used, 0);
}

TEST_NAMED(bounded, "R9 a population makes no more sections than it may")
{
	struct population p;
	struct mmt_err e = { 0 };

	CHECK_EQ(population_init(&p, &alloc, &e), 0);
	p.most = 2;
	CHECK_EQ(population_set(&p, 5, FRAME_SEEN, &e), 0);
	CHECK_EQ(population_fill(&p, POPULATION_SECTION, 8 * POPULATION_SECTION, FRAME_FREE, &e),
		 0);
	CHECK_EQ(population_set(&p, POPULATION_SECTION + 1, FRAME_SEEN, &e), 0);
	CHECK_EQ(population_set(&p, POPULATION_SECTION + 9, FRAME_SEEN, &e), 0);
	CHECK_EQ(population_set(&p, 2 * POPULATION_SECTION, FRAME_SEEN, &e), -EDQUOT);
	CHECK_STR(e.text, "frames are named far beyond the zones of the host");
	CHECK_EQ(population_fill(&p, 9 * POPULATION_SECTION, 1, FRAME_FREE, &e), -EDQUOT);
	population_free(&p);
	CHECK_EQ(alloc.used, 0);
}

TEST_MAIN
