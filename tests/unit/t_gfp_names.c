// SPDX-License-Identifier: GPL-2.0-only
/* GFP bits by the kernel's names and back. */
#include "lib/trace/gfp_names.h"
#include "tests/unit/test.h"

TEST(flags_are_printed_as_the_kernel_prints_them)
{
	static const struct {
		uint64_t gfp;
		const char *text;
	} known[] = {
		{ 0, "none" },
		{ 0xcc0, "GFP_KERNEL" },
		{ 0xdc0, "GFP_KERNEL|__GFP_ZERO" },
		{ 0x820, "GFP_ATOMIC" },
		{ 0x2800, "GFP_NOWAIT" },
		{ 0x140cca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP" },
		{ 0x100, "__GFP_ZERO" },
		/* a bit that has no name */
		{ 0x80000000, "0x80000000" },
	};
	char text[MMT_GFP_TEXT];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK_STR(mmt_gfp_text(known[i].gfp, text, sizeof(text)), known[i].text);
}

/* Any bits give a text that gives the same bits. */
TEST(what_is_printed_is_read_back)
{
	char text[MMT_GFP_TEXT];
	const char *bad;
	uint64_t gfp, back;
	size_t n;

	for (unsigned a = 0; a < 32; a++)
		for (unsigned b = 0; b < 32; b++)
			for (unsigned c = 0; c < 32; c++) {
				gfp = UINT64_C(1) << a | UINT64_C(1) << b | UINT64_C(1) << c;
				mmt_gfp_text(gfp, text, sizeof(text));
				CHECK(mmt_gfp_parse(text, strlen(text), &back, &bad, &n));
				CHECK_EQ(back, gfp);
				/* and so does all but these, which is long */
				gfp ^= UINT32_MAX;
				mmt_gfp_text(gfp, text, sizeof(text));
				CHECK(mmt_gfp_parse(text, strlen(text), &back, &bad, &n));
				CHECK_EQ(back, gfp);
			}
}

TEST(every_name_is_read_and_there_is_an_end)
{
	const char *name, *bad;
	uint32_t value;
	uint64_t gfp;
	unsigned i = 0;
	size_t n;

	for (; (name = mmt_gfp_name(i, &value)); i++) {
		CHECK(mmt_gfp_parse(name, strlen(name), &gfp, &bad, &n));
		CHECK_EQ(gfp, value);
		CHECK(i < 1000);
	}
	CHECK(i > 30);
	CHECK(!mmt_gfp_name(i + 1, &value));
}

TEST(numbers_are_taken_and_what_is_neither_is_shown)
{
	static const struct {
		const char *text;
		uint64_t gfp;
		const char *bad; /* NULL: it is right */
	} texts[] = {
		{ "none", 0, NULL },
		{ "3264", 0xcc0, NULL },
		{ "0xcc0", 0xcc0, NULL },
		{ "GFP_KERNEL|0x100|__GFP_COMP", 0x40dc0, NULL },
		{ "0xffffffff", 0xffffffff, NULL },
		{ "0x100000000", 0, "0x100000000" },
		{ "GFP_KERNAL", 0, "GFP_KERNAL" },
		{ "GFP_KERNEL|", 0, "" },
		{ "GFP_KERNEL||__GFP_ZERO", 0, "" },
		{ "__GFP_ZERO|nine|8", 0, "nine" },
		{ "", 0, "" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *bad = NULL;
		char shown[32];
		uint64_t gfp;
		size_t n = 0;
		bool right = mmt_gfp_parse(texts[i].text, strlen(texts[i].text), &gfp, &bad, &n);

		CHECK_EQ(right, !texts[i].bad);
		if (right) {
			CHECK_EQ(gfp, texts[i].gfp);
			continue;
		}
		snprintf(shown, sizeof(shown), "%.*s", (int)n, bad);
		CHECK_STR(shown, texts[i].bad);
	}
}

TEST_MAIN
