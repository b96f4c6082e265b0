// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of a snapshot, and its rows.
 *
 * Reference: the text of /proc and /sys as Linux 6.1 to 6.18 print it; each part names its own.
 *
 *	snapshot_begin -- read buddyinfo, zoneinfo | pagetypeinfo | -- their rows -- counters --
 *	   time t0                                 t1             t2
 *	-- tunables -- cgroups -- [full: topology, swap, slab, tasks, frames] -- snapshot_end
 *
 * I1. Every row stands between the snapshot_begin and snapshot_end of its seq.
 * I2. A row carries the time at which its source had been read, so rows never go back in time, and
 *     the state of a row is that of an instant between the time of the row before and its own.
 *     Frames are read in chunks, each with its own time: events before it are in it already.
 * I3. Rows of zones stand in the file after every event that happened before their time and was
 *     recorded (rec_snapshot_on_settle()): they are what the events so far have led to.
 * I4. A source that is missing, or that breaks off, costs its own rows only.
 * I5. A light snapshot tells changes: a row that says the same as the last of its thing is left out
 *     (lib/trace/rows.c), of zones' own rows none. One of WHOLE_EACH leaves out nothing, and so
 *     does the first after rows were lost: who has lost a frame, or begins to read in the middle,
 *     knows all of it again then. What a source shows no longer stays as it was until then.
 *
 * Cost: a light snapshot 3 to 5 ms on two CPUs with ten control groups, 0.1 ms of it for zoneinfo
 * and buddyinfo, 1 to 2 for pagetypeinfo (snapshot/zone.c), 0.5 for the tunables; a full one 0.2 us
 * a frame and 0.3 ms a process more.
 *
 * Differs from Linux: nothing is modelled here.
 */
#include "lib/record/snapshot/part.h"

#include <errno.h>
#include <time.h>

#define WHOLE_EACH 60
#define TIME_STEP  128 /* ns, as times of events have it: a column of times holds no finer bits */

static const char *const paths[SNAP_NR_FILES] = {
#define SNAP_FILE(id, path) [SNAP_##id] = path,
	SNAP_FILES
#undef SNAP_FILE
};

uint64_t snap_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + TIME_STEP - 1) &
	       ~(uint64_t)(TIME_STEP - 1);
}

static bool saturates(enum mmt_unit unit)
{
	return unit == MMT_U_COUNT || unit == MMT_U_PAGES || unit == MMT_U_BYTES;
}

int snap_row(struct rec_snapshot *s, unsigned kind, const uint64_t *v, unsigned n,
	     struct mmt_err *e)
{
	const struct mmt_event_info *info = mmt_event_info(kind);
	struct mmt_event ev = { .time = s->now, .kind = (uint16_t)kind };

	MMT_BUG(!info || n != info->nr_fields);
	for (unsigned i = 0; i < n; i++) {
		uint64_t limit = mmt_unit_limit(info->fields[i].unit);

		ev.v[i] = v[i];
		if (v[i] > limit && saturates(info->fields[i].unit))
			ev.v[i] = limit;
	}
	if (mmt_event_validate(&ev)) {
		s->refused++;
		return 0;
	}
	/* counters of control groups are kept and compared where they are read */
	if (mmt_rows_key(kind) && kind != MMT_EV_snap_cgroupstat) {
		int changed = mmt_rows_note(s->rows, &ev);

		if (changed < 0)
			return mmt_fail(e, ENOMEM, "no memory for snapshots");
		if (s->changes && !changed)
			return 0;
	}
	return mmt_writer_add(s->w, &ev, e);
}

uint32_t snap_string(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	char name[256];

	text_copy(t, name, sizeof(name));
	return mmt_writer_string(s->w, name, e);
}

void rec_snapshot_use_opener(struct rec_snapshot *s, struct rec_opener *o)
{
	s->opener = o;
}

void rec_snapshot_use_limits(struct rec_snapshot *s, const struct rec_limits *limits)
{
	s->limits = limits;
}

void rec_snapshot_no_resident(struct rec_snapshot *s)
{
	s->no_resident = true;
}

void rec_snapshot_on_pause(struct rec_snapshot *s, int (*pause)(void *arg, struct mmt_err *e),
			   void *arg)
{
	s->pause = pause;
	s->pause_arg = arg;
}

void rec_snapshot_on_settle(struct rec_snapshot *s,
			    int (*settle)(void *arg, uint64_t time, struct mmt_err *e), void *arg)
{
	s->settle = settle;
	s->settle_arg = arg;
}

int snap_pause(struct rec_snapshot *s, struct mmt_err *e)
{
	int err = s->pause ? s->pause(s->pause_arg, e) : 0;

	return err < 0 ? err : 0;
}

uint64_t rec_snapshot_refused(const struct rec_snapshot *s)
{
	return s->refused;
}

