/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel keeps its struct pages: what turns a page's address into a frame number. */
#ifndef MMT_RECORD_PFN_H
#define MMT_RECORD_PFN_H

#include "lib/base/err.h"

/* Address of frame 0's struct page if @n pairs agree on one (at least three), else 0. */
uint64_t rec_page_base(const volatile uint64_t *page, const volatile uint64_t *pfn, unsigned n,
		       unsigned page_struct);
/* The guess where no pairs could be had: addresses of pages at hand, rounded down to 1 GiB, if all
 * agree; right below 64 GiB of RAM. 0: none. */
uint64_t rec_page_base_guess(const volatile uint64_t *page, unsigned n);

#endif
