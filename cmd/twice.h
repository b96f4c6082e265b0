/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace that is read twice: from a file, a pipe, or a scenario. */
#ifndef MMT_CMD_TWICE_H
#define MMT_CMD_TWICE_H

#include "cmd/cli.h"
#include "lib/trace/reader.h"

struct cli_twice {
	struct cli *cli;
	const char *path;
	int fd;
	uint8_t *bytes; /* of a pipe */
	size_t n;
};

/* Open s->path, -1 in s->fd: 0, or the exit code with the trouble told. Close it in any case. */
int cli_twice_open(struct cli_twice *s);
/* A reader from the start, @ctx being the struct cli_twice; NULL: trouble, in @e. */
struct mmt_reader *cli_twice_reader(void *ctx, struct mmt_err *e);
void cli_twice_close(struct cli_twice *s);

#endif
