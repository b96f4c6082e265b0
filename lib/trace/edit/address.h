/* SPDX-License-Identifier: GPL-2.0-only */
/* User addresses moved by multiples of 512 GiB, region by region, in their order. */
#ifndef MMT_TRACE_EDIT_ADDRESS_H
#define MMT_TRACE_EDIT_ADDRESS_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/base/rng.h"

struct mmt_regions;

/* No address is in use yet. NULL: no memory. */
struct mmt_regions *mmt_regions_new(struct mmt_alloc *a);
void mmt_regions_free(struct mmt_regions *r);
/* @n bytes from @addr are in use; together they stay. */
void mmt_regions_use(struct mmt_regions *r, uint64_t addr, uint64_t n);
/* Choose by lot where each region goes. -ENOTSUP: there is no room to move all of them; -ENOMEM. */
int mmt_regions_place(struct mmt_regions *r, struct mmt_rng *rng, struct mmt_err *e);
/* Where @addr went. One that no region holds becomes a border of the regions beside it; 0 and
 * MMT_ADDR_OUTSIDE stay. */
uint64_t mmt_regions_move(const struct mmt_regions *r, uint64_t addr);
/* The same for the first address after something. */
uint64_t mmt_regions_move_end(const struct mmt_regions *r, uint64_t end);

#endif
