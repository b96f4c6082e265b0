/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LD_PRELOAD object: of the calls by which a command reaches files (open, read, write, fsync,
 * mmap), number $NOIO_AT (from 1) fails with errno $NOIO_ERRNO, or moves one byte only if that is
 * 0; with $NOIO_AFTER all later ones too. What libc does for its streams goes past it. At exit it
 * appends the number of calls to the file $NOIO_COUNT. What takes longer than 20 s is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long calls, fail_at;
static int fail_with;
static bool ready, after;

/* 0: go on; 1: come short; -1: fail, errno is set. */
static int fault(void)
{
	if (!ready) {
		ready = true;
		alarm(20);
		fail_at = getenv("NOIO_AT") ? strtoul(getenv("NOIO_AT"), NULL, 10) : 0;
		fail_with = getenv("NOIO_ERRNO") ? (int)strtol(getenv("NOIO_ERRNO"), NULL, 10) : 0;
		after = getenv("NOIO_AFTER") && *getenv("NOIO_AFTER");
	}
	calls++;
	if (!fail_at || calls < fail_at || (calls > fail_at && !after))
		return 0;
	errno = fail_with;
	return fail_with ? -1 : 1;
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	return fault() < 0 ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_at(dir, path, flags, mode);
}

ssize_t read(int fd, void *buf, size_t n)
{
	int f = fault();

	return f < 0 ? -1 : syscall(SYS_read, fd, buf, f && n ? 1 : n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
	int f = fault();

	return f < 0 ? -1 : syscall(SYS_pread64, fd, buf, f && n ? 1 : n, at);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	int f = fault();

	return f < 0 ? -1 : syscall(SYS_write, fd, buf, f && n ? 1 : n);
}

int fsync(int fd)
{
	return fault() < 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

void *mmap(void *addr, size_t n, int prot, int flags, int fd, off_t at)
{
	return fault() < 0 ? MAP_FAILED : (void *)syscall(SYS_mmap, addr, n, prot, flags, fd, at);
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("NOIO_COUNT");
	char line[32];
	int fd, n;

	if (!path)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600);
	n = snprintf(line, sizeof(line), "%lu\n", calls);
	if (fd < 0 || syscall(SYS_write, fd, line, n) != n)
		_exit(99);
	syscall(SYS_close, fd);
}
