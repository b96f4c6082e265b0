/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A window on the bytes of a trace, wide enough for any frame.
 *
 * Theory. The reader looks at whole frames in place. From memory the window is the rest of the
 * bytes; from a descriptor it is a buffer that is filled as far as one read gives, so that a trace
 * is read from a pipe as it comes, and moved to the front when its end is reached.
 *
 * Invariants: (1) after mmt_source_need(n) either left >= n or end; (2) offset + left never
 * exceeds what was read.
 */
#include "lib/trace/source.h"

#include "lib/trace/frame.h"

#include <errno.h>
#include <string.h>

#define BUFFER (2 * (size_t)MMT_FRAME_MAX)

int mmt_source_open(struct mmt_source *s, struct mmt_alloc *a, struct mmt_io *io, int fd,
		    struct mmt_err *e)
{
	*s = (struct mmt_source){ .alloc = a, .io = io, .fd = fd };
	s->buf = mmt_resize(a, NULL, BUFFER, 1);
	if (!s->buf)
		return mmt_fail(e, ENOMEM, "no memory for reading a trace");
	s->p = s->buf;
	return 0;
}

void mmt_source_open_memory(struct mmt_source *s, struct mmt_alloc *a, const void *p, size_t n)
{
	*s = (struct mmt_source){ .alloc = a, .fd = -1, .left = n, .end = true };
	s->p = p ? p : (const uint8_t *)"";
}

int mmt_source_need(struct mmt_source *s, size_t n, struct mmt_err *e)
{
	MMT_BUG(n > MMT_FRAME_MAX);
	if (s->left >= n || s->end)
		return 0;
	if ((size_t)(s->p - s->buf) + n > BUFFER) {
		memmove(s->buf, s->p, s->left);
		s->p = s->buf;
	}
	while (s->left < n) {
		uint8_t *to = s->buf + (s->p - s->buf) + s->left;
		ssize_t got = mmt_io_read(s->io, s->fd, to, (size_t)(s->buf + BUFFER - to));

		if (got < 0) {
			mmt_err_offset(e, s->offset + s->left);
			return mmt_fail_errno(e, (int)-got, "cannot read");
		}
		if (!got) {
			s->end = true;
			return 0;
		}
		s->left += (size_t)got;
	}
	return 0;
}

void mmt_source_skip(struct mmt_source *s, size_t n)
{
	MMT_BUG(n > s->left);
	s->p += n;
	s->left -= n;
	s->offset += n;
}

int mmt_source_matches(struct mmt_source *s, const uint8_t *want, size_t n, bool *same,
		       struct mmt_err *e)
{
	int err = 0;

	*same = true;
	for (size_t at = 0; at < n && *same;) {
		size_t part = n - at < 4096 ? n - at : 4096;

		err = mmt_source_need(s, part, e);
		if (err)
			break;
		*same = s->left >= part && memcmp(s->p, want + at, part) == 0;
		if (*same)
			mmt_source_skip(s, part);
		at += part;
	}
	return err;
}

void mmt_source_close(struct mmt_source *s)
{
	mmt_free(s->alloc, s->buf);
	s->buf = NULL;
}
