/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fidelity section.
 *
 * A result compares the same thing several times: at the first snapshot ("start"), at the last
 * ("last"), where the error was largest ("worst"), once over the whole run ("total"), and figures
 * that the model derives by formula ("formula"). Here each thing gets one line: recorded and model
 * at the last snapshot, and the largest error. Things that agreed exactly throughout are counted,
 * not listed, free pages excepted; of the formulas only those that disagree are listed.
 */
#include "lib/report/fidelity.h"

#include "lib/report/load.h"
#include "lib/report/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_at(const json_t *row, const char *at)
{
	return strcmp(rep_string(row, "at"), at) == 0;
}

/* Both may be without the key. */
static bool same_key(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return x == y || json_equal(x, y);
}

static bool same_thing(const json_t *a, const json_t *b)
{
	return same_key(a, b, "metric") && same_key(a, b, "node") && same_key(a, b, "zone") &&
	       same_key(a, b, "cpu");
}

/* The largest error of the thing that @last is the last row of. The rows of a thing stand together,
 * so only neighbours are looked at. */
static int64_t worst(const json_t *list, size_t last)
{
	const json_t *row = json_array_get(list, last);
	size_t from = last > 2 ? last - 2 : 0;
	int64_t most = 0;

	for (size_t i = from; i < last + 3 && i < json_array_size(list); i++) {
		const json_t *other = json_array_get(list, i);

		if (same_thing(row, other) && rep_int(other, "error_permille") > most)
			most = rep_int(other, "error_permille");
	}
	return most;
}

static void put_row(struct rep_table *t, const json_t *row, int64_t most)
{
	char text[64], cpu[32] = "";

	rep_cell(t, rep_string(row, "metric"));
	if (json_object_get(row, "cpu"))
		snprintf(cpu, sizeof(cpu), " CPU %" PRId64, rep_int(row, "cpu"));
	if (json_object_get(row, "zone"))
		snprintf(text, sizeof(text), "%" PRId64 " %.16s%s", rep_int(row, "node"),
			 rep_string(row, "zone"), cpu);
	else
		snprintf(text, sizeof(text), "%s", cpu);
	rep_cell(t, text);
	rep_cell_printf(t, "%" PRId64, rep_int(row, "recorded"));
	rep_cell_printf(t, "%" PRId64, rep_int(row, "model"));
	rep_cell(t, rep_permille(rep_int(row, "error_permille"), text, sizeof(text)));
	rep_cell(t, rep_permille(most, text, sizeof(text)));
}

void rep_fidelity(struct mmt_wr *w, const json_t *result)
{
	static const char *const titles[] = { "metric", "where", "recorded",
					      "model",	"error", "worst" };
	const json_t *list = json_object_get(result, "fidelity");
	size_t formulas = 0, wrong = 0, exact = 0;
	struct rep_table t;

	if (!json_array_size(list))
		return;
	rep_printf(w, "\nFidelity: the recorded host and the model, at the last snapshot\n");
	rep_table_init(&t, w, 6, 3);
	for (size_t i = 0; i < 6; i++)
		rep_cell(&t, titles[i]);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		bool formula = is_at(row, "formula");
		int64_t most = worst(list, i);

		formulas += formula;
		wrong += formula && most;
		if (!formula && !is_at(row, "last") && !is_at(row, "total"))
			continue;
		if (most || strcmp(rep_string(row, "metric"), "free_pages") == 0)
			put_row(&t, row, most);
		else
			exact += !formula;
	}
	rep_table_end(&t, 2);
	if (exact)
		rep_printf(w, "  %zu more are exact at every snapshot\n", exact);
	if (formulas)
		rep_printf(
			w,
			"  watermarks, reserves and per-CPU sizes by formula: %zu of %zu as recorded\n",
			formulas - wrong, formulas);
}
