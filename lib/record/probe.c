/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF programs: which of them this host can run, attached and let go.
 *
 * Theory. A program is named after its event; it is loaded if the event is wanted and the kernel
 * has the tracepoint. Should the verifier refuse one (another release), all are tried alone and the
 * refused ones left out: each is independent of the others. System calls are attached one by one
 * behind their classic tracepoints where tracefs can be reached (the kernel then skips all other
 * calls before any program runs), else by one program behind all of them.
 *   I1  Every link is a descriptor of this process: whatever ends it detaches everything.
 *   I2  What runs between attaching and rec_probes_record(true) writes nothing.
 */
#include "lib/record/probe.h"

#include "lib/record/pfn.h"
#include "lib/record/syscall.h"
#include "lib/record/tracefs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* the names the skeleton uses for integers */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;

#include "mmtrace.skel.h"

#define MAX_PROBES   128
#define MAX_CALLS    64
#define CALIBRATIONS 64

struct probe {
	const char *name; /* the program's */
	unsigned kind;	  /* 0: a program without an event of its own */
	bool load;
	const char *why; /* why not, when it is wanted */
	struct bpf_program *prog;
	struct bpf_link *link;
	uint64_t misses;
};

struct rec_probes {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	const struct rec_kernel *kernel;
	struct rec_probe_options o;
	struct mmtrace_bpf *skel;
	struct probe probe[MAX_PROBES];
	unsigned nr;
	struct bpf_link *calls[MAX_CALLS];
	unsigned nr_calls;
	int tracefs; /* or -errno */
	unsigned nr_cpus;
	uint64_t words;
	size_t stride, nested_stride;
	void *rings, *nested;
	bool guessed;
};

bool rec_kind_default(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	return info && info->class != MMT_SNAPSHOT && info->group != MMT_G_META;
}

static bool wants(const struct rec_probes *p, unsigned kind)
{
	return p->o.wanted ? p->o.wanted(kind, p->o.arg) : rec_kind_default(kind);
}

/* --- choosing and loading --- */

static bool wants_system_calls(const struct rec_probes *p)
{
	for (unsigned i = 0; i < rec_nr_syscalls; i++) {
		if (wants(p, rec_syscalls[i].kind))
			return true;
	}
	return false;
}

static void choose(struct rec_probes *p, struct probe *q)
{
	const char *tracepoint = q->name;

	if (!strcmp(q->name, "tasks")) {
		q->load = true;
		return;
	}
	if (!strncmp(q->name, "calibrate_", 10)) {
		q->load = p->tracefs >= 0 || !strcmp(q->name, "calibrate_raw");
		return;
	}
	if (!strncmp(q->name, "sys_exit", 8)) {
		q->kind = MMT_EV_sys_exit;
		q->load = wants_system_calls(p) &&
			  (strcmp(q->name, "sys_exit") ? p->tracefs >= 0 : p->tracefs < 0);
		return;
	}
	if (!strncmp(q->name, "mark_victim", 11)) {
		q->kind = MMT_EV_mark_victim;
		tracepoint = "mark_victim";
		if (p->kernel->victim_is_task != !q->name[11])
			return;
	} else {
		q->kind = mmt_event_by_name(q->name);
	}
	if (!wants(p, q->kind))
		return;
	q->load = rec_kernel_has(p->kernel, tracepoint);
	q->why = q->load ? NULL : "this kernel has no such tracepoint";
}

static uint64_t highest_frame(struct mmt_io *io)
{
	static const char key[] = "start_pfn:";
	uint64_t top = 1 << 20, spanned = 0;
	char line[256], *at;
	FILE *f;

	(void)io;
	f = fopen("/proc/zoneinfo", "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long v;

		if (sscanf(line, " spanned %llu", &v) == 1)
			spanned = v;
		at = strstr(line, key);
		if (at && sscanf(at + sizeof(key) - 1, "%llu", &v) == 1 && v + spanned > top)
			top = v + spanned;
	}
	if (f)
		fclose(f);
	return top;
}

