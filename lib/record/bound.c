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
 * Cost: a read(2) that finds nothing each 10 ms, a statfs(2) each 200 ms.
 * Reference: tools/perf/builtin-record.c of Linux 6.12, for what becomes of the workload.
 */
#include "lib/record/session_impl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/vfs.h>

#define RESERVE_MAX (UINT64_C(64) << 20)

void session_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (mmt_io_read(s->io, s->o->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			if (s->o->child && rec_child_ended(s->o->child, false))
				s->stop = true;
			continue;
		}
		s->sum->signal = (int)info.ssi_signo;
		s->stop = true;
	}
}

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
			if (info.ssi_signo != SIGCHLD)
				rec_opener_signal(s->opener, c->pid, (int)info.ssi_signo);
		}
	}
}
