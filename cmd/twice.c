/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading twice. A file is read again from its start; what cannot be (a pipe) is kept in memory,
 * and a scenario becomes a trace in memory.
 */
#include "cmd/twice.h"

#include "cmd/scenario.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIPE_MAX ((size_t)1 << 34) /* bytes of a trace that is kept in memory */

struct mmt_reader *cli_twice_reader(void *ctx, struct mmt_err *e)
{
	struct cli_twice *s = ctx;

	mmt_err_path(e, s->path);
	if (s->bytes)
		return mmt_reader_open_memory(&s->cli->alloc, s->bytes, s->n, e);
	if (lseek(s->fd, 0, SEEK_SET) < 0) {
		mmt_fail_errno(e, errno, "cannot read it a second time");
		return NULL;
	}
	return mmt_reader_open(&s->cli->alloc, &s->cli->io, s->fd, e);
}

/* What was read is a scenario: from now on its trace is the source. */
static int use_scenario(struct cli_twice *s)
{
	if (s->fd > STDERR_FILENO)
		mmt_io_close(&s->cli->io, s->fd);
	s->fd = cli_scenario_open(s->cli, (const char *)s->bytes, s->n, s->path);
	mmt_free(&s->cli->alloc, s->bytes);
	s->bytes = NULL;
	return s->fd < 0 ? EXIT_TROUBLE : EXIT_OK;
}

/* A text that is named as a scenario, or begins as no trace but as some editors' texts do: its
 * first line will be missed by name. */
static bool meant_as_scenario(const char *path, const char *first, size_t n)
{
	size_t len = strlen(path);

	if (n >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0)
		return true;

	for (size_t i = 0; i < n && i < 4; i++)
		if ((unsigned char)first[i] >= 0x80 ||
		    ((unsigned char)first[i] < ' ' && !strchr("\t\r\n", first[i])))
			return false;
	return len > 4 && strcmp(path + len - 4, ".mms") == 0;
}

/* The first bytes of the file, as many as @size or it has; -ESPIPE: of a pipe, none. */
static ssize_t first_bytes(struct cli_twice *s, char *first, size_t size)
{
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && n < size) {
		got = mmt_io_pread(&s->cli->io, s->fd, first + n, size - n, (off_t)n);
		n += got > 0 ? (size_t)got : 0;
	}
	return got < 0 ? got : (ssize_t)n;
}

int cli_twice_open(struct cli_twice *s)
{
	char first[sizeof(MMT_SCENARIO_MAGIC)];
	bool scenario;
	ssize_t n;

	s->fd = cli_open_input(s->cli, s->path);
	if (s->fd < 0)
		return EXIT_TROUBLE;
	n = first_bytes(s, first, sizeof(first));
	if (n < 0 && n != -ESPIPE)
		return cli_fail("%s: cannot read: %s", s->path, strerror((int)-n));
	scenario = n >= 0 && (mmt_scenario_is(first, (size_t)n) ||
			      meant_as_scenario(s->path, first, (size_t)n));
	if (lseek(s->fd, 0, SEEK_SET) == 0 && !scenario)
		return EXIT_OK;
	if (s->fd > STDERR_FILENO)
		mmt_io_close(&s->cli->io, s->fd);
	s->fd = -1;
	s->bytes = cli_read_file(s->cli, s->path, PIPE_MAX, &s->n);
	if (!s->bytes)
		return EXIT_TROUBLE;
	if (!scenario)
		scenario = mmt_scenario_is(s->bytes, s->n) ||
			   meant_as_scenario("", (const char *)s->bytes, s->n);
	return scenario ? use_scenario(s) : EXIT_OK;
}

void cli_twice_close(struct cli_twice *s)
{
	if (s->fd > STDERR_FILENO)
		mmt_io_close(&s->cli->io, s->fd);
	mmt_free(&s->cli->alloc, s->bytes);
}
