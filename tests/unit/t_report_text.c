/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/report/load.h"
#include "lib/report/render.h"
#include "lib/report/text.h"
#include "tests/unit/report_sample.h"
#include "tests/unit/test.h"

static struct mmt_alloc heap;

/* What is between the start of @from and the next blank line, compared. */
static void section(const char *text, const char *from, const char *want)
{
	const char *at = strstr(text, from);
	char got[2048];
	const char *end;

	CHECK(at != NULL);
	end = strstr(at, "\n\n");
	CHECK(end && (size_t)(end - at) < sizeof(got));
	snprintf(got, sizeof(got), "%.*s\n", (int)(end - at), at);
	CHECK_STR(got, want);
}

static char *report(json_t *result)
{
	struct rep_style style = { .width = 80, .ascii = true };
	struct mmt_wr w = { .alloc = &heap };

	rep_text(&w, result, &style);
	mmt_wr_u8(&w, 0);
	json_decref(result);
	return w.bad ? NULL : (char *)w.buf;
}

TEST_NAMED(sections, "each section of a small result, word for word")
{
	char *text = report(sample_result());

	CHECK(text != NULL);
	section(text, "mode ",
		"mode allocator, base replay, model of Linux 6.12\n"
		"trace 0x1234 of Linux 6.12.0: 30 events in 1.000 s, 0 lost\n"
		"replayed faithfully: 90.0 % of 20 events\n");
	section(text, "Divergence",
		"Divergence from the recorded run (events, by cause)\n"
		"  free_unknown  2\n");
	section(text, "Fidelity",
		"Fidelity: the recorded host and the model, at the last snapshot\n"
		"  metric      where     recorded  model  error  worst\n"
		"  free_pages  0 Normal      1000   1024  2.4 %  3.1 %\n"
		"  watermarks, reserves and per-CPU sizes by formula: 1 of 1 as recorded\n");
	section(text, "Zones",
		"Zones (pages)\n"
		"  node  zone    managed  min  low  high\n"
		"     0  Normal     4000   32   40    48\n");
	section(text, "Metrics",
		"Metrics\n"
		"  free  1024  pages\n"
		"  1 more are 0\n");
	CHECK(strstr(text, "\nFragmentation\nnode 0, zone Normal: "));
	CHECK(strstr(text, "free blocks             0       0"));
	CHECK(strstr(text, "0.499\n"));
	mmt_free(&heap, text);
}

TEST_NAMED(partial, "a partial result says so, and why")
{
	json_t *r = sample_result(), *flags = json_object_get(r, "flags");
	char *text;

	json_object_set_new(flags, "partial", json_true());
	json_array_append_new(json_object_get(flags, "reasons"), json_string("7 events lost"));
	text = report(r);
	CHECK(strstr(text, "PARTIAL: these figures stand on incomplete data\n  7 events lost\n"));
	mmt_free(&heap, text);
}

TEST_NAMED(strangers, "no string of the file reaches the terminal raw (R13)")
{
	static const char *const paths[][2] = {
		{ "", "mode" },	      { "input", "digest" },   { "input", "kernel" },
		{ "config", "kind" }, { "config", "profile" },
	};
	const char evil[] = "\033[2J\n\xe2\x80\xae";
	json_t *r = sample_result(), *metrics = json_object_get(r, "metrics");
	json_t *zone = json_array_get(json_object_get(json_object_get(r, "series"), "zones"), 0);
	char *text;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		json_object_set_new(*paths[i][0] ? json_object_get(r, paths[i][0]) : r, paths[i][1],
				    json_string(evil));
	json_object_set_new(metrics, evil, json_deep_copy(json_object_get(metrics, "free")));
	json_object_set_new(json_object_get(metrics, "free"), "unit", json_string(evil));
	json_object_set_new(json_object_get(r, "divergence"), evil, json_integer(1));
	json_object_set_new(json_object_get(json_object_get(r, "config"), "set"), evil,
			    json_string(evil));
	json_object_set_new(json_array_get(json_object_get(r, "fidelity"), 1), "metric",
			    json_string(evil));
	json_object_set_new(json_array_get(json_object_get(r, "fidelity"), 1), "zone",
			    json_string(evil));
	json_object_set_new(
		json_array_get(json_object_get(json_object_get(r, "config"), "zones"), 0), "zone",
		json_string(evil));
	json_object_set_new(zone, "zone", json_string(evil));
	json_array_append_new(json_object_get(json_object_get(r, "flags"), "reasons"),
			      json_string(evil));
	text = report(r);
	CHECK(strstr(text, "\\x1b[2J\\n\\xe2\\x80\\xae"));
	for (const char *p = text; *p; p++)
		CHECK(*p == '\n' || (*p >= ' ' && *p <= '~'));
	mmt_free(&heap, text);
}

TEST_NAMED(wild, "extreme numbers are printed, not overflowed")
{
	json_t *r = sample_result();
	json_t *zone = json_array_get(json_object_get(json_object_get(r, "series"), "zones"), 0);
	char *text;

	json_object_set_new(json_object_get(json_object_get(r, "metrics"), "free"), "value",
			    json_integer(INT64_MIN));
	json_object_set_new(json_object_get(r, "replayed"), "permille", json_integer(INT64_MIN));
	json_array_set_new(json_array_get(json_object_get(zone, "extfrag"), 1), 0,
			   json_integer(INT64_MIN));
	json_object_set_new(json_object_get(r, "input"), "lost", json_string("0xffffffffffffffff"));
	text = report(r);
	CHECK(strstr(text, "free  -9223372036854775808  pages"));
	CHECK(strstr(text, "-922337203685477580.8 %"));
	CHECK(strstr(text, "-9223372036854775.808"));
	mmt_free(&heap, text);
}

TEST_NAMED(durations, "times with the unit that fits")
{
	char text[32];

	CHECK_STR(rep_duration(0, text, sizeof(text)), "0 ns");
	CHECK_STR(rep_duration(999, text, sizeof(text)), "999 ns");
	CHECK_STR(rep_duration(1500, text, sizeof(text)), "1.500 us");
	CHECK_STR(rep_duration(12345678, text, sizeof(text)), "12.345 ms");
	CHECK_STR(rep_duration(61000000001, text, sizeof(text)), "61.000 s");
}

TEST_NAMED(no_memory, "each failing allocation turns the buffer bad and leaves nothing behind")
{
	json_t *r = sample_result();
	struct rep_style style = { .width = 80 };

	for (uint64_t at = 1;; at++) {
		struct mmt_alloc failing = { .fail_at = at, .fail_after = at % 2 };
		struct mmt_wr w = { .alloc = &failing };
		bool bad;

		rep_text(&w, r, &style);
		bad = w.bad;
		mmt_wr_free(&w);
		CHECK_EQ(failing.used, 0);
		if (!bad)
			break;
		CHECK(at < 1000);
	}
	json_decref(r);
}

TEST_MAIN
