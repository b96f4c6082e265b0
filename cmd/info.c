/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace info: what a trace holds, from what host, what was lost and what recording it cost.
 *
 * An event is one tracepoint hit: kept + lost = happened, by name. Snapshot rows are told apart,
 * and left out of the bytes per event.
 */
#include "cmd/trace.h"
#include "lib/base/json.h"
#include "lib/trace/header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct info {
	uint64_t kept[MMT_KIND_MAX + 1];
	uint64_t lost[MMT_KIND_MAX + 1];
	uint64_t snapshots[MMT_SNAP_END + 1];
	uint64_t self;
	double event_bytes;	      /* compressed bytes that are not snapshot rows' */
	uint64_t events, events_lost; /* rows of snapshots are not among them */
};

static bool is_row(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	return info && info->class == MMT_SNAPSHOT;
}

/* How many of a frame's events are the recorder's own. */
static uint64_t count_self(const struct mmt_view *v, bool all_known)
{
	uint64_t n = 0;

	for (uint32_t i = 0; all_known && i < v->n; i++)
		n += v->flags[i] & MMT_EVENT_SELF;
	for (uint32_t i = 0; !all_known && i < v->n; i++)
		n += v->kinds[v->place[i]].info ? v->flags[i] & MMT_EVENT_SELF : 0;
	return n;
}

static void count_snapshots(struct info *in, const struct mmt_view_kind *k)
{
	const uint8_t *kinds = k->column[MMT_F(snapshot_begin, kind)];

	for (uint32_t i = 0; i < k->n; i++)
		in->snapshots[kinds[i]]++;
}

/* A frame, in @bytes of the file, which its events and its rows of snapshots share by their number.
 * False: nothing in it is known. */
static bool count_frame(struct info *in, const struct mmt_view *v, uint64_t bytes)
{
	uint64_t events = 0, rows = 0;

	for (uint32_t i = 0; i < v->nr_kinds; i++) {
		const struct mmt_view_kind *k = &v->kinds[i];

		if (!k->info)
			continue;
		*(is_row(k->kind) ? &rows : &events) += k->n;
		in->kept[k->kind] += k->n;
		if (k->kind == MMT_EV_snapshot_begin)
			count_snapshots(in, k);
	}
	if (!(events + rows))
		return false;
	in->self += count_self(v, events + rows == v->n);
	in->event_bytes += (double)bytes * (double)events / (double)(events + rows);
	return true;
}

static int gather(struct cli_trace *t, struct info *in)
{
	const struct mmt_reader_state *s = mmt_reader_state(t->reader);
	uint64_t shared = s->bytes;
	const struct mmt_view *v;
	int status = EXIT_OK;

	cli_trace_read_ahead(t);
	while (cli_trace_next_view(t, &v, &status) > 0)
		if (count_frame(in, v, s->bytes - shared))
			shared = s->bytes;
	for (size_t i = 0; i < s->nr_losses; i++)
		if (s->losses[i].kind <= MMT_KIND_MAX)
			in->lost[s->losses[i].kind] += s->losses[i].count;
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		in->events += is_row(k) ? 0 : in->kept[k];
		in->events_lost += in->lost[k];
	}
	return status;
}

static double bytes_per_event(const struct info *in)
{
	return in->events ? in->event_bytes / (double)in->events : 0;
}

/* --- text --- */

static void print_escaped(const char *label, const char *s)
{
	printf("%-12s", label);
	cli_put_escaped(s);
	putchar('\n');
}

/* What in a header describes the format or translates numbers, and tells people nothing. */
static bool for_programs(const char *key)
{
	static const char *const keys[] = { "event_table", "maps", "units" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* Scalars of a JSON object, one a line, objects in it by a dotted name; lists are left out. */
static void print_object(const char *prefix, const json_t *object)
{
	char name[128];
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)object, key, v)
	{
		char *text;

		/* dozens of probes that were attached: only the others are news */
		if (strcmp(prefix, "record.events") == 0 && json_is_string(v) &&
		    strcmp(json_string_value(v), "yes") == 0)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_is_object(v) && !for_programs(key))
			print_object(name, v);
		if (json_is_object(v) || json_is_array(v))
			continue;
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
		if (!text)
			exit(cli_fail("out of memory"));
		printf("  ");
		cli_put_escaped(name);
		printf(" ");
		cli_put_escaped(json_is_string(v) ? json_string_value(v) : text);
		putchar('\n');
		free(text);
	}
}

