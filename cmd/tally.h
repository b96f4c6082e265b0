/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a trace's events say against what the kernel counted itself: pages allocated and freed
 * between the first and the last snapshot, by mm_page_alloc and mm_page_free and by /proc/vmstat.
 */
#ifndef MMT_CMD_TALLY_H
#define MMT_CMD_TALLY_H

#include "lib/trace/reader.h"

#define TALLY_PARTS 16 /* zones that a kernel may count by */

struct tally_sum {
	bool seen;	     /* the kernel's counter was in a snapshot */
	uint64_t first, end; /* of the counter, in the first and the last snapshot so far */
	uint64_t from, to;   /* when these were read */
	uint64_t pages;	     /* of events after `from` */
	uint64_t at_end;     /* of these, up to `to` */
	unsigned nr_parts;
	struct {
		uint64_t id, value;
	} part[TALLY_PARTS]; /* of which the counter is the sum */
};

struct tally {
	struct tally_sum alloc, free;
};

/* Take the next event of a trace into account. */
void tally_event(struct tally *t, const struct mmt_event *ev, const struct mmt_dict *dict);
/* Whether the trace behind @r says enough to compare: every task was recorded, with this event. */
bool tally_is_whole(const struct mmt_reader *r, const char *event);
/* Pages the kernel counted, and those that events tell, between the first and the last snapshot:
 * false if there are no two snapshots with the counter. */
bool tally_between(const struct tally_sum *s, uint64_t *counted, uint64_t *told);
/* Events of @kind lost in the whole trace. */
uint64_t tally_lost(const struct mmt_reader_state *s, unsigned kind);

#endif
