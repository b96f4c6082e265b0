/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of a column's values: out of their bytes, untransformed, into an array of the width that
 * the field's limit asks for; unpack.c describes it. */
#ifndef MMT_TRACE_UNPACK_H
#define MMT_TRACE_UNPACK_H

#include "lib/trace/column/codec.h"

#define MMT_UNPACK_BLOCK 512 /* values handled at once: they stay in the innermost cache */

/* What undoes a transform from block to block, and where values go. */
struct mmt_unpack {
	enum mmt_transform transform;
	unsigned shift;	    /* bits left out, 0 to 63 */
	uint64_t sum, base; /* the value before, and what was taken from each */
	uint64_t any;	    /* bits of all values given so far */
	uint8_t *to;	    /* the next value's place */
	unsigned width;	    /* of a value there: 1, 2, 4 or 8 bytes */
};

/* @n fixed-width values of @w bytes that stand together, as 64 bits each. */
void mmt_unpack_words(uint64_t *v, size_t n, unsigned w, const uint8_t *p);
/* The same, byte by byte in planes that are @step bytes apart. */
void mmt_unpack_planes(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step);
/* Undo the transform of @n values and put them where they belong, cut to its width: who reads
 * them compares `any` with their limit first. */
void mmt_unpack_put(struct mmt_unpack *u, const uint64_t *v, size_t n);
/* Planes of @w bytes to values where they belong, at once: false if another way must be taken. */
bool mmt_unpack_narrow(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step);
/* All of an untransformed column of bytes at once: false if its base or shift does not allow that.
 */
bool mmt_unpack_bytes(struct mmt_unpack *u, const uint8_t *p, size_t n);
/* Values that @p chooses from @table. */
void mmt_unpack_table(struct mmt_unpack *u, const uint8_t *p, size_t n, const uint64_t *table);
/* @n times @value. */
void mmt_unpack_constant(struct mmt_unpack *u, uint64_t value, size_t n);
/* The largest of @n values that are @width bytes each. */
uint64_t mmt_unpack_largest(const void *v, unsigned width, size_t n);

#endif
