// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the flight recorder.
 *
 * Theory. While it records, the writer's frames go to memory (flight.c), a full snapshot now and
 * then among them. A dump is a file that another writer makes of them:
 *
 *	writer --frames--> flight recorder --copies--> writer of the dump --> file, sealed
 *
 * It is a trace as any other: what happened before its snapshot is in none of it, and not lost.
 *   I1  The rings are drained while a dump is written, as far as there is memory for it.
 *   I2  A dump has everything that happened before it was asked for.
 *
 * Cost: writing what is held; nothing is compressed again.
 */
#include "lib/record/session/impl.h"

#include <errno.h>
#include <stdio.h>

int session_segment(struct session *s, struct mmt_err *e)
{
	uint64_t cpu;
	int err = rec_drain_flush(s->drain, e);

	if (!err)
		err = mmt_writer_flush(s->writer, e);
	if (err)
		return err;
	rec_ids_forget(s->ids);
	cpu = session_cpu();
	rec_flight_begin(s->flight);
	err = mmt_writer_repeat(s->writer, e);
	if (!err)
		err = session_full_snapshot(s, e);
	if (err || s->cut)
		return err;
	/* what was found out is in frames, so that it is known what it takes */
	err = mmt_writer_flush(s->writer, e);
	return err ? err : rec_flight_whole(s->flight, session_now(), session_cpu() - cpu, e);
}

int session_overrun(struct session *s, struct mmt_err *e)
{
	int err;

	if (!rec_flight_overrun(s->flight))
		return 0;
	err = mmt_writer_flush(s->writer, e);
	if (err)
		return err;
	rec_flight_begin_bare(s->flight);
	rec_snapshot_lost(s->snapshot);
	return mmt_writer_repeat(s->writer, e);
}

static int pause_dump(void *arg, struct mmt_err *e)
{
	return session_drain(arg, e);
}

/* The frames, and the trailer: into @fd, which has no name yet. */
static int write_dump(struct session *s, int fd, struct mmt_err *e)
{
	struct mmt_writer_options o = { .level = s->o->level,
					.file_id = session_file_id(),
					.no_sync = true };
	struct mmt_writer *w = mmt_writer_new(s->alloc, s->io, fd, &o, s->header, e);
	int err = w ? session_name_file(s, e) : -e->code;
	json_t *cost;

	if (!err)
		err = rec_flight_write(s->flight, w, pause_dump, s, e);
	if (!err) {
		cost = session_overhead(s);
		err = mmt_writer_seal(w, cost, e);
		json_decref(cost);
		s->sum->bytes = mmt_writer_bytes(w);
	}
	mmt_writer_free(w);
	return err;
}

static void say_dump(struct session *s)
{
	struct rec_flight_state f = rec_flight_state(s->flight);
	char text[REC_FILE_NAME + 160];

	snprintf(text, sizeof(text), "%s: %llu events dumped, %llu bytes%s", s->sum->name,
		 (unsigned long long)(f.held - f.rows), (unsigned long long)s->sum->bytes,
		 f.whole ? "" : "; there is no whole snapshot in it");
	if (s->o->say)
		s->o->say(s->o->begun_arg, text);
}

int session_dump(struct session *s, bool plain, struct mmt_err *e)
{
	int err = mmt_writer_flush(s->writer, e), fd;

	if (err)
		return err;
	fd = rec_filer_open(s->filer, plain);
	if (fd < 0)
		return mmt_fail_errno(e, -fd, "cannot make a file for the dump");
	*s->sum->name = 0;
	s->fd = fd; /* whose disk is looked at meanwhile */
	s->on_disk = true;
	err = session_disk(s, e);
	if (!err)
		err = write_dump(s, fd, e);
	s->fd = -1;
	s->on_disk = false;
	rec_filer_done(s->filer);
	mmt_io_close(s->io, fd);
	if (!err)
		say_dump(s);
	return err;
}
