/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that end a recording, or make it dump: oom, stall>TIME, order>=N. */
#ifndef MMT_RECORD_TRIGGER_H
#define MMT_RECORD_TRIGGER_H

#include "lib/trace/event.h"

#define REC_TRIGGERS	   8  /* most of one recording */
#define REC_TRIGGER_STALLS 64 /* tasks that stall at a time and are watched */

enum rec_trigger_kind { REC_TRIGGER_OOM, REC_TRIGGER_STALL, REC_TRIGGER_ORDER };

struct rec_trigger {
	enum rec_trigger_kind kind;
	uint64_t than; /* ns of a stall; an order */
	char text[32]; /* as it was given */
};

/* A task that waits for memory. */
struct rec_stall {
	uint32_t task;
	uint16_t kind; /* of the event that began it */
	uint64_t since;
};

/* All of a recording; zero it. */
struct rec_triggers {
	struct rec_trigger t[REC_TRIGGERS];
	unsigned nr;
	struct rec_stall stall[REC_TRIGGER_STALLS];
	unsigned nr_stalls;
	const struct rec_trigger *fired; /* the first since rec_trigger_arm(), or NULL */
	struct rec_stall by;		 /* task, kind of event, and time of it */
	uint64_t took;			 /* ns of a stall; an order */
};

/* Add the one that @text says, its time read by @parse. NULL, or what is wrong with it. */
const char *rec_trigger_add(struct rec_triggers *r, const char *text,
			    bool (*parse)(const char *text, uint64_t *ns));
/* Is @kind an event that one of them looks at? */
bool rec_trigger_wants(const struct rec_triggers *r, unsigned kind);
/* An event happened. @kthread: to a kernel thread. */
void rec_trigger_see(struct rec_triggers *r, const struct mmt_event *ev, bool kthread);
/* All events up to @now were seen: stalls that last still. */
void rec_trigger_tick(struct rec_triggers *r, uint64_t now);
/* Events were lost: whatever had begun may have ended. */
void rec_trigger_forget(struct rec_triggers *r);
/* From now on they may fire again. */
void rec_trigger_arm(struct rec_triggers *r);

#endif
