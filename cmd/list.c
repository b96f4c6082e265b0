/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace list: the tables that the other commands name things from.
 */
#include "cmd/trace.h"
#include "lib/base/json.h"
#include "lib/mm/gfp.h"
#include "lib/replay/metric.h"
#include "lib/replay/tunable.h"
#include "lib/trace/gfp_names.h"

#include <inttypes.h>
#include <string.h>

/* "5%+100": the default limit of a metric as diff -t spells it; returns @buf. */
static const char *limit_text(const struct metric *m, char *buf, size_t size)
{
	size_t n = 0;

	if (m->rel < 0) {
		snprintf(buf, size, "none");
		return buf;
	}
	if (m->rel > 0 && m->rel % 10)
		n = (size_t)snprintf(buf, size, "%d.%d%%", m->rel / 10, m->rel % 10);
	else if (m->rel > 0)
		n = (size_t)snprintf(buf, size, "%d%%", m->rel / 10);
	if (m->abs || !n)
		snprintf(buf + n, size - n, "%s%" PRIu64, n ? "+" : "", m->abs);
	return buf;
}

static json_t *event_json(const struct mmt_event_info *info, unsigned kind)
{
	json_t *fields = json_array();
	bool ok = fields != NULL;

	for (unsigned i = 0; i < info->nr_fields; i++)
		ok &= !json_array_append_new(
			fields, json_pack("{ssss}", "name", info->fields[i].name, "unit",
					  mmt_unit_name(info->fields[i].unit)));
	if (!ok) {
		json_decref(fields);
		return NULL;
	}
	return json_pack("{sssisssssssssbso}", "name", info->name, "number", (int)kind, "group",
			 mmt_group_name(info->group), "class", mmt_class_name(info->class),
			 "system", info->system, "help", info->help, "optional",
			 (int)mmt_event_optional(kind), "fields", fields);
}

static void event_text(const struct mmt_event_info *info, unsigned kind)
{
	printf("%-38s %-10s %-8s %s%s\n", info->name, mmt_group_name(info->group),
	       mmt_class_name(info->class), info->help,
	       mmt_event_optional(kind) ? " (optional)" : "");
	if (info->nr_fields)
		printf("%40s", "");
	for (unsigned i = 0; i < info->nr_fields; i++)
		printf("%s%s:%s", i ? " " : "", info->fields[i].name,
		       mmt_unit_name(info->fields[i].unit));
	if (info->nr_fields)
		putchar('\n');
}

static json_t *list_events(bool json)
{
	json_t *all = json ? json_array() : NULL;
	bool ok = true;

	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);

		if (!info)
			continue;
		if (json)
			ok &= !json_array_append_new(all, event_json(info, k));
		else
			event_text(info, k);
	}
	return mmt_json_whole(all, ok);
}

static json_t *list_metrics(bool json)
{
	json_t *all = json ? json_array() : NULL;
	bool ok = true;
	char limit[64];

	for (unsigned i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);

		limit_text(m, limit, sizeof(limit));
		if (json)
			ok &= !json_array_append_new(
				all, json_pack("{ssssssssss}", "name", m->name, "unit", m->unit,
					       "polarity", metric_polarity_name(m->polarity),
					       "limit", limit, "help", m->help));
		else
			printf("%-28s %-9s %-7s %-9s %s\n", m->name, m->unit,
			       metric_polarity_name(m->polarity), limit, m->help);
	}
	return mmt_json_whole(all, ok);
}

static json_t *list_tunables(bool json)
{
	json_t *all = json ? json_array() : NULL;
	bool ok = true;

	for (unsigned i = 0; i < tunable_count(); i++) {
		const struct tunable *t = tunable_at(i);

		if (json)
			ok &= !json_array_append_new(
				all, json_pack("{sssssssssssssbsb}", "name", t->name, "unit",
					       t->unit, "range", t->range, "default", t->fallback,
					       "help", t->help, "rows", t->rows, "modelled",
					       (int)t->modelled, "timed", (int)t->timed));
		else
			printf("%-38s %-8s %-14s %-10s %s%s\n", t->name, t->unit, t->range,
			       t->fallback, t->help, t->modelled ? "" : " (not modelled yet)");
	}
	return mmt_json_whole(all, ok);
}

