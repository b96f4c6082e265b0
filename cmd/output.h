/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that takes its name when it holds something, all at once. */
#ifndef MMT_CMD_OUTPUT_H
#define MMT_CMD_OUTPUT_H

#include "cmd/cli.h"

#include <limits.h>

struct cli_output {
	int fd;	      /* to write to; -1: none */
	int dir;      /* its directory; -1: it has its name already, or needs none */
	bool replace; /* a file of that name goes when it takes it */
	bool unnamed; /* no name yet (O_TMPFILE) */
	char name[NAME_MAX + 1], temporary[NAME_MAX + 1];
};

/*
 * Open what will be @path ("-": standard output, refused on a terminal when @binary): 0600, never
 * through a symbolic link. A file of that name stays as it is until cli_output_name(); without
 * @force its being there is an error. Devices and pipes are opened as they are. Exit code, told.
 */
int cli_output_open(struct cli *c, struct cli_output *o, const char *path, bool binary, bool force);
/* Another file in the directory of @like, which keeps its own: 0 or -errno. @named: it gets the
 * name of @like, as that would. */
int cli_output_again(struct cli_output *o, const struct cli_output *like, bool named);
/* Give it its name: 0, or -errno told in @e (NULL is fine). */
int cli_output_name(struct cli_output *o, struct mmt_err *e);
/* Close; without a name nothing is left. @keep: its name is made durable. 0 or -errno. */
int cli_output_close(struct cli *c, struct cli_output *o, bool keep);

#endif
