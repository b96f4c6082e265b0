// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a trailer says of the recording: what it cost, and how it ended.
 *
 * Theory. Counters of the process and of its programs run from the start of the recording. A file
 * of a series tells its own share: what they were at its begin is subtracted. A dump of the flight
 * recorder tells all of it, since what is in it cannot be told from what fell out.
 *
 * Cost: two system calls and one for each program, at the end of a file.
 */
#include "lib/record/session/impl.h"

#include <sys/resource.h>

uint64_t session_cpu(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 * SESSION_MS +
	       (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000;
}

void session_count_from_here(struct session *s)
{
	s->file.began = session_now();
	s->file.cpu = session_cpu();
	rec_probes_cost(s->probes, &s->file.bpf_ns, &s->file.bpf_runs);
}

/* Of the flight recorder: what is in the file, and what fell out before. */
static json_t *window(const struct session *s)
{
	struct rec_flight_state f = rec_flight_state(s->flight);

	return json_pack("{s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:I}", "time_ns",
			 (json_int_t)s->o->flight_ns, "bytes", (json_int_t)f.size, "used_bytes",
			 (json_int_t)f.used, "whole", f.whole, "events",
			 (json_int_t)(f.held - f.rows), "rows", (json_int_t)f.rows, "left_events",
			 (json_int_t)f.left, "missed_events", (json_int_t)f.missed);
}

json_t *session_overhead(struct session *s)
{
	uint64_t runs;
	json_t *j;

	s->sum->cpu = session_cpu();
	rec_probes_cost(s->probes, &s->sum->bpf_ns, &runs);
	j = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "recorder_cpu_ns",
		      (json_int_t)(s->sum->cpu - s->file.cpu), "bpf_ns",
		      (json_int_t)(s->sum->bpf_ns - s->file.bpf_ns), "bpf_runs",
		      (json_int_t)(runs - s->file.bpf_runs), "recorded_ns",
		      (json_int_t)(session_now() - s->file.began), "first_snapshot_ns",
		      (json_int_t)s->sum->first_snapshot, "late_events",
		      (json_int_t)rec_drain_late(s->drain), "swapped_pairs",
		      (json_int_t)rec_drain_swapped(s->drain), "interrupted_frees",
		      (json_int_t)rec_probes_rescued(s->probes), "signal",
		      (json_int_t)s->sum->signal);
	if (j && s->flight)
		mmt_json_set(j, "window", window(s));
	if (j && s->o->rotate)
		mmt_json_set(j, "file", json_integer((json_int_t)s->sum->files));
	if (j && s->tail)
		mmt_json_set(j, "trigger",
			     json_pack("{s:s, s:I}", "fired", s->trigger, "time",
				       (json_int_t)s->trigger_time));
	return j;
}
