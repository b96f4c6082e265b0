/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `mmtrace replay --set KEY=VALUE` knows: one table (tunable.def) of the kernel's own names
 * and units, which `mmtrace list tunables` prints. A key the model does not follow yet is still a
 * known name, and is refused as such.
 */
#ifndef REPLAY_TUNABLE_H
#define REPLAY_TUNABLE_H

#include "lib/base/err.h"
#include "lib/mm/mm.h"

struct tunable {
	const char *name;     /* "vm.min_free_kbytes"; a pattern where the kernel has many:
				 "memory.high@PATH" */
	const char *unit;     /* "kB", "pages", "bytes", "1/10000", "" */
	const char *range;    /* "0, 8..": for people */
	const char *fallback; /* the default, for people: "auto", "10" */
	const char *help;     /* one line */
	const char *rows;     /* where the behaviour is described in mmtrace-model(7): "1.3" */
	bool modelled;	      /* false: a known name that the model does not follow yet */
	bool timed;	      /* may be changed during a replay: KEY=VALUE@TIME */
};

unsigned tunable_count(void);
/* The row @i, below tunable_count(), in the order of the table. */
const struct tunable *tunable_at(unsigned i);

/* The one that the @n bytes at @key name, or NULL. */
const struct tunable *tunable_find(const char *key, size_t n);

/* One parsed --set. */
struct tunable_change {
	const struct tunable *tunable;
	char key[64];	/* the kernel's name in full */
	unsigned index; /* which one of those that a '*' stands for: a node */
	bool timed;
	uint64_t at;  /* ns since the start of the trace; only if timed */
	unsigned nr;  /* numbers given */
	bool percent; /* of RAM, not bytes */
	uint64_t value[MAX_NR_ZONES];
	char text[96]; /* the value as it was given */
};

/* kernelcore=, movablecore=: bytes or a share of RAM. */
struct tunable_core {
	bool given;
	unsigned percent; /* 0: @bytes counts */
	uint64_t bytes;
};

/* Everything that --set can change, in effect. */
struct tunable_values {
	struct mm_tunables mm;
	enum mm_profile profile;
	uint64_t mem;	/* bytes of RAM, as mem= counts them: the highest address; 0: as recorded */
	unsigned nodes; /* 0: as recorded */
	unsigned cpus;	/* 0: as recorded */
	struct tunable_core kernelcore, movablecore;
	uint64_t cma; /* bytes; 0: none, or as recorded */
	uint64_t seed;
};

/* Parse "KEY=VALUE" or "KEY=VALUE@TIME" (12.5s, 500ms; a bare number is seconds). -EINVAL: unknown
 * key (the nearest known ones are named) or no number; -ERANGE: beyond the kernel's range;
 * -ENOTSUP: a known key that is not modelled yet. */
int tunable_parse(const char *text, struct tunable_change *change, struct mmt_err *e);
/* Whether one of @nr changes is of the key @key. */
bool tunable_is_set(const struct tunable_change *change, size_t nr, const char *key);
/* Whether they can be honoured where allocations follow no policy of a task, as recorded ones do
 * not. -ENOTSUP: @e names the one that cannot. */
int tunable_without_policies(const struct tunable_change *change, size_t nr, struct mmt_err *e);
/* Recorded weights of interleaving are those of recorded nodes, and of kernels that weigh: where @v
 * has others, none. */
void tunable_drop_weights(struct tunable_values *v);
/* Whether it holds from boot on: a boot parameter, or what the machine is. */
bool tunable_at_boot(const struct tunable_change *change);
/* What mm_write_tunables() is to know to be written: MM_WRITTEN_*. */
unsigned tunable_written(const struct tunable_change *change);
/* Write the change into @v. */
void tunable_apply(const struct tunable_change *change, struct tunable_values *v);
/* Linux defaults (6.12, x86-64), profile 6.12, RAM and topology as recorded. */
struct tunable_values tunable_defaults(void);

#endif
