/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/json.h"
#include "tests/unit/test.h"

TEST_NAMED(sorted, "keys are sorted, one space a level, one newline at the end")
{
	json_t *o = json_object();
	char *s;

	CHECK(mmt_json_set(o, "b", json_integer(2)));
	CHECK(mmt_json_set(o, "a", json_pack("[i,i]", 1, 2)));
	s = mmt_json_text(o);
	CHECK_STR(s, "{\n \"a\": [\n  1,\n  2\n ],\n \"b\": 2\n}\n");
	free(s);
	json_decref(o);
}

TEST_NAMED(no_value, "a value that could not be made is refused, and the key stays away")
{
	json_t *o = json_object();

	CHECK(!mmt_json_set(o, "k", NULL));
	CHECK_EQ(json_object_size(o), 0);
	json_decref(o);
	CHECK(!mmt_json_text(NULL));
}

/* @v through JSON text and back. */
static void there_and_back(uint64_t v)
{
	json_t *o = json_object(), *p;
	uint64_t back = ~v;
	char *s;

	CHECK(mmt_json_set(o, "v", mmt_json_u64(v)));
	s = mmt_json_text(o);
	p = json_loads(s, 0, NULL);
	CHECK(mmt_json_get_u64(p, "v", &back));
	CHECK_EQ(back, v);
	free(s);
	json_decref(o);
	json_decref(p);
}

TEST_NAMED(u64, "all 64 bits survive the way through text")
{
	json_t *big = mmt_json_u64(UINT64_MAX);

	CHECK_STR(json_string_value(big), "0xffffffffffffffff");
	json_decref(big);
	for (unsigned bit = 0; bit < 64; bit++)
		there_and_back(1ull << bit);
	there_and_back(0);
	there_and_back(INT64_MAX);
	there_and_back((uint64_t)INT64_MAX + 1);
	there_and_back(UINT64_MAX);
}

TEST_NAMED(u64_wrong, "what is no count is refused and leaves the variable alone")
{
	json_t *o = json_pack("{s:i,s:f,s:s,s:s,s:s,s:s,s:s,s:n}", "neg", -1, "real", 1.0, "word",
			      "12", "hex", "0xzz", "none", "0x", "tail", "0x12 ", "wide",
			      "0x10000000000000000", "null");
	static const char *const keys[] = { "neg",  "real", "word", "hex",  "none",
					    "tail", "wide", "null", "gone", "" };
	uint64_t v = 77;

	CHECK(o);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		CHECK(!mmt_json_get_u64(o, keys[i], &v));
		CHECK_EQ(v, 77);
	}
	CHECK_STR(mmt_json_get_str(o, "word", "no"), "12");
	CHECK_STR(mmt_json_get_str(o, "neg", "no"), "no");
	CHECK_STR(mmt_json_get_str(o, "gone", NULL), NULL);
	json_decref(o);
}

static void becomes(const char *bytes, const char *want)
{
	json_t *j = mmt_json_bytes(bytes);

	CHECK_STR(json_string_value(j), want);
	json_decref(j);
}

TEST_NAMED(bytes, "valid UTF-8 stays; each bad byte becomes U+FFFD, and the rest stays")
{
	becomes("", "");
	becomes("bash", "bash");
	becomes("sch\xc3\xb6n \xe2\x82\xac \xf0\x9f\x90\xa7",
		"sch\xc3\xb6n \xe2\x82\xac \xf0\x9f\x90\xa7");
	becomes("a\xff"
		"b",
		"a\xef\xbf\xbd"
		"b");
	becomes("\xc3", "\xef\xbf\xbd");
	becomes("\xc3\xb6\xc3", "\xc3\xb6\xef\xbf\xbd");
	/* a surrogate and an overlong slash: three and two bad bytes */
	becomes("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	becomes("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_NAMED(escaped, "control characters leave as escapes, never raw")
{
	json_t *o = json_object();
	char *s;

	CHECK(mmt_json_set(o, "comm", mmt_json_bytes("\x1b]0;x\x07\n\"")));
	s = mmt_json_text(o);
	CHECK(s);
	CHECK(!strchr(s, 0x1b) && !strchr(s, 7));
	CHECK(strstr(s, "\\u001B]0;x\\u0007\\n\\\""));
	free(s);
	json_decref(o);
}

/* A header is copied, and may be a stranger's: no number of it changes. */
TEST(numbers_read_the_same_after_they_were_written)
{
	static const double numbers[] = { 1760000000001e5, 0.1, 1.0 / 3, 5e-324,
					  1.7976931348623157e308 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		json_t *o = json_pack("{s:f}", "n", numbers[i]), *again;
		char *s = mmt_json_text(o), *shown = mmt_json_show(o);

		again = json_loads(s, 0, NULL);
		CHECK(again && json_equal(again, o));
		CHECK(i != 1 || strstr(shown, "0.1\n"));
		free(s);
		free(shown);
		json_decref(again);
		json_decref(o);
	}
}

TEST(whole_or_nothing)
{
	json_t *root = json_object();

	CHECK(mmt_json_whole(root, true) == root);
	/* a second owner keeps it alive, so that the count can be read */
	json_incref(root);
	CHECK(mmt_json_whole(root, false) == NULL);
	CHECK_EQ(root->refcount, 1);
	json_decref(root);
}

TEST_MAIN
