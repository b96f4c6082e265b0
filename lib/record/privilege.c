// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileges: which this process has, what each opens, and giving them up.
 *
 * Theory. Recording needs two capabilities, and only until the programs are attached: CAP_BPF to
 * load, CAP_PERFMON to trace (CAP_SYS_ADMIN stands for both). A snapshot needs others for what the
 * kernel shows to few. So one that begins with less still records, and says what misses.
 *
 *	load, attach, open files | drop | record ... seal
 *	all it was given         |      | none
 *
 * Reference: capabilities(7), credentials(7), prctl(2), bpf(2); Documentation/admin-guide/
 * perf-security.rst; kernel_lockdown(7). Files: fs/proc/task_mmu.c proc_mem_open() and
 * pagemap_read() (frame numbers by the opener's CAP_SYS_ADMIN), fs/proc/base.c
 * proc_map_files_get_link(), kernel/resource.c r_show(), of Linux 6.1 to 6.18.
 *
 * I1. After rec_privilege_drop() returned 0, no set holds a capability but the bounding set of one
 *     that never had CAP_SETPCAP; with no_new_privs that set gives nothing.
 * I2. The bounding set goes first and user 0 next, for each needs a capability itself.
 * I3. A missing capability has a message of its own, whatever call noticed it.
 *
 * Cost: some 60 system calls, once.
 */
#include "lib/record/privilege.h"
#include "lib/record/snapshot/text.h"
#include "lib/record/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BIT(n) (UINT64_C(1) << (n))

/* Up to @size - 1 bytes of @path as a string; "" if it cannot be read. */
static struct text read_text(struct mmt_io *io, const char *path, char *out, size_t size)
{
	int fd = mmt_io_open(io, path, O_RDONLY, 0);
	ssize_t n = 0;

	if (fd >= 0) {
		n = mmt_io_read(io, fd, out, size - 1);
		mmt_io_close(io, fd);
	}
	out[n > 0 ? n : 0] = 0;
	return text_of(out, n > 0 ? (size_t)n : 0);
}

void rec_privilege_read(struct rec_privilege *p, struct mmt_io *io)
{
	char bytes[4096];
	struct text t, line;
	uint64_t a, b, n;
	int64_t v;

	*p = (struct rec_privilege){ .perf_event_paranoid = REC_PARANOID_UNKNOWN };
	t = read_text(io, "/proc/self/status", bytes, sizeof(bytes));
	while (text_line(&t, &line)) {
		if (text_skip(&line, "CapEff:")) {
			text_trim(&line);
			if (!text_hex(line, &p->effective))
				p->effective = 0;
		} else if (text_skip(&line, "Seccomp:") && text_next_u64(&line, &n)) {
			p->seccomp = n == 2;
		}
	}
	t = read_text(io, "/proc/self/uid_map", bytes, sizeof(bytes));
	if (text_next_u64(&t, &a) && text_next_u64(&t, &b) && text_next_u64(&t, &n))
		p->user_namespace = a || b || n != UINT32_MAX;
	t = read_text(io, "/sys/kernel/security/lockdown", bytes, sizeof(bytes));
	p->lockdown = strstr(bytes, "[confidentiality]") != NULL;
	t = read_text(io, "/proc/sys/kernel/unprivileged_bpf_disabled", bytes, sizeof(bytes));
	p->unprivileged_bpf = text_next_u64(&t, &n) && !n;
	t = read_text(io, "/proc/sys/kernel/perf_event_paranoid", bytes, sizeof(bytes));
	text_trim(&t);
	if (text_s64(t, &v))
		p->perf_event_paranoid = (int)v;
}

bool rec_privilege_has(const struct rec_privilege *p, int capability)
{
	uint64_t stands_for =
		capability == CAP_BPF || capability == CAP_PERFMON ? BIT(CAP_SYS_ADMIN) : 0;

	return p->effective & (BIT(capability) | stands_for);
}

int rec_privilege_refused(const struct rec_privilege *p, int err, struct mmt_err *e)
{
	bool bpf = rec_privilege_has(p, CAP_BPF), perfmon = rec_privilege_has(p, CAP_PERFMON);

	if (err == -ENOMEM)
		return mmt_fail(
			e, ENOMEM,
			"no memory for the ring buffers: record with a smaller --buffer, or "
			"raise the memory limit of this control group");
	if (err != -EPERM && err != -EACCES)
		return mmt_fail_errno(e, -err, "cannot load the BPF programs");
	if (!bpf && !perfmon)
		return mmt_fail(e, EPERM,
				"CAP_BPF and CAP_PERFMON are missing: run as root, or with both "
				"(mmtrace-security(7))");
	if (!bpf)
		return mmt_fail(e, EPERM,
				"CAP_BPF is missing: without it the kernel loads no "
				"programs (CAP_PERFMON is there)");
	if (!perfmon)
		return mmt_fail(e, EPERM,
				"CAP_PERFMON is missing: without it programs may not "
				"trace (CAP_BPF is there)");
	if (p->user_namespace)
		return mmt_fail(e, EPERM,
				"the capabilities of this user namespace open nothing of "
				"the kernel: record outside of the container");
	if (p->lockdown)
		return mmt_fail(e, EPERM,
				"this kernel is locked down (confidentiality): no program "
				"may read its memory, whoever loads it");
	if (p->seccomp)
		return mmt_fail(e, EPERM,
				"bpf(2) is refused although the capabilities are there: "
				"the seccomp filter of a container forbids it");
	return mmt_fail(e, EPERM,
			"bpf(2) is refused although the capabilities are there: a "
			"security module forbids it");
}

/* --- what is out of sight --- */

static const struct rec_lack sources[] = {
	{ "/proc/kpageflags", "which frames are free at the start, so that a replay begins without",
	  "CAP_DAC_READ_SEARCH" },
	{ "/proc/kpagecount", "how often frames are mapped", "CAP_DAC_READ_SEARCH" },
	{ "/proc/pagetypeinfo", "types of page blocks", "CAP_DAC_READ_SEARCH" },
	{ "/proc/slabinfo", "slab caches", "CAP_DAC_READ_SEARCH" },
	{ "/sys/kernel/tracing", "frame numbers as measured; they are derived",
	  "CAP_DAC_READ_SEARCH" },
	{ "/proc/PID/smaps", "address spaces of other users' processes", "CAP_SYS_PTRACE" },
	{ "/proc/PID/pagemap", "which frames processes map", "CAP_SYS_ADMIN" },
	{ "/proc/PID/map_files", "kinds and sizes of files mapped at the start", "CAP_SYS_ADMIN" },
	{ "/proc/iomem", "where RAM is", "CAP_SYS_ADMIN" },
};

/* Whether the source is there and refused. */
static bool refused(struct mmt_io *io, const struct rec_lack *l, const struct rec_privilege *p)
{
	bool admin = rec_privilege_has(p, CAP_SYS_ADMIN);
	int fd;

	if (!strcmp(l->source, "/proc/PID/smaps"))
		return !rec_privilege_has(p, CAP_SYS_PTRACE);
	if (!strcmp(l->source, "/proc/PID/pagemap") || !strcmp(l->source, "/proc/iomem"))
		return !admin;
	if (!strcmp(l->source, "/proc/PID/map_files"))
		return !admin && !rec_privilege_has(p, CAP_CHECKPOINT_RESTORE);
	fd = !strcmp(l->source, "/sys/kernel/tracing") ? rec_tracefs_open(io)
						       : mmt_io_open(io, l->source, O_RDONLY, 0);
	if (fd >= 0)
		mmt_io_close(io, fd);
	return fd == -EACCES || fd == -EPERM;
}

unsigned rec_privilege_lacks(struct mmt_io *io, const struct rec_lack *lacks[REC_LACKS_MAX])
{
	struct rec_privilege p;
	unsigned n = 0;

	rec_privilege_read(&p, io);
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		if (refused(io, &sources[i], &p))
			lacks[n++] = &sources[i];
	}
	return n;
}

/* --- giving up --- */

static int last_capability(void)
{
	int cap = 0;

	while (cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0)
		cap++;
	return cap - 1;
}

/* All sets become @keep, or what of it is permitted; the bounding set loses all it can. */
int rec_privilege_keep(uint64_t keep)
{
	int last = last_capability(), err = 0;
	cap_t had = cap_get_proc(), now = cap_init();

	for (int cap = 0; cap <= last; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (!had || !now)
		err = -ENOMEM;
	for (cap_value_t cap = 0; !err && cap <= last; cap++) {
		cap_flag_value_t held = CAP_CLEAR;

		cap_get_flag(had, cap, CAP_PERMITTED, &held);
		if (!(keep & BIT(cap)) || held != CAP_SET)
			continue;
		cap_set_flag(now, CAP_PERMITTED, 1, &cap, CAP_SET);
		cap_set_flag(now, CAP_EFFECTIVE, 1, &cap, CAP_SET);
	}
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || cap_set_proc(now)))
		err = -errno;
	cap_free(had);
	cap_free(now);
	return err;
}

int rec_privilege_drop(char *kept, size_t size, struct mmt_err *e)
{
	bool root = !getuid() || !geteuid();
	int err;

	snprintf(kept, size, "%s", "");
	if (root && setgroups(0, NULL) && errno != EPERM)
		return mmt_fail_errno(e, errno, "cannot leave the groups of root");
	/* the bounding set, while there is CAP_SETPCAP; the rest falls with user 0 or below */
	for (int cap = last_capability(); cap >= 0; cap--)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (root && (setresgid(REC_NOBODY, REC_NOBODY, REC_NOBODY) ||
		     setresuid(REC_NOBODY, REC_NOBODY, REC_NOBODY)))
		snprintf(kept, size, "user 0, without capabilities: cannot become nobody: %s",
			 strerror(errno));
	err = rec_privilege_keep(0);
	if (err)
		return mmt_fail_errno(e, -err, "cannot give up capabilities");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}
