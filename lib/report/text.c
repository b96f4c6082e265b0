/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text report.
 *
 * Order: what it is (mode, kernels, how much of the trace could be replayed faithfully), what is
 * wrong with it (partial, divergences), how good the model is (fidelity), then the figures and the
 * heatmaps. A reader who stops early has read what matters most.
 *
 * Two indices describe fragmentation, both by order and in thousandths. The fragmentation index
 * (mm/vmstat.c __fragmentation_index()): would a request of this order fail, and if so is it for
 * lack of memory (towards 0) or because of fragmentation (towards 1000)? -1000: it would not fail.
 * The unusable free space index: how much of the free memory is in blocks too small for the order.
 */
#include "lib/report/text.h"

#include "lib/report/fidelity.h"
#include "lib/report/load.h"
#include "lib/report/render.h"

#include <inttypes.h>
#include <string.h>

static void heading(struct mmt_wr *w, const char *text)
{
	rep_printf(w, "\n%s\n", text);
}

static void summary(struct mmt_wr *w, const json_t *r)
{
	const json_t *input = json_object_get(r, "input"), *config = json_object_get(r, "config");
	const json_t *replayed = json_object_get(r, "replayed");
	char text[32];

	rep_printf(w, "mode ");
	rep_escaped(w, rep_string(r, "mode"));
	rep_printf(w, ", ");
	rep_escaped(w, rep_string(config, "kind"));
	rep_printf(w, " replay, model of Linux ");
	rep_escaped(w, rep_string(config, "profile"));
	rep_printf(w, "\ntrace ");
	rep_escaped(w, rep_string(input, "digest"));
	rep_printf(w, " of Linux ");
	rep_escaped(w, rep_string(input, "kernel"));
	rep_printf(w, ": %" PRId64 " events in %s, %" PRId64 " lost\n", rep_int(input, "events"),
		   rep_duration((uint64_t)rep_int(input, "duration_ns"), text, sizeof(text)),
		   rep_int(input, "lost"));
	rep_printf(w, "replayed faithfully: %s of %" PRId64 " events\n",
		   rep_permille(rep_int(replayed, "permille"), text, sizeof(text)),
		   rep_int(replayed, "events"));
}

static void changes(struct mmt_wr *w, const json_t *r)
{
	const json_t *set = json_object_get(json_object_get(r, "config"), "set");
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)set, name, v)
	{
		rep_printf(w, "changed: ");
		rep_escaped(w, name);
		rep_printf(w, " = ");
		if (json_is_string(v))
			rep_escaped(w, json_string_value(v));
		else
			rep_printf(w, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		rep_printf(w, "\n");
	}
}

static void trouble(struct mmt_wr *w, const json_t *r)
{
	const json_t *flags = json_object_get(r, "flags");
	const json_t *reasons = json_object_get(flags, "reasons");

	if (json_is_true(json_object_get(flags, "partial")))
		rep_printf(w, "PARTIAL: these figures stand on incomplete data\n");
	else if (json_array_size(reasons))
		rep_printf(w, "note\n");
	for (size_t i = 0; i < json_array_size(reasons); i++) {
		rep_printf(w, "  ");
		rep_escaped(w, json_string_value(json_array_get(reasons, i)));
		rep_printf(w, "\n");
	}
}