static size_t pages(size_t bytes)
{
	return (bytes + 4095) / 4096 * 4096;
}

static void set_sizes(struct rec_probes *p, struct mmtrace_bpf *s)
{
	uint64_t frames = 64;

	bpf_map__set_value_size(s->maps.rings, (u32)p->stride);
	bpf_map__set_max_entries(s->maps.rings, p->nr_cpus);
	bpf_map__set_value_size(s->maps.nested, (u32)p->nested_stride);
	bpf_map__set_max_entries(s->maps.nested, p->nr_cpus);
	s->rodata->ring_mask = p->words - 1;
	s->rodata->filtered = p->o.filtered;
	if (p->o.filtered) {
		for (uint64_t top = highest_frame(p->io); frames < top;)
			frames *= 2;
	}
	s->rodata->frame_mask = frames - 1;
	bpf_map__set_max_entries(s->maps.frames, (u32)(frames / 64));
	for (unsigned i = 0; i < rec_nr_syscalls; i++) {
		const struct rec_syscall *c = &rec_syscalls[i];

		if (c->nr >= REC_SYSCALLS || !wants(p, c->kind))
			continue;
		s->rodata->sys_kind[c->nr] = c->kind;
		s->rodata->sys_fd[c->nr] = c->fd;
		s->rodata->sys_mask[c->nr] = c->mask;
	}
}

/* Load with only @alone (NULL: all that were chosen). */
static int load(struct rec_probes *p, const char *alone, struct mmtrace_bpf **skel)
{
	struct mmtrace_bpf *s = mmtrace_bpf__open();
	struct bpf_program *prog;
	unsigned i = 0;
	int err;

	if (!s)
		return -errno;
	set_sizes(p, s);
	bpf_object__for_each_program(prog, s->obj)
	{
		const char *name = bpf_program__name(prog);

		bpf_program__set_autoload(prog,
					  p->probe[i].load && (!alone || !strcmp(alone, name)));
		i++;
	}
	err = mmtrace_bpf__load(s);
	if (err) {
		mmtrace_bpf__destroy(s);
		return err;
	}
	*skel = s;
	return 0;
}

