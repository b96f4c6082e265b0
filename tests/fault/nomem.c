/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LD_PRELOAD object: allocations fail and are counted as nth.h says. It reaches what the allocator of
 * lib/base cannot: jansson, zstd and libc itself.
 */
#include "tests/fault/nth.h"

#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

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
