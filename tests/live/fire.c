/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Make known events happen, one sort a call:
 *
 *	fire open FILE N      open and close FILE, N times: N objects of the cache of files
 *	fire switch N         two processes hand a byte to and fro, N times
 *	fire collapse         make a huge page of small ones; 77: this kernel does not
 *	fire merge N          offer N pages to KSM, and take the offer back
 *	fire write FILE N     write N pages to a new FILE and wait until they are on disk
 *	fire read FILE        forget what is cached of FILE, then read it
 *	fire touch N FILE     touch N pages, wait until FILE is gone, and touch N more
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	     4096UL
#define HUGE	     (512 * PAGE)
#define COLLAPSE     25 /* MADV_COLLAPSE, since 6.1 */
#define NOT_POSSIBLE 77

static char *map(size_t bytes)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		exit(3);
	return at;
}

static void touch(char *at, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		((volatile char *)at)[i * PAGE] = (char)i;
}

static int fire_open(const char *file, unsigned long n)
{
	while (n--) {
		int fd = open(file, O_RDONLY);

		if (fd < 0)
			return 3;
		close(fd);
	}
	return 0;
}

static int fire_switch(unsigned long n)
{
	int there[2], back[2], pid;
	char byte = 1;

	if (pipe(there) || pipe(back))
		return 3;
	pid = fork();
	for (; n; n--) {
		if (!pid && (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1))
			_exit(3);
		if (pid && (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1))
			return 3;
	}
	if (!pid)
		_exit(0);
	return waitpid(pid, NULL, 0) == pid ? 0 : 3;
}

static int fire_collapse(void)
{
	char *at = map(2 * HUGE), *aligned = at + (HUGE - (size_t)at % HUGE) % HUGE;

	madvise(at, 2 * HUGE, MADV_NOHUGEPAGE);
	touch(aligned, HUGE / PAGE);
	madvise(at, 2 * HUGE, MADV_HUGEPAGE);
	if (!madvise(aligned, HUGE, COLLAPSE))
		return 0;
	return errno == EINVAL ? NOT_POSSIBLE : 4;
}

static int fire_merge(unsigned long n)
{
	char *at = map(n * PAGE);

	touch(at, n);
	if (madvise(at, n * PAGE, MADV_MERGEABLE))
		return NOT_POSSIBLE;
	return madvise(at, n * PAGE, MADV_UNMERGEABLE) ? 3 : 0;
}

static int fire_write(const char *file, unsigned long n)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char page[PAGE];

	memset(page, 1, sizeof(page));
	while (fd >= 0 && n--) {
		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			return 3;
	}
	return fd < 0 || fsync(fd) || close(fd) ? 3 : 0;
}

static int fire_read(const char *file)
{
	int fd = open(file, O_RDONLY);
	char page[PAGE];

	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		return 3;
	while (read(fd, page, sizeof(page)) > 0)
		;
	return close(fd) ? 3 : 0;
}

static int fire_touch(unsigned long n, const char *file)
{
	char *at = map(2 * n * PAGE);

	madvise(at, 2 * n * PAGE, MADV_NOHUGEPAGE);
	touch(at, n);
	while (!access(file, F_OK))
		usleep(1000);
	touch(at + n * PAGE, n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";
	const char *more = argc > 3 ? argv[3] : "0";

	if (!strcmp(what, "open"))
		return fire_open(arg, strtoul(more, NULL, 10));
	if (!strcmp(what, "switch"))
		return fire_switch(strtoul(arg, NULL, 10));
	if (!strcmp(what, "collapse"))
		return fire_collapse();
	if (!strcmp(what, "merge"))
		return fire_merge(strtoul(arg, NULL, 10));
	if (!strcmp(what, "write"))
		return fire_write(arg, strtoul(more, NULL, 10));
	if (!strcmp(what, "read"))
		return fire_read(arg);
	if (!strcmp(what, "touch"))
		return fire_touch(strtoul(arg, NULL, 10), more);
	return 2;
}
