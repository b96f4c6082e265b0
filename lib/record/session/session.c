/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One recording.
 *
 * Theory. The order of things is what makes a trace complete, and its recorder harmless:
 *
 *	opener, load, attach, open | give up privileges | record | names of tasks | full snapshot |
 *	drain, drain, light snapshot ... | end snapshot, stop recording, detach, last drain,
 *	losses, trailer
 *
 * Programs are attached first and the snapshot taken second, so whatever happens during the
 * snapshot is also in the rings; the last one is taken while events are still recorded. Nothing
 * wakes us: every DRAIN_NS the rings are drained up to a margin ago, for records are published a
 * little later than their time. A frame that does not fill within FRAME_NS goes out as it is: what a
 * kill may cost is bounded, and a host where nothing happens writes few. A writer that can take no
 * more (full disk, closed pipe) ends the recording; what was written stays. What else ends it:
 * bound.c.
 *   I1  Every way out passes rec_probes_record(false) and detaches, and seals if the file can.
 *   I2  A signal is only ever seen through its descriptor: nothing runs in a handler.
 */
#include "lib/record/session/impl.h"

#include "lib/base/json.h"
#include "lib/record/group.h"
#include "lib/record/pmu.h"
#include "lib/record/privilege.h"
#include "lib/record/sandbox.h"
#include "lib/record/session/header.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define DRAIN_NS   (10 * SESSION_MS)
#define MARGIN_NS  (2 * SESSION_MS) /* and a tick, which records may share a time for */
#define LIGHT_NS   (1000 * SESSION_MS)
#define DISK_BYTES ((uint64_t)128 << 10)
#define LOSS_NS	   (200 * SESSION_MS)
#define FRAME_NS   (10000 * SESSION_MS)
#define NICE	   (-10)

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 * SESSION_MS + (uint64_t)t.tv_nsec;
}

uint64_t session_now(void)
{
	return now(CLOCK_MONOTONIC);
}

/* Version of the hierarchy that has the memory controller: /proc/cgroups says 0 for the unified. */
static unsigned memory_hierarchy(void)
{
	unsigned version = 2, hierarchy;
	char line[128];
	FILE *f = fopen("/proc/cgroups", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memory %u", &hierarchy) == 1)
			version = hierarchy ? 1 : 2;
	}
	if (f)
		fclose(f);
	return version;
}

uint64_t session_file_id(void)
{
	uint64_t id;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) < 0)
		id = now(CLOCK_REALTIME) ^ session_now() << 20;
	return id;
}

static int open_writer(struct session *s, int fd, struct mmt_err *e)
{
	struct mmt_writer_options wo = { .level = s->o->level, .file_id = session_file_id() };
	json_t *h = rec_session_header(s->o, s->probes, s->io, e);

	wo.no_sync = s->filer != NULL;
	if (s->flight) {
		wo.keep = rec_flight_keep;
		wo.keep_arg = s->flight;
		wo.dict_repeat_bytes = wo.dict_repeat_ns = UINT64_MAX; /* each segment has them */
	}

	if (!h)
		return mmt_fail(e, ENOMEM, "no memory for the header");
	if (s->pmu)
		mmt_json_set(h, "counters", rec_pmu_json(s->pmu));
	s->writer = mmt_writer_new(s->alloc, s->io, fd, &wo, h, e);
	s->header = h;
	return s->writer ? 0 : -e->code;
}

/* --- draining --- */

int session_losses(struct session *s, struct mmt_err *e)
{
	uint64_t lost = rec_drain_lost(s->drain) + s->misses;
	int err = rec_drain_losses(s->drain, e);

	if (!err)
		err = rec_probes_misses(s->probes, s->writer, &s->misses, e);
	if (s->o->triggers && rec_drain_lost(s->drain) + s->misses != lost)
		rec_trigger_forget(s->o->triggers);
	if (s->reread.wanted)
		session_reread_look(s);
	return err;
}

/* Address spaces that execs made. */
static int read_fresh(struct session *s, struct mmt_err *e)
{
	struct rec_fresh_mm fresh;
	int err = 0;

	while (!err && rec_convert_fresh_mm(s->convert, &fresh))
		err = rec_snapshot_mm(s->snapshot, fresh.tgid, fresh.mm, REC_READING_EXEC,
				      fresh.since, e);
	return err;
}

/* The disk, when much was written since it was looked at. */
static int disk_after_much(struct session *s, struct mmt_err *e)
{
	uint64_t bytes = mmt_writer_sealed_bytes(s->writer);

	if (bytes - s->disk_bytes < DISK_BYTES)
		return 0;
	s->disk_bytes = bytes;
	return session_disk(s, e);
}

/* Up to @until; a late one, which has several frames to write, in steps between which size and disk
 * are looked at. */
