// SPDX-License-Identifier: GPL-2.0-only
/*
 * What limits the trust in a result: what was lost, or never recorded, and what is not modelled.
 *
 * Recorders tell losses by drain interval, that is, by frame; what is said here is the span from the
 * first such interval to the end of the last, since the trace's first event, and how many there
 * were.
 *
 * Cost: none; the reader adds them up.
 */
#include "lib/replay/flags.h"

#include "lib/base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Microseconds of @time since the trace began, saturating at 0. */
static uint64_t since(const struct replay *r, uint64_t time)
{
	uint64_t first = r->survey.first_time;

	return time > first ? (time - first) / 1000 : 0;
}

static json_t *losses_reason(const struct replay *r)
{
	const struct mmt_reader_state *s = &r->state;
	uint64_t from = since(r, s->lost_from), to = since(r, s->lost_to);
	char text[160];

	snprintf(text, sizeof(text),
		 "events were lost while recording, in %zu interval%s from %" PRIu64
		 ".%06u to %" PRIu64 ".%06u s",
		 s->lost_intervals, s->lost_intervals == 1 ? "" : "s", from / 1000000,
		 (unsigned)(from % 1000000), to / 1000000, (unsigned)(to % 1000000));
	return json_string(text);
}

/* Whom a filter of the recorder's let through; NULL: everybody. */
static const char *recorded_alone(const struct replay *r)
{
	return !strcmp(r->filter, "command")  ? "command"
	       : !strcmp(r->filter, "pid")    ? "process"
	       : !strcmp(r->filter, "cgroup") ? "control group"
					      : NULL;
}

static json_t *filter_reason(const char *whose)
{
	return json_sprintf(
		"only the tasks of a %s were recorded: others used the same zones, whose "
		"free pages are not followed",
		whose);
}

static bool add(json_t *reasons, json_t *reason)
{
	return json_array_append_new(reasons, reason) == 0;
}

json_t *flags_json(const struct replay *r)
{
	json_t *o = json_object(), *reasons = json_array();
	bool partial = !r->state.complete || r->state.lost || r->nr_gaps;
	bool ok = true;

	if (r->why_incomplete[0])
		ok &= add(reasons, mmt_json_bytes(r->why_incomplete));
	if (r->state.lost)
		ok &= add(reasons, losses_reason(r));
	if (recorded_alone(r))
		ok &= add(reasons, filter_reason(recorded_alone(r)));
	if (replay_other_kernel(r)) {
		char text[192];

		snprintf(text, sizeof(text), "recorded on Linux %s, modelled as %s", r->kernel,
			 mm_profile_name(r->values.profile));
		ok &= add(reasons, mmt_json_bytes(text));
	}
	if (r->values.mm.zone_reclaim_mode)
		ok &= add(reasons, json_string("vm.zone_reclaim_mode was set while recording: "
					       "the reclaim it asks for is not modelled"));
	ok &= mmt_json_set(o, "reasons", reasons);
	ok &= mmt_json_set(o, "partial", json_boolean(partial));
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}
