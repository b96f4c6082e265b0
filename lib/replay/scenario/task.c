// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks and control groups of a scenario: who asks for pages, from which CPU, under which NUMA
 * policy, at whose charge.
 *
 *	task 1 cg=/a/b policy=bind:1      alloc A order=1 gfp=GFP_KERNEL_ACCOUNT pid=1
 *	                                  node 1; 2 pages charged to /a/b and to /a
 *
 * Reference: Linux 6.12 kernel/fork.c copy_process(), fs/proc/base.c __set_oom_adj(),
 * mm/mempolicy.c do_set_mempolicy(); kernel/cgroup/cgroup.c cgroup_mkdir(), cgroup_rmdir().
 *
 * I1  usage of a control group is the sum of the accounted blocks (__GFP_ACCOUNT) that it and the
 *     groups below it hold.
 * I2  A task's number outlives it, so that its keys stay readable.
 *
 * Differs from Linux: tasks have state and a policy, no memory; a control group accounts for kernel
 * pages and limits nothing; the root one accounts for those of the groups below it; a removed group keeps its charges until the blocks are freed, as an
 * offline memcg does, and gets them back if it is made anew.
 *
 * Cost: a hash of the name; exit and rmcgroup walk over all tasks.
 */
#include "lib/base/number.h"
#include "lib/replay/scenario/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 320

int scenario_add_root(struct scenario *s, struct mmt_err *e)
{
	s->cgroups = mmt_grow(s->alloc, NULL, &s->cap_cgroups, 1, sizeof(*s->cgroups));
	if (!s->cgroups)
		return mmt_fail(e, ENOMEM, "no memory for the scenario");
	s->cgroups[SCENARIO_ROOT] = (struct scenario_cgroup){ .exists = true };
	return symbol_add(&s->cgroup_names, "/", e) == SCENARIO_ROOT ? 0 : -ENOMEM;
}

static uint32_t add_cgroup(struct call *c, const char *path)
{
	return scenario_add_name(c, &c->s->cgroup_names, path, (void **)&c->s->cgroups,
				 &c->s->cap_cgroups, sizeof(*c->s->cgroups));
}

int scenario_find_cgroup(struct call *c, const char *path, uint32_t *n)
{
	*n = symbol_find(&c->s->cgroup_names, path);
	if (*n != SYMBOL_NONE && c->s->cgroups[*n].exists)
		return 0;
	return -scenario_unknown(c->e, ENOENT, "control group", &c->s->cgroup_names, path,
				 "was removed");
}

int scenario_find_task(struct call *c, uint64_t pid, struct scenario_task **t)
{
	char name[32];
	uint32_t n;

	*t = NULL;
	snprintf(name, sizeof(name), "%" PRIu64, pid);
	n = symbol_find(&c->s->task_names, name);
	if (n == SYMBOL_NONE || !c->s->tasks[n].alive)
		return -scenario_unknown(c->e, ESRCH, "task", &c->s->task_names, name,
					 "has exited");
	*t = &c->s->tasks[n];
	return 0;
}

int scenario_check_cpu(struct call *c, uint64_t cpu)
{
	if (cpu < c->r->allocator.nr_cpus)
		return 0;
	return REFUSE(c, EINVAL, "there is no CPU %" PRIu64, cpu);
}

/* --- tasks --- */

/* A task that lives from now on. */
static int new_task(struct call *c, uint64_t pid, struct scenario_task **t)
{
	char name[32];
	uint32_t n;

	*t = NULL;
	snprintf(name, sizeof(name), "%" PRIu64, pid);
	n = symbol_find(&c->s->task_names, name);
	if (n != SYMBOL_NONE && c->s->tasks[n].alive)
		return REFUSE(c, EEXIST, "task %s lives already", name);
	n = scenario_add_name(c, &c->s->task_names, name, (void **)&c->s->tasks, &c->s->cap_tasks,
			      sizeof(*c->s->tasks));
	if (n == SYMBOL_NONE)
		return -ENOMEM;
	*t = &c->s->tasks[n];
	**t = (struct scenario_task){ .alive = true, .leader = n, .cg = SCENARIO_ROOT };
	return 0;
}

static int set_policy(struct call *c, uint64_t mode, uint64_t nodes, struct scenario_task *t)
{
	struct mm_mempolicy policy;
	int ret;

	if (mode >= NR_MPOL_MODES)
		return REFUSE(c, EINVAL, "policy %" PRIu64 " is none", mode);
	ret = mm_mempolicy_init(c->r->allocator.sys, &policy, (enum mm_mempolicy_mode)mode, nodes,
				0, c->e);
	if (!ret)
		mm_task_set_policy(&t->policy, &policy);
	return -ret;
}

