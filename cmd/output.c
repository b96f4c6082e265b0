/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that takes its name when it holds something.
 *
 * Theory. A recording that cannot begin must not cost the one that is there, and one that was
 * begun must be found under its name, whatever ends the recorder. So the file has no name until
 * its first frame is written, takes it in one step, and keeps it while it grows:
 *
 *	NAME:  old trace ------------------------+--- new trace, first frame .. sealed
 *	                   open, load, attach    rename
 *
 *   I1  NAME is always a whole old file, or a new one that can be read up to its last frame.
 *   I2  Nothing is written through a link: the name is taken in its directory, by link(2) that
 *       fails if there is one, or by rename(2) that replaces it, whatever it is by then.
 *   I3  A file that never took its name leaves nothing. (Where the file system has no files without
 *       a name, a temporary name beside it is used; SIGKILL before the first frame leaves that.)
 *   I4  It has mode 0600 from its first instant.
 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Split @path; false: told. */
static bool open_directory(struct cli *c, struct cli_output *o, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char dir[PATH_MAX];

	if (!*name || strlen(name) > NAME_MAX || (size_t)(name - path) >= sizeof(dir)) {
		cli_fail("%s: not the name of a file", path);
		return false;
	}
	memcpy(o->name, name, strlen(name) + 1);
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	o->dir = mmt_io_open(&c->io, dir, O_RDONLY | O_DIRECTORY, 0);
	if (o->dir < 0)
		cli_fail("%s: cannot create: %s", path, strerror(-o->dir));
	return o->dir >= 0;
}

/* Something has the name already: true to go on; a device or pipe is opened. */
static bool existing(struct cli *c, struct cli_output *o, const char *path, const struct stat *st,
		     bool force)
{
	if (S_ISLNK(st->st_mode)) {
		cli_fail("%s: is a symbolic link; not followed", path);
		return false;
	}
	if (S_ISDIR(st->st_mode)) {
		cli_fail("%s: is a directory", path);
		return false;
	}
	if (!S_ISREG(st->st_mode)) {
		o->fd = mmt_io_open(&c->io, path, O_WRONLY | O_NOFOLLOW | O_NOCTTY, 0);
		if (o->fd < 0)
			cli_fail("%s: cannot open: %s", path, strerror(-o->fd));
		return o->fd >= 0;
	}
	if (!force)
		cli_fail("%s: exists already; --force overwrites it", path);
	o->replace = force;
	return force;
}

static int fail(struct cli *c, struct cli_output *o)
{
	cli_output_close(c, o, false);
	return EXIT_TROUBLE;
}

/* Open a file without a name, or with a temporary one, in o->dir: 0 or -errno. */
static int make(struct cli_output *o)
{
	char self[32];

	snprintf(self, sizeof(self), ".mmtrace-%d", (int)getpid());
	memcpy(o->temporary, self, strlen(self) + 1);
	o->fd = openat(o->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	o->unnamed = o->fd >= 0;
	if (o->fd < 0 && errno != EACCES && errno != EROFS)
		o->fd = openat(o->dir, o->temporary,
			       O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	return o->fd < 0 ? -errno : 0;
}

int cli_output_again(struct cli_output *o, const struct cli_output *like, bool named)
{
	*o = (struct cli_output){ .fd = -1, .dir = like->dir, .replace = named && like->replace };
	memcpy(o->name, like->name, sizeof(o->name));
	return make(o);
}

int cli_output_open(struct cli *c, struct cli_output *o, const char *path, bool binary, bool force)
{
	struct stat st;
	int err;

	*o = (struct cli_output){ .fd = -1, .dir = -1 };
	if (!strcmp(path, "-")) {
		o->fd = cli_open_output(c, path, binary, force);
		return o->fd < 0 ? EXIT_TROUBLE : EXIT_OK;
	}
	if (!open_directory(c, o, path))
		return EXIT_TROUBLE;
	if (!fstatat(o->dir, o->name, &st, AT_SYMLINK_NOFOLLOW) &&
	    !existing(c, o, path, &st, force))
		return fail(c, o);
	if (o->fd >= 0) {
		mmt_io_close(&c->io, o->dir);
		o->dir = -1;
		return EXIT_OK;
	}
	err = make(o);
	if (!err)
		return EXIT_OK;
	cli_fail("%s: cannot create: %s", path, strerror(-err));
	return fail(c, o);
}

/* Link what has no name to @name: 0 or -errno. */
static int give(const struct cli_output *o, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	return linkat(AT_FDCWD, path, o->dir, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* Rename the temporary name to @name: 0 or -errno. Network file systems (NFS, 9p) know of no rename
 * that fails if the name is taken. */
static int take(const struct cli_output *o)
{
	if (o->replace)
		return renameat(o->dir, o->temporary, o->dir, o->name) ? -errno : 0;
	if (!renameat2(o->dir, o->temporary, o->dir, o->name, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL || linkat(o->dir, o->temporary, o->dir, o->name, 0))
		return -errno;
	unlinkat(o->dir, o->temporary, 0);
	return 0;
}

int cli_output_name(struct cli_output *o, struct mmt_err *e)
{
	int err = 0;

	if (o->dir < 0)
		return 0;
	if (o->unnamed) {
		err = give(o, o->replace ? o->temporary : o->name);
		o->unnamed = err != 0;
		if (!err && !o->replace)
			*o->temporary = 0;
	}
	if (!err && *o->temporary)
		err = take(o);
	if (err)
		return e ? mmt_fail_errno(e, -err, "cannot create") : err;
	*o->temporary = 0;
	return 0;
}

int cli_output_close(struct cli *c, struct cli_output *o, bool keep)
{
	int err = 0;

	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		err = mmt_io_close(&c->io, o->fd);
	if (o->dir >= 0) {
		if (*o->temporary && o->fd >= 0 && !o->unnamed)
			unlinkat(o->dir, o->temporary, 0);
		if (keep)
			mmt_io_sync(&c->io, o->dir);
		mmt_io_close(&c->io, o->dir);
	}
	o->fd = o->dir = -1;
	return err;
}
