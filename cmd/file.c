/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files in and out, and text on stdout.
 *
 * I1. An output is made new, mode 0600 from its first moment, and is never reached through a link.
 *     With force, an old regular file is removed first: its links and its mode live on elsewhere.
 * I2. What is neither a file nor a directory (a FIFO, /dev/null) is written as it is.
 */
#include "cmd/cli.h"
#include "lib/base/escape.h"
#include "lib/base/json.h"
#include "lib/report/load.h"
#include "lib/trace/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void cli_put_escaped(const char *s)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr w = { .alloc = &a };

	mmt_wr_escaped(&w, s);
	if (w.bad)
		exit(cli_fail("out of memory"));
	fwrite(w.buf, 1, w.len, stdout);
	mmt_wr_free(&w);
}

int cli_open_input(struct cli *c, const char *path)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	fd = mmt_io_open(&c->io, path, O_RDONLY | O_NOCTTY, 0);
	if (fd < 0) {
		cli_fail("%s: cannot open: %s", path, strerror(-fd));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		cli_fail("%s: is a directory", path);
		mmt_io_close(&c->io, fd);
		return -1;
	}
	return fd;
}

/* Something is at @path already: the flags to open it with after all, or -1, told. */
static int existing_flags(const char *path, bool force)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		cli_fail("%s: cannot create: %s", path, strerror(errno));
		return -1;
	}
	if (S_ISLNK(st.st_mode)) {
		cli_fail("%s: is a symbolic link; not followed", path);
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		cli_fail("%s: is a directory", path);
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return O_WRONLY | O_NOFOLLOW | O_NOCTTY;
	if (!force) {
		cli_fail("%s: exists already; --force overwrites it", path);
		return -1;
	}
	if (unlink(path) < 0) {
		cli_fail("%s: cannot overwrite: %s", path, strerror(errno));
		return -1;
	}
	return O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY;
}

int cli_open_output(struct cli *c, const char *path, bool binary, bool force)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY;
	int fd;

	if (strcmp(path, "-") == 0) {
		if (binary && isatty(STDOUT_FILENO)) {
			cli_fail("binary data does not go to a terminal; use -o FILE or a pipe");
			return -1;
		}
		fflush(stdout);
		return STDOUT_FILENO;
	}
	fd = mmt_io_open(&c->io, path, flags, 0600);
	if (fd == -EEXIST) {
		flags = existing_flags(path, force);
		if (flags < 0)
			return -1;
		fd = mmt_io_open(&c->io, path, flags, 0600);
	}
	if (fd < 0) {
		cli_fail("%s: cannot create: %s", path, strerror(-fd));
		return -1;
	}
	return fd;
}

int cli_write(struct cli *c, int fd, const char *path, const char *text)
{
	int err;

	if (fd == STDOUT_FILENO)
		fflush(stdout);
	err = mmt_io_write(&c->io, fd, text, strlen(text));
	if (err)
		return cli_fail("%s: cannot write: %s",
				strcmp(path, "-") == 0 ? "standard output" : path, strerror(-err));
	return EXIT_OK;
}

uint8_t *cli_read_file(struct cli *c, const char *path, size_t max, size_t *n)
{
	struct mmt_wr w = { .alloc = &c->alloc };
	int fd = cli_open_input(c, path);
	ssize_t got = 1;

	if (fd < 0)
		return NULL;
	while (got > 0 && w.len <= max && !w.bad) {
		uint8_t *p = mmt_wr_space(&w, 65536);

		if (!p)
			break;
		got = mmt_io_read(&c->io, fd, p, 65536);
		w.len -= 65536 - (got > 0 ? (size_t)got : 0);
	}
	if (fd != STDIN_FILENO)
		mmt_io_close(&c->io, fd);
	if (w.bad)
		cli_fail("%s: out of memory", path);
	else if (got < 0)
		cli_fail("%s: cannot read: %s", path, strerror((int)-got));
	else if (w.len > max)
		cli_fail("%s: is larger than the %zu bytes such a file may have", path, max);
	if (w.bad || got < 0 || w.len > max) {
		mmt_wr_free(&w);
		return NULL;
	}
	*n = w.len;
	return w.buf;
}

json_t *cli_read_result(struct cli *c, const char *path, int *status)
{
	struct mmt_err e = { 0 };
	size_t n;
	uint8_t *text = cli_read_file(c, path, REP_RESULT_MAX, &n);
	json_t *result = NULL;
	struct mmt_frame f;

	if (text && mmt_frame_peek(&f, text, n, &e) == 0)
		mmt_fail(&e, EINVAL,
			 "is a trace, not a result; `mmtrace replay -o RESULT` makes one of it");
	else if (text)
		result = rep_load((const char *)text, n, &e);

	*status = EXIT_TROUBLE;
	if (text && !result) {
		mmt_err_path(&e, path);
		*status = cli_error(&e);
	}
	mmt_free(&c->alloc, text);
	return result;
}

int cli_put_text(struct mmt_wr *w)
{
	int status = w->bad ? cli_fail("out of memory") : EXIT_OK;

	if (!w->bad)
		fwrite(w->buf, 1, w->len, stdout);
	mmt_wr_free(w);
	return status;
}

bool cli_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

int cli_put_json(json_t *root)
{
	char *text = root ? mmt_json_show(root) : NULL;

	json_decref(root);
	if (!text)
		return cli_fail("out of memory");
	fputs(text, stdout);
	free(text);
	return EXIT_OK;
}
