/* SPDX-License-Identifier: GPL-2.0-only */
/* Vector code for the inner loops of reading columns; unpack.c decides when it is used. */
#ifndef MMT_TRACE_SUMS_H
#define MMT_TRACE_SUMS_H

#include "lib/trace/column/unpack.h"

/* Whether this CPU has what the rest of this file needs. */
bool mmt_sums_usable(void);
/* mmt_unpack_put() for a multiple of 4 values. */
void mmt_sums_put(struct mmt_unpack *u, const uint64_t *v, size_t n);
/* mmt_unpack_planes() for a multiple of 32 values of 1 to 8 bytes. */
void mmt_sums_planes(uint64_t *v, size_t n, unsigned w, const uint8_t *p, size_t step);
/* Planes of 1 to 4 bytes, a multiple of 8 values (at most MMT_UNPACK_BLOCK), to sums and the array
 * at once, in 32 bits. False, and nothing of it counts: these values or @u need more. */
bool mmt_sums_narrow(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step);
/* The same of 1 or 2 bytes, a multiple of 16 values, in 16 bits. */
bool mmt_sums_halves(struct mmt_unpack *u, size_t n, unsigned w, const uint8_t *p, size_t step);
/* Varints from @r on to @v, at most @m, while they are short: how many. */
size_t mmt_sums_varints(struct mmt_rd *r, uint64_t *v, size_t m);

#endif
