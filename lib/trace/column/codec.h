/* SPDX-License-Identifier: GPL-2.0-only */
/* One column of numbers <-> bytes; codec.c describes the codes. */
#ifndef MMT_TRACE_CODEC_H
#define MMT_TRACE_CODEC_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* What is left of a value once a prediction is taken from it. */
enum mmt_transform {
	MMT_T_NONE,   /* value - base */
	MMT_T_DELTA,  /* value - the one before it - base */
	MMT_T_ZIGZAG, /* value - the one before it, zigzag */
	MMT_NR_TRANSFORMS
};
#define MMT_T_SCALED 8 /* with any of them: low bits that are 0 in all are left out */

/* How what is left is stored. */
enum mmt_storage {
	MMT_S_CONST,  /* all alike */
	MMT_S_PLANES, /* fixed width of 0 to 8 bytes, all lowest bytes first; exceptions */
	MMT_S_WORDS,  /* fixed width of 1, 2, 4 or 8 bytes; exceptions */
	MMT_S_TABLE,  /* a byte that chooses one of at most 256 values */
	MMT_S_VARINT,
	MMT_NR_STORAGES
};

/* Append @n > 0 values in the code that seems smallest once compressed, or, if @plain, in the one
 * that is never longer than their varints and MMT_CODEC_HEAD. @tmp holds @n values. */
void mmt_codec_put(struct mmt_wr *w, const uint64_t *v, size_t n, uint64_t *tmp, bool plain);
#define MMT_CODEC_HEAD 24

/* Read a column that fills all of @r into @v, @n > 0 values of @width (1, 2, 4 or 8) bytes, aligned
 * to it; *@constant: all are alike. A value too large for its width is cut, and shows in *@any: no
 * value has a bit that it has not. -EBADMSG: a code that is not known, or bytes that do not fit it.
 */
int mmt_codec_take(struct mmt_rd r, void *v, unsigned width, size_t n, bool *constant,
		   uint64_t *any, struct mmt_err *e);

#endif