static int drain_until(struct session *s, uint64_t until, struct mmt_err *e)
{
	while ((s->o->max_size || s->o->reserve) && s->drained && s->drained + DRAIN_NS < until) {
		int err;

		s->drained += DRAIN_NS;
		err = rec_drain_run(s->drain, s->drained, e);
		session_size(s);
		if (!err)
			err = disk_after_much(s, e);
		if (err || s->stop)
			return err;
	}
	s->drained = until;
	return rec_drain_run(s->drain, until, e);
}

int session_drain(struct session *s, struct mmt_err *e)
{
	uint64_t t = session_now();
	int err = drain_until(s, t - s->margin, e);

	if (!err)
		err = read_fresh(s, e);
	if (!err && t >= s->next_loss) {
		s->next_loss = t + LOSS_NS;
		err = session_losses(s, e);
		if (!err)
			err = session_disk(s, e);
	}
	if (!err && s->flight)
		err = session_overrun(s, e);
	return err;
}

/* Between the parts of a long snapshot, which a signal or the size ends. */
static int pause_snapshot(void *arg, struct mmt_err *e)
{
	struct session *s = arg;
	int err = session_drain(s, e);

	session_signals(s);
	session_size(s);
	if (!err)
		err = session_act(s, true, e);
	/* a file of a series has its snapshot, unless the user insists */
	if (s->stop && s->sum->files > 1 && !s->flight && s->signals < 2)
		return err;
	return !err && s->stop ? mmt_fail(e, EINTR, "stopped") : err;
}

int session_settle(struct session *s, uint64_t time, struct mmt_err *e)
{
	uint64_t t = session_now(), at = time + s->margin;
	struct timespec ts = { .tv_nsec = t < at ? (long)(at - t) : 0 };
	int err;

	nanosleep(&ts, NULL);
	err = rec_drain_run(s->drain, time, e);
	return err ? err : rec_drain_flush(s->drain, e);
}

/* Whatever happened before the zones were read is written before their rows. */
static int settle(void *arg, uint64_t time, struct mmt_err *e)
{
	return session_settle(arg, time, e);
}

int session_full_snapshot(struct session *s, struct mmt_err *e)
{
	uint64_t begin = session_now();
	int err = rec_snapshot_take(s->snapshot, MMT_SNAP_FULL, e);

	s->file.whole = session_now();
	if (!s->sum->first_snapshot)
		s->sum->first_snapshot = s->file.whole - begin;
	if (err != -EINTR || !s->stop)
		return err;
	s->cut = true;
	*e = (struct mmt_err){ 0 };
	return 0;
}

/* Put out a frame that has gathered for long. In memory nobody would be served by that. */
static int bound_frame(struct session *s, uint64_t now, struct mmt_err *e)
{
	if (s->flight || now < s->next_frame)
		return 0;
	s->next_frame = now + FRAME_NS;
	return mmt_writer_flush(s->writer, e);
}

/* What is done each second. */
static int light(struct session *s, struct mmt_err *e)
{
	int err = rec_snapshot_take(s->snapshot, MMT_SNAP_LIGHT, e);

	if (!err)
		err = rec_pmu_read(s->pmu, s->writer, session_now(), e);
	return err ? err : bound_frame(s, session_now(), e);
}

static int loop(struct session *s, struct mmt_err *e)
{
	uint64_t begin = session_now(), next = begin + LIGHT_NS;
	uint64_t end = s->o->duration ? begin + s->o->duration : UINT64_MAX;
	struct pollfd fd = { .fd = s->o->signals, .events = POLLIN };

	while (!s->stop) {
		uint64_t t = session_now(), sleep = DRAIN_NS;
		struct timespec ts;
		int err;

		if (t >= end)
			break;
		if (end - t < sleep)
			sleep = end - t;
		ts = (struct timespec){ .tv_nsec = (long)sleep };
		ppoll(&fd, 1, &ts, NULL);
		session_signals(s);
		err = session_drain(s, e);
		if (!err && s->reread.wanted)
			err = session_reread(s, e);
		if (!err && session_now() >= next) {
			next = session_now() + LIGHT_NS;
			err = light(s, e);
		}
		if (err)
			return err;
		session_size(s);
		err = session_act(s, false, e);
		if (!err && session_rotate_due(s))
			err = session_rotate(s, e);
		if (!err && s->flight && rec_flight_tick(s->flight, session_now()))
			err = session_segment(s, e);
		if (err)
			return err;
	}
	return 0;
}

/* --- begin and end --- */

