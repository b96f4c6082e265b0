/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LD_PRELOAD object: allocation number $NOMEM_AT (from 1) of the process fails, and with
 * $NOMEM_AFTER all later ones too. It reaches what the allocator of lib/base cannot: jansson, zstd
 * and libc itself. At exit it appends the number of allocations tried to the file $NOMEM_COUNT.
 * What takes longer than 20 s is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static unsigned long calls, fail_at;
static bool ready, after;

static bool fails(void)
{
	if (!ready) {
		ready = true;
		alarm(20);
		fail_at = getenv("NOMEM_AT") ? strtoul(getenv("NOMEM_AT"), NULL, 10) : 0;
		after = getenv("NOMEM_AFTER") && *getenv("NOMEM_AFTER");
	}
	calls++;
	if (!fail_at || calls < fail_at || (calls > fail_at && !after))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("NOMEM_COUNT");
	char line[32];
	int fd, n;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	n = snprintf(line, sizeof(line), "%lu\n", calls);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		_exit(99);
	close(fd);
}
