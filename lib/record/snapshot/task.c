// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: who lives, in which address space and control group, how large.
 *
 * Reference: /proc/PID/stat, status, cgroup, oom_score_adj, task/ (fs/proc/array.c, base.c) of
 * Linux 6.1 to 6.18.
 *
 * I1. A task that ends while it is being read costs its own rows only.
 * I2. Threads of a group share its mm, control group and oom_score_adj (all but the group are
 *     shared in the kernel too; version 1 allows a thread its own group, which is not told).
 * I3. A process without VmSize (a kernel thread, a zombie) has mm 0, and no snap_mm.
 * I4. A process whose mm is its parent's (vfork before exec) is told by kcmp(2).
 * I5. Kilobytes become pages by division; the kernel keeps these in pages (or, for VmPTE, in whole
 *     tables), so nothing is lost.
 *
 * Cost: five short files a process and one a thread, some 50 us a process, and its VMAs.
 */
#include "lib/record/snapshot/part.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PF_KTHREAD 0x00200000 /* in the flags of /proc/PID/stat since 2.6.27 */

struct process {
	int tgid, ppid;
	unsigned flags; /* enum mmt_task_flags */
	char comm[64];
	uint32_t mm, cgroup;
	int64_t adj;
	uint64_t anon, file, shmem, swap, tables, size; /* kB */
	bool has_mm;
};

static ssize_t read_of(struct rec_snapshot *s, int pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return snap_read_path(s, path, &s->text);
}

/* "PID (COMM) S PPID pgrp session tty tpgid FLAGS ..."; a comm may hold anything, also ")" */
static bool parse_stat(struct text t, struct process *p)
{
	const char *close = memrchr(t.p, ')', text_len(t));
	struct text comm, word, rest;
	uint64_t ppid, flags;

	if (!close || !text_until(&t, '(', &word) || close < t.p)
		return false;
	comm = (struct text){ t.p, close };
	rest = (struct text){ close + 1, t.end };
	text_copy(comm, p->comm, sizeof(p->comm));
	if (!text_word(&rest, &word) || !text_next_u64(&rest, &ppid) || ppid > INT32_MAX)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		if (!text_word(&rest, &word))
			return false;
	}
	if (!text_next_u64(&rest, &flags))
		return false;
	p->ppid = (int)ppid;
	p->flags = flags & PF_KTHREAD ? MMT_TASK_KTHREAD : 0;
	return true;
}

static void parse_status(struct text t, struct process *p)
{
	struct text line, name;

	while (text_line(&t, &line)) {
		uint64_t kb;

		if (!text_until(&line, ':', &name) || !text_next_u64(&line, &kb))
			continue;
		if (text_is(name, "VmSize")) {
			p->size = kb;
			p->has_mm = true;
		} else if (text_is(name, "RssAnon")) {
			p->anon = kb;
		} else if (text_is(name, "RssFile")) {
			p->file = kb;
		} else if (text_is(name, "RssShmem")) {
			p->shmem = kb;
		} else if (text_is(name, "VmSwap")) {
			p->swap = kb;
		} else if (text_is(name, "VmPTE")) {
			p->tables = kb;
		}
	}
}

/* The memory controller's line of /proc/PID/cgroup: "4:memory:/a" or "0::/a". */
static uint32_t parse_cgroup(const struct rec_snapshot *s, struct text t)
{
	bool v1 = snap_cgroup_version(s) == 1;
	struct text line, number, names, part;
	char path[4096];

	while (text_line(&t, &line)) {
		bool found = false;

		if (!text_until(&line, ':', &number) || !text_until(&line, ':', &names))
			continue;
		while (v1 && text_until(&names, ',', &part))
			found |= text_is(part, "memory");
		found |= text_is(names, v1 ? "memory" : "");
		if (!found)
			continue;
		text_copy(line, path, sizeof(path));
		return snap_cgroup_at(s, path);
	}
	return 0;
}

static bool shares_mm(const struct rec_snapshot *s, int a, int b)
{
	return !*s->root && b > 0 && rec_opener_same_mm(s->opener, a, b);
}