static void divergence(struct mmt_wr *w, const json_t *r)
{
	const json_t *causes = json_object_get(r, "divergence");
	struct rep_table t;
	const char *name;
	json_t *v;

	rep_table_init(&t, w, 2, 1);
	json_object_foreach((json_t *)causes, name, v)
	{
		if (json_is_integer(v) && !json_integer_value(v))
			continue;
		rep_cell(&t, name);
		rep_cell_printf(&t, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	}
	if (t.nr_cells)
		heading(w, "Divergence from the recorded run (events, by cause)");
	rep_table_end(&t, 2);
}

static void metrics(struct mmt_wr *w, const json_t *r)
{
	const json_t *all = json_object_get(r, "metrics");
	struct rep_table t;
	size_t zero = 0;
	const char *name;
	json_t *m;

	heading(w, "Metrics");
	rep_table_init(&t, w, 3, 5);
	json_object_foreach((json_t *)all, name, m)
	{
		zero += rep_int(m, "value") == 0;
		if (!rep_int(m, "value"))
			continue;
		rep_cell(&t, name);
		rep_cell_printf(&t, "%" PRId64, rep_int(m, "value"));
		rep_cell(&t, rep_string(m, "unit"));
	}
	rep_table_end(&t, 2);
	if (zero)
		rep_printf(w, "  %zu more are 0\n", zero);
}

static void zones(struct mmt_wr *w, const json_t *r)
{
	static const char *const columns[] = { "managed", "min", "low", "high" };
	const json_t *list = json_object_get(json_object_get(r, "config"), "zones");
	struct rep_table t;

	heading(w, "Zones (pages)");
	rep_table_init(&t, w, 6, 2);
	rep_cell(&t, "node");
	rep_cell(&t, "zone");
	for (size_t c = 0; c < 4; c++)
		rep_cell(&t, columns[c]);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *z = json_array_get(list, i);

		rep_cell_printf(&t, "%" PRId64, rep_int(z, "node"));
		rep_cell(&t, rep_string(z, "zone"));
		for (size_t c = 0; c < 4; c++)
			rep_cell_printf(&t, "%" PRId64, rep_int(z, columns[c]));
	}
	rep_table_end(&t, 2);
}

/* An index of thousandths as the kernel prints it: 0.250, or -1.000. */
static void index_row(struct rep_table *t, const char *name, const json_t *zone, const char *key,
		      size_t time)
{
	rep_cell(t, name);
	for (unsigned o = 0; o < REP_ORDERS; o++) {
		int64_t v = rep_order_at(zone, key, time, o);
		uint64_t size = v < 0 ? -(uint64_t)v : (uint64_t)v;

		rep_cell_printf(t, "%s%" PRIu64 ".%03" PRIu64, v < 0 ? "-" : "", size / 1000,
				size % 1000);
	}
}

static void indices(struct mmt_wr *w, const json_t *zone, size_t nr_times)
{
	struct rep_table t;

	if (!nr_times)
		return;
	rep_table_init(&t, w, REP_ORDERS + 1, 1);
	rep_cell(&t, "at the end, order");
	for (unsigned o = 0; o < REP_ORDERS; o++)
		rep_cell_printf(&t, "%u", o);
	rep_cell(&t, "free blocks");
	for (unsigned o = 0; o < REP_ORDERS; o++)
		rep_cell_printf(&t, "%" PRId64, rep_order_at(zone, "blocks", nr_times - 1, o));
	if (json_object_get(zone, "recorded_blocks")) {
		rep_cell(&t, "recorded");
		for (unsigned o = 0; o < REP_ORDERS; o++)
			rep_cell_printf(&t, "%" PRId64,
					rep_order_at(zone, "recorded_blocks", nr_times - 1, o));
	}
	index_row(&t, "fragmentation", zone, "extfrag", nr_times - 1);
	index_row(&t, "unusable", zone, "unusable", nr_times - 1);
	rep_table_end(&t, 0);
}

/* What the host counted and the model does not: no nought, but not modelled. */
static void host_only(struct mmt_wr *w, const json_t *r)
{
	json_t *all = json_object_get(r, "host_only"), *row;
	const char *name;
	bool any = false;

	json_object_foreach(all, name, row)
	{
		if (!json_integer_value(json_object_get(row, "recorded")))
			continue;
		if (!any)
			heading(w, "Counted by the recorded host");
		any = true;
		rep_escaped(w, name);
		rep_printf(w, ": recorded %" PRId64 " ", rep_int(row, "recorded"));
		rep_escaped(w, rep_string(row, "unit"));
		rep_printf(w, ", not modelled\n");
	}
}

void rep_text(struct mmt_wr *w, const json_t *result, const struct rep_style *style)
{
	const json_t *series = json_object_get(result, "series");
	const json_t *times = json_object_get(series, "time_ns");
	const json_t *list = json_object_get(series, "zones");

	summary(w, result);
	changes(w, result);
	trouble(w, result);
	divergence(w, result);
	rep_fidelity(w, result);
	host_only(w, result);
	zones(w, result);
	metrics(w, result);
	heading(w, "Fragmentation");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *zone = json_array_get(list, i);

		rep_printf(w, "%s", i ? "\n" : "");
		rep_heatmap(w, zone, times, style);
		indices(w, zone, json_array_size(times));
	}
}
