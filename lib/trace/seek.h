/* SPDX-License-Identifier: GPL-2.0-only */
/* The seek table at the end of a sealed trace (zstd seekable format 0.1.0). */
#ifndef MMT_TRACE_SEEK_H
#define MMT_TRACE_SEEK_H

#include "lib/base/bytes.h"
#include "lib/trace/source.h"

struct mmt_seek_entry {
	uint32_t compressed, raw; /* bytes in the file, bytes that zstd makes of them */
};

#define MMT_SEEK_ENTRY 8 /* bytes of one frame in a file */

struct mmt_seek {
	struct mmt_alloc *alloc;
	struct mmt_seek_entry *entries;
	size_t nr, cap;
};

/* One more frame, zstd's or skippable. False: no memory, or more than a table can hold. */
bool mmt_seek_add(struct mmt_seek *s, uint32_t compressed, uint32_t raw);
/* The whole table as it stands in a file. */
void mmt_seek_put(const struct mmt_seek *s, struct mmt_wr *w);
/* Read the table of @n bytes at @p (its skippable frame and no more) into @s: false if it is not
 * one, or no memory. */
bool mmt_seek_take(struct mmt_seek *s, const void *p, size_t n);
/* Pass over what looks like a table of the @src->offset bytes before it; *@is_one: it did. */
int mmt_seek_skip(struct mmt_source *src, bool *is_one, struct mmt_err *e);
void mmt_seek_free(struct mmt_seek *s);

#endif
