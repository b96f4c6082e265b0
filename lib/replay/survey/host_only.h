/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the recorded host that nothing of the model stands beside yet.
 */
#ifndef REPLAY_HOST_ONLY_H
#define REPLAY_HOST_ONLY_H

#include "lib/trace/dict.h"
#include "lib/trace/event.h"

enum { HOST_ONLY_MAX = 16 };

struct host_only {
	/* By row of the table. Of a counter: its first value, and how much it rose since; of an
	 * event: how often it was recorded. */
	uint64_t first[HOST_ONLY_MAX], count[HOST_ONLY_MAX];
	bool seen[HOST_ONLY_MAX]; /* false: this host has no such counter, or nothing was recorded
				   */
};

struct host_only_info {
	const char *name, *unit, *help;
	unsigned kind; /* of the event that is counted; 0: a counter of /proc/vmstat */
};

unsigned host_only_count(void);
const struct host_only_info *host_only_at(unsigned i);

/* Whether events of @kind are counted. */
bool host_only_wants(unsigned kind);
/* Take a snap_vmstat row or an event that is counted; others change nothing. */
void host_only_event(struct host_only *h, const struct mmt_event *ev, const struct mmt_dict *dict);

#endif
