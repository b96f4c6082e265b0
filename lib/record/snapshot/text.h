/* SPDX-License-Identifier: GPL-2.0-only */
/* Words and numbers out of the kernel's text files; nothing is copied, nothing read past the end.
 */
#ifndef MMT_RECORD_SNAPSHOT_TEXT_H
#define MMT_RECORD_SNAPSHOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes [p, end), consumed from the front. */
struct text {
	const char *p;
	const char *end;
};

static inline struct text text_of(const char *p, size_t n)
{
	return (struct text){ p ? p : "", (p ? p : "") + (p ? n : 0) };
}

static inline size_t text_len(struct text t)
{
	return (size_t)(t.end - t.p);
}

/* Take the next line off @t, without its newline; false at the end. */
bool text_line(struct text *t, struct text *line);
/* Take the next word (no blanks) off @t; false if none is left. */
bool text_word(struct text *t, struct text *word);
/* Take everything before @c, and @c, off @t; false (and nothing taken) if there is no @c. */
bool text_until(struct text *t, char c, struct text *part);
/* Take @prefix off @t if @t begins with it. */
bool text_skip(struct text *t, const char *prefix);
bool text_is(struct text t, const char *s);
void text_trim(struct text *t);
/* The whole of @t as a number: false if it is none or beyond 64 bits. */
bool text_u64(struct text t, uint64_t *v);
bool text_s64(struct text t, int64_t *v);
bool text_hex(struct text t, uint64_t *v);
/* Take the next word as a number; false: none, and @t is unchanged. */
bool text_next_u64(struct text *t, uint64_t *v);
/* Copy into @out of @size, cut to fit, always terminated; a NUL inside ends it. */
void text_copy(struct text t, char *out, size_t size);

#endif
