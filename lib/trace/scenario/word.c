// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: words of a scenario that stand for numbers, in the kernel's numbering: madvise(2),
 * set_mempolicy(2), errno(3), signal(7).
 *
 * Invariants: I1 within a table a word and a number occur once, so that text and events give each
 * other back.
 * Cost: a walk over some twenty words.
 */
#include "lib/trace/scenario/syntax.h"

#include <errno.h>
#include <string.h>

struct name_of {
	uint64_t v;
	const char *name;
};

static const struct name_of zones[] = {
	{ 0, "DMA" }, { 1, "DMA32" }, { 2, "Normal" }, { 3, "Movable" }, { 0, NULL }
};

/* As madvise(2) numbers them. */
static const struct name_of advices[] = { { 0, "normal" },	   { 1, "random" },
					  { 2, "sequential" },	   { 3, "willneed" },
					  { 4, "dontneed" },	   { 8, "free" },
					  { 12, "mergeable" },	   { 13, "unmergeable" },
					  { 14, "hugepage" },	   { 15, "nohugepage" },
					  { 20, "cold" },	   { 21, "pageout" },
					  { 22, "populate_read" }, { 23, "populate_write" },
					  { 25, "collapse" },	   { 0, NULL } };

static const struct name_of policies[] = {
	{ MMT_POLICY_DEFAULT, "default" },   { MMT_POLICY_PREFERRED, "preferred" },
	{ MMT_POLICY_BIND, "bind" },	     { MMT_POLICY_INTERLEAVE, "interleave" },
	{ MMT_POLICY_LOCAL, "local" },	     { MMT_POLICY_PREFERRED_MANY, "preferred_many" },
	{ MMT_POLICY_WEIGHTED, "weighted" }, { 0, NULL },
};

static const struct name_of ops[] = { { MMT_OP_EQ, "==" },  { MMT_OP_NE, "!=" },
				      { MMT_OP_LT, "<" },   { MMT_OP_LE, "<=" },
				      { MMT_OP_GT, ">" },   { MMT_OP_GE, ">=" },
				      { MMT_OP_NEAR, "~" }, { 0, NULL } };

static const struct name_of errnos[] = {
	{ EPERM, "EPERM" },	    { ENOENT, "ENOENT" }, { ESRCH, "ESRCH" },
	{ EINTR, "EINTR" },	    { EIO, "EIO" },	  { EBADF, "EBADF" },
	{ EAGAIN, "EAGAIN" },	    { ENOMEM, "ENOMEM" }, { EACCES, "EACCES" },
	{ EFAULT, "EFAULT" },	    { EBUSY, "EBUSY" },	  { EEXIST, "EEXIST" },
	{ ENODEV, "ENODEV" },	    { EINVAL, "EINVAL" }, { EFBIG, "EFBIG" },
	{ ENOSPC, "ENOSPC" },	    { ERANGE, "ERANGE" }, { ENOSYS, "ENOSYS" },
	{ EOVERFLOW, "EOVERFLOW" }, { ESTALE, "ESTALE" }, { 0, NULL },
};

/* As signal(7) numbers them. */
static const struct name_of signals[] = {
	{ 7, "SIGBUS" }, { 9, "SIGKILL" }, { 11, "SIGSEGV" }, { 0, NULL }
};

/* Those of the memory controller that can be written (mm/memcontrol.c, 6.12). */
static const struct name_of files[] = {
	{ 0, "memory.min" },
	{ 1, "memory.low" },
	{ 2, "memory.high" },
	{ 3, "memory.max" },
	{ 4, "memory.swap.high" },
	{ 5, "memory.swap.max" },
	{ 6, "memory.zswap.max" },
	{ 7, "memory.oom.group" },
	{ 8, "memory.zswap.writeback" },
	{ 9, "memory.reclaim" },
	{ 10, "memory.peak" },
	{ 11, "memory.swap.peak" },
	{ 0, NULL },
};

static const struct name_of *const tables[] = {
	[SCENARIO_ZONES] = zones, [SCENARIO_ADVICES] = advices, [SCENARIO_POLICIES] = policies,
	[SCENARIO_OPS] = ops,	  [SCENARIO_ERRNOS] = errnos,	[SCENARIO_SIGNALS] = signals,
	[SCENARIO_FILES] = files,
};

const char *scenario_word(enum scenario_words table, uint64_t v)
{
	for (const struct name_of *t = tables[table]; t->name; t++)
		if (t->v == v)
			return t->name;
	return NULL;
}

bool scenario_by_word(enum scenario_words table, const char *p, size_t n, uint64_t *v)
{
	for (const struct name_of *t = tables[table]; t->name; t++)
		if (strlen(t->name) == n && memcmp(t->name, p, n) == 0) {
			*v = t->v;
			return true;
		}
	return false;
}

void scenario_words_nearest(enum scenario_words table, struct mmt_nearest *nearest)
{
	for (const struct name_of *t = tables[table]; t->name; t++)
		mmt_nearest_try(nearest, t->name);
}

const char *mmt_scenario_op_name(unsigned op)
{
	return scenario_word(SCENARIO_OPS, op);
}

const char *mmt_scenario_reason(unsigned why, bool is_signal)
{
	return scenario_word(is_signal ? SCENARIO_SIGNALS : SCENARIO_ERRNOS, why);
}

bool scenario_reason(const char *p, size_t n, uint64_t *how)
{
	uint64_t v;

	if (scenario_by_word(SCENARIO_ERRNOS, p, n, &v)) {
		*how |= v << MMT_HOW_WHY_SHIFT;
		return true;
	}
	if (!scenario_by_word(SCENARIO_SIGNALS, p, n, &v))
		return false;
	*how |= v << MMT_HOW_WHY_SHIFT | MMT_HOW_SIGNAL;
	return true;
}

void scenario_reason_nearest(struct mmt_nearest *nearest)
{
	scenario_words_nearest(SCENARIO_ERRNOS, nearest);
	scenario_words_nearest(SCENARIO_SIGNALS, nearest);
}
