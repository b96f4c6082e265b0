// SPDX-License-Identifier: GPL-2.0-only
/*
 * A figure may be trusted where nothing was lost: so a result says when something was. Recorders
 * tell losses by drain interval, that is, by frame; what is said here is the span from the first
 * such interval to the end of the last, since the trace's first event, and how many there were.
 *
 * Cost: none; the reader adds them up.
 */
#include "lib/replay/losses.h"

#include "lib/base/json.h"

#include <inttypes.h>
#include <stdio.h>

/* Microseconds of @time since the trace began, saturating at 0. */
static uint64_t since(const struct replay *r, uint64_t time)
{
	uint64_t first = r->survey.first_time;

	return time > first ? (time - first) / 1000 : 0;
}

json_t *losses_reason(const struct replay *r)
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
