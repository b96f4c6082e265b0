/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's tracing directory.
 *
 * Theory. Classic tracepoints are attached by a number that only tracefs tells. Where nobody
 * mounted it, fsopen(2) and fsmount(2) (Linux 5.2) give a mount that is in no namespace's tree:
 * other processes never see it, and it ends with its descriptor, even at SIGKILL.
 */
#include "lib/record/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int detached_mount(struct mmt_io *io)
{
	int fs = fsopen("tracefs", FSOPEN_CLOEXEC), fd;

	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		fd = -errno;
		mmt_io_close(io, fs);
		return fd;
	}
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	fd = fd < 0 ? -errno : fd;
	mmt_io_close(io, fs);
	return fd;
}

int rec_tracefs_open(struct mmt_io *io)
{
	static const char *const paths[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

	for (unsigned i = 0; i < 2; i++) {
		int fd = mmt_io_open(io, paths[i], O_RDONLY | O_DIRECTORY, 0);

		if (fd < 0)
			continue;
		if (!faccessat(fd, "events/kmem", R_OK, 0))
			return fd;
		mmt_io_close(io, fd);
	}
	return detached_mount(io);
}

int rec_tracefs_read(struct mmt_io *io, int tracefs, const char *name, char *buf, size_t size)
{
	int fd = openat(tracefs, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = mmt_io_read(io, fd, buf, size - 1);
	mmt_io_close(io, fd);
	if (n < 0)
		return (int)n;
	buf[n] = 0;
	return (int)n;
}

int rec_tracefs_id(struct mmt_io *io, int tracefs, const char *event)
{
	char path[128], text[32], *end;
	int n;
	long id;

	snprintf(path, sizeof(path), "events/%s/id", event);
	n = rec_tracefs_read(io, tracefs, path, text, sizeof(text));
	if (n < 0)
		return n;
	id = strtol(text, &end, 10);
	return end != text && id > 0 && id < INT32_MAX ? (int)id : -EINVAL;
}
