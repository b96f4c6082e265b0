/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One verb of a scenario at work: what the files that do verbs share.
 */
#ifndef REPLAY_SCENARIO_CALL_H
#define REPLAY_SCENARIO_CALL_H

#include "lib/replay/engine.h"
#include "lib/replay/scenario/scenario.h"
#include "lib/trace/scenario/scenario.h"

/* What a verb sees: where its arguments are, and to whom it answers. A verb returns 0, a positive
 * errno if it is refused, a negative one if the replay cannot go on; either says why in @e. */
struct call {
	struct replay *r;
	struct scenario *s;
	const struct mmt_event *ev;
	const struct mmt_dict *dict;
	uint64_t how;
	struct mmt_err *e;
};

#define ARG(c, kind, field)  ((c)->ev->v[MMT_F(scenario_##kind, field)])
#define TEXT(c, kind, field) scenario_text(c, ARG(c, kind, field))

/* The string of an id, "" if there is none. */
const char *scenario_text(const struct call *c, uint64_t id);
/* Whether argument @i of the syntax was given. */
bool scenario_given(const struct call *c, unsigned i);
/* Refused: as mmt_fail(), but positive. */
#define REFUSE(c, code, ...) (-mmt_fail((c)->e, code, __VA_ARGS__))

/* The number of @name in @names, whose entries, of @size bytes, are in *@array; a new one is zero.
 * SYMBOL_NONE: no memory. */
uint32_t scenario_add_name(struct call *c, struct symbols *names, const char *name, void **array,
			   size_t *cap, size_t size);
/* There is no @what called @name: -@code with a text that says so, names those of @names that are
 * nearest, or says what became of it if there was one ("was freed already"). */
int scenario_unknown(struct mmt_err *e, int code, const char *what, const struct symbols *names,
		     const char *name, const char *gone);
/* 0, or refused: no such CPU, no such living task, no such control group. */
int scenario_check_cpu(struct call *c, uint64_t cpu);
int scenario_find_task(struct call *c, uint64_t pid, struct scenario_task **t);
int scenario_find_cgroup(struct call *c, const char *path, uint32_t *n);
/* The root of the control groups, which is always there. */
int scenario_add_root(struct scenario *s, struct mmt_err *e);
/* A group and all above it gain, or lose, pages. */
void scenario_charge(struct scenario *s, uint32_t n, int64_t pages);

/* The verbs. */
int scenario_do_task(struct call *c);
int scenario_do_thread(struct call *c);
int scenario_do_fork(struct call *c);
int scenario_do_exec(struct call *c);
int scenario_do_exit(struct call *c);
int scenario_do_cpu(struct call *c);
int scenario_do_move(struct call *c);
int scenario_do_adj(struct call *c);
int scenario_do_policy(struct call *c);
int scenario_do_cgroup(struct call *c);
int scenario_do_rmcgroup(struct call *c);
int scenario_do_alloc(struct call *c);
int scenario_do_free(struct call *c);

#endif
