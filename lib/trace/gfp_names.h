/* SPDX-License-Identifier: GPL-2.0-only */
/* Canonical GFP bits <-> the kernel's names for them. */
#ifndef MMT_TRACE_GFP_NAMES_H
#define MMT_TRACE_GFP_NAMES_H

#include "lib/base/nearest.h"

#include <stdbool.h>
#include <stdint.h>

#define MMT_GFP_TEXT 384 /* bytes that hold whatever text there is */

/* "GFP_KERNEL|__GFP_ZERO" into @buf, as the kernel prints flags: combinations first, bits without a
 * name as one number; "none" for 0. Returns @buf. */
const char *mmt_gfp_text(uint64_t gfp, char *buf, size_t size);
/* The same back from the @n bytes at @text: names or numbers (decimal or 0x) joined by '|'. False:
 * not so, and *@bad, *@bad_n is the part that is neither. */
bool mmt_gfp_parse(const char *text, size_t n, uint64_t *gfp, const char **bad, size_t *bad_n);
/* Name @i of the table and its @value; NULL: there are fewer. */
const char *mmt_gfp_name(unsigned i, uint32_t *value);
/* Offer every name. */
void mmt_gfp_nearest(struct mmt_nearest *nearest);

#endif
