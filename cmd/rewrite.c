/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace out, made of one or more that came in.
 *
 * I1. The output claims no more than its input can: an input without trailer gives an output
 *     without one, and gaps stay gaps.
 * I2. What was written before trouble stays, unsealed: it reads as an incomplete trace.
 */
#include "cmd/rewrite.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

int rewrite_check(const struct rewrite *w)
{
	return w->path ? EXIT_OK : cli_usage(w->cli, "name the output with -o FILE");
}

int rewrite_open(struct rewrite *w, const json_t *header, uint64_t file_id)
{
	struct mmt_writer_options o = { .level = (int)w->level, .file_id = file_id };
	struct mmt_err e = { 0 };

	w->fd = cli_open_output(w->cli, w->path, true, w->force);
	if (w->fd < 0)
		return EXIT_TROUBLE;
	w->writer = mmt_writer_new(&w->cli->alloc, &w->cli->io, w->fd, &o, header, &e);
	return w->writer ? EXIT_OK : rewrite_failed(w, &e);
}

int rewrite_failed(const struct rewrite *w, struct mmt_err *e)
{
	mmt_err_path(e, strcmp(w->path, "-") == 0 ? "standard output" : w->path);
	return cli_error(e);
}

int rewrite_end(struct rewrite *w, const struct cli_trace *t, const json_t *overhead)
{
	struct mmt_err e = { 0 };
	int err = mmt_reader_state(t->reader)->sealed ? mmt_writer_seal(w->writer, overhead, &e)
						      : mmt_writer_flush(w->writer, &e);

	if (err)
		return rewrite_failed(w, &e);
	if (!w->quiet)
		fprintf(stderr, "mmtrace: %" PRIu64 " of %" PRIu64 " events; %" PRIu64 " bytes\n",
			mmt_writer_events(w->writer), w->events, mmt_writer_bytes(w->writer));
	return cli_trace_status(t);
}

void rewrite_close(struct rewrite *w)
{
	mmt_writer_free(w->writer);
	if (w->fd > STDERR_FILENO)
		mmt_io_close(&w->cli->io, w->fd);
	w->writer = NULL;
	w->fd = -1;
}
