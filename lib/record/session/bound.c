// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends a recording, and what becomes of the command then.
 *
 * Theory. A recording ends by a signal, with its command, after a time, at a size, or when the disk
 * has its reserve left. The command was started to be recorded, so it does not outlive that: it
 * gets the signal that ended the recording, or SIGTERM where there was none, as from perf record.
 *
 *	recording  |------- events -------| seal |- wait -|   exit with the command's status
 *	command        |------------------+- SIGTERM -----|
 *
 * A command may take its time with SIGTERM, or ignore it. While it is waited for, each further
 * signal to the recorder is passed on to it.
 *   I1  Only the command is sent signals, through the opener: it may run as another user.
 *   I2  A command that was never let go needs no signal: it ends by itself (child.c).
 *
 * Cost: a read(2) that finds nothing each 10 ms, a statfs(2) each 200 ms, and each 128 KiB
 * of a drain that comes late.
 * Reference: tools/perf/builtin-record.c of Linux 6.12, for what becomes of the workload.
 */
#include "lib/record/session/impl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/vfs.h>

#define RESERVE_MAX (UINT64_C(64) << 20)
#define TAIL_NS	    (1000 * SESSION_MS) /* recorded after a trigger: what comes of it */
#define PF_KTHREAD  0x00200000u

void session_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (mmt_io_read(s->io, s->o->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			if (s->o->child && rec_child_ended(s->o->child, false))
				s->stop = true;
			continue;
		}
		if (info.ssi_signo == SIGUSR2) {
			s->asked = true;
			continue;
		}
		s->sum->signal = (int)info.ssi_signo;
		s->signals++;
		s->stop = true;
	}
}

/* --- triggers --- */

void session_see(void *session, const struct mmt_event *ev, const struct rec_task *task)
{
	struct session *s = session;

	rec_trigger_see(s->o->triggers, ev, task->flags & PF_KTHREAD);
}

static void say_trigger(struct session *s)
{
	const struct rec_triggers *t = s->o->triggers;
	const struct mmt_event_info *info = mmt_event_info(t->by.kind);
	const struct mmt_dict_entry *task =
		mmt_dict_get(mmt_writer_dict(s->writer), MMT_DICT_TASK, t->by.task);
	char what[32] = "", text[256];

	if (t->fired->kind == REC_TRIGGER_STALL)
		snprintf(what, sizeof(what), " %.3f ms", (double)t->took / 1e6);
	else if (t->fired->kind == REC_TRIGGER_ORDER)
		snprintf(what, sizeof(what), " order %llu", (unsigned long long)t->took);
	snprintf(s->trigger, sizeof(s->trigger), "%s: %s%s", t->fired->text,
		 info ? info->name : "?", what);
	s->trigger_time = t->by.since;
	snprintf(text, sizeof(text), "trigger %s, task %llu, at %llu.%09llu", s->trigger,
		 task ? (unsigned long long)task->num[0] : 0,
		 (unsigned long long)(s->trigger_time / 1000000000),
		 (unsigned long long)(s->trigger_time % 1000000000));
	if (s->o->say)
		s->o->say(s->o->begun_arg, text);
}

void session_triggers(struct session *s)
{
	uint64_t now = session_now();

	if (!s->o->triggers || s->tail)
		return;
	rec_trigger_tick(s->o->triggers, now - s->margin);
	if (!s->o->triggers->fired)
		return;
	say_trigger(s);
	s->tail = now + TAIL_NS;
}

/* A dump is not what it should be: under its name, if it got one. */
static void say_failed(const struct session *s, const struct mmt_err *e)
{
	char text[REC_FILE_NAME + sizeof(e->text) + 4];

	snprintf(text, sizeof(text), "%s: %s", *s->sum->name ? s->sum->name : s->o->name, e->text);
	if (s->o->say)
		s->o->say(s->o->begun_arg, text);
}

/* Do what SIGUSR2 asks for: a dump, another file, or whole frames of all so far. */
static int on_asked(struct session *s, struct mmt_err *e)
{
	int err;

	s->asked = false;
	if (s->o->rotate && !s->flight)
		return session_rotate(s, e);
	err = session_settle(s, session_now(), e);
	if (err)
		return err;
	if (!s->flight)
		return mmt_writer_flush(s->writer, e);
	err = session_dump(s, false, e);
	/* it is held still, and may be dumped when there is room again */
	if (err)
		say_failed(s, e);
	*e = (struct mmt_err){ 0 };
	return 0;
}

int session_act(struct session *s, bool in_snapshot, struct mmt_err *e)
{
	int err = 0;

	session_triggers(s);
	if (s->tail && session_now() >= s->tail) {
		if (!s->o->rotate) {
			s->sum->fired = s->stop = true;
			return 0;
		}
		s->asked = true;
	}
	/* a file is ended between snapshots; memory can be copied at any time */
	if (s->asked && !s->stop && !(in_snapshot && s->o->rotate && !s->flight))
		err = on_asked(s, e);
	if (!err && s->tail && session_now() >= s->tail && !s->asked) {
		rec_trigger_arm(s->o->triggers);
		s->tail = 0;
	}
	return err;
}

/* --- disk and size --- */

int session_disk(struct session *s, struct mmt_err *e)
{
	uint64_t reserve = s->o->reserve, left;
	struct statfs fs;

	if (!reserve || !s->on_disk || fstatfs(s->fd, &fs) || !fs.f_blocks)
		return 0;
	left = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
	if (reserve == REC_RESERVE_DEFAULT) {
		reserve = (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize / 100;
		reserve = reserve < RESERVE_MAX ? reserve : RESERVE_MAX;
	}
	if (left >= reserve)
		return 0;
	return mmt_fail_errno(e, ENOSPC, "%llu KiB left on the file system, %llu are kept free",
			      (unsigned long long)left / 1024, (unsigned long long)reserve / 1024);
}

void session_size(struct session *s)
{
	if (!s->o->max_size || mmt_writer_sealed_bytes(s->writer) < s->o->max_size)
		return;
	s->sum->full = true;
	s->stop = true;
}

void session_end_command(struct session *s)
{
	struct pollfd fd = { .fd = s->o->signals, .events = POLLIN };
	struct rec_child *c = s->o->child;

	if (!c || c->go >= 0 || rec_child_ended(c, false))
		return;
	rec_opener_signal(s->opener, c->pid, s->sum->signal ? s->sum->signal : SIGTERM);
	/* the timeout is for a SIGCHLD that was taken before the command ended */
	while (!rec_child_ended(c, false)) {
		struct signalfd_siginfo info;

		poll(&fd, 1, 1000);
		while (mmt_io_read(s->io, s->o->signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGUSR2)
				rec_opener_signal(s->opener, c->pid, (int)info.ssi_signo);
		}
	}
}
