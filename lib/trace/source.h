/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a reader's bytes come from: a descriptor, which may be a pipe, or memory. */
#ifndef MMT_TRACE_SOURCE_H
#define MMT_TRACE_SOURCE_H

#include "lib/base/alloc.h"
#include "lib/base/io.h"

struct mmt_source {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	int fd;
	uint8_t *buf; /* NULL: memory */
	const uint8_t *p;
	size_t left;	 /* bytes at p */
	uint64_t offset; /* of p in the file */
	bool end;	 /* no more will come than is left */
};

int mmt_source_open(struct mmt_source *s, struct mmt_alloc *a, struct mmt_io *io, int fd,
		    struct mmt_err *e);
void mmt_source_open_memory(struct mmt_source *s, struct mmt_alloc *a, const void *p, size_t n);
/* Have @n bytes (at most MMT_FRAME_MAX) at s->p, or all there are before the end. 0 or -errno. */
int mmt_source_need(struct mmt_source *s, size_t n, struct mmt_err *e);
/* Pass over @n bytes that are there. */
void mmt_source_skip(struct mmt_source *s, size_t n);
/* *@same: whether the next @n bytes are those at @want, which are passed over as far as they are. 0
 * or -errno. */
int mmt_source_matches(struct mmt_source *s, const uint8_t *want, size_t n, bool *same,
		       struct mmt_err *e);
void mmt_source_close(struct mmt_source *s);

#endif
