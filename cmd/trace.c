/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening traces and naming their events, for every command that reads them.
 */
#include "cmd/trace.h"

#include "lib/trace/scenario/scenario.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What cannot be opened may be a scenario, which is a text. */
static bool is_scenario(struct cli_trace *t)
{
	char first[sizeof(MMT_SCENARIO_MAGIC)];
	ssize_t n = mmt_io_pread(&t->cli->io, t->fd, first, sizeof(first), 0);

	return n > 0 && mmt_scenario_is(first, (size_t)n);
}

int cli_trace_open(struct cli *c, const char *path, struct cli_trace *t)
{
	struct mmt_err e = { 0 };

	*t = (struct cli_trace){ .cli = c, .path = path, .fd = -1 };
	t->fd = cli_open_input(c, path);
	if (t->fd < 0)
		return EXIT_TROUBLE;
	t->reader = mmt_reader_open(&c->alloc, &c->io, t->fd, &e);
	if (t->reader)
		return EXIT_OK;
	if (is_scenario(t)) {
		cli_fail("%s: a scenario: mmtrace import makes a trace of it", path);
		e.code = EINVAL;
	} else {
		mmt_err_path(&e, path);
		cli_error(&e);
	}
	cli_trace_close(t);
	return cli_exit_code(e.code);
}

void cli_trace_read_ahead(struct cli_trace *t)
{
	struct stat st;

	if (fstat(t->fd, &st) == 0 && S_ISREG(st.st_mode))
		mmt_reader_read_ahead(t->reader);
}

static int cannot_go_on(struct cli_trace *t, int *status)
{
	mmt_err_path(&t->e, t->path);
	*status = cli_error(&t->e);
	return -1;
}

int cli_trace_next(struct cli_trace *t, const struct mmt_event **ev, int *status)
{
	int got = mmt_reader_next(t->reader, ev, &t->e);

	return got < 0 ? cannot_go_on(t, status) : got;
}

int cli_trace_next_view(struct cli_trace *t, const struct mmt_view **view, int *status)
{
	int got = mmt_reader_next_view(t->reader, view, &t->e);

	return got < 0 ? cannot_go_on(t, status) : got;
}

int cli_trace_status(const struct cli_trace *t)
{
	const struct mmt_reader_state *s = mmt_reader_state(t->reader);

	if (s->complete)
		return EXIT_OK;
	cli_warn("%s: incomplete: %s", t->path, s->why_incomplete);
	return EXIT_INCOMPLETE;
}

void cli_trace_close(struct cli_trace *t)
{
	mmt_reader_free(t->reader);
	if (t->fd > STDERR_FILENO)
		mmt_io_close(&t->cli->io, t->fd);
	t->reader = NULL;
	t->fd = -1;
}

/* Set the flags of a group, a class or one event; false: no such name. */
static bool want(const char *name, bool *wanted)
{
	unsigned kind = mmt_event_by_name(name);
	bool found = kind != 0;

	if (kind)
		wanted[kind] = true;
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);

		if (info && (strcmp(mmt_group_name(info->group), name) == 0 ||
			     strcmp(mmt_class_name(info->class), name) == 0 ||
			     (strcmp(name, "default") == 0 && !mmt_event_optional(k)))) {
			wanted[k] = true;
			found = true;
		}
	}
	return found;
}

static int unknown_event(const struct cli *c, const char *name)
{
	const char *names[MMT_KIND_MAX + MMT_NR_GROUPS + MMT_NR_CLASSES + 2];
	const char *near;
	size_t n = 0;

	for (unsigned g = 0; g < MMT_NR_GROUPS; g++)
		names[n++] = mmt_group_name(g);
	names[n++] = "default";
	for (unsigned g = 0; g < MMT_NR_CLASSES; g++)
		names[n++] = mmt_class_name(g);
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++)
		if (mmt_event_info(k))
			names[n++] = mmt_event_info(k)->name;
	names[n] = NULL;
	near = cli_nearest(name, names);
	return cli_usage(c, "unknown event or group '%s'%s%s%s (see mmtrace list events)", name,
			 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

bool cli_events_wanted(const struct cli *c, const char *list, bool *wanted)
{
	char name[64];

	for (unsigned k = 0; k <= MMT_KIND_MAX; k++)
		wanted[k] = !list;
	while (list) {
		size_t len = strcspn(list, ",");

		snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : 63, list);
		if (!want(name, wanted)) {
			unknown_event(c, name);
			return false;
		}
		list = list[len] ? list + len + 1 : NULL;
	}
	return true;
}