static int load_what_goes(struct rec_probes *p)
{
	unsigned loaded = 0;
	int err = load(p, NULL, &p->skel);

	if (!err || err == -EPERM)
		return err;
	for (unsigned i = 0; i < p->nr; i++) {
		struct mmtrace_bpf *s;

		if (!p->probe[i].load)
			continue;
		if (load(p, p->probe[i].name, &s)) {
			p->probe[i].load = false;
			p->probe[i].why = "this kernel refused the program";
			continue;
		}
		mmtrace_bpf__destroy(s);
		loaded++;
	}
	return loaded ? load(p, NULL, &p->skel) : err;
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int list_programs(struct rec_probes *p, struct mmt_err *e)
{
	struct mmtrace_bpf *s = mmtrace_bpf__open();
	struct bpf_program *prog;

	if (!s)
		return mmt_fail_errno(e, errno, "cannot read the BPF programs");
	bpf_object__for_each_program(prog, s->obj)
	{
		const struct mmt_event_info *info;
		struct probe *q = &p->probe[p->nr];

		if (p->nr == MAX_PROBES)
			break;
		*q = (struct probe){ .name = bpf_program__name(prog) };
		choose(p, q);
		/* names must outlive this skeleton: the event table's do */
		info = mmt_event_info(q->kind);
		if (info && !strcmp(info->name, q->name))
			q->name = info->name;
		else
			q->name = mmt_strdup(p->alloc, q->name);
		p->nr++;
	}
	mmtrace_bpf__destroy(s);
	return 0;
}

static int map_rings(struct rec_probes *p, struct mmt_err *e)
{
	int prot = PROT_READ | PROT_WRITE;
	uint64_t *frames;
	size_t bytes;

	p->rings = mmap(NULL, p->stride * p->nr_cpus, prot, MAP_SHARED,
			bpf_map__fd(p->skel->maps.rings), 0);
	p->nested = mmap(NULL, p->nested_stride * p->nr_cpus, prot, MAP_SHARED,
			 bpf_map__fd(p->skel->maps.nested), 0);
	if (p->rings == MAP_FAILED || p->nested == MAP_FAILED)
		return mmt_fail_errno(e, errno, "cannot map the ring buffers");
	if (!p->o.filtered)
		return 0;
	bytes = pages(bpf_map__max_entries(p->skel->maps.frames) * sizeof(*frames));
	frames = mmap(NULL, bytes, prot, MAP_SHARED, bpf_map__fd(p->skel->maps.frames), 0);
	if (frames == MAP_FAILED)
		return mmt_fail_errno(e, errno, "cannot map the marks of frames");
	memset(frames, 0xff, bytes);
	munmap(frames, bytes);
	return 0;
}

static void find_programs(struct rec_probes *p)
{
	struct bpf_program *prog;
	unsigned i = 0;

	bpf_object__for_each_program(prog, p->skel->obj) p->probe[i++].prog = prog;
}

int rec_probes_open(struct rec_probes **probes, struct mmt_alloc *a, struct mmt_io *io,
		    const struct rec_kernel *k, const struct rec_probe_options *o,
		    struct mmt_err *e)
{
	struct rec_probes *p = mmt_calloc(a, 1, sizeof(*p));
	int err;

	if (!p)
		return mmt_fail(e, ENOMEM, "no memory for the BPF programs");
	*probes = p;
	p->alloc = a;
	p->io = io;
	p->kernel = k;
	p->o = *o;
	p->rings = p->nested = MAP_FAILED;
	p->tracefs = rec_tracefs_open(io);
	p->nr_cpus = (unsigned)libbpf_num_possible_cpus();
	p->words = 512;
	while (p->words * 2 * 8 <= o->buffer && p->words < UINT64_C(1) << 27)
		p->words *= 2;
	p->stride = pages(sizeof(struct rec_ring) + (p->words + REC_SLACK) * 8);
	p->nested_stride = pages(sizeof(struct rec_ring) + (REC_NESTED_WORDS + REC_SLACK) * 8);
	if (k->page_struct != 64)
		return mmt_fail(e, ENOTSUP,
				"this kernel's struct page has %u bytes: frames cannot be told",
				k->page_struct);
	libbpf_set_print(no_print);
	err = list_programs(p, e);
	if (err)
		return err;
	err = load_what_goes(p);
	if (err == -EPERM || err == -EACCES)
		return mmt_fail(
			e, EPERM,
			"the kernel refuses BPF programs: CAP_BPF and CAP_PERFMON (or root) "
			"are needed");
	if (err)
		return mmt_fail_errno(e, -err, "cannot load the BPF programs");
	find_programs(p);
	return map_rings(p, e);
}

/* --- attaching --- */

static struct bpf_link *attach_classic(struct rec_probes *p, struct bpf_program *prog,
				       const char *event)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	struct bpf_link *link;
	int id = rec_tracefs_id(p->io, p->tracefs, event), fd;

	if (id < 0)
		return NULL;
	attr.config = (unsigned)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(prog, fd);
	if (!link)
		close(fd);
	return link;
}

static void attach_calls(struct rec_probes *p, struct probe *q)
{
	char event[96];

	for (unsigned i = 0; i < rec_nr_syscalls && p->nr_calls < MAX_CALLS; i++) {
		struct bpf_link *link;

		if (!wants(p, rec_syscalls[i].kind))
			continue;
		snprintf(event, sizeof(event), "syscalls/sys_exit_%s", rec_syscalls[i].name);
		link = attach_classic(p, q->prog, event);
		if (link)
			p->calls[p->nr_calls++] = link;
	}
	q->why = p->nr_calls ? NULL : "no system call tracepoint could be attached";
}

