/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/escape.h"
#include "lib/base/rng.h"
#include "tests/unit/test.h"

static struct mmt_alloc heap;

static void becomes(const char *s, const char *want)
{
	struct mmt_wr w = { .alloc = &heap };

	mmt_wr_escaped(&w, s);
	mmt_wr_u8(&w, 0);
	CHECK(!w.bad);
	CHECK_STR((const char *)w.buf, want);
	mmt_wr_free(&w);
}

TEST_NAMED(plain, "printable text stays, in any script")
{
	becomes("", "");
	becomes("kworker/0:1-events", "kworker/0:1-events");
	becomes("sch\xc3\xb6n \xe2\x82\xac \xf0\x9f\x90\xa7",
		"sch\xc3\xb6n \xe2\x82\xac \xf0\x9f\x90\xa7");
}

TEST_NAMED(controls, "control characters become visible: ESC, newline, tab, DEL, C1")
{
	becomes("\x1b]0;owned\x07", "\\x1b]0;owned\\x07");
	becomes("a\nb\tc", "a\\nb\\tc");
	becomes("\x7f", "\\x7f");
	becomes("\xc2\x9b", "\\xc2\\x9b");
	becomes("C:\\x", "C:\\\\x");
}

TEST_NAMED(direction, "marks that turn or break the line are shown, not obeyed")
{
	becomes("\xe2\x80\xae", "\\xe2\\x80\\xae");
	becomes("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
	becomes("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
	becomes("\xef\xbb\xbf", "\\xef\\xbb\\xbf");
}

TEST_NAMED(broken, "broken UTF-8 byte by byte: cut, overlong, surrogate, too high, stray")
{
	becomes("\xc3", "\\xc3");
	becomes("\xe2\x82", "\\xe2\\x82");
	becomes("\xc0\xaf", "\\xc0\\xaf");
	becomes("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	becomes("\xed\xa0\x80", "\\xed\\xa0\\x80");
	becomes("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	becomes("\xff\xfe", "\\xff\\xfe");
	becomes("\xc3(", "\\xc3(");
	becomes("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
}

TEST_NAMED(edges, "the first and last characters of each length are whole")
{
	becomes("\xc2\xa0", "\xc2\xa0");
	becomes("\xdf\xbf", "\xdf\xbf");
	becomes("\xe0\xa0\x80", "\xe0\xa0\x80");
	becomes("\xed\x9f\xbf", "\xed\x9f\xbf");
	becomes("\xee\x80\x80", "\xee\x80\x80");
	becomes("\xf0\x90\x80\x80", "\xf0\x90\x80\x80");
	becomes("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}

TEST_NAMED(random, "random bytes never leave a control byte or broken UTF-8 behind")
{
	struct mmt_rng r = { 11 };

	for (int i = 0; i < 20000; i++) {
		struct mmt_wr w = { .alloc = &heap };
		char s[17] = "";

		for (size_t n = mmt_rng_below(&r, 17), k = 0; k < n; k++)
			s[k] = (char)(1 + mmt_rng_below(&r, 255));
		mmt_wr_escaped(&w, s);
		for (size_t k = 0; k < w.len; k++)
			CHECK(w.buf[k] >= 0x20 && w.buf[k] != 0x7f);
		mmt_wr_free(&w);
	}
	CHECK_EQ(heap.used, 0);
}

TEST_MAIN
