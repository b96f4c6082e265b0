/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `expect` and `print` may name: counters, and state by pattern (scenario_key.def).
 */
#ifndef REPLAY_SCENARIO_KEY_H
#define REPLAY_SCENARIO_KEY_H

#include "lib/base/err.h"
#include "lib/mm/mm.h"

enum scenario_key_id {
#define MODELLED(id, pattern, help) KEY_##id,
#define KNOWN(pattern)
#include "lib/replay/scenario/key.def"
#undef MODELLED
#undef KNOWN
	KEY_COUNTER /* n[0]: the model's counter */
};

#define SCENARIO_KEY_MAX 320

struct scenario_key {
	enum scenario_key_id id;
	uint64_t n[2]; /* the N of the pattern, in their order */
	unsigned nr;
	enum zone_type zone, class;
	unsigned order;
	enum migratetype type;
	char name[SCENARIO_KEY_MAX]; /* the * of the pattern */
};

/* A row of the table, for lists: the pattern, what it says, and whether it can be read. */
struct scenario_key_info {
	const char *pattern, *help;
	bool modelled;
};
unsigned scenario_key_count(void);
const struct scenario_key_info *scenario_key_at(unsigned i);

/* Parse "free.0.Normal". -EINVAL: no such key, and the nearest ones are named; -ENOTSUP: one that
 * the model does not have yet. */
int scenario_key_parse(const char *text, struct scenario_key *key, struct mmt_err *e);
/* The same for whoever only wants to know, also whether it counts pages if @in_pages; what the model
 * does not have yet is accepted. */
int scenario_key_check(const char *text, bool in_pages, struct mmt_err *e);
/* Whether `set` may write @key = @value, before the machine runs or while it does, or with a NULL
 * value whether there is such a key; what is not modelled yet is accepted. */
int scenario_setting_check(const char *key, const char *value, bool running, struct mmt_err *e);
/* The names of the migratetypes, for messages. */
#define SCENARIO_TYPES "unmovable, movable, reclaimable, highatomic, cma or isolate"
/* A migratetype by its name in any case: false, none. */
bool scenario_migratetype(const char *name, size_t n, enum migratetype *type);

#endif
