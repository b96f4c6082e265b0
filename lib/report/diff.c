/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The comparison behind `mmtrace diff`: a gate that fires when it should, and never by noise.
 *
 * Theory. Replays are deterministic, so any difference between two results of one input is an
 * effect of what was changed; a limit says how large an effect for the worse is accepted. A metric
 * has a polarity: only changes in its bad direction can cross a limit. One without polarity is
 * judged only when the user sets a limit for it, and then in both directions.
 *
 * D1. Results of different inputs, modes or schemas are not compared: a gate that passes because it
 *     looked at something else is worse than none. Partial results are compared if they miss the
 *     same events: one input, and the same account of what is missing of it. That is said.
 * D2. A judged metric that only one side has makes the results not comparable, for the same reason.
 * D3. Rows are in order of verdict, then of relative change, then of name: the worst comes first,
 *     and the order does not depend on that in the files.
 */
#include "lib/report/diff.h"

#include "lib/report/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[REP_NR_VERDICTS] = {
	[REP_CROSSED] = "WORSE",   [REP_MISSING] = "MISSING", [REP_WORSE] = "within limit",
	[REP_CHANGED] = "changed", [REP_BETTER] = "better",   [REP_SAME] = "same",
};

const char *rep_verdict_name(enum rep_verdict verdict)
{
	return verdict < REP_NR_VERDICTS ? verdict_names[verdict] : "?";
}

int64_t rep_change_permille(int64_t base, int64_t candidate)
{
	__int128 change = (__int128)candidate - base;
	__int128 permille;

	if (!change)
		return 0;
	if (!base)
		return change > 0 ? INT64_MAX : -INT64_MAX;
	permille = change * 1000 / (base < 0 ? -(__int128)base : base);
	return permille > INT64_MAX    ? INT64_MAX
	       : permille < -INT64_MAX ? -INT64_MAX
				       : (int64_t)permille;
}

static bool beyond(const struct rep_row *r)
{
	__int128 change = (__int128)r->candidate - r->base;
	__int128 base = r->base < 0 ? -(__int128)r->base : r->base;

	if (change < 0)
		change = -change;
	return change > r->limit.abs && change * 1000 > base * r->limit.permille;
}

static enum rep_verdict judge(const struct rep_row *r)
{
	bool down = r->candidate < r->base;

	if (r->in_base != r->in_candidate)
		return r->limit.judged ? REP_MISSING : REP_CHANGED;
	if (r->candidate == r->base)
		return REP_SAME;
	if (r->polarity != REP_NONE && (r->polarity == REP_LOWER) == down)
		return REP_BETTER;
	if (!r->limit.judged)
		return REP_CHANGED;
	return beyond(r) ? REP_CROSSED : REP_WORSE;
}

static int64_t magnitude(const struct rep_row *r)
{
	int64_t permille = rep_change_permille(r->base, r->candidate);

	return permille < 0 ? -permille : permille;
}

static int worst_first(const void *a, const void *b)
{
	const struct rep_row *x = a, *y = b;
	int64_t m = magnitude(x), n = magnitude(y);

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (m != n)
		return m > n ? -1 : 1;
	return strcmp(x->metric, y->metric);
}

/* --- may they be compared? --- */

static int same_string(const struct rep_diff *d, const char *section, const char *key,
		       const char *what, struct mmt_err *e)
{
	const json_t *a = section ? json_object_get(d->base, section) : d->base;
	const json_t *b = section ? json_object_get(d->candidate, section) : d->candidate;

	if (strcmp(rep_string(a, key), rep_string(b, key)) == 0)
		return 0;
	return mmt_fail(e, ENOTSUP, "not comparable: %s differ (%.60s, %.60s)", what,
			rep_string(a, key), rep_string(b, key));
}

static bool is_partial(const json_t *result)
{
	return json_is_true(json_object_get(json_object_get(result, "flags"), "partial"));
}

/* Why a result is partial, or "". */
static const char *why_partial(const json_t *result)
{
	const json_t *reasons = json_object_get(json_object_get(result, "flags"), "reasons");
	const char *why = json_string_value(json_array_get(reasons, 0));

	return why ? why : "";
}

