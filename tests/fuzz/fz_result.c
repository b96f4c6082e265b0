/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A result of anybody's: bytes -> rep_load() -> the report in every style, and the comparison with
 * itself, which must find nothing changed. What is printed holds no control byte but newlines.
 */
#include "lib/report/diff.h"
#include "lib/report/load.h"
#include "lib/report/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rep_limit limit_of(const char *metric)
{
	return (struct rep_limit){ .judged = metric[0] & 1, .permille = 10, .abs = 3 };
}

static void printable(const struct mmt_wr *w)
{
	for (size_t i = 0; i < w->len; i++)
		if ((w->buf[i] < ' ' && w->buf[i] != '\n') || w->buf[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rep_style styles[] = { { .width = 80 },
						   { .ascii = true, .width = 40 } };
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	json_t *result = rep_load((const char *)data, size, &e);
	struct rep_diff d;

	if (!result)
		return e.code && e.text[0] ? 0 : (abort(), 0);
	for (size_t i = 0; i < 2; i++) {
		struct mmt_wr w = { .alloc = &a };

		rep_text(&w, result, &styles[i]);
		printable(&w);
		mmt_wr_free(&w);
	}
	if (rep_diff(&d, result, result, limit_of, NULL, 0, true, &a, &e) == 0) {
		struct mmt_wr w = { .alloc = &a };

		if (d.count[REP_SAME] != d.nr_rows)
			abort();
		rep_diff_text(&w, &d, false);
		printable(&w);
		mmt_wr_free(&w);
		json_decref(rep_diff_json(&d));
		rep_diff_free(&d);
	}
	json_decref(result);
	if (a.used)
		abort();
	return 0;
}
