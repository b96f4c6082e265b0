/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF programs: which of them this host can run.
 *
 * Theory. A program is named after its event; it is loaded if the event is wanted and the kernel
 * has the tracepoint. Should the verifier refuse one (another release), all are tried alone and the
 * refused ones left out: each is independent of the others.
 *   I1  Every map, program and link is a descriptor of this process: whatever ends it, nothing of
 *       it stays in the kernel.
 *   I2  What runs between attaching and rec_probes_record(true) writes nothing.
 */
#include "lib/record/function.h"
#include "lib/record/privilege.h"
#include "lib/record/probe_impl.h"
#include "lib/record/syscall.h"
#include "lib/record/tracefs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

bool rec_kind_default(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	return info && info->class != MMT_SNAPSHOT && info->group != MMT_G_META &&
	       !mmt_event_optional(kind);
}

bool rec_probes_want(const struct rec_probes *p, unsigned kind)
{
	return p->o.wanted ? p->o.wanted(kind, p->o.arg) : rec_kind_default(kind);
}

/* --- choosing and loading --- */

static bool wants_system_calls(const struct rec_probes *p)
{
	for (unsigned i = 0; i < rec_nr_syscalls; i++) {
		if (rec_probes_want(p, rec_syscalls[i].kind))
			return true;
	}
	return false;
}