/* Of one input: did both replays have the same part of it? */
static int same_part(const struct rep_diff *d, struct mmt_err *e)
{
	static const char *const keys[] = { "events", "lost", "gaps", "complete" };
	const json_t *a = json_object_get(d->base, "input");
	const json_t *b = json_object_get(d->candidate, "input");
	const json_t *partial = d->base_partial ? d->base : d->candidate;

	if (d->base_partial != d->candidate_partial)
		return mmt_fail(e, ENOTSUP, "not comparable: only the %s is partial%s%.120s",
				d->base_partial ? "base" : "candidate",
				*why_partial(partial) ? ": " : "", why_partial(partial));
	for (size_t i = 0; d->base_partial && i < sizeof(keys) / sizeof(*keys); i++) {
		const json_t *x = json_object_get(a, keys[i]), *y = json_object_get(b, keys[i]);

		if (x != y && !json_equal(x, y))
			return mmt_fail(e, ENOTSUP,
					"not comparable: both are partial, and input.%s differs",
					keys[i]);
	}
	return 0;
}

static int comparable(const struct rep_diff *d, struct mmt_err *e)
{
	int err = same_string(d, "input", "digest", "the traces replayed", e);

	if (!err)
		err = same_string(d, NULL, "mode", "the modes", e);
	return err ? err : same_part(d, e);
}

/* --- rows --- */

static enum rep_polarity polarity_of(const json_t *metric)
{
	const char *name = rep_string(metric, "polarity");

	return strcmp(name, "lower") == 0    ? REP_LOWER
	       : strcmp(name, "higher") == 0 ? REP_HIGHER
					     : REP_NONE;
}

static void fill_row(struct rep_row *r, const char *name, const json_t *base,
		     const json_t *candidate, struct rep_limit limit)
{
	const json_t *one = base ? base : candidate;

	*r = (struct rep_row){
		.metric = name,
		.unit = rep_string(one, "unit"),
		.in_base = base != NULL,
		.in_candidate = candidate != NULL,
		.base = base ? rep_int(base, "value") : 0,
		.candidate = candidate ? rep_int(candidate, "value") : 0,
		.polarity = polarity_of(one),
		.limit = limit,
	};
}

static void fill(struct rep_diff *d, struct rep_limit (*limit_of)(const char *metric))
{
	const json_t *base = json_object_get(d->base, "metrics");
	const json_t *candidate = json_object_get(d->candidate, "metrics");
	const char *name;
	json_t *m;

	json_object_foreach((json_t *)base, name, m) fill_row(
		&d->rows[d->nr_rows++], name, m, json_object_get(candidate, name), limit_of(name));
	json_object_foreach((json_t *)candidate, name, m) if (!json_object_get(base, name))
		fill_row(&d->rows[d->nr_rows++], name, NULL, m, limit_of(name));
}

static int override(struct rep_diff *d, const struct rep_override *o, struct mmt_err *e)
{
	for (size_t i = 0; i < d->nr_rows; i++) {
		if (strcmp(d->rows[i].metric, o->metric) != 0)
			continue;
		d->rows[i].limit = o->limit;
		return 0;
	}
	return mmt_fail(e, EINVAL, "neither result has a metric '%s' (see mmtrace list metrics)",
			o->metric);
}

int rep_diff(struct rep_diff *d, const json_t *base, const json_t *candidate,
	     struct rep_limit (*limit_of)(const char *metric), const struct rep_override *overrides,
	     size_t nr_overrides, bool force, struct mmt_alloc *a, struct mmt_err *e)
{
	size_t most = json_object_size(json_object_get(base, "metrics")) +
		      json_object_size(json_object_get(candidate, "metrics"));
	int err;

	*d = (struct rep_diff){ .alloc = a, .base = base, .candidate = candidate };
	d->base_partial = is_partial(base);
	d->candidate_partial = is_partial(candidate);
	err = force ? 0 : comparable(d, e);
	if (err)
		return err;
	d->rows = mmt_calloc(a, most, sizeof(*d->rows));
	if (!d->rows)
		return mmt_fail(e, ENOMEM, "out of memory");
	fill(d, limit_of);
	for (size_t i = 0; i < nr_overrides && !err; i++)
		err = override(d, &overrides[i], e);
	for (size_t i = 0; i < d->nr_rows; i++) {
		d->rows[i].verdict = judge(&d->rows[i]);
		d->count[d->rows[i].verdict]++;
		if (d->rows[i].verdict == REP_MISSING && !force && !err)
			err = mmt_fail(
				e, ENOTSUP,
				"not comparable: the %s has no metric %.60s, which is judged",
				d->rows[i].in_base ? "candidate" : "base", d->rows[i].metric);
	}
	if (err) {
		rep_diff_free(d);
		return err;
	}
	if (d->nr_rows)
		qsort(d->rows, d->nr_rows, sizeof(*d->rows), worst_first);
	return 0;
}

void rep_diff_free(struct rep_diff *d)
{
	mmt_free(d->alloc, d->rows);
	d->rows = NULL;
	d->nr_rows = 0;
}