static int check_adj(struct call *c, int64_t adj)
{
	if (adj >= -1000 && adj <= 1000)
		return 0;
	return REFUSE(c, EINVAL, "oom_score_adj %" PRId64 " is not in -1000..1000", adj);
}

int scenario_do_task(struct call *c)
{
	struct scenario_task *t, new = { .cg = SCENARIO_ROOT };
	int ret = 0;

	if (scenario_given(c, 1))
		ret = scenario_find_task(c, ARG(c, task, parent), &t);
	if (!ret && scenario_given(c, 2))
		ret = scenario_find_cgroup(c, TEXT(c, task, cg), &new.cg);
	if (!ret)
		ret = check_adj(c, (int64_t)ARG(c, task, adj));
	if (!ret)
		ret = scenario_check_cpu(c, ARG(c, task, cpu));
	if (!ret)
		ret = set_policy(c, ARG(c, task, policy), ARG(c, task, nodes), &new);
	if (!ret)
		ret = new_task(c, ARG(c, task, pid), &t);
	if (ret)
		return ret;
	t->cg = new.cg;
	t->adj = (int)(int64_t)ARG(c, task, adj);
	t->cpu = (uint16_t)ARG(c, task, cpu);
	t->policy = new.policy;
	return 0;
}

/* fork, thread: a task like another one. */
static int copy_task(struct call *c, uint64_t pid, uint64_t child, bool thread)
{
	struct scenario_task *from, *t, copy;
	uint32_t leader;
	int ret = scenario_find_task(c, pid, &from);

	if (ret)
		return ret;
	copy = *from;
	ret = new_task(c, child, &t);
	if (ret)
		return ret;
	leader = t->leader;
	*t = copy;
	if (!thread)
		t->leader = leader;
	return 0;
}

int scenario_do_thread(struct call *c)
{
	return copy_task(c, ARG(c, thread, pid), ARG(c, thread, tid), true);
}

int scenario_do_fork(struct call *c)
{
	return copy_task(c, ARG(c, fork, pid), ARG(c, fork, child), false);
}

int scenario_do_exec(struct call *c)
{
	struct scenario_task *t;

	return scenario_find_task(c, ARG(c, exec, pid), &t);
}

/* The threads of a task go with it. */
int scenario_do_exit(struct call *c)
{
	struct scenario_task *t;
	int ret = scenario_find_task(c, ARG(c, exit, pid), &t);

	if (ret)
		return ret;
	t->alive = false;
	for (size_t i = 0; i < c->s->task_names.nr; i++)
		if (&c->s->tasks[t->leader] == t && c->s->tasks[i].leader == t->leader)
			c->s->tasks[i].alive = false;
	return 0;
}

int scenario_do_cpu(struct call *c)
{
	struct scenario_task *t;
	int ret = scenario_find_task(c, ARG(c, cpu, pid), &t);

	if (!ret)
		ret = scenario_check_cpu(c, ARG(c, cpu, cpu));
	if (!ret)
		t->cpu = (uint16_t)ARG(c, cpu, cpu);
	return ret;
}

int scenario_do_move(struct call *c)
{
	struct scenario_task *t;
	uint32_t cg;
	int ret = scenario_find_task(c, ARG(c, move, pid), &t);

	if (!ret)
		ret = scenario_find_cgroup(c, TEXT(c, move, cg), &cg);
	if (!ret)
		t->cg = cg;
	return ret;
}

int scenario_do_adj(struct call *c)
{
	struct scenario_task *t;
	int ret = scenario_find_task(c, ARG(c, adj, pid), &t);

	if (!ret)
		ret = check_adj(c, (int64_t)ARG(c, adj, adj));
	if (!ret)
		t->adj = (int)(int64_t)ARG(c, adj, adj);
	return ret;
}

int scenario_do_policy(struct call *c)
{
	struct scenario_task *t;
	int ret = scenario_find_task(c, ARG(c, policy, pid), &t);

	return ret ? ret : set_policy(c, ARG(c, policy, policy), ARG(c, policy, nodes), t);
}

/* --- control groups --- */

/* The group above @path, "" above the root, into @parent. */
static void parent_of(const char *path, char *parent, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!n && strlen(path) > 1)
		n = 1; /* "/a" is below "/" */
	n = n < size ? n : size - 1;
	memcpy(parent, path, n);
	parent[n] = '\0';
}

/* As page_counter_memparse(): a number of bytes, with a suffix or without, or "max". */
static bool is_limit(const char *value)
{
	size_t n = strlen(value);
	uint64_t v;

	return strcmp(value, "max") == 0 || mmt_number(value, n, &v) ||
	       (n > 1 && strchr("KMGTPEkmgtpe", value[n - 1]) && mmt_number(value, n - 1, &v));
}

