/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel tells about the programs and the tasks it runs: the living tasks by an iterator,
 * the runs it skipped, the time it spent.
 *
 * Theory. The kernel does not run a program on a CPU where that program is at work already (an
 * interrupt came within it) and counts that for the program, over all CPUs: these losses are told
 * without a CPU of their own, as CPU 0's. System calls share one program, and so one count. Frees
 * that a second program saw in the first one's stead (mm_page_free_within) are not lost.
 */
#include "lib/record/probe_impl.h"

#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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
	size_t have = 0;
	ssize_t n = 0;

	while (p->tasks >= 0) { /* else they are named at first sight */
		n = mmt_io_read(p->io, p->tasks, (char *)rows + have, sizeof(rows) - have);
		if (n <= 0)
			break;
		have += (size_t)n;
		for (size_t i = 0; i < have / sizeof(*rows); i++)
			name_task(ids, cgroups, &rows[i]);
		n = (ssize_t)(have % sizeof(*rows));
		memmove(rows, (char *)rows + have - (size_t)n, (size_t)n);
		have = (size_t)n;
	}
	return rec_ids_check(ids, e);
}

const struct rec_limits *rec_probes_limits(const struct rec_probes *p)
{
	return (const struct rec_limits *)p->skel->bss->list_limits;
}

static bool program_info(const struct probe *q, struct bpf_prog_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, len);
	return q->load && q->prog && bpf_program__fd(q->prog) >= 0 &&
	       !bpf_obj_get_info_by_fd(bpf_program__fd(q->prog), info, &len);
}

uint64_t rec_probes_rescued(const struct rec_probes *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < p->nr_cpus; i++) {
		const struct rec_ring *r = (void *)((char *)p->rings + p->stride * i);

		n += __atomic_load_n(&r->rescued, __ATOMIC_RELAXED);
	}
	return n;
}

/* Of @missed frees those that are lost. Between the two programs the kernel does not sleep: what
 * was missed before a grace period of RCU is rescued behind it, or lost. */
static uint64_t lost_frees(const struct rec_probes *p, uint64_t missed, uint64_t told)
{
	uint64_t rescued = rec_probes_rescued(p);

	if (missed <= rescued + told)
		return told;
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	rescued = rec_probes_rescued(p);
	return missed <= rescued + told ? told : missed - rescued;
}

int rec_probes_misses(struct rec_probes *p, struct mmt_writer *w, uint64_t *lost, struct mmt_err *e)
{
	struct bpf_prog_info info;

	for (unsigned i = 0; i < p->nr; i++) {
		struct probe *q = &p->probe[i];
		uint64_t n, missed;
		int err;

		if (!q->kind || !program_info(q, &info))
			continue;
		missed = info.recursion_misses;
		if (q->kind == MMT_EV_mm_page_free)
			missed = lost_frees(p, missed, q->misses);
		n = missed - q->misses;
		q->misses = missed;
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
