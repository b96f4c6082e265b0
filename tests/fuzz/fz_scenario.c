// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text -> events -> text -> the same events; then events -> a machine, all invariants checked.
 *
 *	byte 0   bit 0: the rest is a text as it is; else the first line is put before it
 */
#include "lib/replay/result.h"

#include <errno.h>

#include "tests/unit/scenario_text.h"

#define TEXT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scenario_text first, second;

/* What was parsed is printed, and parses to the same, but for where it stood. */
static void round_trip(struct mmt_alloc *a)
{
	struct mmt_wr w = { .alloc = a }, again = { .alloc = a };
	struct mmt_err e = { 0 };

	if (scenario_text_print(&first, &w, &e) || w.bad)
		abort();
	second.alloc = a;
	if (scenario_text_parse(&second, (const char *)w.buf, w.len, &e) || second.nr != first.nr ||
	    scenario_text_print(&second, &again, &e))
		abort();
	if (again.len != w.len || memcmp(again.buf, w.buf, w.len) != 0)
		abort();
	mmt_wr_free(&w);
	mmt_wr_free(&again);
	mmt_dict_free(second.dict);
	second.dict = NULL;
	second.nr = 0;
}

static void run(struct mmt_alloc *a)
{
	struct replay_options o = { .max_events = 20000 };
	struct replay *r = calloc(1, sizeof(*r));
	struct mmt_err e = { 0 };
	int ret;

	if (!r)
		abort();
	a->limit = a->used + (256 << 20);
	ret = scenario_text_replay(&first, r, &o, &e);
	if (r->allocator.sys && mm_check(r->allocator.sys, first.nr % 16 ? 1 : 3, &e))
		abort();
	if (!ret) {
		json_t *result = result_build(r, &e);

		if (!result)
			abort();
		json_decref(result);
	}
	/* whatever is refused says why */
	if (ret && !e.text[0])
		abort();
	replay_free(r);
	free(r);
	a->limit = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = "#mmtrace-scenario 1\nmachine mem=16M cpus=2\n";
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_err e = { 0 };
	char *text;
	size_t n = 0;

	if (!size || size > TEXT_MAX)
		return 0;
	text = malloc(size + sizeof(head));
	if (!text)
		abort();
	if (!(data[0] & 1)) {
		memcpy(text, head, sizeof(head) - 1);
		n = sizeof(head) - 1;
	}
	memcpy(text + n, data + 1, size - 1);
	n += size - 1;
	first.alloc = &a;
	if (scenario_text_parse(&first, text, n, &e)) {
		if (!e.text[0])
			abort();
	} else {
		round_trip(&a);
		run(&a);
	}
	mmt_dict_free(first.dict);
	first.dict = NULL;
	first.nr = 0;
	free(text);
	if (a.used)
		abort();
	return 0;
}
