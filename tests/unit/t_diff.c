/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/report/diff.h"
#include "lib/report/load.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct mmt_alloc heap;

/* The limits of the tests: "free" 5% or 10, "stalls" 0, everything else not judged. */
static struct rep_limit limit_of(const char *metric)
{
	if (strcmp(metric, "free") == 0)
		return (struct rep_limit){ .judged = true, .permille = 50, .abs = 10 };
	if (strcmp(metric, "stalls") == 0)
		return (struct rep_limit){ .judged = true };
	return (struct rep_limit){ .judged = false };
}

/* A result with one trace's digest and these metrics, as rep_diff() looks at it. */
static json_t *result(const char *digest, const char *metrics)
{
	json_error_t e;
	json_t *m = json_loads(metrics, 0, &e);

	return json_pack("{sss{ss}s{s{}}s{sbs[]}so}", "mode", "allocator", "input", "digest",
			 digest, "config", "effective", "flags", "partial", 0, "reasons", "metrics",
			 m);
}

#define METRIC(name, value, polarity) \
	"\"" name "\": {\"value\": " value ", \"unit\": \"u\", \"polarity\": \"" polarity "\"}"

/* Compare two metric lists of one trace; @row gets the row of @metric. */
static int compare(const char *a, const char *b, const struct rep_override *o, size_t n,
		   const char *metric, struct rep_row *row, struct mmt_err *e)
{
	json_t *base = result("0x1", a), *candidate = result("0x1", b);
	struct rep_diff d;
	int err = rep_diff(&d, base, candidate, limit_of, o, n, false, &heap, e);

	if (!err) {
		for (size_t i = 0; i < d.nr_rows; i++)
			if (strcmp(d.rows[i].metric, metric) == 0)
				*row = d.rows[i];
		row->metric = NULL;
		row->unit = NULL;
		rep_diff_free(&d);
	}
	json_decref(base);
	json_decref(candidate);
	return err;
}

static void verdict(const char *metric, const char *polarity, int64_t base, int64_t candidate,
		    enum rep_verdict want)
{
	struct mmt_err e = { 0 };
	struct rep_row row = { 0 };
	char a[200], b[200];

	snprintf(a, sizeof(a), "{\"%s\": {\"value\": %lld, \"unit\": \"u\", \"polarity\": \"%s\"}}",
		 metric, (long long)base, polarity);
	snprintf(b, sizeof(b), "{\"%s\": {\"value\": %lld, \"unit\": \"u\", \"polarity\": \"%s\"}}",
		 metric, (long long)candidate, polarity);
	CHECK_EQ(compare(a, b, NULL, 0, metric, &row, &e), 0);
	CHECK_EQ(row.verdict, want);
}

TEST_NAMED(limits, "the gate fires one past the limit, for the worse only")
{
	/* free, higher is better, 5% of 1000 or 10: 50 less is within, 51 less is not */
	verdict("free", "higher", 1000, 950, REP_WORSE);
	verdict("free", "higher", 1000, 949, REP_CROSSED);
	verdict("free", "higher", 1000, 1000, REP_SAME);
	verdict("free", "higher", 1000, 5000, REP_BETTER);
	/* of 100 the absolute limit is the larger: 10 */
	verdict("free", "higher", 100, 90, REP_WORSE);
	verdict("free", "higher", 100, 89, REP_CROSSED);
	/* from nothing, only the absolute limit stands */
	verdict("free", "lower", 0, 10, REP_WORSE);
	verdict("free", "lower", 0, 11, REP_CROSSED);
	/* a limit of nothing */
	verdict("stalls", "lower", 0, 1, REP_CROSSED);
	verdict("stalls", "lower", 7, 6, REP_BETTER);
	verdict("stalls", "lower", 1000000, 1000001, REP_CROSSED);
	/* not judged */
	verdict("other", "lower", 1, 1000, REP_CHANGED);
	verdict("other", "none", 1, 1000, REP_CHANGED);
	/* no direction, but a limit: both directions count */
	verdict("stalls", "none", 5, 4, REP_CROSSED);
	verdict("stalls", "none", 5, 6, REP_CROSSED);
}

