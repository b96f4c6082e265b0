/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The border of the build that sees reads of what was never written (SANITIZE=memory): jansson and
 * zstd are not built so, and what they do goes unseen. Here is all that is said about it, by
 * wrappers the linker puts around their calls: what they are given must have been written, what
 * they leave behind has been. What jansson allocates is zeroed, and so counts as written.
 */
#include <jansson.h>
#include <sanitizer/msan_interface.h>
#include <stdarg.h>
#include <stdlib.h>
#include <zstd.h>

#define STACK (64 << 10) /* more than a call of theirs needs */

/* The stack below still says what our own frames left unwritten there; theirs say nothing. */
static void leave_stack(void)
{
	char *here = __builtin_frame_address(0);

	__msan_unpoison(here - STACK, STACK - 512);
}

static void *written(size_t n)
{
	return calloc(1, n);
}

__attribute__((constructor)) static void see_jansson(void)
{
	json_set_alloc_funcs(written, free);
}

json_t *__real_json_loads(const char *text, size_t flags, json_error_t *e);
json_t *__wrap_json_loads(const char *text, size_t flags, json_error_t *e);
json_t *__wrap_json_loads(const char *text, size_t flags, json_error_t *e)
{
	if (e)
		__msan_unpoison(e, sizeof(*e));
	leave_stack();
	return __real_json_loads(text, flags, e);
}

json_t *__real_json_loadb(const char *p, size_t n, size_t flags, json_error_t *e);
json_t *__wrap_json_loadb(const char *p, size_t n, size_t flags, json_error_t *e);
json_t *__wrap_json_loadb(const char *p, size_t n, size_t flags, json_error_t *e)
{
	__msan_check_mem_is_initialized(p, n);
	if (e)
		__msan_unpoison(e, sizeof(*e));
	leave_stack();
	return __real_json_loadb(p, n, flags, e);
}

char *__real_json_dumps(const json_t *j, size_t flags);
char *__wrap_json_dumps(const json_t *j, size_t flags);
char *__wrap_json_dumps(const json_t *j, size_t flags)
{
	leave_stack();
	return __real_json_dumps(j, flags);
}

int __real_json_dumpf(const json_t *j, FILE *f, size_t flags);
int __wrap_json_dumpf(const json_t *j, FILE *f, size_t flags);
int __wrap_json_dumpf(const json_t *j, FILE *f, size_t flags)
{
	leave_stack();
	return __real_json_dumpf(j, f, flags);
}

json_t *__wrap_json_pack(const char *format, ...);
json_t *__wrap_json_pack(const char *format, ...)
{
	json_t *j;
	va_list ap;

	leave_stack();
	va_start(ap, format);
	j = json_vpack_ex(NULL, 0, format, ap);
	va_end(ap);
	return j;
}

static size_t put(void *to, size_t n)
{
	if (!ZSTD_isError(n))
		__msan_unpoison(to, n);
	return n;
}

size_t __real_ZSTD_compress(void *to, size_t room, const void *p, size_t n, int level);
size_t __wrap_ZSTD_compress(void *to, size_t room, const void *p, size_t n, int level);
size_t __wrap_ZSTD_compress(void *to, size_t room, const void *p, size_t n, int level)
{
	__msan_check_mem_is_initialized(p, n);
	return put(to, __real_ZSTD_compress(to, room, p, n, level));
}

size_t __real_ZSTD_compress2(ZSTD_CCtx *c, void *to, size_t room, const void *p, size_t n);
size_t __wrap_ZSTD_compress2(ZSTD_CCtx *c, void *to, size_t room, const void *p, size_t n);
size_t __wrap_ZSTD_compress2(ZSTD_CCtx *c, void *to, size_t room, const void *p, size_t n)
{
	__msan_check_mem_is_initialized(p, n);
	return put(to, __real_ZSTD_compress2(c, to, room, p, n));
}

size_t __real_ZSTD_decompressDCtx(ZSTD_DCtx *d, void *to, size_t room, const void *p, size_t n);
size_t __wrap_ZSTD_decompressDCtx(ZSTD_DCtx *d, void *to, size_t room, const void *p, size_t n);
size_t __wrap_ZSTD_decompressDCtx(ZSTD_DCtx *d, void *to, size_t room, const void *p, size_t n)
{
	__msan_check_mem_is_initialized(p, n);
	return put(to, __real_ZSTD_decompressDCtx(d, to, room, p, n));
}
