/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/report/load.h"
#include "tests/unit/report_sample.h"
#include "tests/unit/test.h"

#include <errno.h>

/* Load the sample after putting @value (JSON; NULL: nothing, the key goes) at @key of the object
 * or element that @path leads to. */
static int load_with(const char *path, const char *key, const char *value, struct mmt_err *e)
{
	json_t *root = sample_result(), *at = root, *loaded;
	char part[64];
	char *text;

	for (; *path; path += strcspn(path, ".") + (path[strcspn(path, ".")] == '.')) {
		snprintf(part, sizeof(part), "%.*s", (int)strcspn(path, "."), path);
		at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10))
				       : json_object_get(at, part);
	}
	if (!value)
		json_object_del(at, key);
	else if (json_is_array(at))
		json_array_set_new(at, strtoul(key, NULL, 10),
				   json_loads(value, JSON_DECODE_ANY, NULL));
	else
		json_object_set_new(at, key, json_loads(value, JSON_DECODE_ANY, NULL));
	text = json_dumps(root, 0);
	json_decref(root);
	memset(e, 0, sizeof(*e));
	loaded = rep_load(text, strlen(text), e);
	free(text);
	json_decref(loaded);
	return loaded ? 0 : -e->code;
}

TEST_NAMED(whole, "a whole result loads; keys nobody knows are left alone")
{
	struct mmt_err e;

	CHECK_EQ(load_with("", "from_the_future", "{\"a\": [1.5, null]}", &e), 0);
	CHECK_EQ(load_with("input", "novel", "null", &e), 0);
	CHECK_EQ(load_with("config.effective", "vm.list", "[1, 2, \"x\"]", &e), 0);
	CHECK_EQ(load_with("config.effective", "vm.big", "\"0xffffffffffffffff\"", &e), 0);
}

TEST_NAMED(paths, "each wrong shape is refused with the path of its key (R11)")
{
	static const struct {
		const char *path, *key, *value, *text;
	} cases[] = {
		{ "", "mode", NULL, "mode: is missing" },
		{ "", "mode", "3", "mode: is not a string" },
		{ "", "input", "[]", "input: is not an object" },
		{ "input", "events", NULL, "input.events: is missing" },
		{ "input", "events", "1.5", "input.events: is not an integer" },
		{ "input", "events", "\"many\"", "input.events: is not an integer" },
		{ "input", "sealed", "1", "input.sealed: is neither true nor false" },
		{ "config.set", "k", "{}", "config.set.k: is not a number, string or boolean" },
		{ "config.effective", "k", "[[1]]",
		  "config.effective.k: is not a number, string or boolean" },
		{ "config", "zones", "{}", "config.zones: is not an array" },
		{ "config.zones.0", "min", NULL, "config.zones[0].min: is missing" },
		{ "", "metrics", "[]", "metrics: is not an object" },
		{ "metrics", "x", "7", "metrics.x: is not an object" },
		{ "metrics.free", "value", "null", "metrics.free.value: is not an integer" },
		{ "metrics.free", "polarity", NULL, "metrics.free.polarity: is missing" },
		{ "divergence", "x", "[]", "divergence.x: is not a number" },
		{ "fidelity.0", "model", "true", "fidelity[0].model: is not an integer" },
		{ "series.zones.0", "free", "[1]",
		  "series.zones[0].free: has 1 elements for 2 times" },
		{ "series.zones.0.free", "1", "\"x\"",
		  "series.zones[0].free: holds something that is not an integer" },
		{ "series.zones.0.blocks", "1", "[1]",
		  "series.zones[0].blocks[1]: is not an array of 11 integers" },
		{ "series.zones.0.blocks.0", "10", "{}",
		  "series.zones[0].blocks[0]: holds something that is not an integer" },
		{ "series", "time_ns", "[1, 2, 3]",
		  "series.zones[0].free: has 2 elements for 3 times" },
		{ "flags", "reasons", "[1]", "flags.reasons[0]: is not a string" },
		{ "flags", "partial", "0", "flags.partial: is neither true nor false" },
	};
	struct mmt_err e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ(load_with(cases[i].path, cases[i].key, cases[i].value, &e), -EINVAL);
		if (!strstr(e.text, cases[i].text))
			CHECK_STR(e.text, cases[i].text);
	}
}

static int load(const char *text, size_t n, struct mmt_err *e)
{
	json_t *loaded;

	memset(e, 0, sizeof(*e));
	loaded = rep_load(text, n, e);
	json_decref(loaded);
	return loaded ? 0 : -e->code;
}

TEST_NAMED(not_json, "what is no JSON is told by line and column")
{
	static const char *const texts[] = { "",     "x",  "{", "[1,]", "{\"a\":1,\"a\":2}",
					     "\xff", "{}x" };
	struct mmt_err e;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_EQ(load(texts[i], strlen(texts[i]), &e), -EINVAL);
		CHECK(strstr(e.text, "line 1, column "));
	}
	CHECK_EQ(load("{}\0{}", 5, &e), -EINVAL);
	CHECK_EQ(load("[]", 2, &e), -EINVAL);
	CHECK_STR(e.text, "the file: is not an object");
	CHECK_EQ(load("{}", 2, &e), -EINVAL);
	CHECK_STR(e.text, "schema: is missing");
}

TEST_NAMED(depth, "nesting that would exhaust the stack is refused")
{
	struct mmt_err e;
	size_t n = 1 << 20;
	char *text = malloc(n);

	memset(text, '[', n);
	CHECK_EQ(load(text, n, &e), -EINVAL);
	CHECK(strstr(e.text, "maximum parsing depth"));
	free(text);
}

TEST_NAMED(schema, "another schema is told by name, as something this version cannot do")
{
	struct mmt_err e;

	CHECK_EQ(load_with("", "schema", "\"mmtrace.report/2\"", &e), -ENOTSUP);
	CHECK_STR(e.text, "schema: is mmtrace.report/2; this mmtrace reads mmtrace.report/1");
	CHECK_EQ(load_with("", "schema", "\"mmtrace.info/1\"", &e), -ENOTSUP);
}

TEST_NAMED(cuts, "a result cut anywhere is refused")
{
	json_t *root = sample_result();
	char *text = json_dumps(root, JSON_SORT_KEYS);
	size_t n = strlen(text);
	struct mmt_err e;

	CHECK_EQ(load(text, n, &e), 0);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(load(text, i, &e), -EINVAL);
	free(text);
	json_decref(root);
}

TEST_MAIN