TEST_NAMED(extremes, "no value overflows the comparison")
{
	verdict("free", "lower", INT64_MIN, INT64_MAX, REP_CROSSED);
	verdict("free", "lower", INT64_MAX, INT64_MIN, REP_BETTER);
	verdict("free", "higher", INT64_MAX, INT64_MAX - 11, REP_WORSE);
	verdict("stalls", "higher", INT64_MIN, INT64_MIN + 1, REP_BETTER);
	CHECK_EQ(rep_change_permille(0, 0), 0);
	CHECK_EQ(rep_change_permille(0, 1), INT64_MAX);
	CHECK_EQ(rep_change_permille(0, -1), -INT64_MAX);
	CHECK_EQ(rep_change_permille(1000, 1001), 1);
	CHECK_EQ(rep_change_permille(-1000, -1001), -1);
	CHECK_EQ(rep_change_permille(1, INT64_MAX), INT64_MAX);
	CHECK_EQ(rep_change_permille(INT64_MIN, INT64_MAX), 1999);
}

TEST_NAMED(overrides, "a user's limit replaces the table's; the last one counts")
{
	const char *a = "{" METRIC("free", "1000", "higher") "}";
	const char *b = "{" METRIC("free", "800", "higher") "}";
	struct rep_override o[2];
	struct rep_row row = { 0 };
	struct mmt_err e = { 0 };

	CHECK_EQ(rep_override_parse("free=20%", &o[0], &e), 0);
	CHECK_EQ(compare(a, b, o, 1, "free", &row, &e), 0);
	CHECK_EQ(row.verdict, REP_WORSE);
	CHECK_EQ(rep_override_parse("free=19.9%+199", &o[1], &e), 0);
	CHECK_EQ(compare(a, b, o, 2, "free", &row, &e), 0);
	CHECK_EQ(row.verdict, REP_CROSSED);
	CHECK_EQ(rep_override_parse("free=none", &o[1], &e), 0);
	CHECK_EQ(compare(a, b, o, 2, "free", &row, &e), 0);
	CHECK_EQ(row.verdict, REP_CHANGED);
	/* a name nobody has is a mistake, not a gate that never fires */
	CHECK_EQ(rep_override_parse("fee=none", &o[1], &e), 0);
	CHECK_EQ(compare(a, b, o, 2, "free", &row, &e), -EINVAL);
	CHECK(strstr(e.text, "'fee'"));
}

TEST_NAMED(limit_words, "limits: what is one and what is not")
{
	static const struct {
		const char *text;
		bool ok;
		int64_t permille;
		uint64_t abs;
	} cases[] = {
		{ "5%", true, 50, 0 },
		{ "0.5%", true, 5, 0 },
		{ "100", true, 0, 100 },
		{ "5%+100", true, 50, 100 },
		{ "0", true, 0, 0 },
		{ "0%", true, 0, 0 },
		{ "100000000%", true, 1000000000, 0 },
		{ "9223372036854775807", true, 0, INT64_MAX },
		{ "9223372036854775808", false, 0, 0 },
		{ "100000001%", false, 0, 0 },
		{ "", false, 0, 0 },
		{ "%", false, 0, 0 },
		{ "5%%", false, 0, 0 },
		{ "5%+", false, 0, 0 },
		{ "5%+1x", false, 0, 0 },
		{ "-5", false, 0, 0 },
		{ "+5", false, 0, 0 },
		{ "5.25%", false, 0, 0 },
		{ "5.%", false, 0, 0 },
		{ ".5%", false, 0, 0 },
		{ "5.5", false, 0, 0 },
		{ "100+5%", false, 0, 0 },
		{ "none ", false, 0, 0 },
		{ "NONE", false, 0, 0 },
	};
	struct rep_limit l, again;
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ(rep_limit_parse(cases[i].text, &l), cases[i].ok);
		if (!cases[i].ok)
			continue;
		CHECK_EQ(l.judged, true);
		CHECK_EQ(l.permille, cases[i].permille);
		CHECK_EQ(l.abs, cases[i].abs);
		/* what it prints as is read as the same */
		CHECK(rep_limit_parse(rep_limit_text(&l, text, sizeof(text)), &again));
		CHECK_MEM(&again.abs, &l.abs, sizeof(l.abs));
		CHECK_EQ(again.permille, l.permille);
	}
	CHECK(rep_limit_parse("none", &l));
	CHECK(!l.judged);
	CHECK_STR(rep_limit_text(&l, text, sizeof(text)), "none");
}

