/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace dump --struct: the model's records of a machine, as a trace's first snapshot and events
 * make it, under the names of the kernel's structures and their fields.
 */
#include "cmd/struct.h"

#include "lib/base/json.h"
#include "lib/replay/engine.h"

#include <inttypes.h>
#include <string.h>

static json_t *numbers(const uint64_t *v, unsigned n)
{
	json_t *a = json_array();

	for (unsigned i = 0; a && i < n; i++)
		if (json_array_append_new(a, mmt_json_u64(v[i]))) {
			json_decref(a);
			return NULL;
		}
	return a;
}

/* struct zone: KAT 1.2 */
static json_t *zone_record(const struct mm_system *sys, unsigned index)
{
	struct mm_zone_view v;
	json_t *j = json_object();
	bool ok;

	mm_view_zone(sys, index, &v);
	ok = mmt_json_set(j, "name", json_string(v.name)) &&
	     mmt_json_set(j, "node", mmt_json_u64(v.node)) &&
	     mmt_json_set(j, "zone_start_pfn", mmt_json_u64(v.start)) &&
	     mmt_json_set(j, "spanned_pages", mmt_json_u64(v.spanned)) &&
	     mmt_json_set(j, "present_pages", mmt_json_u64(v.present)) &&
	     mmt_json_set(j, "managed_pages", mmt_json_u64(v.managed)) &&
	     mmt_json_set(j, "_watermark", numbers(v.wmark, NR_WMARK)) &&
	     mmt_json_set(j, "watermark_boost", mmt_json_u64(v.boost)) &&
	     mmt_json_set(j, "nr_reserved_highatomic", mmt_json_u64(v.reserved_highatomic)) &&
	     mmt_json_set(j, "lowmem_reserve", numbers(v.lowmem_reserve, MAX_NR_ZONES)) &&
	     mmt_json_set(j, "free_area", numbers(v.nr_free, NR_PAGE_ORDERS)) &&
	     mmt_json_set(j, "NR_FREE_PAGES", mmt_json_u64(v.free)) &&
	     mmt_json_set(j, "per_cpu_pageset", mmt_json_u64(v.pcp));
	return mmt_json_whole(j, ok);
}

/* struct pglist_data: KAT 4.1 */
static json_t *node_record(const struct mm_system *sys, unsigned node)
{
	uint64_t present = 0, start = UINT64_MAX, end = 0;
	json_t *j = json_object(), *zones = json_array();
	bool ok = zones != NULL;

	for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(sys, i, &v);
		if (v.node != node || !v.spanned)
			continue;
		present += v.present;
		start = v.start < start ? v.start : start;
		end = v.start + v.spanned > end ? v.start + v.spanned : end;
		ok = ok && json_array_append_new(zones, json_string(v.name)) == 0;
	}
	ok = mmt_json_set(j, "node_zones", zones) && ok;
	ok = ok && mmt_json_set(j, "node_id", mmt_json_u64(node)) &&
	     mmt_json_set(j, "node_start_pfn", mmt_json_u64(end ? start : 0)) &&
	     mmt_json_set(j, "node_spanned_pages", mmt_json_u64(end ? end - start : 0)) &&
	     mmt_json_set(j, "node_present_pages", mmt_json_u64(present));
	return mmt_json_whole(j, ok);
}

static bool put_text(json_t *record)
{
	const char *key;
	json_t *value;

	json_object_foreach(record, key, value)
	{
		size_t i;
		json_t *v;

		printf("%-24s", key);
		if (json_is_string(value))
			printf(" %s", json_string_value(value));
		else if (!json_is_array(value))
			printf(" %" JSON_INTEGER_FORMAT, json_integer_value(value));
		json_array_foreach(value, i, v)
		{
			if (json_is_string(v))
				printf(" %s", json_string_value(v));
			else
				printf(" %" JSON_INTEGER_FORMAT, json_integer_value(v));
		}
		putchar('\n');
	}
	putchar('\n');
	return true;
}

static bool put_record(json_t *record, bool json)
{
	bool ok = record && (json ? json_dumpf(record, stdout, JSON_COMPACT) == 0 || ferror(stdout)
				  : put_text(record));

	if (ok && json)
		putchar('\n');
	json_decref(record);
	return ok;
}

static int put_all(const struct mm_system *sys, const char *name, bool json)
{
	bool zones = strcmp(name, "zone") == 0, ok = true;
	struct mm_zone_view last;
	unsigned n = mm_nr_zones(sys);

	if (!zones) {
		mm_view_zone(sys, n - 1, &last);
		n = last.node + 1;
		for (unsigned i = 0; i < mm_nr_zones(sys); i++) {
			mm_view_zone(sys, i, &last);
			n = last.node >= n ? last.node + 1 : n;
		}
	}
	for (unsigned i = 0; i < n && ok && !ferror(stdout); i++)
		ok = put_record(zones ? zone_record(sys, i) : node_record(sys, i), json);
	return ok ? EXIT_OK : cli_fail("out of memory");
}

bool cli_struct_known(const char *name)
{
	return strcmp(name, "zone") == 0 || strcmp(name, "pglist_data") == 0;
}

/* The machine as it was before the first event. */
static int build(struct cli_trace *t, struct replay *r, int *status)
{
	const struct mmt_dict *dict = mmt_reader_dict(t->reader);
	static const struct replay_options options;
	const struct mmt_event *ev;
	struct mmt_err e = { 0 };
	int got, ret = replay_start(r, &t->cli->alloc, &options, &e);

	while (!ret && (got = cli_trace_next(t, &ev, status)) > 0)
		ret = replay_survey(r, ev, dict, &e);
	if (!ret && !*status)
		ret = replay_build(r, &e);
	if (ret && !*status)
		*status = cli_error(&e);
	return *status;
}

int cli_dump_struct(struct cli *c, const char *path, const char *name, bool json)
{
	struct replay r = { 0 };
	struct cli_trace t;
	int status = cli_trace_open(c, path, &t), put;

	if (status)
		return status;
	if (!build(&t, &r, &status)) {
		put = put_all(r.allocator.sys, name, json);
		status = put ? put : cli_trace_status(&t);
	}
	replay_free(&r);
	cli_trace_close(&t);
	return status;
}
