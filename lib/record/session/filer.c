// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helper that makes files once the recorder may no longer.
 *
 * Theory. A recording of several files makes them long after the recorder became nobody. So a
 * process that was forked before keeps the right to make them, and nothing else:
 *
 *	recorder (nobody, no capability)       filer (who started it, one directory)
 *	  OPEN  ------------------------------->  openat(directory, O_TMPFILE)
 *	  write frame 0  <------- descriptor ---
 *	  NAME  ------------------------------->  linkat(descriptor -> directory/NAME.STAMP)
 *	  write, write    <------------ NAME ---
 *	  DONE  ------------------------------->  fsync, unlink the oldest
 *
 * It reads no input: neither a file nor a name from anybody; requests are one word. What waits for
 * the disk is done here, so that the recorder goes on draining.
 *
 * Reference: unix(7) SCM_RIGHTS; open(2) O_TMPFILE.
 *
 * I1. It is forked before any BPF program, ring or output is open, and keeps three descriptors: its
 *     socket, the directory, and the file that was opened first.
 * I2. It ends when the recorder does, however that ends: its socket is closed then. What it was
 *     told is written by then, it still makes durable.
 * I3. It has CAP_DAC_OVERRIDE at most, if the recorder had, and no_new_privs; its list of system
 *     calls (sandbox.c) opens relative to the directory alone.
 *
 * Cost: some 30 us a request, and what the disk takes.
 */
#include "lib/record/session/filer.h"

#include "lib/record/message.h"
#include "lib/record/privilege.h"
#include "lib/record/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct rec_filer {
	struct mmt_alloc *alloc;
	int pid, socket;
};

enum ask { ASK_OPEN, ASK_OPEN_PLAIN, ASK_NAME, ASK_DONE };

struct request {
	uint32_t ask;
};

struct reply {
	int64_t result; /* 0, or -errno */
	char name[REC_FILE_NAME];
};

/* --- the helper --- */

static _Noreturn void serve(int socket, const struct rec_filer_calls *c)
{
	struct request q;
	struct reply a;
	int fd, err, worst = 0;

	while (rec_message_receive(socket, &q, sizeof(q), &fd)) {
		memset(&a, 0, sizeof(a));
		fd = -1;
		switch (q.ask) {
		case ASK_OPEN:
		case ASK_OPEN_PLAIN:
			fd = c->open(c->arg, q.ask == ASK_OPEN_PLAIN);
			a.result = fd < 0 ? fd : 0;
			break;
		case ASK_NAME:
			a.result = c->name(c->arg, a.name);
			break;
		case ASK_DONE:
			err = c->done(c->arg);
			worst = worst ? worst : err;
			continue;
		default:
			a.result = -EINVAL;
		}
		if (!rec_message_send(socket, &a, sizeof(a), fd))
			break;
	}
	c->end(c->arg);
	_exit(-worst & 0xff);
}

/* Close all but descriptors @a, @b and @c, any of which may be -1. */
static void close_others(int a, int b, int c)
{
	const int keep[] = { a, b, c };
	unsigned from = 0;

	for (;;) {
		unsigned next = ~0u;

		for (unsigned i = 0; i < 3; i++) {
			if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		}
		if (next == ~0u) {
			close_range(from, ~0u, 0);
			return;
		}
		if (next > from)
			close_range(from, next - 1, 0);
		from = next + 1;
	}
}

static _Noreturn void become_filer(int socket, const struct rec_filer_calls *c, int spare,
				   bool kill)
{
	struct rec_sandbox_options o = { .kill = kill, .dir = c->dir };
	struct mmt_err e = { 0 };

	prctl(PR_SET_NAME, "mmtrace-filer", 0, 0, 0);
	close_others(socket, c->dir, spare);
	if (rec_privilege_keep(UINT64_C(1) << CAP_DAC_OVERRIDE))
		_exit(EPERM);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	rec_sandbox_enter(REC_SANDBOX_FILER, &o, &e); /* without it on kernels that have none */
	serve(socket, c);
}

int rec_filer_start(struct rec_filer **filer, struct mmt_alloc *a,
		    const struct rec_filer_calls *calls, int spare, bool kill, struct mmt_err *e)
{
	struct rec_filer *f = mmt_calloc(a, 1, sizeof(*f));
	int ends[2];

	*filer = NULL;
	if (!f)
		return mmt_fail(e, ENOMEM, "no memory for the filer");
	f->alloc = a;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		mmt_free(a, f);
		return mmt_fail_errno(e, errno, "cannot make a socket pair");
	}
	f->pid = fork();
	if (!f->pid)
		become_filer(ends[1], calls, spare, kill);
	close(ends[1]);
	f->socket = ends[0];
	if (f->pid < 0) {
		close(ends[0]);
		mmt_free(a, f);
		return mmt_fail_errno(e, errno, "cannot start a process");
	}
	*filer = f;
	return 0;
}

int rec_filer_stop(struct rec_filer *f)
{
	int status = 0;

	if (!f)
		return 0;
	close(f->socket);
	while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
		;
	mmt_free(f->alloc, f);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int rec_filer_pid(const struct rec_filer *f)
{
	return f ? f->pid : 0;
}

/* --- asking --- */

static int ask(struct rec_filer *f, enum ask what, struct reply *a, int *fd)
{
	struct request q = { .ask = what };

	*fd = -1;
	if (!rec_message_send(f->socket, &q, sizeof(q), -1) ||
	    !rec_message_receive(f->socket, a, sizeof(*a), fd))
		return -EPIPE; /* it has gone */
	return (int)a->result;
}

int rec_filer_open(struct rec_filer *f, bool plain)
{
	struct reply a;
	int fd, err = ask(f, plain ? ASK_OPEN_PLAIN : ASK_OPEN, &a, &fd);

	return err ? err : fd < 0 ? -EMFILE : fd;
}

int rec_filer_name(struct rec_filer *f, char name[REC_FILE_NAME])
{
	struct reply a;
	int fd, err = ask(f, ASK_NAME, &a, &fd);

	memcpy(name, a.name, sizeof(a.name));
	name[err ? 0 : REC_FILE_NAME - 1] = 0;
	return err;
}

void rec_filer_done(struct rec_filer *f)
{
	struct request q = { .ask = ASK_DONE };

	rec_message_send(f->socket, &q, sizeof(q), -1);
}
