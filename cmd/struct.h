/* SPDX-License-Identifier: GPL-2.0-only */
/* mmtrace dump --struct. */
#ifndef CMD_STRUCT_H
#define CMD_STRUCT_H

#include "cmd/trace.h"

/* Whether records are kept under this name: zone, pglist_data. */
bool cli_struct_known(const char *name);
/* Print those of the machine a trace was recorded on; returns the exit code. */
int cli_dump_struct(struct cli *c, const char *path, const char *name, bool json);

#endif