/* KAT 14.3 */
static json_t *list_constants(bool json)
{
	static const struct {
		const char *name, *help;
		unsigned value;
	} all[] = {
		{ "PAGE_SIZE", "bytes of a page", 1u << PAGE_SHIFT },
		{ "PAGE_SHIFT", "log2 of these", PAGE_SHIFT },
		{ "MAX_PAGE_ORDER", "largest order of a block", MAX_PAGE_ORDER },
		{ "pageblock_order", "order of the pages that share a migratetype",
		  PAGEBLOCK_ORDER },
		{ "MAX_NR_ZONES", "zone types", MAX_NR_ZONES },
		{ "MIGRATE_TYPES", "migratetypes", MIGRATE_TYPES },
		{ "PAGE_ALLOC_COSTLY_ORDER", "orders above are not insisted on",
		  PAGE_ALLOC_COSTLY_ORDER },
		{ "SWAP_CLUSTER_MAX", "pages a direct reclaim is after", 32 },
		{ "DEF_PRIORITY", "reclaim begins with 1/2^n of the lists", 12 },
		/* KAT 4.4b */
		{ "numa_balancing.scan_size_mb", "MiB that NUMA balancing looks at in a turn",
		  256 },
		{ "numa_balancing.scan_pages", "pages these are", 256u << (20 - PAGE_SHIFT) },
		{ "numa_balancing.scan_period_min_ms", "ms between turns of a task, at least",
		  1000 },
		{ "numa_balancing.scan_period_max_ms", "ms between turns of a task, at most",
		  60000 },
		{ "numa_balancing.scan_delay_ms", "ms until the first turn of a task", 1000 },
		{ "TLB_NR_DYN_ASIDS", "address spaces a CPU keeps in its TLB", 6 },
	};
	json_t *array = json ? json_array() : NULL;
	bool ok = true;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (json)
			ok &= !json_array_append_new(
				array, json_pack("{sssiss}", "name", all[i].name, "value",
						 (int)all[i].value, "help", all[i].help));
		else
			printf("%-34s %5u  %s\n", all[i].name, all[i].value, all[i].help);
	}
	return mmt_json_whole(array, ok);
}

static json_t *list_gfp(bool json)
{
	json_t *all = json ? json_array() : NULL;
	bool ok = true;
	uint32_t value;
	const char *name;

	for (unsigned i = 0; (name = mmt_gfp_name(i, &value)) != NULL; i++) {
		if (json)
			ok &= !json_array_append_new(
				all, json_pack("{sssi}", "name", name, "value", (int)value));
		else
			printf("%-24s %#10" PRIx32 "\n", name, value);
	}
	return mmt_json_whole(all, ok);
}

/* KAT 20.29: a mask in names or numbers, in both, with what the allocator makes of it. */
static bool decode_gfp(const char *text, json_t *all)
{
	static const char *const types[] = { "UNMOVABLE", "MOVABLE", "RECLAIMABLE" };
	static const char *const zones[] = { "DMA", "DMA32", "Normal", "Movable" };
	int zone, type;
	char names[MMT_GFP_TEXT];
	const char *bad;
	uint64_t gfp;
	size_t n;

	if (!mmt_gfp_parse(text, strlen(text), &gfp, &bad, &n)) {
		cli_fail("'%s': '%.*s' is no GFP flag (mmtrace list gfp)", text, (int)n, bad);
		return false;
	}
	mmt_gfp_text(gfp, names, sizeof(names));
	zone = gfp_zone((uint32_t)gfp);
	type = gfp_migratetype((uint32_t)gfp);
	if (all)
		return !json_array_append_new(
			all, json_pack("{sIssssss}", "value", (json_int_t)gfp, "names", names,
				       "zone", zone < 0 ? "invalid" : zones[zone], "migratetype",
				       type < 0 ? "invalid" : types[type]));
	printf("%#" PRIx64 " %s zone %s migratetype %s\n", gfp, names,
	       zone < 0 ? "invalid" : zones[zone], type < 0 ? "invalid" : types[type]);
	return true;
}

static int decode_masks(char **masks, bool json)
{
	json_t *all = json ? json_array() : NULL;

	for (; *masks; masks++)
		if (!decode_gfp(*masks, all)) {
			json_decref(all);
			return EXIT_TROUBLE;
		}
	return json ? cli_put_json(all) : EXIT_OK;
}

int cmd_list(struct cli *c)
{
	static const char *const formats[] = { "text", "json", NULL };
	static const struct {
		const char *name;
		json_t *(*list)(bool json);
	} lists[] = { { "events", list_events },
		      { "metrics", list_metrics },
		      { "tunables", list_tunables },
		      { "constants", list_constants },
		      { "gfp", list_gfp } };
	const char *arg, *format = NULL;
	unsigned which;
	int option;

	while ((option = cli_option(c, &arg)) > 0)
		format = arg;
	if (option < 0)
		return cli_usage_status(c);
	if (!cli_format(c, format, formats, &which))
		return EXIT_TROUBLE;
	if (c->operand + 1 < c->argc && strcmp(c->argv[c->operand], "gfp") == 0)
		return decode_masks(c->argv + c->operand + 1, which == 1);
	if (c->operand + 1 != c->argc)
		return cli_usage(c,
				 "name what to list: events, metrics, tunables, constants or gfp");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *all;

		if (strcmp(lists[i].name, c->argv[c->operand]) != 0)
			continue;
		all = lists[i].list(which == 1);
		return which ? cli_put_json(all) : EXIT_OK;
	}
	return cli_usage(c, "there is no list of '%s': events, metrics, tunables, constants or gfp",
			 c->argv[c->operand]);
}