TEST_NAMED(override_words, "METRIC=LIMIT: both parts must be there")
{
	struct rep_override o;
	struct mmt_err e = { 0 };

	CHECK_EQ(rep_override_parse("a=5%", &o, &e), 0);
	CHECK_STR(o.metric, "a");
	CHECK_EQ(rep_override_parse("a", &o, &e), -EINVAL);
	CHECK_EQ(rep_override_parse("=5%", &o, &e), -EINVAL);
	CHECK_EQ(rep_override_parse("a=", &o, &e), -EINVAL);
	CHECK(strstr(e.text, "of a is none of"));
	CHECK_EQ(rep_override_parse(
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=5", &o,
			 &e),
		 -EINVAL);
}

static int compare_results(json_t *a, json_t *b, bool force, struct mmt_err *e)
{
	struct rep_diff d;
	int err = rep_diff(&d, a, b, limit_of, NULL, 0, force, &heap, e);

	if (!err)
		rep_diff_free(&d);
	json_decref(a);
	json_decref(b);
	return err;
}

TEST_NAMED(comparable, "D1, D2: what must not be compared is refused, unless forced")
{
	const char *m = "{" METRIC("free", "1", "higher") "}";
	struct mmt_err e = { 0 };
	json_t *other;

	CHECK_EQ(compare_results(result("0x1", m), result("0x1", m), false, &e), 0);
	CHECK_EQ(compare_results(result("0x1", m), result("0x2", m), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "0x1, 0x2"));
	CHECK_EQ(compare_results(result("0x1", m), result("0x2", m), true, &e), 0);

	other = result("0x1", m);
	json_object_set_new(other, "mode", json_string("closed"));
	CHECK_EQ(compare_results(result("0x1", m), other, false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "modes differ"));

	/* a judged metric on one side only, and one that is not judged */
	CHECK_EQ(compare_results(result("0x1", m), result("0x1", "{}"), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "the candidate has no metric free"));
	CHECK_EQ(compare_results(result("0x1", "{}"), result("0x1", m), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "the base has no metric free"));
	CHECK_EQ(compare_results(result("0x1", "{" METRIC("x", "1", "none") "}"),
				 result("0x1", "{}"), false, &e),
		 0);
}

/* A result of the trace @digest that misses @lost events. */
static json_t *partial(const char *digest, int lost)
{
	json_t *j = result(digest, "{" METRIC("free", "1", "higher") "}");
	json_t *flags = json_object_get(j, "flags");

	json_object_set_new(flags, "partial", json_true());
	json_array_append_new(json_object_get(flags, "reasons"), json_string("3 events lost"));
	json_object_set_new(json_object_get(j, "input"), "lost", json_integer(lost));
	return j;
}

TEST_NAMED(partial, "D1: partial results are compared if they miss the same events of one trace")
{
	const char *m = "{" METRIC("free", "1", "higher") "}";
	json_t *a = partial("0x1", 3), *b = partial("0x1", 3);
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_err e = { 0 };
	struct rep_diff d;

	/* the same 3 events of the same trace: compared, and said */
	CHECK_EQ(rep_diff(&d, a, b, limit_of, NULL, 0, false, &heap, &e), 0);
	CHECK(d.base_partial && d.candidate_partial);
	rep_diff_text(&w, &d, false);
	mmt_wr_u8(&w, 0);
	CHECK(strstr((const char *)w.buf,
		     "note: both results stand on incomplete data: 3 events lost\n") ==
	      (const char *)w.buf);
	mmt_wr_free(&w);
	rep_diff_free(&d);
	json_decref(a);
	json_decref(b);
	/* another trace, another number, a whole one */
	CHECK_EQ(compare_results(partial("0x1", 3), partial("0x2", 3), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "0x1, 0x2"));
	CHECK_EQ(compare_results(partial("0x1", 3), partial("0x1", 4), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "input.lost differs"));
	CHECK_EQ(compare_results(result("0x1", m), partial("0x1", 3), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "only the candidate is partial: 3 events lost"));
	CHECK_EQ(compare_results(partial("0x1", 3), result("0x1", m), false, &e), -ENOTSUP);
	CHECK(strstr(e.text, "only the base is partial: 3 events lost"));
	CHECK_EQ(compare_results(partial("0x1", 3), partial("0x2", 4), true, &e), 0);
}