int rec_probes_attach(struct rec_probes *p, struct mmt_err *e)
{
	unsigned attached = 0;

	for (unsigned i = 0; i < p->nr; i++) {
		struct probe *q = &p->probe[i];

		if (!q->load || !q->kind)
			continue;
		if (!strcmp(q->name, "sys_exit_one")) {
			attach_calls(p, q);
			continue;
		}
		q->link = bpf_program__attach(q->prog);
		attached += q->link != NULL;
		if (!q->link)
			q->why = "the program could not be attached";
	}
	if (!attached)
		return mmt_fail(e, ENOTSUP, "no tracepoint of this host could be attached");
	return 0;
}

void rec_probes_detach(struct rec_probes *p)
{
	for (unsigned i = 0; i < p->nr; i++) {
		bpf_link__destroy(p->probe[i].link);
		p->probe[i].link = NULL;
	}
	while (p->nr_calls)
		bpf_link__destroy(p->calls[--p->nr_calls]);
}

void rec_probes_close(struct rec_probes *p)
{
	if (!p)
		return;
	rec_probes_detach(p);
	if (p->rings != MAP_FAILED)
		munmap(p->rings, p->stride * p->nr_cpus);
	if (p->nested != MAP_FAILED)
		munmap(p->nested, p->nested_stride * p->nr_cpus);
	if (p->tracefs >= 0)
		mmt_io_close(p->io, p->tracefs);
	for (unsigned i = 0; i < p->nr; i++) {
		const struct mmt_event_info *info = mmt_event_info(p->probe[i].kind);

		if (!info || info->name != p->probe[i].name)
			mmt_free(p->alloc, (char *)p->probe[i].name);
	}
	mmtrace_bpf__destroy(p->skel);
	mmt_free(p->alloc, p);
}

void rec_probes_record(struct rec_probes *p, bool on)
{
	__atomic_store_n((uint32_t *)&p->skel->bss->recording, on, __ATOMIC_SEQ_CST);
}

int rec_probes_watch(struct rec_probes *p, int tgid, struct mmt_err *e)
{
	uint32_t key = (uint32_t)tgid;
	uint8_t one = 1;
	int err = bpf_map__update_elem(p->skel->maps.watched, &key, sizeof(key), &one, 1, BPF_ANY);

	return err ? mmt_fail_errno(e, -err, "cannot watch process %d", tgid) : 0;
}

void rec_probes_rings(const struct rec_probes *p, struct rec_rings *outer, struct rec_rings *nested)
{
	*outer = (struct rec_rings){ p->rings, p->stride, p->words, p->nr_cpus };
	*nested = (struct rec_rings){ p->nested, p->nested_stride, REC_NESTED_WORDS, p->nr_cpus };
}

/* --- where struct pages are --- */

static void allocate_some(void)
{
	size_t bytes = CALIBRATIONS * 4096;
	volatile char *at =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return;
	madvise((void *)at, bytes, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < bytes; i += 4096)
		at[i] = 1;
	munmap((void *)at, bytes);
}

int rec_probes_page_base(struct rec_probes *p, uint64_t *base, struct mmt_err *e)
{
	struct bpf_link *classic = NULL, *raw = NULL;
	struct mmtrace_bpf__bss *b = p->skel->bss;
	uint64_t at;

	if (p->tracefs >= 0 && bpf_program__fd(p->skel->progs.calibrate_classic) >= 0)
		classic = attach_classic(p, p->skel->progs.calibrate_classic, "kmem/mm_page_alloc");
	if (bpf_program__fd(p->skel->progs.calibrate_raw) >= 0)
		raw = bpf_program__attach(p->skel->progs.calibrate_raw);
	__atomic_store_n((uint32_t *)&b->calibrating, (uint32_t)gettid(), __ATOMIC_SEQ_CST);
	if (raw)
		allocate_some();
	__atomic_store_n((uint32_t *)&b->calibrating, 0, __ATOMIC_SEQ_CST);
	bpf_link__destroy(classic);
	bpf_link__destroy(raw);
	at = rec_page_base((uint64_t *)b->classic_page, (uint64_t *)b->classic_pfn, b->nr_classic,
			   p->kernel->page_struct);
	if (!at)
		at = rec_page_base((uint64_t *)b->raw_page, (uint64_t *)b->raw_pfn, b->nr_raw,
				   p->kernel->page_struct);
	if (!at) {
		at = rec_page_base_guess((uint64_t *)b->raw_page, b->nr_raw);
		p->guessed = at != 0;
	}
	if (!at)
		return mmt_fail(e, ENOTSUP, "cannot tell where this kernel keeps its struct pages");
	*base = at >> 6;
	return 0;
}