/* One FILE=VALUE. What a new group has anyway may be written; anything else would limit, which nothing does yet. */
static int check_file(struct call *c, const char *path, const char *file, const char *value)
{
	static const char *const zero[] = { "memory.min", "memory.low", "memory.oom.group" };
	static const char *const max[] = { "memory.high", "memory.max", "memory.swap.high",
					   "memory.swap.max", "memory.zswap.max" };
	bool limit = false;

	if (strcmp(path, "/") == 0)
		return REFUSE(c, ENOENT, "the root group has no %.40s", file);
	for (unsigned i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
		if (strcmp(file, zero[i]) != 0)
			continue;
		if (strcmp(value, "0") == 0)
			return 0;
		limit = true;
	}
	for (unsigned i = 0; i < sizeof(max) / sizeof(max[0]); i++) {
		if (strcmp(file, max[i]) != 0)
			continue;
		if (strcmp(value, "max") == 0)
			return 0;
		limit = true;
	}
	if (limit && !is_limit(value))
		return REFUSE(c, EINVAL, "%s: '%.40s' is neither a number of bytes nor max", file,
			      value);
	return mmt_fail(c->e, ENOTSUP, "%.60s=%.60s is not modelled yet", file, value);
}

/* All that a line writes, which after `fails` may be more: "0 memory.max=junk" in place of a value.
 */
static int check_files(struct call *c, const char *path, const char *file, const char *value)
{
	char name[64], text[64];
	int ret;

	for (;;) {
		size_t n = strcspn(file, "= "), len = strcspn(value, " ");

		snprintf(name, sizeof(name), "%.*s", n < sizeof(name) ? (int)n : 63, file);
		snprintf(text, sizeof(text), "%.*s", len < sizeof(text) ? (int)len : 63, value);
		ret = check_file(c, path, name, text);
		if (ret)
			return ret;
		file = value + len + strspn(value + len, " ");
		n = strcspn(file, "=");
		if (!file[n])
			return 0;
		value = file + n + 1;
	}
}

int scenario_do_cgroup(struct call *c)
{
	const char *path = TEXT(c, cgroup, cg);
	char parent[KEY_MAX];
	uint32_t n;
	int ret = 0;

	if (*path != '/' || strlen(path) >= sizeof(parent))
		return REFUSE(c, EINVAL, "'%.80s' is no path of a control group", path);
	parent_of(path, parent, sizeof(parent));
	if (*parent)
		ret = scenario_find_cgroup(c, parent, &n);
	if (!ret && scenario_given(c, 1))
		ret = check_files(c, path, TEXT(c, cgroup, file), TEXT(c, cgroup, value));
	if (ret)
		return ret;
	n = add_cgroup(c, path);
	if (n == SYMBOL_NONE)
		return -ENOMEM;
	c->s->cgroups[n].exists = true;
	return 0;
}

int scenario_do_rmcgroup(struct call *c)
{
	const char *path = TEXT(c, rmcgroup, cg);
	size_t len = strlen(path);
	uint32_t n;
	int ret = scenario_find_cgroup(c, path, &n);

	if (!ret && n == SCENARIO_ROOT)
		ret = REFUSE(c, EBUSY, "the root group stays");
	if (ret)
		return ret;
	for (size_t i = 0; i < c->s->cgroup_names.nr; i++)
		if (c->s->cgroups[i].exists && i != n &&
		    strncmp(c->s->cgroup_names.name[i], path, len) == 0 &&
		    c->s->cgroup_names.name[i][len] == '/')
			return REFUSE(c, EBUSY, "%s has groups below it", path);
	for (size_t i = 0; i < c->s->task_names.nr; i++)
		if (c->s->tasks[i].alive && c->s->tasks[i].cg == n)
			return REFUSE(c, EBUSY, "%s has tasks", path);
	c->s->cgroups[n].exists = false;
	return 0;
}

/* A group and all above it gain, or lose, pages. */
void scenario_charge(struct scenario *s, uint32_t n, int64_t pages)
{
	char path[KEY_MAX];

	while (n != SYMBOL_NONE) {
		struct scenario_cgroup *cg = &s->cgroups[n];

		cg->usage += (uint64_t)pages;
		if (cg->usage > cg->peak)
			cg->peak = cg->usage;
		parent_of(s->cgroup_names.name[n], path, sizeof(path));
		n = *path ? symbol_find(&s->cgroup_names, path) : SYMBOL_NONE;
	}
}
