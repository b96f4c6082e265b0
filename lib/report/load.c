/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of a result, checked key by key before anything is drawn from it.
 *
 * Theory. A shape is a table of keys with their kinds; kinds that hold others (objects of known
 * keys, objects of free names, arrays of objects) name the table of what is inside. Keys this
 * version does not know are left alone: additions keep the schema's number.
 *
 * I1. After rep_load() every series array has one element for each time, and every table by order
 *     REP_ORDERS integers, so nobody below needs to check a length again.
 * I2. Every message names the path of the key: "series.zones[2].blocks[17]: ...".
 */
#include "lib/report/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum kind {
	INTEGER, /* or a hex string, for what exceeds 63 bits */
	STRING,
	BOOL,
	SCALAR,	     /* integer, string or bool */
	OBJECT,	     /* with the keys of `inside` */
	MAP_OBJECT,  /* any names, each an object with the keys of `inside` */
	MAP_SCALAR,  /* any names, each a scalar */
	MAP_VALUE,   /* any names, each a scalar or an array of scalars */
	LIST_OBJECT, /* array of objects with the keys of `inside` */
	LIST_STRING,
	SERIES,	      /* array of integers, one for each time */
	SERIES_ORDER, /* array of arrays of REP_ORDERS integers, one for each time */
};

struct key {
	const char *name; /* NULL ends a table */
	enum kind kind;
	bool optional;
	const struct key *inside;
};

