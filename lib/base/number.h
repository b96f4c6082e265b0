/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people write them. */
#ifndef MMT_BASE_NUMBER_H
#define MMT_BASE_NUMBER_H

#include "lib/base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The @n bytes at @p as one number, decimal or 0x hexadecimal, without sign. False: they are none,
 * or it exceeds 64 bits. */
bool mmt_number(const char *p, size_t n, uint64_t *v);
/* Digits with an optional fraction ("1.5"), times @scale, where the result must be whole or, if
 * @inexact, is rounded down. False: no such number, or beyond 64 bits. */
bool mmt_fraction(const char *p, size_t n, uint64_t scale, bool inexact, uint64_t *v);
/* Append @v in decimal, with @pad before it up to @width, at most 20; and as 0x hexadecimal. */
void mmt_wr_decimal(struct mmt_wr *w, uint64_t v, unsigned width, char pad);
void mmt_wr_hex(struct mmt_wr *w, uint64_t v);

#endif
