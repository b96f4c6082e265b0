/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The error object. Formatting never allocates, so that an out-of-memory error can always be told.
 */
#include "lib/base/err.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_text(struct mmt_err *e, int code, const char *fmt, va_list ap)
{
	e->code = code;
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
		e->text[0] = '\0';
}

int mmt_fail(struct mmt_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, fmt);
		set_text(e, code, fmt, ap);
		va_end(ap);
	}
	return -code;
}

int mmt_fail_errno(struct mmt_err *e, int code, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	if (e) {
		va_start(ap, fmt);
		set_text(e, code, fmt, ap);
		va_end(ap);
		len = strlen(e->text);
		snprintf(e->text + len, sizeof(e->text) - len, ": %s", strerror(code));
	}
	return -code;
}

void mmt_err_path(struct mmt_err *e, const char *path)
{
	if (e)
		snprintf(e->path, sizeof(e->path), "%s", path);
}

void mmt_err_offset(struct mmt_err *e, uint64_t offset)
{
	if (e) {
		e->offset = offset;
		e->has_offset = true;
	}
}

void mmt_err_frame(struct mmt_err *e, uint64_t frame)
{
	if (e) {
		e->frame = frame;
		e->has_frame = true;
	}
}

void mmt_err_event(struct mmt_err *e, uint64_t event)
{
	if (e) {
		e->event = event;
		e->has_event = true;
	}
}

void mmt_err_line(struct mmt_err *e, unsigned line, unsigned column)
{
	if (e) {
		e->line = line;
		e->column = column;
	}
}

/* Append to a bounded string; the cursor stays inside it. */
static void append(char *buf, size_t size, size_t *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void append(char *buf, size_t size, size_t *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf + *at, size - *at, fmt, ap);
	va_end(ap);
	if (n > 0)
		*at = *at + (size_t)n < size ? *at + (size_t)n : size - 1;
}

const char *mmt_err_format(const struct mmt_err *e, char *buf, size_t size)
{
	const char *sep = "at ";
	size_t at = 0;

	if (!size)
		return buf;
	buf[0] = '\0';
	if (e->path[0])
		append(buf, size, &at, e->line ? "%s" : "%s: ", e->path);
	if (e->line)
		append(buf, size, &at, e->path[0] ? ":%u" : "line %u", e->line);
	if (e->line && e->column)
		append(buf, size, &at, e->path[0] ? ":%u" : ", column %u", e->column);
	if (e->line) {
		append(buf, size, &at, ": %s", e->text);
		return buf;
	}
	if (e->has_offset) {
		append(buf, size, &at, "%soffset 0x%" PRIx64, sep, e->offset);
		sep = ", ";
	}
	if (e->has_frame) {
		append(buf, size, &at, "%sframe %" PRIu64, sep, e->frame);
		sep = ", ";
	}
	if (e->has_event) {
		append(buf, size, &at, "%sevent %" PRIu64, sep, e->event);
		sep = ", ";
	}
	append(buf, size, &at, "%s%s", sep[0] == ',' ? ": " : "", e->text);
	return buf;
}

void mmt_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "mmtrace: bug at %s:%d: %s\n", file, line, what);
	abort();
}
