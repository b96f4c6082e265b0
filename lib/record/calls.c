/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls by their classic tracepoints.
 *
 * Theory. A program behind raw sys_exit is entered at the end of every system call of the host; one
 * behind syscalls/sys_exit_NAME only for NAME, and all other calls pay for the kernel's own look at
 * their number (what any tracer of system calls makes them pay), 30 ns less. The price comes at the
 * end: each such tracepoint is a perf event, and closing one waits for an RCU grace period under a
 * lock that all share, 40 ms each. So a process of its own holds them:
 *
 *	recorder   open -- attach, fork ---------------------- byte --- wait -> end
 *	holder               \--- read ............................ unlink, close ->  events closed
 *	                                                            <- 50 ms ->   <- a second ->
 *
 * The holder alone has the links, which are let go in parallel (a thread each: these waits share
 * no lock), and then the recorder goes on; events without a program do nothing, and end with the
 * holder a second later. It reads nothing but the byte, or the end of file when the recorder was
 * killed, has no other descriptor, and no privilege.
 *   I1  When rec_calls_close() returns, or the holder saw the recorder end, nothing is attached.
 *   I2  The holder does not keep maps of the recorder alive: they are not inherited (MADV_DONTFORK)
 *       and their descriptors are closed.
 */
#include "lib/record/calls.h"

#include "lib/record/privilege.h"
#include "lib/record/syscall.h"
#include "lib/record/tracefs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CALLS     64
#define HOLDER_WAIT_S 5 /* for a holder that somebody stopped */

struct rec_calls {
	struct mmt_alloc *alloc;
	int events[MAX_CALLS], links[MAX_CALLS];
	unsigned nr_events, nr_links;
	int holder; /* our end of the line to it; -1: there is none */
};

static int open_event(struct mmt_io *io, int tracefs, const char *call)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	char name[64];
	int id, fd;

	snprintf(name, sizeof(name), "syscalls/sys_exit_%s", call);
	id = rec_tracefs_id(io, tracefs, name);
	if (id < 0)
		return id;
	attr.config = (unsigned)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct rec_calls *rec_calls_open(struct mmt_alloc *a, struct mmt_io *io, int tracefs,
				 const struct rec_probe_options *o)
{
	struct rec_calls *c = tracefs < 0 ? NULL : mmt_calloc(a, 1, sizeof(*c));

	if (!c)
		return NULL;
	c->alloc = a;
	c->holder = -1;
	for (unsigned i = 0; i < rec_nr_syscalls && c->nr_events < MAX_CALLS; i++) {
		const struct rec_syscall *call = &rec_syscalls[i];
		int fd;

		if (!(o->wanted ? o->wanted(call->kind, o->arg) : rec_kind_default(call->kind)))
			continue;
		fd = open_event(io, tracefs, call->name);
		if (fd == -ENOENT)
			continue; /* this kernel has no such call */
		if (fd < 0) {
			rec_calls_close(c);
			return NULL;
		}
		c->events[c->nr_events++] = fd;
	}
	if (c->nr_events)
		return c;
	rec_calls_close(c);
	return NULL;
}

static void close_all(int *fds, unsigned *nr)
{
	while (*nr)
		close(fds[--*nr]);
}

/* --- the holder --- */

static void *let_go(void *link)
{
	close(*(int *)link);
	return NULL;
}

static void unlink_all(struct rec_calls *c)
{
	pthread_t threads[MAX_CALLS];
	bool runs[MAX_CALLS];

	for (unsigned i = 0; i < c->nr_links; i++)
		runs[i] = !pthread_create(&threads[i], NULL, let_go, &c->links[i]);
	for (unsigned i = 0; i < c->nr_links; i++) {
		if (runs[i])
			pthread_join(threads[i], NULL);
		else
			close(c->links[i]);
	}
	c->nr_links = 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void close_others(const struct rec_calls *c, int line)
{
	int keep[2 * MAX_CALLS + 1];
	unsigned n = 0, from = 0;

	for (unsigned i = 0; i < c->nr_events; i++)
		keep[n++] = c->events[i];
	for (unsigned i = 0; i < c->nr_links; i++)
		keep[n++] = c->links[i];
	keep[n++] = line;
	qsort(keep, n, sizeof(*keep), by_number);
	for (unsigned i = 0; i < n; i++) {
		unsigned fd = (unsigned)keep[i];

		if (fd > from)
			close_range(from, fd - 1, 0);
		from = fd + 1;
	}
	close_range(from, ~0U, 0);
}

static _Noreturn void hold(struct rec_calls *c, int line)
{
	struct mmt_err e = { 0 };
	sigset_t all;
	char byte, kept[64];
	ssize_t n;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "mmtrace-holder", 0, 0, 0);
	close_others(c, line);
	rec_privilege_drop(kept, sizeof(kept),
			   &e); /* closing needs none; what stays does not help */
	if (chdir("/")) {
		/* then it is in the way of an unmount for a second */
	}
	do {
		n = read(line, &byte, 1);
	} while (n < 0 && errno == EINTR);
	unlink_all(c);
	close(line); /* which the recorder waits for */
	_exit(0);    /* closes the events */
}

/* Forked twice: it may outlive the recorder, which has nobody to wait for then. */
static void fork_holder(struct rec_calls *c)
{
	int line[2], status = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) < 0)
		return;
	pid = fork();
	if (!pid) {
		pid = fork();
		if (pid)
			_exit(pid < 0);
		hold(c, line[1]);
	}
	close(line[1]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		close(line[0]);
		return;
	}
	c->holder = line[0];
	close_all(c->links, &c->nr_links);
	close_all(c->events, &c->nr_events);
}

unsigned rec_calls_attach(struct rec_calls *c, struct bpf_program *prog)
{
	unsigned attached = 0;

	for (unsigned i = 0; i < c->nr_events; i++) {
		int fd = bpf_link_create(bpf_program__fd(prog), c->events[i], BPF_PERF_EVENT, NULL);

		if (fd < 0)
			continue;
		c->links[c->nr_links++] = fd;
		attached++;
	}
	if (attached)
		fork_holder(c); /* without one, closing takes its time here */
	return attached;
}

void rec_calls_close(struct rec_calls *c)
{
	struct pollfd fd;
	struct timespec limit = { .tv_sec = HOLDER_WAIT_S };
	char byte = 0;

	if (!c)
		return;
	if (c->holder >= 0) {
		fd = (struct pollfd){ .fd = c->holder, .events = POLLIN };
		while (write(c->holder, &byte, 1) < 0 && errno == EINTR)
			;
		while (ppoll(&fd, 1, &limit, NULL) < 0 && errno == EINTR)
			;
		close(c->holder);
	}
	unlink_all(c);
	close_all(c->events, &c->nr_events);
	mmt_free(c->alloc, c);
}
