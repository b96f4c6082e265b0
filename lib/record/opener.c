// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helper that opens what the recorder may no longer see.
 *
 * Theory. Address spaces of other users' processes are read at every exec, long after the recorder
 * gave up its privileges. What needs them is opening; reading does not. So a second process keeps
 * what opening needs, and hands over descriptors:
 *
 *	recorder (nobody, no capability)          opener (four capabilities, no other descriptor)
 *	  { SMAPS, pid } --------- socket pair ---------> open("/proc/PID/smaps")
 *	  read, parse    <------- { 0 } + descriptor ----
 *
 * The opener reads no input: no file, no network, no standard input; only requests of one fixed
 * size, whose numbers it prints into paths of its own. What it opened it never reads.
 *
 * Reference: unix(7) SCM_RIGHTS; fs/proc/task_mmu.c: the check is at open(2), and frame numbers in
 * pagemap are told by the capabilities of whoever opened it (Linux 6.1 to 6.18). kcmp(2).
 *
 * I1. It is forked before any BPF program, ring or output is open, and closes all it inherited: it
 *     keeps nothing alive that should end with the recorder.
 * I2. It ends when the recorder does, however that ends: its socket is closed then.
 * I3. It has CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN and CAP_KILL at most, what of them
 *     the recorder had, no_new_privs, and a list of eleven system calls (sandbox.c).
 * I4. It sends signals only to the command it was told at its start.
 *
 * Cost: some 10 us a request: two for each address space that is read, one for each file mapped
 * that was not seen before.
 */
#include "lib/record/opener.h"

#include "lib/record/message.h"
#include "lib/record/privilege.h"
#include "lib/record/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(n)	 (UINT64_C(1) << (n))
#define KEPT	 (BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_SYS_ADMIN) | BIT(CAP_KILL))
#define KCMP_VM	 1
#define FS_TMPFS 0x01021994
#define FS_RAMFS 0x858458f6

struct rec_opener {
	struct mmt_alloc *alloc;
	int pid, socket;
};

enum ask { ASK_FILE, ASK_MAPPED, ASK_SAME_MM, ASK_SIGNAL };

struct request {
	uint32_t ask, file;
	int32_t pid, other; /* ASK_SIGNAL: pid is the command, other the signal */
	uint64_t start, end;
};

struct reply {
	int64_t result; /* 0, or -errno */
	struct rec_mapped mapped;
};

/* --- what is asked for --- */

const char *rec_task_file_name(enum rec_task_file file)
{
	static const char *const names[] = { "smaps", "maps", "pagemap" };

	return file < sizeof(names) / sizeof(*names) ? names[file] : NULL;
}

static int open_file(int pid, unsigned file)
{
	const char *name = rec_task_file_name(file);
	char path[64];
	int fd;

	if (!name)
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int stat_mapped(const char *root, int pid, uint64_t start, uint64_t end,
		       struct rec_mapped *m)
{
	char path[4096];
	struct statfs fs;
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/proc/%d/map_files/%llx-%llx", root, pid,
			 (unsigned long long)start, (unsigned long long)end);

	*m = (struct rec_mapped){ 0 };
	if (n < 0 || n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (stat(path, &st))
		return -errno;
	m->device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
	m->tmpfs = !statfs(path, &fs) && (fs.f_type == FS_TMPFS || fs.f_type == FS_RAMFS);
	m->size = (uint64_t)st.st_size;
	return 0;
}

static bool same_mm(int a, int b)
{
	return !syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);
}

/* --- the helper --- */

static _Noreturn void serve(int socket, int command)
{
	struct request q;
	struct reply a;
	int fd;

	while (rec_message_receive(socket, &q, sizeof(q), &fd)) {
		memset(&a, 0, sizeof(a));
		switch (q.ask) {
		case ASK_FILE:
			fd = open_file(q.pid, q.file);
			a.result = fd < 0 ? fd : 0;
			break;
		case ASK_MAPPED:
			a.result = stat_mapped("", q.pid, q.start, q.end, &a.mapped);
			break;
		case ASK_SAME_MM:
			a.result = same_mm(q.pid, q.other) ? 0 : -EINVAL;
			break;
		case ASK_SIGNAL:
			a.result = -EPERM;
			if (command && q.pid == command)
				a.result = kill(command, q.other) ? -errno : 0;
			break;
		default:
			a.result = -EINVAL;
		}
		if (!rec_message_send(socket, &a, sizeof(a), fd))
			break;
		if (fd >= 0)
			close(fd);
	}
	_exit(0);
}

