/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace without what names people, programs, files and places; its replay stays the same. */
#ifndef MMT_TRACE_EDIT_ANON_H
#define MMT_TRACE_EDIT_ANON_H

#include "lib/base/json.h"
#include "lib/trace/edit/copy.h"

struct mmt_anon;

/* @seed draws where addresses go and what numbers begin with; it is kept nowhere. NULL: no memory.
 */
struct mmt_anon *mmt_anon_new(struct mmt_alloc *a, uint64_t seed);
void mmt_anon_free(struct mmt_anon *n);
/* First reading: every event, to know which addresses are in use. */
void mmt_anon_look(struct mmt_anon *n, const struct mmt_event *ev);
/* Between the readings: choose where addresses go. -ENOTSUP: no room to move them; -ENOMEM. */
int mmt_anon_place(struct mmt_anon *n, struct mmt_err *e);
/* Second reading: what becomes of @ev, whose strings are @dict's, in a trace that @w writes. 1; 0:
 * it is left out; -errno. */
int mmt_anon_event(struct mmt_anon *n, struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_writer *w, struct mmt_err *e);
/* What becomes of a dictionary entry (an operation of mmt_copy, with @ctx the struct mmt_anon). */
int mmt_anon_entry(void *ctx, struct mmt_dict_entry *entry, struct mmt_err *e);
/* A header with what a replay and a reader need. NULL: no memory. */
json_t *mmt_anon_header(const json_t *header);
/* The numbers of a trailer's overhead. NULL: no memory. */
json_t *mmt_anon_overhead(const json_t *overhead);
/* Whether @text, the value of a tunable, is of numbers and the kernel's own words. */
bool mmt_anon_value_is_plain(const char *text);

#endif
