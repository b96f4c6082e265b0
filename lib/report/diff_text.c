/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison as text and as JSON.
 */
#include "lib/base/json.h"
#include "lib/report/diff.h"
#include "lib/report/load.h"
#include "lib/report/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const json_t *effective(const json_t *result)
{
	return json_object_get(json_object_get(result, "config"), "effective");
}

static void put_scalar(struct mmt_wr *w, const json_t *v)
{
	if (json_is_string(v))
		rep_escaped(w, json_string_value(v));
	else if (json_is_boolean(v))
		rep_printf(w, "%s", json_is_true(v) ? "true" : "false");
	else
		rep_printf(w, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
}

/* A tunable: one value or several; "-" for one that is not there. */
static void put_tunable(struct mmt_wr *w, const json_t *v)
{
	if (!v)
		rep_printf(w, "-");
	for (size_t i = 0; i < json_array_size(v); i++) {
		rep_printf(w, "%s", i ? " " : "");
		put_scalar(w, json_array_get(v, i));
	}
	if (v && !json_is_array(v))
		put_scalar(w, v);
}

/* The tunables in effect that differ: what the comparison is about. */
static void put_changes(struct mmt_wr *w, const struct rep_diff *d)
{
	const json_t *a = effective(d->base), *b = effective(d->candidate);
	unsigned n = 0;
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)b, name, v)
	{
		const json_t *old = json_object_get(a, name);

		if (json_equal(old, v))
			continue;
		rep_escaped(w, name);
		rep_printf(w, ": ");
		put_tunable(w, old);
		rep_printf(w, " -> ");
		put_tunable(w, v);
		rep_printf(w, "\n");
		n++;
	}
	if (!n)
		rep_printf(w, "no tunable differs\n");
}

static void put_partial(struct mmt_wr *w, const struct rep_diff *d)
{
	const json_t *one = d->base_partial ? d->base : d->candidate;
	const json_t *reasons = json_object_get(json_object_get(one, "flags"), "reasons");

	if (!d->base_partial && !d->candidate_partial)
		return;
	rep_printf(w, "note: %s on incomplete data",
		   d->base_partial && d->candidate_partial ? "both results stand"
		   : d->base_partial			   ? "the base stands"
							   : "the candidate stands");
	if (json_array_size(reasons)) {
		rep_printf(w, ": ");
		rep_escaped(w, json_string_value(json_array_get(reasons, 0)));
	}
	rep_printf(w, "\n");
}

static void put_value(struct rep_table *t, bool there, int64_t v)
{
	if (there)
		rep_cell_printf(t, "%" PRId64, v);
	else
		rep_cell(t, "-");
}

static void put_row(struct rep_table *t, const struct rep_row *r)
{
	int64_t permille = rep_change_permille(r->base, r->candidate);
	int64_t change;
	char text[64];

	rep_cell(t, r->metric);
	put_value(t, r->in_base, r->base);
	put_value(t, r->in_candidate, r->candidate);
	if (r->in_base != r->in_candidate || r->base == r->candidate)
		rep_cell(t, "");
	else if (__builtin_sub_overflow(r->candidate, r->base, &change))
		rep_cell(t, "beyond 63 bits");
	else
		rep_cell_printf(t, "%+" PRId64, change);
	if (r->in_base != r->in_candidate || !permille)
		rep_cell(t, "");
	else if (permille == INT64_MAX || permille == -INT64_MAX)
		rep_cell(t, "from 0");
	else
		rep_cell_printf(t, "%s%s", permille > 0 ? "+" : "",
				rep_permille(permille, text, sizeof(text)));
	rep_cell(t, rep_limit_text(&r->limit, text, sizeof(text)));
	rep_cell(t, rep_verdict_name(r->verdict));
}

