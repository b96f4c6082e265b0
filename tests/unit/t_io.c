/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/io.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char text[] = "0123456789abcdef";
#define LEN ((ssize_t)sizeof(text) - 1)

/* A file without a name, or -1. */
static int scratch(void)
{
	char path[] = "/tmp/mmt-io-XXXXXX";
	int fd = mkstemp(path);

	if (fd >= 0)
		unlink(path);
	return fd;
}

TEST_NAMED(round_trip, "what is written is read back, in order and by position")
{
	struct mmt_io io = MMT_IO_INIT;
	int fd = scratch();
	char b[32];

	CHECK(fd >= 0);
	CHECK_EQ(mmt_io_write(&io, fd, text, (size_t)LEN), 0);
	CHECK_EQ(mmt_io_sync(&io, fd), 0);
	CHECK_EQ(mmt_io_pread(&io, fd, b, 4, 10), 4);
	CHECK_MEM(b, "abcd", 4);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(mmt_io_read(&io, fd, b, sizeof(b)), LEN);
	CHECK_MEM(b, text, LEN);
	CHECK_EQ(mmt_io_read(&io, fd, b, sizeof(b)), 0);
	CHECK_EQ(mmt_io_pread(&io, fd, b, 4, 100), 0);
	CHECK_EQ(mmt_io_write(&io, fd, text, 0), 0);
	CHECK_EQ(mmt_io_close(&io, fd), 0);
	CHECK_EQ(io.calls, 7);
}

TEST_NAMED(real_errors, "the host's own refusals come back as -errno")
{
	struct mmt_io io = MMT_IO_INIT;
	int full = mmt_io_open(&io, "/dev/full", O_WRONLY, 0);
	char c;

	CHECK_EQ(mmt_io_open(&io, "/nowhere/at/all", O_RDONLY, 0), -ENOENT);
	CHECK(full >= 0);
	CHECK(fcntl(full, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(mmt_io_write(&io, full, "x", 1), -ENOSPC);
	CHECK_EQ(mmt_io_read(&io, full, &c, 1), -EBADF);
	CHECK_EQ(mmt_io_close(&io, full), 0);
	CHECK_EQ(mmt_io_close(&io, full), -EBADF);
	CHECK_EQ(mmt_io_sync(&io, full), -EBADF);
}

TEST_NAMED(pipes_sync, "what cannot be synced is not an error")
{
	struct mmt_io io = MMT_IO_INIT;
	int fd[2];

	CHECK(pipe(fd) == 0);
	CHECK_EQ(mmt_io_sync(&io, fd[1]), 0);
	close(fd[0]);
	close(fd[1]);
}

/* open, write, sync, read, pread, close: the six calls of one use of a file; 0 or the first
 * trouble. The descriptor never leaks. */
static int use_file(struct mmt_io *io, const char *path, char *b)
{
	int fd = mmt_io_open(io, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	int err, shut;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	err = mmt_io_write(io, fd, text, (size_t)LEN);
	if (!err)
		err = mmt_io_sync(io, fd);
	if (!err) {
		lseek(fd, 0, SEEK_SET);
		n = mmt_io_read(io, fd, b, 8);
	}
	if (!err && n >= 0)
		n = mmt_io_pread(io, fd, b + n, (size_t)(LEN - n), n);
	shut = mmt_io_close(io, fd);
	return err ? err : n < 0 ? (int)n : shut;
}

static void each_call(int errnum, bool after, int want)
{
	char path[64], b[32];
	int next = dup(0);

	snprintf(path, sizeof(path), "/tmp/mmt-io-%d", (int)getpid());
	for (uint64_t nth = 1; nth <= 6; nth++) {
		struct mmt_io io = { .fail_at = nth, .fail_with = errnum, .fail_after = after };
		int fd;

		memset(b, 0, sizeof(b));
		CHECK_EQ(use_file(&io, path, b), want);
		CHECK(io.calls >= nth);
		if (!want)
			CHECK_MEM(b, text, 8);
		fd = dup(0);
		CHECK_EQ(fd, next + 1); /* nothing was left open */
		close(fd);
	}
	close(next);
	unlink(path);
}

TEST_NAMED(nth_fails, "each of the six calls fails with EIO, alone and with all after it")
{
	each_call(EIO, false, -EIO);
	each_call(EIO, true, -EIO);
}

TEST_NAMED(nth_interrupted, "an interrupted call is resumed: the caller sees nothing")
{
	each_call(EINTR, false, 0);
	each_call(EINTR, true, 0);
}

TEST_NAMED(short_counts, "short writes are completed, short reads are told")
{
	struct mmt_io io = { .fail_at = 1, .fail_after = true };
	int fd = scratch();
	char b[32];

	CHECK(fd >= 0);
	CHECK_EQ(mmt_io_write(&io, fd, text, (size_t)LEN), 0);
	CHECK_EQ(io.calls, LEN);
	CHECK_EQ(mmt_io_pread(&io, fd, b, sizeof(b), 0), 1);
	CHECK_EQ(b[0], '0');
	io.fail_at = 0;
	CHECK_EQ(mmt_io_pread(&io, fd, b, sizeof(b), 0), LEN);
	CHECK_MEM(b, text, LEN);
	close(fd);
}

TEST_MAIN
