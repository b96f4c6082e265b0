// SPDX-License-Identifier: GPL-2.0-only
/*
 * The result: its keys, its agreement with the registry, and the same bytes every time.
 */
#include "lib/base/json.h"
#include "lib/replay/metric.h"
#include "lib/replay/result.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

static struct host_block held[4096];

static void record(struct host *h)
{
	struct mmt_rng rng = { 21 };
	unsigned nr;

	host_start(h);
	nr = host_churn(h, &rng, 500, held, 0, 300);
	host_record(h);
	nr = host_churn(h, &rng, 500, held, nr, 300);
	host_snapshot(h, MMT_SNAP_LIGHT);
	host_churn(h, &rng, 500, held, nr, 300);
	host_snapshot(h, MMT_SNAP_END);
	host_finish(h);
}

static json_t *run(struct host *h, const char *set)
{
	struct replay_options o = { 0 };
	struct tunable_change c;
	struct replay r;
	json_t *result = NULL;

	if (set) {
		if (tunable_parse(set, &c, &h->err))
			return NULL;
		o = (struct replay_options){ .change = &c, .nr_changes = 1 };
	}
	if (host_replay(h, &r, &o) == 0)
		result = result_build(&r, &h->err);
	replay_free(&r);
	return result;
}

TEST(a_result_has_what_reports_read)
{
	static const char *const keys[] = { "schema",	"generator", "mode",	"input",
					    "config",	"initial",   "metrics", "divergence",
					    "replayed", "fidelity",  "series",	"flags" };
	struct host h;
	json_t *result, *series, *zone;

	record(&h);
	CHECK(!h.broken);
	result = run(&h, NULL);
	CHECK(result);
	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		CHECK(json_object_get(result, keys[i]));
	CHECK_STR(mmt_json_get_str(result, "schema", ""), "mmtrace.report/1");
	CHECK_STR(mmt_json_get_str(result, "mode", ""), "allocator");
	CHECK_STR(mmt_json_get_str(json_object_get(result, "config"), "kind", ""), "base");
	CHECK_STR(mmt_json_get_str(json_object_get(result, "input"), "kernel", ""), "6.12.0");
	series = json_object_get(result, "series");
	CHECK_EQ(json_array_size(json_object_get(series, "time_ns")), 3);
	CHECK_EQ(json_array_size(json_object_get(series, "zones")), 2);
	zone = json_array_get(json_object_get(series, "zones"), 1);
	CHECK_STR(mmt_json_get_str(zone, "zone", ""), "DMA32");
	CHECK_EQ(json_array_size(json_object_get(zone, "free")), 3);
	CHECK_EQ(json_array_size(json_object_get(zone, "recorded_blocks")), 3);
	CHECK_EQ(json_array_size(json_array_get(json_object_get(zone, "blocks"), 2)),
		 NR_PAGE_ORDERS);
	CHECK(!json_is_true(json_object_get(json_object_get(result, "flags"), "partial")));
	json_decref(result);
	host_stop(&h);
}

TEST(every_metric_is_in_the_registry_with_its_unit)
{
	struct host h;
	json_t *result, *metrics, *row;
	const char *name;

	record(&h);
	result = run(&h, NULL);
	CHECK(result);
	metrics = json_object_get(result, "metrics");
	CHECK(json_object_size(metrics) > 50);
	json_object_foreach(metrics, name, row)
	{
		const struct metric *m = metric_by_name(name);
		uint64_t v;

		CHECK(m);
		CHECK(mmt_json_get_u64(row, "value", &v));
		CHECK_STR(mmt_json_get_str(row, "unit", ""), m->unit);
		CHECK_STR(mmt_json_get_str(row, "polarity", ""), metric_polarity_name(m->polarity));
	}
	json_decref(result);
	host_stop(&h);
}

/* Two replays in one process, and two of another machine between them, give the same bytes. */
TEST(the_same_trace_gives_the_same_bytes)
{
	struct host h;
	char *text[3];

	record(&h);
	CHECK(!h.broken);
	for (unsigned i = 0; i < 3; i++) {
		json_t *result = run(&h, i == 1 ? "mem=128M" : NULL);

		CHECK(result);
		text[i] = mmt_json_text(result);
		json_decref(result);
		CHECK(text[i]);
	}
	CHECK_STR(text[0], text[2]);
	CHECK(strcmp(text[0], text[1]) != 0);
	for (unsigned i = 0; i < 3; i++)
		free(text[i]);
	host_stop(&h);
}

TEST(a_what_if_has_no_fidelity_and_says_what_was_set)
{
	struct host h;
	json_t *result, *set;

	record(&h);
	result = run(&h, "vm.min_free_kbytes=4096@2ms");
	CHECK(result);
	CHECK(!json_object_get(result, "fidelity"));
	CHECK_STR(mmt_json_get_str(json_object_get(result, "config"), "kind", ""), "what-if");
	set = json_object_get(json_object_get(result, "config"), "set");
	CHECK_STR(mmt_json_get_str(set, "vm.min_free_kbytes@2000000ns", ""), "4096");
	json_decref(result);
	host_stop(&h);
}

TEST_MAIN