/* --- tasks, losses, costs --- */

struct task_row {
	uint32_t tid, tgid, flags, ppid;
	uint64_t mm, cgroup;
	char comm[16];
};

#define PF_KTHREAD 0x00200000u

static void name_task(struct rec_ids *ids, unsigned cgroups, struct task_row *row)
{
	bool kthread = row->flags & PF_KTHREAD;

	row->comm[sizeof(row->comm) - 1] = 0;
	rec_ids_task(ids, (int)row->tid, (int)row->tgid, row->comm, kthread ? MMT_TASK_KTHREAD : 0);
	if (row->mm && !kthread)
		rec_ids_mm_bind(ids, (int)row->tgid, row->mm);
	rec_ids_cgroup(ids, row->cgroup, 0, cgroups, "");
}

int rec_probes_tasks(struct rec_probes *p, struct rec_ids *ids, unsigned cgroups, struct mmt_err *e)
{
	struct task_row rows[64];
	struct bpf_link *link;
	size_t have = 0;
	ssize_t n = 0;
	int fd = -1;

	if (bpf_program__fd(p->skel->progs.tasks) < 0)
		return 0; /* named at first sight then */
	link = bpf_program__attach(p->skel->progs.tasks);
	if (link)
		fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0) {
		n = mmt_io_read(p->io, fd, (char *)rows + have, sizeof(rows) - have);
		if (n <= 0)
			break;
		have += (size_t)n;
		for (size_t i = 0; i < have / sizeof(*rows); i++)
			name_task(ids, cgroups, &rows[i]);
		n = (ssize_t)(have % sizeof(*rows));
		memmove(rows, (char *)rows + have - (size_t)n, (size_t)n);
		have = (size_t)n;
	}
	if (fd >= 0)
		mmt_io_close(p->io, fd);
	bpf_link__destroy(link);
	return rec_ids_check(ids, e);
}

static bool program_info(const struct probe *q, struct bpf_prog_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, len);
	return q->load && q->prog && bpf_program__fd(q->prog) >= 0 &&
	       !bpf_obj_get_info_by_fd(bpf_program__fd(q->prog), info, &len);
}

int rec_probes_misses(struct rec_probes *p, struct mmt_writer *w, uint64_t *lost, struct mmt_err *e)
{
	struct bpf_prog_info info;

	for (unsigned i = 0; i < p->nr; i++) {
		struct probe *q = &p->probe[i];
		uint64_t n;
		int err;

		if (!q->kind || !program_info(q, &info))
			continue;
		n = info.recursion_misses - q->misses;
		q->misses = info.recursion_misses;
		if (!n || !w)
			continue;
		*lost += n;
		err = mmt_writer_lost(w, 0, q->kind, MMT_LOST_RECURSION, n, e);
		if (err)
			return err;
	}
	return 0;
}

void rec_probes_cost(const struct rec_probes *p, uint64_t *ns, uint64_t *runs)
{
	struct bpf_prog_info info;

	*ns = *runs = 0;
	for (unsigned i = 0; i < p->nr; i++) {
		if (!program_info(&p->probe[i], &info))
			continue;
		*ns += info.run_time_ns;
		*runs += info.run_cnt;
	}
}

json_t *rec_probes_json(const struct rec_probes *p)
{
	json_t *all = json_object();

	for (unsigned i = 0; all && i < p->nr; i++) {
		const struct probe *q = &p->probe[i];

		if (!q->kind || (!q->load && !q->why))
			continue;
		json_object_set_new(all, mmt_event_info(q->kind)->name,
				    json_string(q->why ? q->why : "yes"));
	}
	return all;
}
