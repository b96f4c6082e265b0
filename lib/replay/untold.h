/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that left a per-CPU list without an event.
 */
#ifndef REPLAY_UNTOLD_H
#define REPLAY_UNTOLD_H

#include "lib/replay/allocator.h"

/* The model gave *@model where the host's request got @recorded: if pages above that in the CPU's list
 * had gone before, they are in use from now on, and *@model is what the request gets then. */
int untold_taken(struct allocator *a, const struct mm_alloc_request *rq, pfn_t recorded,
		 pfn_t *model, struct mmt_err *e);

#endif