void rep_diff_text(struct mmt_wr *w, const struct rep_diff *d, bool colour)
{
	static const char *const titles[] = { "metric", "base",	 "candidate", "change",
					      "",	"limit", "verdict" };
	bool crossed = d->count[REP_CROSSED] > 0;
	struct rep_table t;

	put_partial(w, d);
	put_changes(w, d);
	if (d->count[REP_SAME] < d->nr_rows)
		rep_printf(w, "\n");
	rep_table_init(&t, w, 7, 0x41);
	for (size_t i = 0; i < 7 && d->count[REP_SAME] < d->nr_rows; i++)
		rep_cell(&t, titles[i]);
	for (size_t i = 0; i < d->nr_rows; i++)
		if (d->rows[i].verdict != REP_SAME)
			put_row(&t, &d->rows[i]);
	rep_table_end(&t, 0);
	rep_printf(w, "\n%s%u beyond limit%s, %u within, %u better, %u changed, %u same",
		   crossed && colour ? "\033[1;31m" : "", d->count[REP_CROSSED],
		   crossed && colour ? "\033[0m" : "", d->count[REP_WORSE], d->count[REP_BETTER],
		   d->count[REP_CHANGED], d->count[REP_SAME]);
	if (d->count[REP_MISSING])
		rep_printf(w, ", %u missing", d->count[REP_MISSING]);
	rep_printf(w, "\n");
}

static json_t *limit_json(const struct rep_limit *limit)
{
	char text[64];

	return limit->judged ? json_string(rep_limit_text(limit, text, sizeof(text))) : json_null();
}

static json_t *row_json(const struct rep_row *r)
{
	static const char *const verdicts[REP_NR_VERDICTS] = {
		[REP_CROSSED] = "crossed", [REP_MISSING] = "missing", [REP_WORSE] = "within",
		[REP_CHANGED] = "changed", [REP_BETTER] = "better",   [REP_SAME] = "same",
	};
	static const char *const polarities[] = { "none", "lower", "higher" };
	int64_t permille = rep_change_permille(r->base, r->candidate);
	bool relative =
		r->in_base == r->in_candidate && permille != INT64_MAX && permille != -INT64_MAX;
	json_t *j = json_object();
	bool ok = mmt_json_set(j, "metric", json_string(r->metric)) &&
		  mmt_json_set(j, "unit", json_string(r->unit)) &&
		  mmt_json_set(j, "base", r->in_base ? json_integer(r->base) : json_null()) &&
		  mmt_json_set(j, "candidate",
			       r->in_candidate ? json_integer(r->candidate) : json_null()) &&
		  mmt_json_set(j, "change_permille",
			       relative ? json_integer(permille) : json_null()) &&
		  mmt_json_set(j, "polarity", json_string(polarities[r->polarity])) &&
		  mmt_json_set(j, "limit", limit_json(&r->limit)) &&
		  mmt_json_set(j, "verdict", json_string(verdicts[r->verdict]));

	if (!ok) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static json_t *side_json(const json_t *result, bool partial)
{
	json_t *j = json_object();
	bool ok = mmt_json_set(j, "generator",
			       json_deep_copy(json_object_get(result, "generator"))) &&
		  mmt_json_set(j, "digest",
			       json_deep_copy(json_object_get(json_object_get(result, "input"),
							      "digest"))) &&
		  mmt_json_set(j, "partial", json_boolean(partial)) &&
		  mmt_json_set(j, "effective", json_deep_copy(effective(result)));

	if (!ok) {
		json_decref(j);
		return NULL;
	}
	return j;
}

json_t *rep_diff_json(const struct rep_diff *d)
{
	json_t *j = json_object(), *rows = json_array();
	bool ok = true;

	for (size_t i = 0; i < d->nr_rows && ok; i++)
		ok = json_array_append_new(rows, row_json(&d->rows[i])) == 0;
	ok = mmt_json_set(j, "metrics", rows) && ok &&
	     mmt_json_set(j, "schema", json_string("mmtrace.diff/1")) &&
	     mmt_json_set(j, "generator", json_string("mmtrace " MMT_VERSION)) &&
	     mmt_json_set(j, "base", side_json(d->base, d->base_partial)) &&
	     mmt_json_set(j, "candidate", side_json(d->candidate, d->candidate_partial)) &&
	     mmt_json_set(j, "crossed", json_integer(d->count[REP_CROSSED])) &&
	     mmt_json_set(j, "missing", json_integer(d->count[REP_MISSING]));
	if (!ok) {
		json_decref(j);
		return NULL;
	}
	return j;
}