/* When the recorder began, by the host's own clock. */
static void print_when(const json_t *header)
{
	const json_t *clock = json_object_get(header, "clock");
	char text[64];
	uint64_t ns;
	time_t seconds;
	struct tm tm;

	if (!mmt_json_get_u64(clock, "realtime_ns", &ns))
		return;
	seconds = (time_t)(ns / 1000000000);
	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		printf("recorded    %s\n", text);
}

static void print_state(const struct info *in, const struct mmt_reader_state *s)
{
	uint64_t ns = s->last_time > s->first_time ? s->last_time - s->first_time : 0;

	printf("duration    %" PRIu64 ".%03" PRIu64 " s\n", ns / 1000000000, ns / 1000000 % 1000);
	printf("complete    %s", s->complete ? "yes: sealed, no gap\n" : "NO: ");
	if (!s->complete) {
		cli_put_escaped(s->why_incomplete);
		putchar('\n');
	}
	for (size_t i = 0; i < s->nr_gaps; i++) {
		printf("gap         %" PRIu64 " bytes at offset 0x%" PRIx64, s->gaps[i].bytes,
		       s->gaps[i].offset);
		if (s->gaps[i].frames)
			printf(", %" PRIu64 " frames from %" PRIu64, s->gaps[i].frames,
			       s->gaps[i].first_frame);
		printf(": ");
		cli_put_escaped(s->gaps[i].why);
		putchar('\n');
	}
	printf("events      %" PRIu64 " kept, %" PRIu64 " lost", in->events, s->lost);
	if (in->self)
		printf(", %" PRIu64 " of the recorder itself", in->self);
	if (s->unknown)
		printf(", %" PRIu64 " of unknown kinds skipped", s->unknown);
	printf("\nsize        %" PRIu64 " bytes in %" PRIu64 " frames, %" PRIu64
	       " uncompressed, %.2f per event\n",
	       s->bytes, s->frames, s->raw_bytes, bytes_per_event(in));
	printf("snapshots   %" PRIu64 " full, %" PRIu64 " light, %" PRIu64 " end: %" PRIu64
	       " rows\n",
	       in->snapshots[MMT_SNAP_FULL], in->snapshots[MMT_SNAP_LIGHT],
	       in->snapshots[MMT_SNAP_END], s->rows);
}

static void print_text(const struct cli_trace *t, const struct info *in)
{
	const json_t *trailer = mmt_reader_trailer(t->reader);
	const json_t *overhead = trailer ? json_object_get(trailer, "overhead") : NULL;

	print_escaped("trace", t->path);
	print_when(mmt_reader_header(t->reader));
	print_state(in, mmt_reader_state(t->reader));
	printf("\nhost\n");
	print_object("", mmt_reader_header(t->reader));
	if (json_is_object(overhead)) {
		printf("\noverhead of recording\n");
		print_object("", overhead);
	}
	printf("\n%-40s %14s %12s\n", "event", "kept", "lost");
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++)
		if (in->kept[k] || in->lost[k])
			printf("%-40s %14" PRIu64 " %12" PRIu64 "\n",
			       mmt_event_info(k) ? mmt_event_info(k)->name : "?", in->kept[k],
			       in->lost[k]);
}

/* --- JSON --- */

static json_t *json_events(const struct info *in)
{
	json_t *all = json_object();

	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);

		if (info && (in->kept[k] || in->lost[k]) &&
		    !mmt_json_set(all, info->name,
				  json_pack("{sIsI}", "kept", (json_int_t)in->kept[k], "lost",
					    (json_int_t)in->lost[k]))) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static json_t *json_gaps(const struct mmt_reader_state *s)
{
	json_t *all = json_array();
	bool ok = true;

	for (size_t i = 0; i < s->nr_gaps; i++)
		ok &= !json_array_append_new(
			all, json_pack("{sIsIsIsIsIso}", "offset", (json_int_t)s->gaps[i].offset,
				       "bytes", (json_int_t)s->gaps[i].bytes, "first_frame",
				       (json_int_t)s->gaps[i].first_frame, "frames",
				       (json_int_t)s->gaps[i].frames, "time",
				       (json_int_t)s->gaps[i].time, "why",
				       mmt_json_bytes(s->gaps[i].why)));
	return mmt_json_whole(all, ok);
}

