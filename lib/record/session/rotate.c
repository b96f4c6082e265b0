// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording of several files.
 *
 * Theory. Each file is a trace of its own: header, every dictionary entry known, a full snapshot,
 * events, an end snapshot, trailer. Every event is in one of them:
 *
 *	file 1  | S events .......... E trailer |
 *	file 2                                  | D S events ............ E trailer |
 *	          events of the time of S go to file 2; the rings hold them meanwhile
 *
 *   I1  A file is sealed before the next is opened: whatever fails then, what is there is whole.
 *   I2  A file is not ended for its size before its snapshot is SETTLED old: however small the
 *       size is, there is more than snapshots.
 *
 *   I3  The dictionaries of a file have what lived while it was written: entries of tasks and
 *       address spaces that had gone before are forgotten, and memory does not grow with days.
 *
 * Cost: a full snapshot a file (0.4 us a frame of memory), and its bytes. Waiting for the disk is
 * the filer's.
 */
#include "lib/record/session/impl.h"

#include <errno.h>
#include <sys/stat.h>

#define SETTLED (1000 * SESSION_MS)

int session_open_file(struct session *s, struct mmt_err *e)
{
	struct stat st;

	*s->sum->name = 0;
	s->fd = rec_filer_open(s->filer, false);
	if (s->fd < 0)
		return mmt_fail_errno(e, -s->fd, "cannot make the next file");
	s->on_disk = !fstat(s->fd, &st) && S_ISREG(st.st_mode);
	return 0;
}

int session_name_file(struct session *s, struct mmt_err *e)
{
	int err = rec_filer_name(s->filer, s->sum->name);

	if (err)
		return mmt_fail_errno(e, -err, "cannot name a file");
	s->sum->files++;
	return 0;
}

bool session_rotate_due(const struct session *s)
{
	uint64_t now = session_now();

	if (!s->o->rotate || s->flight)
		return false;
	if (s->o->rotate_ns && now - s->file.began >= s->o->rotate_ns)
		return true;
	return s->o->rotate_bytes && now - s->file.whole >= SETTLED &&
	       mmt_writer_sealed_bytes(s->writer) >= s->o->rotate_bytes;
}

/* The file so far, with all that happened until now. */
static int end_file(struct session *s, struct mmt_err *e)
{
	int err = rec_snapshot_take(s->snapshot, MMT_SNAP_END, e);
	json_t *cost;

	if (!err)
		err = rec_pmu_read(s->pmu, s->writer, session_now(), e);
	if (!err)
		err = session_settle(s, session_now(), e);
	if (!err)
		err = session_losses(s, e);
	if (err)
		return err;
	cost = session_overhead(s);
	err = mmt_writer_seal(s->writer, cost, e);
	json_decref(cost);
	if (err)
		return err;
	s->between = true;
	s->sum->bytes += mmt_writer_bytes(s->writer);
	s->sum->rows += mmt_writer_events(s->writer);
	rec_filer_done(s->filer);
	mmt_io_close(s->io, s->fd);
	s->fd = -1;
	return 0;
}

int session_rotate(struct session *s, struct mmt_err *e)
{
	int err = end_file(s, e);

	if (!err)
		err = session_open_file(s, e);
	if (err)
		return err;
	session_count_from_here(s);
	rec_ids_forget(s->ids);
	err = mmt_writer_restart(s->writer, s->fd, session_file_id(), e);
	if (!err)
		err = session_name_file(s, e);
	if (err)
		return err;
	s->between = false;
	return session_full_snapshot(s, e);
}
