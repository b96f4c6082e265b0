/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/alloc.h"
#include "tests/unit/test.h"

TEST_NAMED(counts, "used and peak follow calloc, resize and free to the byte")
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	char *p = mmt_calloc(&a, 10, 10), *q;

	CHECK(p);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(p[i], 0);
	CHECK_EQ(a.used, 100);
	p[99] = 'x';
	q = mmt_resize(&a, p, 50, 4);
	CHECK(q);
	CHECK_EQ(q[99], 'x');
	CHECK_EQ(a.used, 200);
	q = mmt_resize(&a, q, 1, 1);
	CHECK_EQ(a.used, 1);
	CHECK_EQ(a.peak, 200);
	mmt_free(&a, q);
	mmt_free(&a, NULL);
	CHECK_EQ(a.used, 0);
	CHECK_EQ(a.peak, 200);
	CHECK_EQ(a.calls, 3);
}

TEST_NAMED(empty, "no elements give a pointer of one's own")
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	void *p = mmt_calloc(&a, 0, 8), *q = mmt_resize(&a, NULL, 8, 0);

	CHECK(p && q && p != q);
	CHECK_EQ(a.used, 0);
	mmt_free(&a, p);
	mmt_free(&a, q);
}

TEST_NAMED(overflow, "n * size past the address space fails and changes nothing")
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	void *p = mmt_calloc(&a, 1, 8);

	CHECK(!mmt_calloc(&a, SIZE_MAX / 2, 3));
	CHECK(!mmt_calloc(&a, SIZE_MAX, 1));
	CHECK(!mmt_resize(&a, p, SIZE_MAX, SIZE_MAX));
	CHECK_EQ(a.used, 8);
	mmt_free(&a, p);
}

TEST_NAMED(budget, "the budget holds to the byte, and what was freed can be had again")
{
	struct mmt_alloc a = { .limit = 100 };
	void *p = mmt_calloc(&a, 1, 60), *q = mmt_calloc(&a, 1, 40);

	/*  |<- p 60 ->|<- q 40 ->| limit  */
	CHECK(p && q);
	CHECK(!mmt_calloc(&a, 1, 1));
	CHECK(!mmt_resize(&a, q, 41, 1));
	CHECK_EQ(a.used, 100);
	mmt_free(&a, p);
	q = mmt_resize(&a, q, 100, 1);
	CHECK(q);
	CHECK_EQ(a.used, 100);
	CHECK_EQ(a.peak, 100);
	mmt_free(&a, q);
}

TEST_NAMED(nth_only, "fail_at fails that one allocation")
{
	struct mmt_alloc a = { .fail_at = 2 };
	void *p = mmt_calloc(&a, 1, 1), *q = mmt_calloc(&a, 1, 1), *r = mmt_calloc(&a, 1, 1);

	CHECK(p && !q && r);
	mmt_free(&a, p);
	mmt_free(&a, r);
}

TEST_NAMED(nth_and_after, "fail_after fails all later ones too, and a failed resize keeps the old")
{
	struct mmt_alloc a = { .fail_at = 2, .fail_after = true };
	char *p = mmt_strdup(&a, "kept");

	CHECK(p);
	CHECK(!mmt_resize(&a, p, 100, 1));
	CHECK(!mmt_strdup(&a, "x"));
	CHECK(!mmt_calloc(&a, 1, 1));
	CHECK_STR(p, "kept");
	mmt_free(&a, p);
	CHECK_EQ(a.used, 0);
}

TEST_NAMED(grow, "an array grown one by one moves rarely, keeps its elements, survives failure")
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	uint32_t *v = NULL;
	size_t cap = 0, had;

	for (uint32_t i = 0; i < 10000; i++) {
		v = mmt_grow(&a, v, &cap, i + 1, sizeof(*v));
		CHECK(v && cap > i);
		v[i] = i;
	}
	CHECK(a.calls < 30);
	for (uint32_t i = 0; i < 10000; i++)
		CHECK_EQ(v[i], i);
	had = cap;
	a.fail_at = a.calls + 1;
	CHECK(!mmt_grow(&a, v, &cap, cap + 1, sizeof(*v)));
	CHECK_EQ(cap, had);
	CHECK_EQ(v[9999], 9999);
	mmt_free(&a, v);
	CHECK_EQ(a.used, 0);
}

TEST_MAIN
