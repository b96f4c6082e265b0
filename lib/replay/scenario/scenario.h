/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay of a scenario: its machine, its verbs, its assertions.
 */
#ifndef REPLAY_SCENARIO_H
#define REPLAY_SCENARIO_H

#include "lib/mm/mm.h"
#include "lib/replay/scenario/symbol.h"
#include "lib/replay/survey/machine.h"
#include "lib/replay/tunable.h"
#include "lib/trace/dict.h"
#include "lib/trace/event.h"

struct replay;
struct tunable_values;

/* Who hears of prints and failing assertions while they happen; members may be NULL. */
struct scenario_listener {
	void *ctx;
	void (*print)(void *ctx, const char *text); /* "KEY VALUE" */
	/* "KEY is 5, expected == 6" */
	void (*failed)(void *ctx, uint64_t line, const char *text);
};

/* Where a verb stood in the text. */
struct scenario_place {
	uint64_t line; /* 0: nowhere */
	unsigned column;
};

struct scenario_zone {
	struct mm_zone_config config;
	pfn_t free;
	struct scenario_place at; /* nowhere: computed */
};

/* A boot parameter that `set` gives. */
struct scenario_boot {
	struct tunable_change change;
	struct scenario_place at;
};

#define SCENARIO_BOOT_MAX 16 /* as many as there are, and some */

/* What the lines of the machine section say. */
struct scenario_machine {
	uint64_t mem; /* bytes */
	uint64_t nodes, cpus;
	enum mm_profile profile;
	struct scenario_place at;
	struct scenario_zone zone[MACHINE_MAX_ZONES];
	unsigned nr_zones;
	uint8_t distance[MM_MAX_NODES][MM_MAX_NODES]; /* 0: not told */
	bool has_distance;
	unsigned distance_node;		   /* the highest that a distance names, */
	struct scenario_place distance_at; /* and where */
	struct scenario_boot boot[SCENARIO_BOOT_MAX];
	unsigned nr_boot;
	bool has_swap, has_hw; /* told, to no effect yet */
	bool complete;	       /* a verb came that is no part of the machine section */
};

/* The blocks of one name. */
struct scenario_blocks {
	bool live;   /* allocated and not all freed since */
	bool failed; /* it got fewer than it asked for */
	uint8_t order;
	uint16_t cpu;
	pfn_t first; /* of the first block; PFN_NONE: none */
	uint32_t nr, left;
	pfn_t *pfn;  /* [nr]; PFN_NONE: freed */
	uint32_t cg; /* charged; SCENARIO_ROOT: nobody */
};

struct scenario_task {
	uint32_t leader; /* its number among the tasks; a thread's is another one */
	bool alive;
	int adj;
	uint16_t cpu;
	uint32_t cg;
	struct mm_task_policy policy;
};

#define SCENARIO_ROOT 0 /* the number of the control group / */

struct scenario_cgroup {
	bool exists;
	uint64_t usage, peak; /* pages */
};

struct scenario_failure {
	uint64_t line;
	char *text;
};

#define SCENARIO_FAILURES_MAX 1000 /* kept; all are counted */

struct scenario {
	struct mmt_alloc *alloc;
	char name[256]; /* of the text, for messages */
	struct scenario_machine machine;
	struct symbols block_names, task_names, cgroup_names;
	struct scenario_blocks *blocks; /* [block_names.nr] */
	struct scenario_task *tasks;
	struct scenario_cgroup *cgroups;
	size_t cap_blocks, cap_tasks, cap_cgroups;
	uint64_t checks, failed, prints; /* expect and fails; of these, not so */
	uint64_t allocs, frees;		 /* blocks */
	bool running;			 /* the machine section is over */
	struct scenario_failure failure[SCENARIO_FAILURES_MAX];
};

/* First reading: take an event of group scenario. *@s is made by the first one. Errors: limits of a
 * machine, keys that do not exist; -ENOTSUP: a profile, a verb or a key that is not modelled yet.
 */
int scenario_survey(struct scenario **s, struct mmt_alloc *a, const struct mmt_event *ev,
		    const struct mmt_dict *dict, struct mmt_err *e);
/* The machine of the scenario under @v, just booted; the caller owns *@sys. Unless @thp_given,
 * v->mm.thp becomes what a machine of that size has. */
int scenario_build(struct scenario *s, struct tunable_values *v, bool thp_given,
		   struct mm_system **sys, unsigned *nr_cpus, struct mmt_err *e);
/* Boot the machine of r->scenario, as its file and the options want it. */
int scenario_start(struct replay *r, struct mmt_err *e);
/* Second reading: do what the event says. -EINVAL: it is refused, and was not to be. */
int scenario_event(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_err *e);
/* expect and print. */
int scenario_expect(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		    struct mmt_err *e);
int scenario_print(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_err *e);
/* An assertion did not hold. */
int scenario_fail(struct replay *r, uint64_t line, struct mmt_err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void scenario_free(struct scenario *s);

#endif