/* False: it has gone. */
static bool read_process(struct rec_snapshot *s, struct process *p)
{
	uint32_t parent_mm = 0;
	struct text t;

	if (read_of(s, p->tgid, "stat") <= 0 || !parse_stat(snap_text(&s->text), p))
		return false;
	if (!*s->root && rec_ids_is_self(s->ids, p->tgid))
		p->flags |= MMT_TASK_SELF;
	if (read_of(s, p->tgid, "status") <= 0)
		return false;
	parse_status(snap_text(&s->text), p);
	if (read_of(s, p->tgid, "cgroup") > 0)
		p->cgroup = parse_cgroup(s, snap_text(&s->text));
	if (read_of(s, p->tgid, "oom_score_adj") > 0) {
		t = snap_text(&s->text);
		text_trim(&t);
		if (!text_s64(t, &p->adj))
			p->adj = 0;
	}
	rec_ids_task(s->ids, p->tgid, p->tgid, p->comm, p->flags);
	if (!p->has_mm)
		return true;
	if (shares_mm(s, p->tgid, p->ppid))
		parent_mm = rec_ids_mm_share(s->ids, p->tgid, p->ppid);
	p->mm = parent_mm ? parent_mm : rec_ids_mm_of_tgid(s->ids, p->tgid);
	return true;
}

static int task_row(struct rec_snapshot *s, const struct process *p, int tid, const char *comm,
		    struct mmt_err *e)
{
	uint32_t id = rec_ids_task(s->ids, tid, p->tgid, comm, p->flags);
	uint32_t parent = rec_ids_task_known(s->ids, p->ppid);

	if (!parent && p->ppid)
		parent = rec_ids_task(s->ids, p->ppid, p->ppid, NULL, 0);
	return SNAP_ROW(s, snap_task, e, id, parent, p->mm, p->cgroup, (uint64_t)p->adj, p->flags);
}

static int threads(struct rec_snapshot *s, const struct process *p, struct mmt_err *e)
{
	char path[64], full[4096], comm[64];
	struct dirent *de;
	uint64_t tid;
	int err = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", p->tgid);
	if (!snap_path(s, full, sizeof(full), path))
		return 0;
	d = opendir(full);
	if (!d)
		return 0;
	while (!err && (de = readdir(d))) {
		struct text t;

		if (!text_u64(text_of(de->d_name, strlen(de->d_name)), &tid) || tid > INT32_MAX ||
		    (int)tid == p->tgid)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", p->tgid, (int)tid);
		if (snap_read_path(s, path, &s->text) <= 0)
			continue;
		t = snap_text(&s->text);
		text_trim(&t);
		text_copy(t, comm, sizeof(comm));
		err = task_row(s, p, (int)tid, comm, e);
	}
	closedir(d);
	return err;
}

static int take_process(struct rec_snapshot *s, int tgid, struct mmt_err *e)
{
	struct process p = { .tgid = tgid };
	int err;

	if (!read_process(s, &p))
		return 0;
	s->now = snap_clock();
	err = task_row(s, &p, tgid, p.comm, e);
	if (!err)
		err = threads(s, &p, e);
	if (err || !p.has_mm || !p.mm)
		return err;
	err = SNAP_ROW(s, snap_mm, e, p.mm, p.anon / 4, p.file / 4, p.shmem / 4, p.swap / 4,
		       p.tables / 4, p.size / 4);
	if (!err)
		err = snap_vmas(s, tgid, p.mm, &(struct snap_reading){ .pages = true }, e);
	return err ? err : snap_pause(s, e);
}

int snap_tasks(struct rec_snapshot *s, struct mmt_err *e)
{
	char full[4096];
	struct dirent *de;
	uint64_t tgid;
	int err = 0;
	DIR *d;

	if (!snap_path(s, full, sizeof(full), "/proc"))
		return 0;
	d = opendir(full);
	if (!d)
		return 0;
	while (!err && (de = readdir(d))) {
		if (text_u64(text_of(de->d_name, strlen(de->d_name)), &tgid) && tgid &&
		    tgid <= INT32_MAX)
			err = take_process(s, (int)tgid, e);
	}
	closedir(d);
	return err;
}