static json_t *json_losses(const struct mmt_reader_state *s)
{
	json_t *all = json_array();
	bool ok = true;

	for (size_t i = 0; i < s->nr_losses; i++) {
		const struct mmt_loss *l = &s->losses[i];
		const struct mmt_event_info *info = mmt_event_info(l->kind);

		ok &= !json_array_append_new(
			all, json_pack("{sIsIsIsissss}", "time_first", (json_int_t)l->time_first,
				       "time_last", (json_int_t)l->time_last, "count",
				       (json_int_t)l->count, "cpu", (int)l->cpu, "event",
				       info ? info->name : "?", "cause", mmt_loss_name(l->cause)));
	}
	return mmt_json_whole(all, ok);
}

/* The recorder's header; the table of events, which describes the format, is left out. */
static json_t *json_host(const json_t *header)
{
	json_t *host = json_deep_copy(header);

	json_object_del(host, "event_table");
	return host;
}

static json_t *json_info(const struct cli_trace *t, const struct info *in)
{
	const struct mmt_reader_state *s = mmt_reader_state(t->reader);
	const json_t *trailer = mmt_reader_trailer(t->reader);
	const json_t *overhead = trailer ? json_object_get(trailer, "overhead") : NULL;
	json_t *j = json_object();
	bool ok =
		mmt_json_set(j, "schema", json_string("mmtrace.info/1")) &&
		mmt_json_set(j, "generator", json_string("mmtrace " MMT_VERSION)) &&
		mmt_json_set(j, "host", json_host(mmt_reader_header(t->reader))) &&
		mmt_json_set(j, "overhead", overhead ? json_deep_copy(overhead) : json_null()) &&
		mmt_json_set(j, "events", json_events(in)) &&
		mmt_json_set(j, "kept", mmt_json_u64(in->events)) &&
		mmt_json_set(j, "lost", mmt_json_u64(s->lost)) &&
		mmt_json_set(j, "self", mmt_json_u64(in->self)) &&
		mmt_json_set(j, "unknown", mmt_json_u64(s->unknown)) &&
		mmt_json_set(j, "rows", mmt_json_u64(s->rows)) &&
		mmt_json_set(j, "bytes", mmt_json_u64(s->bytes)) &&
		mmt_json_set(j, "raw_bytes", mmt_json_u64(s->raw_bytes)) &&
		mmt_json_set(j, "bytes_per_event", json_real(bytes_per_event(in))) &&
		mmt_json_set(j, "frames", mmt_json_u64(s->frames)) &&
		mmt_json_set(j, "first_time", mmt_json_u64(s->first_time)) &&
		mmt_json_set(j, "last_time", mmt_json_u64(s->last_time)) &&
		mmt_json_set(j, "sealed", json_boolean(s->sealed)) &&
		mmt_json_set(j, "complete", json_boolean(s->complete)) &&
		mmt_json_set(j, "why_incomplete", mmt_json_bytes(s->why_incomplete)) &&
		mmt_json_set(j, "gaps", json_gaps(s)) &&
		mmt_json_set(j, "losses", json_losses(s)) &&
		mmt_json_set(j, "snapshots",
			     json_pack("{sIsIsI}", "full", (json_int_t)in->snapshots[MMT_SNAP_FULL],
				       "light", (json_int_t)in->snapshots[MMT_SNAP_LIGHT], "end",
				       (json_int_t)in->snapshots[MMT_SNAP_END]));

	if (!ok) {
		json_decref(j);
		return NULL;
	}
	return j;
}

int cmd_info(struct cli *c)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct info in = { 0 };
	const char *arg, *format = NULL;
	struct cli_trace t;
	unsigned which;
	int option, status, put = EXIT_OK;

	while ((option = cli_option(c, &arg)) > 0)
		format = arg;
	if (option < 0)
		return cli_usage_status(c);
	if (!cli_format(c, format, formats, &which))
		return EXIT_TROUBLE;
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one trace");
	status = cli_trace_open(c, c->argv[c->operand], &t);
	if (status)
		return status;
	status = gather(&t, &in);
	if (which)
		put = cli_put_json(json_info(&t, &in));
	else
		print_text(&t, &in);
	if (!status)
		status = put ? put : cli_trace_status(&t);
	cli_trace_close(&t);
	return status;
}
