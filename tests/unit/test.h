/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test harness: one program per t_*.c, TAP on stdout. The plan comes first, so a program that
 * dies on the way is seen to have failed by whoever counts its lines.
 *
 *	#include "tests/unit/test.h"
 *
 *	TEST(split_gives_upper_half_back)
 *	{
 *		CHECK_EQ(buddy_free_count(b, 2), 1);
 *	}
 *
 *	TEST_MAIN
 *
 * A failed CHECK prints file:line and what it saw, marks the test failed and returns from the
 * function it stands in, which must be void. A helper that checks is void too; its caller goes on,
 * and asks test_failed() if it should not. "PROGRAM WORD" runs only the tests with WORD in their
 * name.
 */
#ifndef MMT_TEST_H
#define MMT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_UNUSED __attribute__((unused))

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

static struct test_state {
	struct test *first;
	struct test **last;
	const char *skip; /* why the running test was skipped */
	bool failed;	  /* the running test has failed */
} test_state;

#define TEST(id) TEST_NAMED(id, #id)
#define TEST_NAMED(id, label)                                                 \
	static void test_##id(void);                                          \
	__attribute__((constructor)) static void test_register_##id(void)     \
	{                                                                     \
		static struct test t = { .name = (label), .run = test_##id }; \
                                                                              \
		test_add(&t);                                                 \
	}                                                                     \
	static void test_##id(void)

#define CHECK(cond)                                                \
	do {                                                       \
		if (!test_true(__FILE__, __LINE__, #cond, (cond))) \
			return;                                    \
	} while (0)

/* Two integers of any width (a floating value does not compile). */
#define CHECK_EQ(a, b)                                                              \
	do {                                                                        \
		if (!test_eq(__FILE__, __LINE__, #a " == " #b, (uint64_t)((a) | 0), \
			     (uint64_t)((b) | 0)))                                  \
			return;                                                     \
	} while (0)

/* Two strings; NULL equals NULL only. */
#define CHECK_STR(a, b)                                                    \
	do {                                                               \
		if (!test_str(__FILE__, __LINE__, #a " == " #b, (a), (b))) \
			return;                                            \
	} while (0)

#define CHECK_MEM(a, b, n)                                                      \
	do {                                                                    \
		if (!test_mem(__FILE__, __LINE__, #a " == " #b, (a), (b), (n))) \
			return;                                                 \
	} while (0)

/* This machine cannot run the test, because @reason; counted and shown. */
#define SKIP(reason)                        \
	do {                                \
		test_state.skip = (reason); \
		return;                     \
	} while (0)

TEST_UNUSED static void test_add(struct test *t)
{
	if (!test_state.last)
		test_state.last = &test_state.first;
	*test_state.last = t;
	test_state.last = &t->next;
}

/* Whether the running test has already failed. */
TEST_UNUSED static bool test_failed(void)
{
	return test_state.failed;
}

/* Whether the long variants were asked for (make check-long). */
TEST_UNUSED static bool test_long(void)
{
	return getenv("MMT_TEST_LONG") != NULL;
}

TEST_UNUSED static bool test_true(const char *file, int line, const char *what, bool ok)
{
	if (!ok) {
		printf("# %s:%d: not true: %s\n", file, line, what);
		test_state.failed = true;
	}
	return ok;
}

TEST_UNUSED static bool test_eq(const char *file, int line, const char *what, uint64_t a,
				uint64_t b)
{
	if (a != b) {
		printf("# %s:%d: %s: %lld (0x%llx) against %lld (0x%llx)\n", file, line, what,
		       (long long)a, (unsigned long long)a, (long long)b, (unsigned long long)b);
		test_state.failed = true;
	}
	return a == b;
}

TEST_UNUSED static bool test_str(const char *file, int line, const char *what, const char *a,
				 const char *b)
{
	bool same = a && b ? strcmp(a, b) == 0 : a == b;

	if (!same) {
		printf("# %s:%d: %s: \"%s\" against \"%s\"\n", file, line, what, a ? a : "(null)",
		       b ? b : "(null)");
		test_state.failed = true;
	}
	return same;
}

TEST_UNUSED static bool test_mem(const char *file, int line, const char *what, const void *a,
				 const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] == y[i])
			continue;
		printf("# %s:%d: %s: byte %zu of %zu is 0x%02x against 0x%02x\n", file, line, what,
		       i, n, x[i], y[i]);
		test_state.failed = true;
		return false;
	}
	return true;
}

TEST_UNUSED static void test_run(const struct test *t, unsigned number)
{
	test_state.failed = false;
	test_state.skip = NULL;
	t->run();
	printf("%sok %u - %s%s%s\n", test_state.failed ? "not " : "", number, t->name,
	       test_state.skip ? " # SKIP " : "", test_state.skip ? test_state.skip : "");
}

TEST_UNUSED static int test_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	unsigned number = 0, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *t = test_state.first; t; t = t->next)
		number += strstr(t->name, word) != NULL;
	printf("1..%u\n", number);
	number = 0;
	for (const struct test *t = test_state.first; t; t = t->next) {
		if (!strstr(t->name, word))
			continue;
		test_run(t, ++number);
		bad += test_state.failed;
	}
	return bad || !number ? 1 : 0;
}

#define TEST_MAIN                             \
	int main(int argc, char **argv)       \
	{                                     \
		return test_main(argc, argv); \
	}

#endif
