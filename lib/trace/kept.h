/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame that is kept in memory until somebody makes a file of it. */
#ifndef MMT_TRACE_KEPT_H
#define MMT_TRACE_KEPT_H

#include "lib/trace/frame.h"

struct mmt_kept_count {
	uint32_t kind, n;
};

struct mmt_kept {
	const struct mmt_frame *f; /* type, times, lengths, events and losses are set */
	const struct mmt_loss *losses;
	const struct mmt_kept_count *counts; /* events of each kind */
	uint32_t nr_counts;
	const void *comp; /* the payload */
};

#endif
