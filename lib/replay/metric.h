/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metrics a result may hold, one table (metric.def): reports, diffs, `mmtrace list metrics` and
 * the man pages all read it. A name is the kernel's where /proc/vmstat has the same thing.
 */
#ifndef REPLAY_METRIC_H
#define REPLAY_METRIC_H

#include <stdint.h>

/* Which direction is an improvement; METRIC_NONE: neither, a change is only told. */
enum metric_polarity { METRIC_NONE, METRIC_LOWER, METRIC_HIGHER };

struct metric {
	const char *name;
	const char *unit; /* "pages", "blocks", "events", "permille" */
	enum metric_polarity polarity;
	/* A change for the worse is within the default threshold while it is at most @abs, or at
	 * most @rel thousandths of the base. @rel -1: not judged unless the user asks. */
	int32_t rel;
	uint64_t abs;
	const char *help;
};

unsigned metric_count(void);
/* The row @i, below metric_count(), in the order of the table. */
const struct metric *metric_at(unsigned i);
/* The row of that name, or NULL. */
const struct metric *metric_by_name(const char *name);
/* "lower", "higher" or "none", as results and lists spell it. */
const char *metric_polarity_name(enum metric_polarity polarity);

#endif
