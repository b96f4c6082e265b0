/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios in commands: a text as a trace, and what a replay of one says.
 */
#ifndef MMT_CMD_SCENARIO_H
#define MMT_CMD_SCENARIO_H

#include "cmd/cli.h"
#include "lib/replay/engine.h"
#include "lib/trace/scenario/scenario.h"

/* Whether every line of a text can be parsed: exit code, told. */
int cli_scenario_check(const char *text, size_t n, const char *name);
/* Write the trace of the @n bytes of @text, which is called @name, to @fd: exit code, told. */
int cli_scenario_import(struct cli *c, const char *text, size_t n, const char *name, int fd);
/* The same into memory: a descriptor to read the trace from, or -1, told. */
int cli_scenario_open(struct cli *c, const char *text, size_t n, const char *name);

/* Whose prints go where. */
struct cli_scenario {
	const struct replay *r;
	FILE *out;
};
struct scenario_listener cli_scenario_listener(struct cli_scenario *s);
/* "f.mms: 12 assertions, 1 failed". */
void cli_scenario_summary(FILE *f, const struct replay *r);

#endif