static _Noreturn void become_opener(int socket, int command, bool kill, pid_t parent)
{
	struct rec_sandbox_options o = { .kill = kill, .command = command };
	struct mmt_err e = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, "mmtrace-opener", 0, 0, 0);
	if (dup2(socket, 0) < 0 || close_range(1, ~0U, 0) || chdir("/") || rec_privilege_keep(KEPT))
		_exit(1);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	rec_sandbox_enter(REC_SANDBOX_OPENER, &o, &e); /* without it on kernels that have none */
	serve(0, command);
}

int rec_opener_start(struct rec_opener **opener, struct mmt_alloc *a, int command, bool kill,
		     struct mmt_err *e)
{
	struct mmt_io io = MMT_IO_INIT;
	struct rec_privilege p;
	struct rec_opener *o;
	pid_t self = getpid();
	int ends[2];

	*opener = NULL;
	rec_privilege_read(&p, &io);
	if (!(p.effective & KEPT))
		return 0;
	o = mmt_calloc(a, 1, sizeof(*o));
	if (!o)
		return mmt_fail(e, ENOMEM, "no memory for the opener");
	o->alloc = a;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		mmt_free(a, o);
		return mmt_fail_errno(e, errno, "cannot make a socket pair");
	}
	o->pid = fork();
	if (!o->pid)
		become_opener(ends[1], command, kill, self);
	close(ends[1]);
	o->socket = ends[0];
	if (o->pid < 0) {
		close(ends[0]);
		mmt_free(a, o);
		return mmt_fail_errno(e, errno, "cannot start a process");
	}
	*opener = o;
	return 0;
}

void rec_opener_stop(struct rec_opener *o)
{
	if (!o)
		return;
	close(o->socket);
	while (waitpid(o->pid, NULL, 0) < 0 && errno == EINTR)
		;
	mmt_free(o->alloc, o);
}

int rec_opener_pid(const struct rec_opener *o)
{
	return o ? o->pid : 0;
}

/* --- asking --- */

static int ask(struct rec_opener *o, const struct request *q, struct reply *a, int *fd)
{
	*fd = -1;
	if (!rec_message_send(o->socket, q, sizeof(*q), -1) ||
	    !rec_message_receive(o->socket, a, sizeof(*a), fd))
		return -ESRCH; /* it has gone: so has whatever it would have shown */
	return (int)a->result;
}

int rec_opener_file(struct rec_opener *o, int pid, enum rec_task_file file)
{
	struct request q = { .ask = ASK_FILE, .file = file, .pid = pid };
	struct reply a;
	int fd, err;

	err = ask(o, &q, &a, &fd);
	return err ? err : fd < 0 ? -EMFILE : fd;
}

int rec_opener_mapped(struct rec_opener *o, const char *root, int pid, uint64_t start, uint64_t end,
		      struct rec_mapped *m)
{
	struct request q = { .ask = ASK_MAPPED, .pid = pid, .start = start, .end = end };
	struct reply a;
	int fd, err;

	if (!o || *root)
		return stat_mapped(root, pid, start, end, m);
	err = ask(o, &q, &a, &fd);
	*m = a.mapped;
	return err;
}

bool rec_opener_same_mm(struct rec_opener *o, int a, int b)
{
	struct request q = { .ask = ASK_SAME_MM, .pid = a, .other = b };
	struct reply reply;
	int fd;

	return o ? !ask(o, &q, &reply, &fd) : same_mm(a, b);
}

int rec_opener_signal(struct rec_opener *o, int command, int signal)
{
	struct request q = { .ask = ASK_SIGNAL, .pid = command, .other = signal };
	struct reply a;
	int fd;

	if (!o)
		return kill(command, signal) ? -errno : 0;
	return ask(o, &q, &a, &fd);
}
