/* SPDX-License-Identifier: GPL-2.0-only */
/* What is missing of a trace: its gaps, and the events lost while it was recorded. */
#ifndef MMT_TRACE_MISSING_H
#define MMT_TRACE_MISSING_H

#include "lib/trace/frame.h"
#include "lib/trace/reader.h"

/* The lists that a reader's state shows. */
struct mmt_missing {
	struct mmt_alloc *alloc;
	struct mmt_gap *gaps;
	size_t cap_gaps;
	struct mmt_loss *losses;
	size_t cap_losses;
};

/* Add @gap, which is there because of @why, to the list in @s. 0 or -ENOMEM. */
int mmt_missing_gap(struct mmt_missing *m, struct mmt_reader_state *s, const struct mmt_gap *gap,
		    const char *why, struct mmt_err *e);
/* The frames from @next to before @seq, which stands at @offset, are missing: the gap that ends
 * there is told so, or one is added. 0 or -ENOMEM. */
int mmt_missing_frames(struct mmt_missing *m, struct mmt_reader_state *s, uint64_t offset,
		       uint64_t next, uint64_t seq, struct mmt_err *e);
/* Add the losses that the checked frame @f tells of, and count them in @s. 0 or -ENOMEM. */
int mmt_missing_losses(struct mmt_missing *m, struct mmt_reader_state *s, struct mmt_frame *f,
		       struct mmt_err *e);
/* At the file's end, after frame @last: say in @s why it is not complete, if it is not. */
void mmt_missing_explain(struct mmt_reader_state *s, uint64_t last);
void mmt_missing_free(struct mmt_missing *m);

#endif
