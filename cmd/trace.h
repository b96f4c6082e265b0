/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands that read traces share: opening, naming events, printing a field.
 */
#ifndef MMT_CMD_TRACE_H
#define MMT_CMD_TRACE_H

#include "cmd/cli.h"
#include "lib/base/bytes.h"
#include "lib/trace/column/column.h"
#include "lib/trace/reader.h"

/* An open trace; close it whatever happened. */
struct cli_trace {
	struct cli *cli;
	const char *path;
	struct mmt_reader *reader;
	int fd;
	struct mmt_err e; /* what ended reading; clean before */
};

/* Open @path ("-": stdin): 0, or the exit code with the trouble told. */
int cli_trace_open(struct cli *c, const char *path, struct cli_trace *t);
/* Decode frames ahead if they are in a file: what comes through a pipe is read as it comes. For
 * those who read columns; one event after the other costs more from another CPU's cache. */
void cli_trace_read_ahead(struct cli_trace *t);
/* Next event: 1; 0 at the end; or -1, with the trouble told and *@status the exit code. */
int cli_trace_next(struct cli_trace *t, const struct mmt_event **ev, int *status);
/* The same for whole frames, in columns. */
int cli_trace_next_view(struct cli_trace *t, const struct mmt_view **view, int *status);
/* At the end: EXIT_OK, or EXIT_INCOMPLETE after a warning that says what is missing. */
int cli_trace_status(const struct cli_trace *t);
void cli_trace_close(struct cli_trace *t);

/* Which kinds a list of groups, classes and event names asks for ("alloc,page_fault_user"): sets
 * @wanted, MMT_KIND_MAX + 1 flags; NULL: all. False: an unknown name, told. */
bool cli_events_wanted(const struct cli *c, const char *list, bool *wanted);

/* Append "name=value" for field @i of @ev to @w, for people: ids by what they stand for ("?7" when
 * the dictionary has no 7), flags and types by the kernel's names. */
void cli_field_text(struct mmt_wr *w, const struct mmt_event *ev, unsigned i,
		    const struct mmt_dict *dict);
/* The same for programs: numbers, strings, and objects for ids. NULL: no memory. */
json_t *cli_field_json(const struct mmt_event *ev, unsigned i, const struct mmt_dict *dict);
/* "comm-tid" of task @id, escaped; "?7" if it is not known, "-" for 0. */
void cli_task_text(struct mmt_wr *w, uint32_t id, const struct mmt_dict *dict);
/* {"id", "tid", "comm"}; null for 0. */
json_t *cli_task_json(uint32_t id, const struct mmt_dict *dict);

#endif
