/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching the programs, and the measurement of where struct pages are that needs some attached.
 *
 * Theory. System calls are attached one by one behind their classic tracepoints where tracefs can
 * be reached: the kernel then skips all other calls before any program runs. Else one program
 * stands behind all of them. An event of the perf kind is needed only for its number: the program
 * runs on every CPU, whatever CPU the event names.
 */
#include "lib/record/pfn.h"
#include "lib/record/probe_impl.h"
#include "lib/record/syscall.h"
#include "lib/record/tracefs.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

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

		if (!rec_probes_want(p, rec_syscalls[i].kind))
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
