/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failing allocations in a program with ASan and LSan, which must own malloc() and so cannot be
 * preloaded over as by nomem.c (SANITIZE=fault). The linker puts these wrappers around the calls of
 * our own code, jansson is given one, and what zstd creates counts as one allocation. Which fails
 * and what is counted: nth.h.
 */
#include "tests/fault/nth.h"

#include <jansson.h>
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

__attribute__((constructor)) static void begin(void)
{
	json_set_alloc_funcs(__wrap_malloc, free);
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
