/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands that write traces share: the output, the copying, the word at the end.
 */
#ifndef MMT_CMD_REWRITE_H
#define MMT_CMD_REWRITE_H

#include "cmd/trace.h"
#include "lib/trace/edit/copy.h"

struct rewrite {
	struct cli *cli;
	const char *path; /* of the output; "-": stdout */
	bool force, quiet;
	uint64_t level; /* of zstd; 0: the default */
	int fd;
	struct mmt_writer *writer;
	uint64_t events; /* read, written or not; for the word at the end */
};

/* Refuse an output that is missing: 0, or the exit code with the trouble told. */
int rewrite_check(const struct rewrite *w);
/* Open the output and begin a trace with that header and id: 0, or the exit code, told. */
int rewrite_open(struct rewrite *w, const json_t *header, uint64_t file_id);
/* Print @e about the output: the exit code. */
int rewrite_failed(const struct rewrite *w, struct mmt_err *e);
/*
 * End the output as its input @t ended: sealed, with @overhead in its trailer, if that was sealed;
 * without a trailer if not. Says how much went over, and what the input misses; the exit code.
 */
int rewrite_end(struct rewrite *w, const struct cli_trace *t, const json_t *overhead);
void rewrite_close(struct rewrite *w);

#endif
