/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks in a row that leave the free lists for a per-CPU list, or go back, as one.
 */
#ifndef MM_RUN_H
#define MM_RUN_H

#include "lib/mm/pages/pcp.h"

/* The block to take for up to @nr requests of @order and @type in a row, of order *@run: what they
 * would get, lowest first, and no more. PFN_NONE, nothing changed: they have to be served one by
 * one. */
pfn_t run_take(struct mm_system *sys, struct zone *z, unsigned order, enum migratetype type,
	       int32_t nr, unsigned *run);
/* Blocks of @order, of @pages pages at most, that leave @list oldest first: how many of them, from the
 * first on, are one block of order *@run, at *@pfn. 1: the first one alone. */
uint32_t run_find(const struct deque *list, unsigned order, int32_t pages, pfn_t *pfn,
		  unsigned *run);

#endif