struct rec_snapshot *rec_snapshot_new_at(struct mmt_alloc *a, struct mmt_io *io,
					 struct rec_ids *ids, struct mmt_writer *w,
					 const char *root, struct mmt_err *e)
{
	struct rec_snapshot *s = mmt_calloc(a, 1, sizeof(*s));

	if (!s) {
		mmt_fail(e, ENOMEM, "no memory for snapshots");
		return NULL;
	}
	*s = (struct rec_snapshot){ .alloc = a, .io = io, .ids = ids, .w = w };
	for (unsigned i = 0; i < SNAP_NR_FILES; i++)
		s->fd[i] = -1;
	s->root = mmt_strdup(a, root);
	if (!s->root) {
		mmt_fail(e, ENOMEM, "no memory for snapshots");
		goto bad;
	}
	for (unsigned i = 0; i < SNAP_NR_FILES; i++)
		s->fd[i] = snap_open(s, paths[i]);
	s->rows = mmt_rows_new(a);
	if (!s->rows) {
		mmt_fail(e, ENOMEM, "no memory for snapshots");
		goto bad;
	}
	s->settings = snap_settings_new(s, e);
	if (!s->settings)
		goto bad;
	s->cgroups = snap_cgroups_new(s, e);
	if (!s->cgroups)
		goto bad;
	return s;
bad:
	rec_snapshot_free(s);
	return NULL;
}

struct rec_snapshot *rec_snapshot_new(struct mmt_alloc *a, struct mmt_io *io, struct rec_ids *ids,
				      struct mmt_writer *w, struct mmt_err *e)
{
	return rec_snapshot_new_at(a, io, ids, w, "", e);
}

void rec_snapshot_free(struct rec_snapshot *s)
{
	if (!s)
		return;
	snap_cgroups_free(s);
	snap_settings_free(s);
	mmt_rows_free(s->rows);
	for (unsigned i = 0; i < SNAP_NR_FILES; i++) {
		if (s->fd[i] >= 0)
			mmt_io_close(s->io, s->fd[i]);
	}
	for (unsigned i = 0; i <= SNAP_PAGETYPEINFO; i++)
		mmt_free(s->alloc, s->buf[i].p);
	mmt_free(s->alloc, s->text.p);
	mmt_free(s->alloc, s->root);
	mmt_free(s->alloc, s);
}

/* Read global file @f into the common buffer and hand its text to @parse; rows carry the time of
 * the reading. */
static int take_file(struct rec_snapshot *s, enum snap_file f,
		     int (*parse)(struct rec_snapshot *, struct text, struct mmt_err *),
		     struct mmt_err *e)
{
	ssize_t n;

	if (s->fd[f] < 0)
		return 0;
	n = snap_read(s, s->fd[f], &s->text);
	if (n == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory to read %s", paths[f]);
	if (n <= 0)
		return 0;
	s->now = snap_clock();
	return parse(s, snap_text(&s->text), e);
}

static int take_full(struct rec_snapshot *s, struct mmt_err *e)
{
	int err = snap_topology(s, e);

	if (!err)
		err = take_file(s, SNAP_SWAPS, snap_swaps, e);
	if (!err)
		err = take_file(s, SNAP_SLABINFO, snap_slabinfo, e);
	if (!err)
		err = snap_pause(s, e);
	if (!err)
		err = snap_tasks(s, e);
	if (!err)
		err = snap_pause(s, e);
	if (!err)
		err = snap_pages(s, e);
	return err;
}

void rec_snapshot_lost(struct rec_snapshot *s)
{
	s->lost = true;
}

/* Whether the next one may leave out what is as it was; if not, all is written from here on. */
static bool only_changes(struct rec_snapshot *s, enum mmt_snapshot kind, uint64_t seq)
{
	if (kind == MMT_SNAP_LIGHT && seq && !s->lost && seq - s->whole < WHOLE_EACH)
		return true;
	mmt_rows_clear(s->rows);
	s->lost = false;
	s->whole = seq;
	return false;
}

int rec_snapshot_take(struct rec_snapshot *s, enum mmt_snapshot kind, struct mmt_err *e)
{
	uint64_t seq = s->seq++;
	bool all = kind == MMT_SNAP_FULL || !seq;
	int err = seq ? 0 : snap_zones_warm(s, e);

	if (!seq)
		snap_settings_warm(s);
	s->now = snap_clock();
	s->changes = only_changes(s, kind, seq);
	if (!err)
		err = SNAP_ROW(s, snapshot_begin, e, kind, seq, s->changes);
	if (!err)
		err = snap_zones(s, all, e);
	if (!err)
		err = take_file(s, SNAP_VMSTAT, snap_vmstat, e);
	if (!err)
		err = take_file(s, SNAP_MEMINFO, snap_meminfo, e);
	if (!err)
		err = snap_settings_take(s, all || (kind == MMT_SNAP_LIGHT && !s->changes), e);
	if (!err)
		err = snap_cgroups_take(s, all, kind == MMT_SNAP_END, e);
	if (!err && kind == MMT_SNAP_FULL)
		err = take_full(s, e);
	if (!err)
		err = rec_ids_check(s->ids, e);
	if (err)
		return err;
	s->now = snap_clock();
	return SNAP_ROW(s, snapshot_end, e, kind, seq);
}
