/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios in memory: a text into events, events into text, and events through a replay.
 */
#ifndef TESTS_SCENARIO_TEXT_H
#define TESTS_SCENARIO_TEXT_H

#include "lib/replay/engine.h"
#include "lib/replay/scenario/key.h"
#include "lib/trace/scenario/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO_TEXT_EVENTS 4096

struct scenario_text {
	struct mmt_alloc *alloc;
	struct mmt_dict *dict;
	struct mmt_event ev[SCENARIO_TEXT_EVENTS];
	unsigned nr;
};

__attribute__((unused)) static uint32_t scenario_text_string(void *ctx, const char *s,
							     struct mmt_err *e)
{
	struct scenario_text *t = ctx;
	bool fresh;
	uint32_t id = mmt_dict_intern(t->dict, s, &fresh);

	if (!id)
		mmt_fail(e, ENOMEM, "no memory for a string");
	return id;
}

__attribute__((unused)) static int scenario_text_event(void *ctx, const struct mmt_event *ev,
						       struct mmt_err *e)
{
	struct scenario_text *t = ctx;

	if (t->nr == SCENARIO_TEXT_EVENTS)
		return mmt_fail(e, EDQUOT, "too many events");
	t->ev[t->nr++] = *ev;
	return 0;
}

/* Parse into @t, which is zeroed but for its allocator. */
__attribute__((unused)) static int scenario_text_parse(struct scenario_text *t, const char *text,
						       size_t n, struct mmt_err *e)
{
	const struct mmt_scenario_sink sink = { .ctx = t,
						.string = scenario_text_string,
						.event = scenario_text_event,
						.check_key = scenario_key_check,
						.check_setting = scenario_setting_check };

	t->dict = mmt_dict_new(t->alloc);
	if (!t->dict)
		return mmt_fail(e, ENOMEM, "no memory for a dictionary");
	return mmt_scenario_parse(text, n, &sink, e);
}

/* Append the text of the events to @w. */
__attribute__((unused)) static int scenario_text_print(const struct scenario_text *t,
						       struct mmt_wr *w, struct mmt_err *e)
{
	uint64_t now = 0;
	int ret = 0;

	mmt_wr_bytes(w, "#mmtrace-scenario 1\n", 20);
	for (unsigned i = 0; i < t->nr && !ret; i++)
		ret = mmt_scenario_print(w, &t->ev[i], t->dict, &now, e);
	return ret;
}

/* Run the events; @r is to be freed whatever happened. */
__attribute__((unused)) static int scenario_text_replay(const struct scenario_text *t,
							struct replay *r,
							const struct replay_options *o,
							struct mmt_err *e)
{
	int ret = replay_start(r, t->alloc, o, e);

	for (unsigned i = 0; i < t->nr && !ret; i++)
		ret = replay_survey(r, &t->ev[i], t->dict, e);
	if (!ret)
		ret = replay_build(r, e);
	for (unsigned i = 0; i < t->nr && !ret; i++)
		ret = replay_event(r, &t->ev[i], t->dict, e);
	return ret ? ret : replay_finish(r, e);
}

#endif
