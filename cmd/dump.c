/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace dump: one line for every event, in the order of the file, as text like perf script's or
 * as one JSON object a line.
 */
#include "cmd/struct.h"
#include "lib/base/json.h"
#include "lib/base/number.h"

#include <stdlib.h>
#include <string.h>

struct dump {
	bool wanted[MMT_KIND_MAX + 1];
	bool json;
	uint64_t count, left; /* left: of -n; UINT64_MAX without */
};

static void put(struct mmt_wr *w, const char *s)
{
	mmt_wr_bytes(w, s, strlen(s));
}

static bool dump_text(struct mmt_wr *w, const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);

	w->len = 0;
	mmt_wr_decimal(w, ev->time / 1000000000, 6, ' ');
	put(w, ".");
	mmt_wr_decimal(w, ev->time % 1000000000, 9, '0');
	put(w, " [");
	mmt_wr_decimal(w, ev->cpu, 3, '0');
	put(w, "] ");
	cli_task_text(w, ev->task, dict);
	put(w, ev->flags & MMT_EVENT_SELF ? " (self) " : " ");
	put(w, info->name);
	put(w, ":");
	for (unsigned i = 0; i < info->nr_fields; i++) {
		put(w, " ");
		cli_field_text(w, ev, i, dict);
	}
	put(w, "\n");
	if (!w->bad)
		fwrite(w->buf, 1, w->len, stdout);
	return !w->bad;
}

static bool dump_json(const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	json_t *j = json_object(), *fields = json_object();
	bool ok = mmt_json_set(j, "time", mmt_json_u64(ev->time)) &&
		  mmt_json_set(j, "cpu", json_integer(ev->cpu)) &&
		  mmt_json_set(j, "task", cli_task_json(ev->task, dict)) &&
		  mmt_json_set(j, "event", json_string(info->name));

	if (ok && ev->flags & MMT_EVENT_SELF)
		ok = mmt_json_set(j, "self", json_true());
	for (unsigned i = 0; i < info->nr_fields; i++)
		ok = ok && mmt_json_set(fields, info->fields[i].name, cli_field_json(ev, i, dict));
	ok = mmt_json_set(j, "fields", fields) && ok;
	/* a write that failed is told at exit, with its cause */
	ok = ok && (json_dumpf(j, stdout, JSON_COMPACT | JSON_SORT_KEYS) == 0 || ferror(stdout));
	putchar('\n');
	json_decref(j);
	return ok;
}

static int dump(struct cli_trace *t, struct dump *d)
{
	const struct mmt_dict *dict = mmt_reader_dict(t->reader);
	struct mmt_wr line = { .alloc = &t->cli->alloc };
	const struct mmt_event *ev;
	int status = EXIT_OK, got = 1;

	while (d->left && !ferror(stdout) && (got = cli_trace_next(t, &ev, &status)) > 0) {
		if (!d->wanted[ev->kind])
			continue;
		d->left--;
		if (!(d->json ? dump_json(ev, dict) : dump_text(&line, ev, dict))) {
			status = cli_fail("out of memory");
			break;
		}
	}
	mmt_wr_free(&line);
	/* who asked for the first n has them all: what is missing further on does not matter */
	return status || got != 0 ? status : cli_trace_status(t);
}

int cmd_dump(struct cli *c)
{
	static const char *const formats[] = { "text", "jsonl", NULL };
	struct dump d = { .left = UINT64_MAX };
	const char *arg, *format = NULL, *events = NULL, *structure = NULL;
	struct cli_trace t;
	unsigned which;
	int option, status;

	while ((option = cli_option(c, &arg)) > 0) {
		if (option == OPT_dump_format)
			format = arg;
		else if (option == OPT_dump_events)
			events = arg;
		else if (option == OPT_dump_struct)
			structure = arg;
		else if (option == OPT_dump_count && !cli_parse_u64(arg, UINT64_MAX - 1, &d.left))
			return cli_usage(c, "-n needs a number, not '%s'", arg);
	}
	if (option < 0)
		return cli_usage_status(c);
	if (!cli_format(c, format, formats, &which) || !cli_events_wanted(c, events, d.wanted))
		return EXIT_TROUBLE;
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one trace");
	d.json = which == 1;
	if (structure && !cli_struct_known(structure))
		return cli_usage(c, "there is no record '%s': zone or pglist_data", structure);
	if (structure)
		return cli_dump_struct(c, c->argv[c->operand], structure, d.json);
	status = cli_trace_open(c, c->argv[c->operand], &t);
	if (status)
		return status;
	status = dump(&t, &d);
	cli_trace_close(&t);
	return status;
}
