/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching the programs, letting go of them, and the measurement of where struct pages are.
 *
 * Theory. Letting go of a raw tracepoint does not wait for programs that are at work on other CPUs.
 * They run with preemption off, so an RCU grace period after `recording` was cleared, no program
 * can write any more; membarrier(2)'s oldest command is such a wait.
 */
#include "lib/record/pfn.h"
#include "lib/record/probe_impl.h"
#include "lib/record/tracefs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GUESS_FRAMES (UINT64_C(1) << 24)

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

/* The iterator keeps its own reference to what the link holds. */
static void open_tasks(struct rec_probes *p)
{
	struct bpf_link *link;

	if (bpf_program__fd(p->skel->progs.tasks) < 0)
		return;
	link = bpf_program__attach(p->skel->progs.tasks);
	if (link)
		p->tasks = bpf_iter_create(bpf_link__fd(link));
	bpf_link__destroy(link);
}

int rec_probes_attach(struct rec_probes *p, struct mmt_err *e)
{
	unsigned attached = 0;

	for (unsigned i = 0; i < p->nr; i++) {
		struct probe *q = &p->probe[i];

		if (!q->load || (!q->kind && !q->helper))
			continue;
		if (q->kind == MMT_EV_sys_exit && p->calls) {
			attached += rec_calls_attach(p->calls, q->prog);
			continue;
		}
		q->link = bpf_program__attach(q->prog);
		attached += q->link != NULL;
		if (!q->link)
			q->why = "the program could not be attached";
	}
	if (!attached)
		return mmt_fail(e, ENOTSUP, "no tracepoint of this host could be attached");
	open_tasks(p);
	return 0;
}

void rec_probes_record(struct rec_probes *p, bool on)
{
	__atomic_store_n((uint32_t *)&p->skel->bss->recording, on, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < p->nr_cpus; i++) {
		struct rec_ring *r = (void *)((char *)p->rings + p->stride * i);

		__atomic_store_n(&r->on, on, __ATOMIC_SEQ_CST);
	}
	if (!on)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void rec_probes_detach(struct rec_probes *p)
{
	for (unsigned i = 0; i < p->nr; i++) {
		bpf_link__destroy(p->probe[i].link);
		p->probe[i].link = NULL;
	}
	rec_calls_close(p->calls);
	p->calls = NULL;
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
	/* the guess is the multiple of 1 GiB below: struct pages of 64 GiB lie within one */
	if (!at && rec_probes_highest_frame(p->io) > GUESS_FRAMES)
		return mmt_fail(e, ENOTSUP,
				"frame numbers of more than 64 GiB cannot be told without tracefs: "
				"CAP_DAC_READ_SEARCH, or root, is needed");
	if (!at) {
		at = rec_page_base_guess((uint64_t *)b->raw_page, b->nr_raw);
		p->guessed = at != 0;
	}
	if (!at)
		return mmt_fail(e, ENOTSUP, "cannot tell where this kernel keeps its struct pages");
	*base = at >> 6;
	return 0;
}