static const struct key input_keys[] = {
	{ "digest", STRING, false, NULL },	 { "events", INTEGER, false, NULL },
	{ "duration_ns", INTEGER, false, NULL }, { "kernel", STRING, false, NULL },
	{ "sealed", BOOL, false, NULL },	 { "complete", BOOL, false, NULL },
	{ "lost", INTEGER, false, NULL },	 { "gaps", INTEGER, false, NULL },
	{ "self_events", INTEGER, true, NULL },	 { "unknown_events", INTEGER, true, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key zone_config_keys[] = {
	{ "node", INTEGER, false, NULL },      { "zone", STRING, false, NULL },
	{ "start_pfn", INTEGER, false, NULL }, { "spanned", INTEGER, false, NULL },
	{ "present", INTEGER, false, NULL },   { "managed", INTEGER, false, NULL },
	{ "min", INTEGER, false, NULL },       { "low", INTEGER, false, NULL },
	{ "high", INTEGER, false, NULL },      { NULL, INTEGER, false, NULL },
};

static const struct key config_keys[] = {
	{ "profile", STRING, false, NULL },
	{ "kind", STRING, false, NULL },
	{ "set", MAP_SCALAR, false, NULL },
	{ "effective", MAP_VALUE, false, NULL },
	{ "zones", LIST_OBJECT, false, zone_config_keys },
	{ NULL, INTEGER, false, NULL },
};

static const struct key initial_keys[] = {
	{ "free_pages", INTEGER, false, NULL },
	{ "used_pages", INTEGER, false, NULL },
	{ "evicted_pages", INTEGER, false, NULL },
	{ "inferred", MAP_SCALAR, true, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key metric_keys[] = {
	{ "value", INTEGER, false, NULL },
	{ "unit", STRING, false, NULL },
	{ "polarity", STRING, false, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key replayed_keys[] = {
	{ "events", INTEGER, false, NULL },
	{ "faithful", INTEGER, false, NULL },
	{ "permille", INTEGER, false, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key fidelity_keys[] = {
	{ "metric", STRING, false, NULL },
	{ "at", STRING, false, NULL },
	{ "cpu", INTEGER, true, NULL },
	{ "time_ns", INTEGER, true, NULL },
	{ "node", INTEGER, true, NULL },
	{ "zone", STRING, true, NULL },
	{ "recorded", INTEGER, false, NULL },
	{ "model", INTEGER, false, NULL },
	{ "error_permille", INTEGER, false, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key zone_series_keys[] = {
	{ "node", INTEGER, false, NULL },
	{ "zone", STRING, false, NULL },
	{ "free", SERIES, false, NULL },
	{ "recorded_free", SERIES, true, NULL },
	{ "pcp", SERIES, true, NULL },
	{ "free_begin", SERIES, true, NULL },
	{ "pcp_begin", SERIES, true, NULL },
	{ "free_least", SERIES, true, NULL },
	{ "free_most", SERIES, true, NULL },
	{ "pcp_least", SERIES, true, NULL },
	{ "pcp_most", SERIES, true, NULL },
	{ "blocks_begin", SERIES_ORDER, true, NULL },
	{ "recorded_pcp", SERIES, true, NULL },
	{ "managed", SERIES, true, NULL },
	{ "blocks", SERIES_ORDER, false, NULL },
	{ "recorded_blocks", SERIES_ORDER, true, NULL },
	{ "extfrag", SERIES_ORDER, false, NULL },
	{ "unusable", SERIES_ORDER, false, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key series_keys[] = {
	{ "time_ns", SERIES, false, NULL },
	{ "zones", LIST_OBJECT, false, zone_series_keys },
	{ NULL, INTEGER, false, NULL },
};

static const struct key flag_keys[] = {
	{ "partial", BOOL, false, NULL },
	{ "reasons", LIST_STRING, false, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key host_only_keys[] = {
	{ "recorded", INTEGER, false, NULL },
	{ "unit", STRING, false, NULL },
	{ NULL, INTEGER, false, NULL },
};

static const struct key result_keys[] = {
	{ "schema", STRING, false, NULL },
	{ "generator", STRING, false, NULL },
	{ "mode", STRING, false, NULL },
	{ "input", OBJECT, false, input_keys },
	{ "config", OBJECT, false, config_keys },
	{ "initial", OBJECT, true, initial_keys },
	{ "metrics", MAP_OBJECT, false, metric_keys },
	{ "divergence", MAP_SCALAR, false, NULL },
	{ "replayed", OBJECT, false, replayed_keys },
	{ "fidelity", LIST_OBJECT, true, fidelity_keys },
	{ "host_only", MAP_OBJECT, true, host_only_keys },
	{ "series", OBJECT, false, series_keys },
	{ "flags", OBJECT, false, flag_keys },
	{ NULL, INTEGER, false, NULL },
};

struct shape {
	char path[256];
	size_t nr_times;
	struct mmt_err *e;
};

static int check_object(struct shape *s, const json_t *j, const struct key *keys);

static int wrong(const struct shape *s, const char *what)
{
	return mmt_fail(s->e, EINVAL, "%s: %s", *s->path ? s->path : "the file", what);
}

/* Check an element under "PATH.name" or "PATH[i]": the path grows and shrinks again. */
static size_t enter(struct shape *s, const char *name, size_t i)
{
	size_t at = strlen(s->path);

	if (name)
		snprintf(s->path + at, sizeof(s->path) - at, "%s%.80s", at ? "." : "", name);
	else
		snprintf(s->path + at, sizeof(s->path) - at, "[%zu]", i);
	return at;
}

static bool is_integer(const json_t *j)
{
	return json_is_integer(j) ||
	       (json_is_string(j) && strncmp(json_string_value(j), "0x", 2) == 0);
}

static bool is_scalar(const json_t *j)
{
	return json_is_integer(j) || json_is_string(j) || json_is_boolean(j);
}

static bool is_value(const json_t *j)
{
	for (size_t i = 0; i < json_array_size(j); i++)
		if (!is_scalar(json_array_get(j, i)))
			return false;
	return is_scalar(j) || json_is_array(j);
}

static int check_orders(struct shape *s, const json_t *j)
{
	size_t at;
	int err = 0;

	for (size_t i = 0; i < s->nr_times && !err; i++) {
		const json_t *row = json_array_get(j, i);

		at = enter(s, NULL, i);
		if (json_array_size(row) != REP_ORDERS)
			err = wrong(s, "is not an array of 11 integers, one for each order");
		for (size_t o = 0; o < REP_ORDERS && !err; o++)
			if (!json_is_integer(json_array_get(row, o)))
				err = wrong(s, "holds something that is not an integer");
		s->path[at] = '\0';
	}
	return err;
}

static int check_series(struct shape *s, const json_t *j, enum kind kind)
{
	char text[96];

	if (!json_is_array(j))
		return wrong(s, "is not an array");
	if (strcmp(s->path, "series.time_ns") == 0)
		s->nr_times = json_array_size(j);
	if (s->nr_times > REP_TIMES_MAX)
		return wrong(s, "has more than 1048576 points");
	if (json_array_size(j) != s->nr_times) {
		snprintf(text, sizeof(text), "has %zu elements for %zu times", json_array_size(j),
			 s->nr_times);
		return wrong(s, text);
	}
	if (kind == SERIES_ORDER)
		return check_orders(s, j);
	for (size_t i = 0; i < s->nr_times; i++)
		if (!json_is_integer(json_array_get(j, i)))
			return wrong(s, "holds something that is not an integer");
	return 0;
}

/* Objects or scalars under free names. */
static int check_map(struct shape *s, const json_t *j, const struct key *k)
{
	const char *name;
	json_t *v;

	if (!json_is_object(j))
		return wrong(s, "is not an object");
	json_object_foreach((json_t *)j, name, v)
	{
		size_t at = enter(s, name, 0);
		int err = k->kind == MAP_OBJECT			? check_object(s, v, k->inside)
			  : k->kind == MAP_VALUE && is_value(v) ? 0
			  : is_scalar(v)			? 0
					 : wrong(s, "is not a number, string or boolean");

		if (err)
			return err;
		s->path[at] = '\0';
	}
	return 0;
}

static int check_list(struct shape *s, const json_t *j, const struct key *k)
{
	if (!json_is_array(j))
		return wrong(s, "is not an array");
	for (size_t i = 0; i < json_array_size(j); i++) {
		const json_t *v = json_array_get(j, i);
		size_t at = enter(s, NULL, i);
		int err = k->kind == LIST_OBJECT ? check_object(s, v, k->inside)
			  : json_is_string(v)	 ? 0
						 : wrong(s, "is not a string");

		if (err)
			return err;
		s->path[at] = '\0';
	}
	return 0;
}

static int check_value(struct shape *s, const json_t *j, const struct key *k)
{
	switch (k->kind) {
	case INTEGER:
		return is_integer(j) ? 0 : wrong(s, "is not an integer");
	case STRING:
		return json_is_string(j) ? 0 : wrong(s, "is not a string");
	case BOOL:
		return json_is_boolean(j) ? 0 : wrong(s, "is neither true nor false");
	case SCALAR:
		return is_scalar(j) ? 0 : wrong(s, "is not a number, string or boolean");
	case OBJECT:
		return check_object(s, j, k->inside);
	case MAP_OBJECT:
	case MAP_SCALAR:
	case MAP_VALUE:
		return check_map(s, j, k);
	case LIST_OBJECT:
	case LIST_STRING:
		return check_list(s, j, k);
	default:
		return check_series(s, j, k->kind);
	}
}

static int check_object(struct shape *s, const json_t *j, const struct key *keys)
{
	if (!json_is_object(j))
		return wrong(s, "is not an object");
	for (; keys->name; keys++) {
		const json_t *v = json_object_get(j, keys->name);
		size_t at = enter(s, keys->name, 0);
		int err = v ? check_value(s, v, keys) : keys->optional ? 0 : wrong(s, "is missing");

		if (err)
			return err;
		s->path[at] = '\0';
	}
	return 0;
}

json_t *rep_load(const char *text, size_t n, struct mmt_err *e)
{
	struct shape s = { .e = e };
	json_error_t why;
	const char *schema;
	json_t *root;

	if (n > REP_RESULT_MAX) {
		mmt_fail(e, EINVAL, "is larger than the 256 MiB a result may have");
		return NULL;
	}
	root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
	if (!root) {
		/* no words: jansson ran out of memory before it could say so */
		if (why.text[0])
			mmt_fail(e, EINVAL, "line %d, column %d: not JSON: %s", why.line,
				 why.column, why.text);
		else
			mmt_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	schema = rep_string(root, "schema");
	if (*schema && strcmp(schema, REP_SCHEMA) != 0)
		mmt_fail(e, ENOTSUP, "schema: is %.60s; this mmtrace reads " REP_SCHEMA, schema);
	else if (check_object(&s, root, result_keys) == 0)
		return root;
	json_decref(root);
	return NULL;
}

int64_t rep_int(const json_t *object, const char *key)
{
	const json_t *j = json_object_get(object, key);

	if (json_is_string(j))
		return INT64_MAX;
	return json_integer_value(j);
}

int64_t rep_at(const json_t *object, const char *key, size_t i)
{
	return json_integer_value(json_array_get(json_object_get(object, key), i));
}

int64_t rep_order_at(const json_t *zone, const char *key, size_t i, unsigned order)
{
	return json_integer_value(
		json_array_get(json_array_get(json_object_get(zone, key), i), order));
}

const char *rep_string(const json_t *object, const char *key)
{
	const json_t *j = json_object_get(object, key);

	return json_is_string(j) ? json_string_value(j) : "";
}
