/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Header and trailer: what a trace says about itself, in JSON, for programs and people alike.
 *
 * Theory. The header is written before the first event, so it holds what was known then: the
 * recorder's keys (host, kernel, what was attached) and the schema's: its name, the version of the
 * format, and the table of events by number with their fields and units, so that a reader of
 * another version can name what it does not know. The trailer is written last and holds what is
 * known only then: how many events of each kind were kept and lost, and a CRC over the CRCs of all
 * frames, so that a frame taken out or put elsewhere is seen even if its neighbours were
 * renumbered by accident.
 *
 * Keys are sorted and numbers are integers: the same trace gives the same bytes.
 */
#include "lib/trace/header.h"

#include "lib/trace/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA "mmtrace.trace/1"

/* "mm_page_free pfn:pfn order:order" */
static json_t *describe(const struct mmt_event_info *info)
{
	char text[1024];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s", info->name);

	for (unsigned i = 0; i < info->nr_fields && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %s:%s", info->fields[i].name,
				       mmt_unit_name(info->fields[i].unit));
	return json_string(text);
}

static json_t *event_table(void)
{
	json_t *table = json_object();

	for (unsigned k = 1; table && k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);
		char number[16];

		if (!info)
			continue;
		snprintf(number, sizeof(number), "%u", k);
		if (!mmt_json_set(table, number, describe(info))) {
			json_decref(table);
			return NULL;
		}
	}
	return table;
}

json_t *mmt_header_new(const json_t *header)
{
	json_t *j = header ? json_deep_copy(header) : json_object();

	if (j && mmt_json_set(j, "schema", json_string(SCHEMA)) &&
	    mmt_json_set(j, "version_major", json_integer(MMT_FRAME_MAJOR)) &&
	    mmt_json_set(j, "version_minor", json_integer(MMT_FRAME_MINOR)) &&
	    mmt_json_set(j, "event_table", event_table()))
		return j;
	json_decref(j);
	return NULL;
}

json_t *mmt_header_parse(const void *p, size_t n, struct mmt_err *e)
{
	json_error_t where;
	json_t *j = json_loadb(p, n, JSON_REJECT_DUPLICATES, &where);

	if (!j) {
		/* no words: jansson ran out of memory before it could say so */
		if (!where.text[0] || json_error_code(&where) == json_error_out_of_memory)
			mmt_fail(e, ENOMEM, "out of memory");
		else
			mmt_fail(e, EBADMSG, "JSON line %d: %s", where.line, where.text);
	} else if (!json_is_object(j)) {
		json_decref(j);
		j = NULL;
		mmt_fail(e, EBADMSG, "JSON is not an object");
	}
	return j;
}

int mmt_header_check(const json_t *header, struct mmt_err *e)
{
	const char *schema = mmt_json_get_str(header, "schema", "");

	if (strcmp(schema, SCHEMA) != 0)
		return mmt_fail(e, EBADMSG, "header's schema is \"%.40s\", not " SCHEMA, schema);
	return 0;
}

const char *mmt_loss_name(enum mmt_loss_cause cause)
{
	static const char *const names[MMT_NR_LOSS_CAUSES] = { "ring", "nested", "recursion",
							       "user" };

	MMT_BUG((unsigned)cause >= MMT_NR_LOSS_CAUSES);
	return names[cause];
}

static json_t *by_kind(const struct mmt_totals *t)
{
	json_t *table = json_object();
	bool ok = table;

	for (unsigned k = 0; ok && k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);
		json_t *row;

		if (!t->kept[k] && !t->lost_kind[k])
			continue;
		row = json_object();
		ok = row && mmt_json_set(row, "kept", mmt_json_u64(t->kept[k])) &&
		     mmt_json_set(row, "lost", mmt_json_u64(t->lost_kind[k]));
		if (!ok)
			json_decref(row);
		else
			ok = mmt_json_set(table, info ? info->name : "unknown", row);
	}
	if (ok)
		return table;
	json_decref(table);
	return NULL;
}

static json_t *by_cause(const struct mmt_totals *t)
{
	json_t *table = json_object();

	for (int i = 0; table && i < MMT_NR_LOSS_CAUSES; i++)
		if (!mmt_json_set(table, mmt_loss_name((enum mmt_loss_cause)i),
				  mmt_json_u64(t->lost_cause[i]))) {
			json_decref(table);
			return NULL;
		}
	return table;
}

json_t *mmt_trailer_new(const struct mmt_totals *t, const json_t *overhead)
{
	json_t *j = json_object();

	if (j && mmt_json_set(j, "frames", mmt_json_u64(t->frames)) &&
	    mmt_json_set(j, "events", mmt_json_u64(t->events)) &&
	    mmt_json_set(j, "lost", mmt_json_u64(t->lost)) &&
	    mmt_json_set(j, "bytes", mmt_json_u64(t->bytes)) &&
	    mmt_json_set(j, "first_time", mmt_json_u64(t->first_time)) &&
	    mmt_json_set(j, "last_time", mmt_json_u64(t->last_time)) &&
	    mmt_json_set(j, "frames_crc", json_integer(t->frames_crc)) &&
	    mmt_json_set(j, "events_by_kind", by_kind(t)) &&
	    mmt_json_set(j, "lost_by_cause", by_cause(t)) &&
	    mmt_json_set(j, "overhead", overhead ? json_deep_copy(overhead) : json_object()))
		return j;
	json_decref(j);
	return NULL;
}

int mmt_trailer_check(const json_t *trailer, const struct mmt_totals *t, struct mmt_err *e)
{
	const struct {
		const char *key;
		uint64_t value;
	} figures[] = {
		{ "frames", t->frames },
		{ "events", t->events },
		{ "lost", t->lost },
		{ "bytes", t->bytes },
		{ "first_time", t->first_time },
		{ "last_time", t->last_time },
		{ "frames_crc", t->frames_crc },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		uint64_t said;

		if (!mmt_json_get_u64(trailer, figures[i].key, &said))
			return mmt_fail(e, EBADMSG, "trailer has no number \"%s\"", figures[i].key);
		if (said != figures[i].value)
			return mmt_fail(e, EBADMSG,
					"trailer says %s %" PRIu64 ", the file has %" PRIu64,
					figures[i].key, said, figures[i].value);
	}
	return 0;
}