TEST_NAMED(order, "D3: worst first, whatever the order in the files")
{
	json_t *a = result(
		"0x1",
		"{" METRIC("same", "1", "none") "," METRIC("free", "100", "higher") "," METRIC(
			"stalls", "10",
			"lower") "," METRIC("b", "10", "none") "," METRIC("a", "10", "none") "}");
	json_t *b = result(
		"0x1", "{" METRIC("a", "20", "none") "," METRIC("b", "20", "none") "," METRIC(
			       "same", "1", "none") "," METRIC("stalls", "40",
							       "lower") "," METRIC("free", "50",
										   "higher") "}");
	static const char *const want[] = { "stalls", "free", "a", "b", "same" };
	struct mmt_err e = { 0 };
	struct rep_diff d;

	/* stalls: +300 %; free: -50 %, both beyond; a, b: changed, by name; then what is the same
	 */
	CHECK_EQ(rep_diff(&d, a, b, limit_of, NULL, 0, false, &heap, &e), 0);
	CHECK_EQ(d.nr_rows, 5);
	for (size_t i = 0; i < 5; i++)
		CHECK_STR(d.rows[i].metric, want[i]);
	CHECK_EQ(d.count[REP_CROSSED], 2);
	CHECK_EQ(d.count[REP_CHANGED], 2);
	CHECK_EQ(d.count[REP_SAME], 1);
	rep_diff_free(&d);
	json_decref(a);
	json_decref(b);
}

TEST_NAMED(text, "the table: escaped, aligned, counted")
{
	json_t *a = result("0x1", "{" METRIC("e\\u001b[31m", "1", "none") "}");
	json_t *b = result("0x1", "{" METRIC("e\\u001b[31m", "3", "none") "}");
	struct mmt_wr w = { .alloc = &heap };
	struct mmt_err e = { 0 };
	struct rep_diff d;

	CHECK_EQ(rep_diff(&d, a, b, limit_of, NULL, 0, false, &heap, &e), 0);
	rep_diff_text(&w, &d, false);
	mmt_wr_u8(&w, 0);
	CHECK(!w.bad);
	CHECK_STR((const char *)w.buf,
		  "no tunable differs\n\n"
		  "metric     base  candidate  change            limit  verdict\n"
		  "e\\x1b[31m     1          3      +2  +200.0 %   none  changed\n"
		  "\n0 beyond limit, 0 within, 0 better, 1 changed, 0 same\n");
	mmt_wr_free(&w);
	rep_diff_free(&d);
	json_decref(a);
	json_decref(b);
}

TEST_NAMED(no_memory, "each failing allocation is an error and leaves nothing behind")
{
	json_t *a = result("0x1", "{" METRIC("free", "1", "higher") "}");
	struct mmt_err e = { 0 };
	struct rep_diff d;

	for (uint64_t at = 1;; at++) {
		struct mmt_alloc failing = { .fail_at = at };
		struct mmt_wr w = { .alloc = &failing };
		int err = rep_diff(&d, a, a, limit_of, NULL, 0, false, &failing, &e);

		CHECK(err == 0 || err == -ENOMEM);
		if (!err) {
			rep_diff_text(&w, &d, true);
			rep_diff_free(&d);
		}
		err = err || w.bad;
		mmt_wr_free(&w);
		CHECK_EQ(failing.used, 0);
		if (!err)
			break;
		CHECK(at < 100);
	}
	json_decref(a);
}

TEST_MAIN