/* Whether an event is wanted that only who knows the address spaces can make use of. */
static bool wants_spaces(const struct session *s)
{
	const struct rec_probe_options *p = &s->o->probes;

	for (unsigned kind = 1; kind <= MMT_KIND_MAX; kind++) {
		const struct mmt_event_info *info = mmt_event_info(kind);

		if (info && (info->group == MMT_G_FAULT || info->group == MMT_G_VMA) &&
		    (p->wanted ? p->wanted(kind, p->arg) : rec_kind_default(kind)))
			return true;
	}
	return false;
}

/* Descriptors of every tunable and control group are held: as many as this process may have. */
static void raise_descriptors(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* On a busy host who waits for a CPU too long finds its rings full. What we take of it is little;
 * who was given a priority keeps it. */
static void go_first(void)
{
	if (!getpriority(PRIO_PROCESS, 0))
		setpriority(PRIO_PROCESS, 0, NICE);
}

/* What comes from other processes is read from here on, without any privilege. */
static int confine(struct session *s, struct mmt_err *e)
{
	struct rec_sandbox_options o = { .kill = s->o->strict,
					 .command = s->o->child ? s->o->child->pid : 0 };
	struct mmt_err no_filter = { 0 };
	int err = rec_privilege_drop(s->sum->kept, sizeof(s->sum->kept), e);

	if (!err && rec_sandbox_enter(REC_SANDBOX_RECORDER, &o, &no_filter) && !*s->sum->kept)
		snprintf(s->sum->kept, sizeof(s->sum->kept), "all system calls: %s",
			 no_filter.text);
	return err;
}

static int load(struct session *s, struct mmt_err *e)
{
	int err = 0;

	if (s->o->filer)
		err = rec_filer_start(&s->filer, s->alloc, s->o->filer, s->o->filer_spare,
				      s->o->strict, e);
	if (!err && s->o->flight_bytes) {
		s->flight = rec_flight_new(s->alloc, s->o->flight_bytes,
					   s->o->flight_ns ? s->o->flight_ns : UINT64_MAX, e);
		err = s->flight ? 0 : -e->code;
	}
	if (!err)
		err = rec_opener_start(&s->opener, s->alloc, s->o->child ? s->o->child->pid : 0,
				       s->o->strict, e);

	if (!err)
		err = rec_kernel_open(&s->kernel, e);
	if (!err)
		err = rec_probes_open(&s->probes, s->alloc, s->io, &s->kernel, &s->o->probes, e);
	if (!err)
		err = rec_probes_page_base(s->probes, &s->page_base, e);
	if (!err && s->o->pid)
		err = rec_probes_watch(s->probes, s->o->pid, e);
	if (!err && s->o->child)
		err = rec_probes_watch(s->probes, s->o->child->pid, e);
	if (!err)
		err = rec_probes_attach(s->probes, e);
	rec_kernel_close(&s->kernel); /* 5 MiB of types, which nobody asks for any more */
	return err || !s->o->group ? err : rec_group_watch(s->probes, s->o->group, e);
}

static int begin(struct session *s, int fd, struct mmt_err *e)
{
	struct rec_rings outer, nested;
	struct timespec tick;
	struct stat st;
	int err;

	s->fd = s->o->filer ? -1 : fd;
	s->on_disk = !s->o->filer && !fstat(fd, &st) && S_ISREG(st.st_mode);
	raise_descriptors();
	err = load(s, e);
	if (!err && s->filer && !s->flight)
		err = session_open_file(s, e);
	if (!err && s->o->pmu)
		err = rec_pmu_open(&s->pmu, s->alloc, s->io, s->o->pmu, e);
	snprintf(s->sum->missing, sizeof(s->sum->missing), "%s", rec_pmu_missing(s->pmu));
	if (!err)
		err = open_writer(s, s->fd, e);
	if (err)
		return err;
	s->cgroups = memory_hierarchy();
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	s->margin = MARGIN_NS + (uint64_t)tick.tv_nsec;
	rec_probes_rings(s->probes, &outer, &nested);
	s->ids = rec_ids_new(s->alloc, s->writer, e);
	if (!s->ids)
		return -e->code;
	rec_ids_helper(s->ids, rec_opener_pid(s->opener));
	rec_ids_helper(s->ids, rec_filer_pid(s->filer));
	if (s->o->hide_names)
		rec_ids_hide_names(s->ids);
	s->convert = rec_convert_new(s->alloc, s->ids, s->writer, &s->kernel, s->page_base,
				     s->cgroups, e);
	s->snapshot = rec_snapshot_new(s->alloc, s->io, s->ids, s->writer, e);
	if (!s->convert || !s->snapshot)
		return -e->code;
	rec_probes_objects(s->probes, rec_convert_objects(s->convert));
	s->reread.wanted = wants_spaces(s);
	if (!s->reread.wanted)
		rec_snapshot_no_resident(s->snapshot);
	rec_snapshot_use_opener(s->snapshot, s->opener);
	s->drain = rec_drain_new(s->alloc, &outer, &nested, s->convert, s->writer, e);
	if (!s->drain)
		return -e->code;
	if (s->o->triggers)
		rec_drain_on_event(s->drain, session_see, s);
	if (s->filer)
		err = s->flight ? 0 : session_name_file(s, e);
	else
		err = s->o->begun ? s->o->begun(s->o->begun_arg, e) : 0;
	if (err)
		return err;
	go_first();
	return confine(s, e);
}

static int record(struct session *s, struct mmt_err *e)
{
	int err;

	rec_probes_misses(s->probes, NULL, NULL, e); /* what came before does not count */
	s->recording = true;
	session_count_from_here(s);
	if (s->filer)
		rec_ids_forget(s->ids); /* from now on */
	rec_pmu_start(s->pmu);
	rec_probes_record(s->probes, true);
	err = rec_probes_tasks(s->probes, s->ids, s->cgroups, e);
	rec_snapshot_on_pause(s->snapshot, pause_snapshot, s);
	rec_snapshot_on_settle(s->snapshot, settle, s);
	rec_snapshot_use_limits(s->snapshot, rec_probes_limits(s->probes));
	if (!err)
		err = s->flight ? session_segment(s, e) : session_full_snapshot(s, e);
	if (!err && s->o->child && !s->stop)
		rec_child_go(s->o->child);
	return err ? err : loop(s, e);
}

/* Seal the last file, or make it of what the flight recorder holds. */
static int seal(struct session *s, struct mmt_err *e)
{
	struct rec_flight_state f;
	json_t *cost;
	int err;

	if (s->flight) {
		err = session_dump(s, !s->o->rotate, e);
		f = rec_flight_state(s->flight);
		s->sum->events = f.held - f.rows;
		s->sum->rows = f.rows;
		return err;
	}
	s->sum->events = rec_drain_events(s->drain);
	s->sum->rows -= s->sum->events;
	if (s->between)
		return 0;
	cost = session_overhead(s);
	err = mmt_writer_seal(s->writer, cost, e);
	json_decref(cost);
	if (s->filer)
		rec_filer_done(s->filer);
	s->sum->rows += mmt_writer_events(s->writer);
	s->sum->bytes += mmt_writer_bytes(s->writer);
	return err;
}

/* Last drain and seal; the first trouble is the one that counts. */
static int finish(struct session *s, int err, struct mmt_err *e)
{
	struct mmt_err later = { 0 };
	int sealed;

	if (!err && !s->cut)
		err = rec_snapshot_take(s->snapshot, MMT_SNAP_END, e);
	if (!err)
		err = rec_pmu_read(s->pmu, s->writer, session_now(), e);
	rec_probes_record(s->probes, false);
	rec_probes_detach(s->probes);
	/* a trace that is full ends where it was last drained */
	if (!err && !s->sum->full)
		err = rec_drain_run(s->drain, UINT64_MAX, e);
	if (!err && !s->sum->full)
		err = read_fresh(s, e);
	if (!err)
		err = rec_drain_flush(s->drain, e);
	/* what ended the command may be what a trigger waits for */
	if (!err)
		session_triggers(s);
	if (!err)
		err = session_losses(s, e);
	sealed = seal(s, err ? &later : e);
	s->sum->sealed = !sealed;
	s->sum->late = rec_drain_late(s->drain);
	s->sum->lost = rec_drain_lost(s->drain) + s->misses;
	return err ? err : sealed;
}

int rec_session(struct mmt_alloc *a, struct mmt_io *io, int fd, const struct rec_options *o,
		struct rec_summary *sum, struct mmt_err *e)
{
	struct session s = { .alloc = a, .io = io, .o = o, .sum = sum };
	uint64_t began;
	int err, durable;

	*sum = (struct rec_summary){ 0 };
	err = begin(&s, fd, e);
	if (!err) {
		began = session_now();
		err = record(&s, e);
		sum->duration = session_now() - began;
		err = finish(&s, err, e);
		session_end_command(&s);
	}
	durable = rec_filer_stop(s.filer);
	if (durable && !err)
		err = mmt_fail_errno(e, -durable, "cannot write the trace");
	rec_opener_stop(s.opener);
	rec_probes_close(s.probes);
	rec_drain_free(s.drain);
	rec_snapshot_free(s.snapshot);
	rec_pmu_close(s.pmu);
	rec_convert_free(s.convert);
	rec_ids_free(s.ids);
	mmt_writer_free(s.writer);
	rec_flight_free(s.flight);
	session_reread_free(&s);
	json_decref(s.header);
	if (o->filer && s.fd >= 0)
		mmt_io_close(io, s.fd);
	rec_kernel_close(&s.kernel);
	return err;
}
