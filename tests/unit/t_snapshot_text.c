/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/snapshot/text.c: words and numbers of text that may be anything. */
#include "lib/record/snapshot/text.h"
#include "tests/unit/test.h"

static struct text of(const char *s)
{
	return text_of(s, strlen(s));
}

TEST(lines_end_at_newline_or_end)
{
	struct text t = of("a b\n\nlast"), line;

	CHECK(text_line(&t, &line) && text_is(line, "a b"));
	CHECK(text_line(&t, &line) && text_len(line) == 0);
	CHECK(text_line(&t, &line) && text_is(line, "last"));
	CHECK(!text_line(&t, &line));
	t = text_of(NULL, 0);
	CHECK(!text_line(&t, &line));
}

TEST(words_are_between_blanks)
{
	struct text t = of("  one\ttwo  \n three"), w;

	CHECK(text_word(&t, &w) && text_is(w, "one"));
	CHECK(text_word(&t, &w) && text_is(w, "two"));
	CHECK(text_word(&t, &w) && text_is(w, "three"));
	CHECK(!text_word(&t, &w));
	t = of("   ");
	CHECK(!text_word(&t, &w));
}

TEST(numbers_are_taken_whole_or_not)
{
	uint64_t v = 7;
	int64_t s = 7;

	CHECK(text_u64(of("18446744073709551615"), &v));
	CHECK_EQ(v, UINT64_MAX);
	CHECK(!text_u64(of("18446744073709551616"), &v));
	CHECK(!text_u64(of("99999999999999999999999999"), &v));
	CHECK(!text_u64(of(""), &v) && !text_u64(of("-1"), &v) && !text_u64(of("12x"), &v));
	CHECK(!text_u64(of(">100000"), &v));
	CHECK(text_s64(of("-9223372036854775808"), &s));
	CHECK_EQ(s, INT64_MIN);
	CHECK(text_s64(of("9223372036854775807"), &s));
	CHECK_EQ(s, INT64_MAX);
	CHECK(!text_s64(of("9223372036854775808"), &s) && !text_s64(of("--1"), &s));
	CHECK(text_hex(of("fFff888000000000"), &v));
	CHECK_EQ(v, 0xffff888000000000);
	CHECK(!text_hex(of("10000000000000000"), &v) && !text_hex(of("0x1"), &v));
	CHECK(!text_hex(of(""), &v));
}

TEST(a_refused_number_takes_nothing)
{
	struct text t = of(" 12x 13"), w;
	uint64_t v;

	CHECK(!text_next_u64(&t, &v));
	CHECK(text_word(&t, &w) && text_is(w, "12x"));
	CHECK(text_next_u64(&t, &v));
	CHECK_EQ(v, 13);
	CHECK(!text_next_u64(&t, &v));
}

TEST(parts_skips_and_copies)
{
	struct text t = of("key: value"), part;
	char out[4];

	CHECK(text_until(&t, ':', &part) && text_is(part, "key"));
	text_trim(&t);
	CHECK(text_is(t, "value"));
	CHECK(!text_until(&t, ':', &part));
	CHECK(text_is(t, "value"));
	CHECK(!text_skip(&t, "values") && text_skip(&t, "val"));
	CHECK(text_is(t, "ue") && !text_is(t, "u") && !text_is(t, "ue "));
	text_copy(of("abcdef"), out, sizeof(out));
	CHECK_STR(out, "abc");
	text_copy(text_of("a\0b", 3), out, sizeof(out));
	CHECK_STR(out, "a");
}

TEST_MAIN
