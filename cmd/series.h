/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a recording that has several: one after the other, the oldest removed. */
#ifndef MMT_CMD_SERIES_H
#define MMT_CMD_SERIES_H

#include "cmd/output.h"
#include "lib/record/session/filer.h"

#include <sys/stat.h>

struct series_file {
	char name[REC_FILE_NAME];
	dev_t dev;
	ino_t ino;
};

struct series {
	struct cli *cli;
	struct cli_output *first; /* what cli_output_open() made; its name is the series' */
	struct cli_output now;	  /* the file that is being written; fd -1: none */
	bool first_used, plain;
	unsigned most;		 /* stamped files that are kept; 0: all */
	struct series_file *old; /* they, oldest first */
	size_t nr_old, cap_old;
};

/* Files beside @first, with its name and a stamp of the time they were begun; calls for
 * rec_filer_start(), valid as long as @s. */
struct rec_filer_calls series_begin(struct series *s, struct cli *c, struct cli_output *first,
				    unsigned most);
/* "YYYYMMDDhhmmsscc" of local time, as perf record --switch-output has it; 17 bytes. */
void series_stamp(char stamp[17]);

#endif
