/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace into another: what every command that rewrites traces shares. */
#ifndef MMT_TRACE_EDIT_COPY_H
#define MMT_TRACE_EDIT_COPY_H

#include "lib/trace/reader.h"
#include "lib/trace/writer.h"

/* What becomes of ids, entries and losses on the way. Any of these may be NULL: nothing. */
struct mmt_copy_ops {
	/* The id that @kind's @id gets in the copy, asked once; @entry is NULL if the original has
	 * none. 0 or -errno. */
	int (*id)(void *ctx, enum mmt_dict_kind kind, uint32_t id,
		  const struct mmt_dict_entry *entry, uint32_t *to, struct mmt_err *e);
	/* Change @entry (its name stays the callee's), before it is defined: 0 or -errno. */
	int (*entry)(void *ctx, struct mmt_dict_entry *entry, struct mmt_err *e);
	/* Whether a loss belongs into the copy. */
	bool (*loss)(void *ctx, const struct mmt_loss *loss);
};

struct mmt_copy {
	struct mmt_alloc *alloc;
	struct mmt_reader *reader;
	struct mmt_writer *writer;
	const struct mmt_copy_ops *ops;
	void *ctx;
	bool whole;		/* every event goes over: frames end where they ended */
	struct mmt_dict *ids;	/* the id of each id in the copy, in num[0] */
	struct mmt_dict *shown; /* entries as they were when they went over */
	uint64_t frames;	/* of the reader, at the last event */
	size_t losses, gaps;	/* gone over */
};

/* Begin to copy @reader to @writer; both, @ops and @ctx stay the caller's. -ENOMEM. */
int mmt_copy_init(struct mmt_copy *c, struct mmt_alloc *a, struct mmt_reader *reader,
		  struct mmt_writer *writer, const struct mmt_copy_ops *ops, void *ctx,
		  struct mmt_err *e);
/* To be called when the reader has given an event, and at its end: gaps and losses it has met since
 * go over, in their place. 0 or -errno. */
int mmt_copy_sync(struct mmt_copy *c, struct mmt_err *e);
/* The entries that @ev names go over (strings only if @strings), then @ev, under their new ids.
 * -EINVAL: beyond a limit; -errno of the writer. */
int mmt_copy_event(struct mmt_copy *c, const struct mmt_event *ev, bool strings, struct mmt_err *e);
/* At the end of a whole copy: entries that no event named go over too (strings only if @strings).
 */
int mmt_copy_rest(struct mmt_copy *c, bool strings, struct mmt_err *e);
void mmt_copy_free(struct mmt_copy *c);

/* The dictionary that a field of @unit names entries of, or MMT_NR_DICTS: none. */
enum mmt_dict_kind mmt_unit_dict(enum mmt_unit unit);

#endif