/* The one at a function of the kernel. */
static void choose_bulk(struct rec_probes *p, struct probe *q)
{
	p->bulk = rec_function_bulk(p->kernel->btf);
	q->load = p->bulk && !rec_function_try(p->io, p->kernel->btf, p->bulk);
	if (!p->bulk)
		q->why = "this kernel has no such function";
	else if (!q->load)
		q->why = "functions of this kernel cannot be traced";
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
	if (!strncmp(q->name, "watch_", 6)) {
		q->helper = q->load = p->o.group != 0;
		return;
	}
	if (!strcmp(q->name, "mm_page_free_within")) {
		q->helper = q->load = rec_probes_want(p, MMT_EV_mm_page_free);
		return;
	}
	if (!strcmp(q->name, "alloc_stack")) {
		q->kind = MMT_EV_alloc_stack;
		q->load = p->o.stacks != 0;
		return;
	}
	if (!strncmp(q->name, "sys_exit", 8)) {
		q->kind = MMT_EV_sys_exit;
		q->load = wants_system_calls(p) && !p->calls == !q->name[8];
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
	if (!rec_probes_want(p, q->kind))
		return;
	if (q->kind == MMT_EV_alloc_pages_bulk) {
		choose_bulk(p, q);
		return;
	}
	q->load = rec_kernel_has(p->kernel, tracepoint);
	q->why = q->load ? NULL : "this kernel has no such tracepoint";
}

uint64_t rec_probes_highest_frame(struct mmt_io *io)
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

/* The kernel's number of the memory controller's hierarchy; 0 is the unified one. */
static int memory_hierarchy(void)
{
	FILE *f = fopen("/proc/cgroups", "re");
	char line[128];
	int number = 0;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "memory %d", &number);
	if (f)
		fclose(f);
	return number;
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
	bpf_map__set_max_entries(s->maps.nested, 2 * p->nr_cpus);
	s->rodata->apart = p->nr_cpus;
	if (p->bulk)
		bpf_program__set_attach_target(s->progs.alloc_pages_bulk, 0, p->bulk);
	s->rodata->ring_mask = p->words - 1;
	s->rodata->filtered = p->o.filtered;
	s->rodata->isolate_has_mode = p->kernel->isolate_has_mode;
	s->rodata->migratepages_has_cc = p->kernel->migratepages_has_cc;
	s->rodata->migrate_has_split = p->kernel->migrate_has_split;
	s->rodata->throttle_has_control = p->kernel->throttle_has_control;
	s->rodata->collapse_has_writable = p->kernel->collapse_has_writable;
	s->rodata->rss_has_count = p->kernel->rss_has_count;
	s->rodata->memory_hierarchy = memory_hierarchy();
	s->rodata->watched_hierarchy = p->o.group == 1 ? memory_hierarchy() : 0;
	s->rodata->by_group = p->o.group;
	s->rodata->stack_share = p->o.stacks;
	bpf_map__set_max_entries(s->maps.stacks, p->o.stacks ? REC_STACKS : 1);
	bpf_map__set_max_entries(s->maps.stack_texts, p->o.stacks ? REC_STACKS : 1);
	if (p->o.filtered) {
		for (uint64_t top = rec_probes_highest_frame(p->io); frames < top;)
			frames *= 2;
	}
	s->rodata->frame_mask = frames - 1;
	bpf_map__set_max_entries(s->maps.frames, (u32)(frames / 64));
	for (unsigned i = 0; i < rec_nr_syscalls; i++) {
		const struct rec_syscall *c = &rec_syscalls[i];

		if (c->nr >= REC_SYSCALLS || !rec_probes_want(p, c->kind))
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

/* A kernel that refuses something may refuse the program behind classic tracepoints. */
static void leave_classic(struct rec_probes *p)
{
	rec_calls_close(p->calls);
	p->calls = NULL;
	for (unsigned i = 0; i < p->nr; i++) {
		if (p->probe[i].kind == MMT_EV_sys_exit)
			choose(p, &p->probe[i]);
	}
}

static int load_what_goes(struct rec_probes *p)
{
	unsigned loaded = 0;
	int err = load(p, NULL, &p->skel);

	if (!err || err == -EPERM)
		return err;
	leave_classic(p);
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
	p->nested = mmap(NULL, 2 * p->nested_stride * p->nr_cpus, prot, MAP_SHARED,
			 bpf_map__fd(p->skel->maps.nested), 0);
	if (p->rings == MAP_FAILED || p->nested == MAP_FAILED)
		return mmt_fail_errno(e, errno, "cannot map the ring buffers");
	/* whoever is forked does not keep them alive */
	madvise(p->rings, p->stride * p->nr_cpus, MADV_DONTFORK);
	madvise(p->nested, 2 * p->nested_stride * p->nr_cpus, MADV_DONTFORK);
	madvise(p->skel->bss, pages(bpf_map__value_size(p->skel->maps.bss)), MADV_DONTFORK);
	madvise((void *)p->skel->rodata, pages(bpf_map__value_size(p->skel->maps.rodata)),
		MADV_DONTFORK);
	if (p->o.stacks) {
		p->stacks = mmap(NULL, (size_t)REC_STACKS * REC_STACK, PROT_READ, MAP_SHARED,
				 bpf_map__fd(p->skel->maps.stack_texts), 0);
		if (p->stacks == MAP_FAILED)
			return mmt_fail_errno(e, errno, "cannot map the texts of stacks");
	}
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
	p->rings = p->nested = p->stacks = MAP_FAILED;
	p->tasks = -1;
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
	p->calls = rec_calls_open(a, io, p->tracefs, o);
	err = list_programs(p, e);
	if (err)
		return err;
	err = load_what_goes(p);
	if (err) {
		struct rec_privilege may;

		rec_privilege_read(&may, io);
		return rec_privilege_refused(&may, err, e);
	}
	find_programs(p);
	return map_rings(p, e);
}

void rec_probes_close(struct rec_probes *p)
{
	if (!p)
		return;
	rec_probes_detach(p);
	if (p->rings != MAP_FAILED)
		munmap(p->rings, p->stride * p->nr_cpus);
	if (p->nested != MAP_FAILED)
		munmap(p->nested, 2 * p->nested_stride * p->nr_cpus);
	if (p->stacks != MAP_FAILED)
		munmap(p->stacks, (size_t)REC_STACKS * REC_STACK);
	if (p->tracefs >= 0)
		mmt_io_close(p->io, p->tracefs);
	if (p->tasks >= 0)
		mmt_io_close(p->io, p->tasks);
	for (unsigned i = 0; i < p->nr; i++) {
		const struct mmt_event_info *info = mmt_event_info(p->probe[i].kind);

		if (!info || info->name != p->probe[i].name)
			mmt_free(p->alloc, (char *)p->probe[i].name);
	}
	mmtrace_bpf__destroy(p->skel);
	mmt_free(p->alloc, p);
}

int rec_probes_watch(struct rec_probes *p, int tgid, struct mmt_err *e)
{
	uint32_t key = (uint32_t)tgid;
	uint8_t one = 1;
	int err = bpf_map__update_elem(p->skel->maps.watched, &key, sizeof(key), &one, 1, BPF_ANY);

	return err ? mmt_fail_errno(e, -err, "cannot watch process %d", tgid) : 0;
}

void rec_probes_objects(const struct rec_probes *p, struct rec_objects *o)
{
	o->caches = (const volatile char *)p->skel->bss->cache_names;
	o->stacks = p->stacks == MAP_FAILED ? NULL : p->stacks;
	o->known_only = p->o.filtered;
}

int rec_probes_watch_group(struct rec_probes *p, uint64_t ino, struct mmt_err *e)
{
	uint8_t one = 1;
	int err = bpf_map__update_elem(p->skel->maps.watched_groups, &ino, sizeof(ino), &one, 1,
				       BPF_ANY);

	return err ? mmt_fail_errno(e, -err, "cannot watch a control group") : 0;
}

void rec_probes_rings(const struct rec_probes *p, struct rec_rings *outer, struct rec_rings *nested)
{
	*outer = (struct rec_rings){ p->rings, p->stride, p->words, p->nr_cpus };
	*nested =
		(struct rec_rings){ p->nested, p->nested_stride, REC_NESTED_WORDS, 2 * p->nr_cpus };
}
