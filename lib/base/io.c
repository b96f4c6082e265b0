/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host files with fault points; see io.h.
 */
#include "lib/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The injected outcome of the next host call: 0 go on, 1 come short, or -errno. */
static int fault(struct mmt_io *io)
{
	io->calls++;
	if (!io->fail_at || io->calls < io->fail_at)
		return 0;
	if (io->calls > io->fail_at && (!io->fail_after || io->fail_with == EINTR))
		return 0;
	return io->fail_with ? -io->fail_with : 1;
}

int mmt_io_open(struct mmt_io *io, const char *path, int flags, mode_t mode)
{
	int f, fd;

	do {
		f = fault(io);
		if (f < 0 && f != -EINTR)
			return f;
		fd = f == -EINTR ? -1 : open(path, flags | O_CLOEXEC, mode);
	} while (f == -EINTR || (fd < 0 && errno == EINTR));
	return fd < 0 ? -errno : fd;
}

ssize_t mmt_io_read(struct mmt_io *io, int fd, void *buf, size_t n)
{
	ssize_t got;
	int f;

	do {
		f = fault(io);
		if (f < 0 && f != -EINTR)
			return f;
		got = f == -EINTR ? -1 : read(fd, buf, f == 1 && n > 1 ? 1 : n);
	} while (f == -EINTR || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : got;
}

ssize_t mmt_io_pread(struct mmt_io *io, int fd, void *buf, size_t n, off_t at)
{
	ssize_t got;
	int f;

	do {
		f = fault(io);
		if (f < 0 && f != -EINTR)
			return f;
		got = f == -EINTR ? -1 : pread(fd, buf, f == 1 && n > 1 ? 1 : n, at);
	} while (f == -EINTR || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : got;
}

int mmt_io_write(struct mmt_io *io, int fd, const void *buf, size_t n)
{
	const char *p = buf;
	ssize_t put;
	int f;

	while (n) {
		f = fault(io);
		if (f < 0 && f != -EINTR)
			return f;
		if (f == -EINTR)
			continue;
		put = write(fd, p, f == 1 ? 1 : n);
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put == 0)
			return -EIO;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return 0;
}

int mmt_io_sync(struct mmt_io *io, int fd)
{
	int f, err;

	do {
		f = fault(io);
		if (f < 0 && f != -EINTR)
			return f;
		err = f == -EINTR ? EINTR : fsync(fd) < 0 ? errno : 0;
	} while (err == EINTR);
	return err == EINVAL || err == EROFS || err == ENOTSUP ? 0 : -err;
}

int mmt_io_close(struct mmt_io *io, int fd)
{
	int f = fault(io);
	int err = close(fd) < 0 && errno != EINTR ? -errno : 0;

	return f < 0 && f != -EINTR ? f : err;
}
