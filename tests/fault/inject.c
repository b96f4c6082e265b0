/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failing allocations in a program with ASan and LSan, which must own malloc() and so cannot be
 * preloaded over as by nomem.c (SANITIZE=fault). The linker puts these wrappers around the calls of
 * our own code, jansson is given one, and what zstd creates counts as one allocation. $NOMEM_AT,
 * $NOMEM_AFTER and $NOMEM_COUNT are those of nomem.c. What takes 20 s of CPU time is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
ZSTD_CCtx *__real_ZSTD_createCCtx(void);
ZSTD_DCtx *__real_ZSTD_createDCtx(void);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void);

static unsigned long calls, fail_at;
static bool after;

__attribute__((constructor)) static void begin(void)
{
	setrlimit(RLIMIT_CPU, &(struct rlimit){ 20, 20 });
	fail_at = getenv("NOMEM_AT") ? strtoul(getenv("NOMEM_AT"), NULL, 10) : 0;
	after = getenv("NOMEM_AFTER") && *getenv("NOMEM_AFTER");
	json_set_alloc_funcs(__wrap_malloc, free);
}

static bool fails(void)
{
	calls++;
	if (!fail_at || calls < fail_at || (calls > fail_at && !after))
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

ZSTD_CCtx *__wrap_ZSTD_createCCtx(void)
{
	return fails() ? NULL : __real_ZSTD_createCCtx();
}

ZSTD_DCtx *__wrap_ZSTD_createDCtx(void)
{
	return fails() ? NULL : __real_ZSTD_createDCtx();
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
