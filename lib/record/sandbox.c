// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls that are left after attaching.
 *
 * Theory. Whatever a comm, a path or a number of another process could make of the recorder, it
 * cannot go beyond what the kernel still lets it do: read files that anybody may read, write to
 * descriptors it holds, and wait. Three lists, one for the recorder, one for each helper that acts
 * for it (opener.c, filer.c); each is the calls that were seen, and what the C library uses in
 * their stead on other hosts (a clock without vDSO, another allocator's growth).
 *
 *	openat            for reading, nothing is created; the filer: in one directory
 *	mmap, mprotect    nothing becomes executable
 *	ioctl             PAGEMAP_SCAN; letting go of a perf event; is this a terminal?
 *	bpf               BPF_OBJ_GET_INFO_BY_FD of programs it holds: runs that the kernel skipped
 *	kill              the command, and no one else
 *
 * I1. No list has execve, socket, connect, ptrace, clone, mount or a call that changes credentials.
 * I2. A call outside the list fails with EPERM; with `kill` it ends the process with SIGSYS. Tests
 *     run with that, so that a call that is needed and not listed cannot go unnoticed.
 * I3. Calls of another architecture's numbers (i386, x32) end the process.
 *
 * Who adds a call to what runs between attaching and the end adds it here;
 * tests/live/privilege.bats fails otherwise. Cost: some 100 ns a system call; 2 ms to load.
 * Reference: seccomp(2), seccomp_rule_add(3).
 */
#include "lib/record/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define PAGEMAP_SCAN_CALL _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, 12 * 8)
#define WRITES		  (O_ACCMODE | O_CREAT | O_TRUNC)

static const int recorder_calls[] = {
	/* data */
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(close),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	/* names and states of files */
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(getdents64),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	/* waiting and time */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(futex),
	SCMP_SYS(membarrier),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* itself */
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getrusage),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu),
	SCMP_SYS(kcmp),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const int opener_calls[] = {
	SCMP_SYS(recvmsg),    SCMP_SYS(sendmsg),      SCMP_SYS(close),
	SCMP_SYS(newfstatat), SCMP_SYS(stat),	      SCMP_SYS(statfs),
	SCMP_SYS(kcmp),	      SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),	      SCMP_SYS(exit_group),
};

static const int filer_calls[] = {
	/* requests, files */
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(close),
	SCMP_SYS(fsync),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	/* their names */
	SCMP_SYS(getpid),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	/* memory for the list of them */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static int allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

static struct scmp_arg_cmp equal(unsigned arg, scmp_datum_t value)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = SCMP_CMP_EQ, .datum_a = value };
}

static struct scmp_arg_cmp masked(unsigned arg, scmp_datum_t mask, scmp_datum_t value)
{
	return (struct scmp_arg_cmp){
		.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
	};
}

static int allow_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp arg)
{
	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &arg);
}

/* Files are made, named and removed in directory @dir, by names that are this program's own. */
static int allow_files(scmp_filter_ctx f, int dir)
{
	const scmp_datum_t d = (scmp_datum_t)dir;
	int err = allow_if(f, SCMP_SYS(openat), equal(0, d));

	if (!err)
		err = allow_if(f, SCMP_SYS(linkat), equal(2, d));
	if (!err)
		err = allow_if(f, SCMP_SYS(renameat), equal(2, d));
	if (!err)
		err = allow_if(f, SCMP_SYS(renameat2), equal(2, d));
	if (!err)
		err = allow_if(f, SCMP_SYS(mmap), masked(2, PROT_EXEC, 0));
	return err ? err : allow_if(f, SCMP_SYS(unlinkat), equal(0, d));
}

/* What only some arguments make harmless. */
static int allow_some(scmp_filter_ctx f, enum rec_sandbox which, int dir)
{
	int err;

	if (which == REC_SANDBOX_FILER)
		return allow_files(f, dir);
	err = allow_if(f, SCMP_SYS(openat), masked(2, WRITES, O_RDONLY));

	if (err || which == REC_SANDBOX_OPENER)
		return err;
	err = allow_if(f, SCMP_SYS(mmap), masked(2, PROT_EXEC, 0));
	if (!err)
		err = allow_if(f, SCMP_SYS(mprotect), masked(2, PROT_EXEC, 0));
	if (!err)
		err = allow_if(f, SCMP_SYS(ioctl), equal(1, PAGEMAP_SCAN_CALL));
	if (!err)
		err = allow_if(f, SCMP_SYS(ioctl), equal(1, PERF_EVENT_IOC_DISABLE));
	if (!err)
		err = allow_if(f, SCMP_SYS(ioctl), equal(1, TCGETS));
	if (!err)
		err = allow_if(f, SCMP_SYS(fcntl), equal(1, F_GETFL));
	if (!err)
		err = allow_if(f, SCMP_SYS(bpf), equal(0, BPF_OBJ_GET_INFO_BY_FD));
	return err;
}

#define LIST(calls)                                     \
	{                                               \
		calls, sizeof(calls) / sizeof(calls[0]) \
	}
static const struct {
	const int *calls;
	size_t n;
} lists[] = {
	[REC_SANDBOX_RECORDER] = LIST(recorder_calls),
	[REC_SANDBOX_OPENER] = LIST(opener_calls),
	[REC_SANDBOX_FILER] = LIST(filer_calls),
};

int rec_sandbox_enter(enum rec_sandbox which, const struct rec_sandbox_options *o,
		      struct mmt_err *e)
{
	scmp_filter_ctx f = seccomp_init(o->kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!f)
		return mmt_fail(e, ENOMEM, "no memory for the list of system calls");
	err = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!err)
		err = allow(f, lists[which].calls, lists[which].n);
	if (!err)
		err = allow_some(f, which, o->dir);
	if (!err && o->command)
		err = allow_if(f, SCMP_SYS(kill), equal(0, (scmp_datum_t)o->command));
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err ? mmt_fail_errno(e, -err, "cannot confine the system calls") : 0;
}
