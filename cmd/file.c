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
	fwrite(w.bad ? (const void *)"?" : w.buf, 1, w.bad ? 1 : w.len, stdout);
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

int cli_put_json(json_t *root)
{
	char *text = root ? mmt_json_text(root) : NULL;

	json_decref(root);
	if (!text)
		return cli_fail("out of memory");
	fputs(text, stdout);
	free(text);
	return EXIT_OK;
}
