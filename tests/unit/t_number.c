// SPDX-License-Identifier: GPL-2.0-only
/* lib/base/number.c: what it writes is what printf() writes, and what it reads again. */
#include "lib/base/number.h"
#include "lib/base/rng.h"
#include "tests/unit/test.h"

#include <inttypes.h>
#include <string.h>

static struct mmt_alloc heap;

static bool wrote(struct mmt_wr *w, const char *want)
{
	bool same = w->len == strlen(want) && !memcmp(w->buf, want, w->len);

	if (!same)
		printf("# %.*s, not %s\n", (int)w->len, (const char *)w->buf, want);
	return same;
}

static void check(uint64_t v)
{
	struct mmt_wr w = { .alloc = &heap };
	uint64_t again = ~v;
	char want[64];

	for (int width = 0; width <= 20; width++) {
		w.len = 0;
		mmt_wr_decimal(&w, v, (unsigned)width, ' ');
		snprintf(want, sizeof(want), "%*" PRIu64, width, v);
		CHECK(wrote(&w, want));
		w.len = 0;
		mmt_wr_decimal(&w, v, (unsigned)width, '0');
		snprintf(want, sizeof(want), "%0*" PRIu64, width, v);
		CHECK(wrote(&w, want));
	}
	CHECK(mmt_number((const char *)w.buf, w.len, &again) && again == v);
	w.len = 0;
	mmt_wr_hex(&w, v);
	snprintf(want, sizeof(want), "0x%" PRIx64, v);
	CHECK(wrote(&w, want));
	CHECK(mmt_number((const char *)w.buf, w.len, &again) && again == v);
	mmt_wr_free(&w);
}

TEST(numbers_are_written_as_printf_writes_them)
{
	struct mmt_rng r = { 31 };
	uint64_t ten = 1;

	for (unsigned digits = 0; digits < 20; digits++, ten *= 10) {
		check(ten - 1);
		check(ten);
		check(ten + 1);
	}
	for (unsigned bits = 0; bits < 64; bits++)
		check(mmt_rng_next(&r) >> bits);
	check(UINT64_MAX);
	CHECK_EQ(heap.used, 0);
}

/* More than a number can have is not asked for: then it is as wide as one can be. */
TEST(no_number_is_wider_than_twenty)
{
	struct mmt_wr w = { .alloc = &heap };

	mmt_wr_decimal(&w, 7, 100, '0');
	CHECK(wrote(&w, "00000000000000000007"));
	mmt_wr_free(&w);
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN
