// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host allows, found by trying rather than by reading configurations: a program is
 * loaded and attached, a map is made, a file is read.
 *
 * Reference: bpf(2), capabilities(7), perf_event_open(2), Documentation/admin-guide/mm/pagemap.rst.
 * CAP_BPF and CAP_PERFMON exist since 5.8; CAP_SYS_ADMIN stands for both. Map memory is charged to
 * the control group since 5.11, before that against RLIMIT_MEMLOCK.
 *
 * I1. Every try is undone: descriptors are closed before the next.
 * I2. An ability that is not there says which call refused and with what error.
 *
 * Cost: 0.1 s, nearly all of it for indexing the kernel's BTF.
 */
#include "lib/record/doctor.h"
#include "lib/record/function.h"
#include "lib/record/kernel.h"
#include "lib/record/privilege.h"
#include "lib/record/snapshot/text.h"
#include "lib/record/tracefs.h"
#include "lib/trace/event.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_BYTES (16u << 20)

static struct rec_ability *add(struct rec_doctor *d, const char *name, bool needed,
			       const char *lost, const char *remedy)
{
	struct rec_ability *a = &d->ability[d->nr];

	MMT_BUG(d->nr == REC_ABILITIES_MAX);
	d->nr++;
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->needed = needed;
	a->lost = lost;
	a->remedy = remedy;
	return a;
}

__attribute__((format(printf, 3, 4))) static void found(struct rec_ability *a, bool there,
							const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
	a->there = there;
}

/* Up to @size - 1 bytes of @path: count, or -errno. */
static ssize_t read_file(struct mmt_io *io, const char *path, char *out, size_t size)
{
	int fd = mmt_io_open(io, path, O_RDONLY, 0);
	ssize_t n;

	out[0] = 0;
	if (fd < 0)
		return fd;
	n = mmt_io_read(io, fd, out, size - 1);
	out[n > 0 ? n : 0] = 0;
	mmt_io_close(io, fd);
	return n;
}

static void try_file(struct rec_doctor *d, struct mmt_io *io, const char *name, const char *path,
		     const char *lost, const char *remedy)
{
	struct rec_ability *a = add(d, name, false, lost, remedy);
	char text[65]; /* frame files want whole words */
	ssize_t n = read_file(io, path, text, sizeof(text));

	if (n > 0)
		found(a, true, "%s can be read", path);
	else
		found(a, false, "%s: %s", path, n ? strerror((int)-n) : "empty");
}

/* --- privileges --- */

static uint64_t capabilities(struct mmt_io *io)
{
	char text[4096];
	struct text t, line;
	uint64_t v = 0;

	if (read_file(io, "/proc/self/status", text, sizeof(text)) <= 0)
		return 0;
	t = text_of(text, strlen(text));
	while (text_line(&t, &line)) {
		if (text_skip(&line, "CapEff:")) {
			text_trim(&line);
			if (!text_hex(line, &v))
				v = 0;
		}
	}
	return v;
}

/* What takes capabilities their effect, and what a recorder confines itself with. */
static void try_confinement(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_privilege p;
	struct rec_ability *a;

	rec_privilege_read(&p, io);
	a = add(d, "user_namespace", false, "all events", "record outside of the container");
	found(a, !p.user_namespace, "%s",
	      p.user_namespace ? "not the initial one: capabilities open nothing of the kernel"
			       : "the initial one");
	a = add(d, "lockdown", false, "all events", "boot without lockdown=confidentiality");
	found(a, !p.lockdown, "%s",
	      p.lockdown ? "confidentiality: no program may read the kernel's memory" : "none");
	a = add(d, "seccomp", false, "a recorder's own list of system calls",
		"a kernel with CONFIG_SECCOMP_FILTER");
	found(a, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT, "%s",
	      p.seccomp ? "a filter is in force already" : "filters");
	a = add(d, "perf_event_paranoid", false, "nothing where CAP_PERFMON is held",
		"sysctl kernel.perf_event_paranoid, or CAP_PERFMON");
	found(a, p.perf_event_paranoid < 2 || p.effective >> 38 & 1 || p.effective >> 21 & 1,
	      p.perf_event_paranoid == REC_PARANOID_UNKNOWN ? "not in this kernel" : "%d",
	      p.perf_event_paranoid);
}

static void try_capabilities(struct rec_doctor *d, struct mmt_io *io)
{
	static const struct {
		const char *name, *lost;
		unsigned bit;
	} list[] = {
		{ "cap.bpf", "without CAP_SYS_ADMIN either, all events", 39 },
		{ "cap.perfmon", "without CAP_SYS_ADMIN either, all events", 38 },
		{ "cap.sys_admin",
		  "frame numbers of processes; kinds of mapped files; where RAM is", 21 },
		{ "cap.sys_ptrace", "address spaces of other users' processes", 19 },
		{ "cap.dac_read_search", "state of frames, types of page blocks, slabs", 2 },
		{ "cap.sys_resource", "nothing since 5.11; before, large rings", 24 },
	};
	uint64_t caps = capabilities(io);
	bool admin = caps >> 21 & 1;
	struct rec_ability *a;

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		bool has = caps >> list[i].bit & 1;

		a = add(d, list[i].name, false, list[i].lost,
			"run as root, or with this capability");
		found(a, has, has ? "held" : "not held");
	}
	try_confinement(d, io);
	a = add(d, "privileges", true, "all events",
		"run as root, or with CAP_BPF and CAP_PERFMON");
	found(a, admin || (caps >> 39 & 1 && caps >> 38 & 1),
	      admin ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON are asked for");
}

/* --- BPF --- */

static void told(struct rec_ability *a, int err, const char *what)
{
	found(a, !err, "%s: %s", what, err ? strerror(-err) : "works");
}

static void try_bpf(struct rec_doctor *d, struct mmt_io *io, const struct btf *btf)
{
	LIBBPF_OPTS(bpf_map_create_opts, ring, .map_flags = BPF_F_MMAPABLE);
	struct rec_ability *a;
	const char *name;
	char what[64];
	int err, fd;

	a = add(d, "bpf.load", true, "all events",
		"needs privileges, and a kernel with CONFIG_BPF_SYSCALL that is not locked down");
	told(a,
	     rec_program_try(io, btf, "btf_trace_mm_page_alloc", BTF_KIND_TYPEDEF, BPF_TRACE_RAW_TP,
			     false),
	     "loading a tracepoint program");
	a = add(d, "bpf.attach", true, "all events", "a kernel with CONFIG_BPF_EVENTS");
	told(a,
	     rec_program_try(io, btf, "btf_trace_mm_page_alloc", BTF_KIND_TYPEDEF, BPF_TRACE_RAW_TP,
			     true),
	     "attaching it to mm_page_alloc");
	a = add(d, "bpf.ring", true, "all events",
		"raise the memory limit of this control group, or record -m with a smaller size");
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "mmt_doctor", 4, RING_BYTES, 1, &ring);
	told(a, fd < 0 ? fd : 0, "a ring of 16 MiB");
	if (fd >= 0)
		mmt_io_close(io, fd);
	a = add(d, "bpf.fentry", false, "bulk allocations (event alloc_pages_bulk)",
		"a kernel with CONFIG_FUNCTION_TRACER whose functions may be traced");
	name = rec_function_bulk(btf);
	err = name ? rec_function_try(io, btf, name) : -ENOENT;
	snprintf(what, sizeof(what), "a program at %s()", name ? name : "alloc_pages_bulk");
	told(a, err, what);
}

static bool is_tracepoint(const struct mmt_event_info *info)
{
	return strcmp(info->system, "mmtrace") != 0 && strcmp(info->system, "syscalls") != 0 &&
	       strcmp(info->system, "function") != 0;
}

static void try_groups(struct rec_doctor *d, const struct rec_kernel *k)
{
	for (unsigned g = 0; g < MMT_NR_GROUPS; g++) {
		unsigned have = 0, all = 0;
		char name[48], missing[128] = "";
		struct rec_ability *a;

		for (unsigned kind = 1; kind <= MMT_KIND_MAX; kind++) {
			const struct mmt_event_info *info = mmt_event_info(kind);
			size_t n = strlen(missing);

			if (!info || info->group != g || !is_tracepoint(info))
				continue;
			all++;
			if (rec_kernel_has(k, info->name))
				have++;
			else
				snprintf(missing + n, sizeof(missing) - n, " %s", info->name);
		}
		if (!all)
			continue;
		snprintf(name, sizeof(name), "tracepoints.%s", mmt_group_name(g));
		a = add(d, name, g == MMT_G_ALLOC, "the events of this group that are missing",
			"another kernel release or configuration");
		found(a, have > 0, "%u of %u%s%s", have, all, have < all ? "; not here:" : "",
		      missing);
	}
}

/* --- frames, counters, groups --- */

static void try_pagemap(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_ability *a =
		add(d, "pagemap", false, "which frames processes map", "CAP_SYS_ADMIN");
	int fd = mmt_io_open(io, "/proc/self/pagemap", O_RDONLY, 0);
	uint64_t entry = 0;
	ssize_t n = fd;

	if (fd >= 0) {
		n = mmt_io_pread(io, fd, &entry, 8, (off_t)((uintptr_t)&entry / 4096 * 8));
		mmt_io_close(io, fd);
	}
	if (n < 0)
		found(a, false, "/proc/self/pagemap: %s", strerror((int)-n));
	else
		found(a, n == 8 && entry << 9, "%s",
		      n == 8 && entry << 9 ? "tells frame numbers" : "tells no frame numbers");
}

static void try_ram(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_ability *a =
		add(d, "iomem", false, "holes in RAM are read frame by frame, which takes longer",
		    "CAP_SYS_ADMIN");
	char text[4096];
	ssize_t n = read_file(io, "/proc/iomem", text, sizeof(text));
	const char *ram = strstr(text, " : System RAM");
	bool real = n > 0 && strspn(text, "0-") < strcspn(text, " ");

	/* without the capability every address reads as 0 */
	if (n > 0 && ram && !real)
		real = ram - text >= 17 && strncmp(ram - 17, "00000000-00000000", 17) != 0;
	found(a, real, "%s",
	      n <= 0 ? strerror((int)-n)
	      : real ? "tells where RAM is"
		     : "tells no addresses");
}

static void try_pmu(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_ability *a = add(d, "pmu", false, "hardware counters",
				    "a host with a performance unit, not a machine without one");
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_HW_CPU_CYCLES,
					.disabled = 1,
					.exclude_kernel = 1 };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	told(a, fd < 0 ? -errno : 0, "counting cycles");
	if (fd >= 0)
		mmt_io_close(io, fd);
}

static void try_tracefs(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_ability *a =
		add(d, "tracefs", false,
		    "calibration of frame numbers; then they are guessed and checked",
		    "a kernel with CONFIG_TRACING; privileges to mount");
	int fd = rec_tracefs_open(io);

	told(a, fd < 0 ? fd : 0, "opening tracefs");
	if (fd >= 0)
		mmt_io_close(io, fd);
}

static void try_kprobes(struct rec_doctor *d)
{
	struct rec_ability *a =
		add(d, "kprobes", false, "nothing: not used", "a kernel with CONFIG_KPROBES");
	const char *path = "/sys/bus/event_source/devices/kprobe";

	found(a, !access(path, F_OK), "%s", access(path, F_OK) ? "not in this kernel" : "there");
}

static void try_cgroups(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_ability *a;
	char text[65536];
	struct text t, line;
	bool v1 = false, v2 = false;

	if (read_file(io, "/proc/cgroups", text, sizeof(text)) > 0) {
		t = text_of(text, strlen(text));
		while (text_line(&t, &line)) {
			uint64_t hierarchy;

			if (text_skip(&line, "memory") && text_next_u64(&line, &hierarchy)) {
				v1 = hierarchy != 0;
				v2 = !v1;
			}
		}
	} else {
		v2 = !access("/sys/fs/cgroup/memory.stat", F_OK);
	}
	a = add(d, "cgroup.memory.v2", false, "limits of version 2 (high, low, min)",
		"mount version 2 with the memory controller");
	found(a, v2, "%s",
	      v2 ? "the memory controller is here" : "the memory controller is not here");
	a = add(d, "cgroup.memory.v1", false, "nothing where version 2 has the controller", "none");
	found(a, v1, "%s",
	      v1 ? "the memory controller is here" : "the memory controller is not here");
}

static void try_limits(struct rec_doctor *d)
{
	struct rec_ability *a = add(d, "memlock", false, "nothing since 5.11; before, large rings",
				    "ulimit -l unlimited");
	struct rlimit r = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &r);
	if (r.rlim_cur == RLIM_INFINITY)
		found(a, true, "unlimited");
	else
		found(a, r.rlim_cur >= 2 * RING_BYTES, "%llu bytes",
		      (unsigned long long)r.rlim_cur);
}

static void try_state(struct rec_doctor *d, struct mmt_io *io)
{
	try_file(d, io, "zoneinfo", "/proc/zoneinfo", "zones: such a trace cannot be replayed",
		 "mount /proc");
	try_file(d, io, "pagetypeinfo", "/proc/pagetypeinfo", "pageblock types, which are inferred",
		 "CAP_DAC_READ_SEARCH");
	try_file(d, io, "kpageflags", "/proc/kpageflags", "which frames are free at the start",
		 "CAP_DAC_READ_SEARCH, and a kernel with CONFIG_PROC_PAGE_MONITOR");
	try_file(d, io, "kpagecount", "/proc/kpagecount", "how often frames are mapped",
		 "CAP_DAC_READ_SEARCH, and a kernel with CONFIG_PROC_PAGE_MONITOR");
	try_file(d, io, "maps", "/proc/1/maps", "address spaces of other users' processes",
		 "CAP_SYS_PTRACE");
	try_pagemap(d, io);
	try_ram(d, io);
	try_cgroups(d, io);
	try_file(d, io, "thp", "/sys/kernel/mm/transparent_hugepage/enabled", "huge page settings",
		 "none: this kernel has no transparent huge pages");
	try_file(d, io, "lru_gen", "/sys/kernel/mm/lru_gen/enabled",
		 "nothing: this kernel has no multi-generational LRU", "none");
	try_file(d, io, "damon", "/sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds",
		 "sampled accesses to resident pages", "a kernel with CONFIG_DAMON_SYSFS");
	try_file(d, io, "page_idle", "/sys/kernel/mm/page_idle/bitmap", "nothing: not used",
		 "a kernel with CONFIG_IDLE_PAGE_TRACKING");
}

void rec_doctor_examine(struct rec_doctor *d, struct mmt_io *io)
{
	struct rec_kernel kernel;
	struct rec_ability *a;
	struct mmt_err e = { 0 };

	memset(d, 0, sizeof(*d));
	try_capabilities(d, io);
	a = add(d, "btf", true, "all events: programs cannot be fitted to this kernel",
		"a kernel with CONFIG_DEBUG_INFO_BTF");
	if (rec_kernel_open(&kernel, &e)) {
		found(a, false, "%s", e.text);
	} else {
		found(a, true, "/sys/kernel/btf/vmlinux");
		try_bpf(d, io, kernel.btf);
		try_groups(d, &kernel);
		rec_kernel_close(&kernel);
	}
	try_tracefs(d, io);
	try_kprobes(d);
	try_pmu(d, io);
	try_limits(d);
	try_state(d, io);
}

bool rec_doctor_can_record(const struct rec_doctor *d)
{
	for (unsigned i = 0; i < d->nr; i++) {
		if (d->ability[i].needed && !d->ability[i].there)
			return false;
	}
	return true;
}
