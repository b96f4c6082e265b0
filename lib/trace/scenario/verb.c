// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the verbs of a scenario and their syntax, once: parser, printer and messages read this
 * table.
 *
 *     "NAME order=ORDER [gfp=GFP] [ctor] [as NAME]"
 *      |    |           |         |      a word, then its value
 *      |    |           |         a flag: given or not
 *      |    |           optional, in any order
 *      |    named by its key
 *      by position
 *
 * The k-th argument of a syntax is the k-th field of the verb's kind (scenario.def), where some
 * types take two fields and flags none; bit k of the event's `how` says that it was given.
 *
 * Invariants: I1 a syntax has the fields of its kind, neither more nor less (t_scenario.c).
 * I2 Numbers of kinds stand in files; the syntax may grow optional arguments at its end.
 * Cost: a syntax is read anew for every line: some dozens of compares.
 */
#include "lib/trace/scenario/syntax.h"

#include "lib/base/err.h"

#include <string.h>

#define VERB(section, name, syntax)                                       \
	{                                                                 \
#name, MMT_EV_scenario_##name, SCENARIO_##section, syntax \
	}

const struct scenario_verb scenario_verbs[] = {
	VERB(MACHINE, machine,
	     "[mem=SIZE] [nodes=N] [cpus=N] [swap=SIZE] [swap_type=ssd|hdd|zram] "
	     "[swap_ratio=RATIO] [profile=WORD]"),
	VERB(MACHINE, zone,
	     "NODE ZONE start=PFN spanned=PAGES present=PAGES managed=PAGES [free=PAGES]"),
	VERB(MACHINE, distance, "NODE NODE N"),
	VERB(MACHINE, hw, "WORD"),
	VERB(SETTING, set, "KEY=VALUE"),
	VERB(RUN, task, "PID [parent=PID] [cg=PATH] [adj=ADJ] [cpu=CPU] [policy=POLICY]"),
	VERB(RUN, thread, "PID TID"),
	VERB(RUN, fork, "PID CHILD"),
	VERB(RUN, exec, "PID"),
	VERB(RUN, exit, "PID"),
	VERB(RUN, cpu, "PID CPU"),
	VERB(RUN, move, "PID PATH"),
	VERB(RUN, adj, "PID ADJ"),
	VERB(RUN, policy, "PID POLICY"),
	VERB(RUN, cgroup, "PATH [FILE=VALUE...]"),
	VERB(RUN, rmcgroup, "PATH"),
	VERB(RUN, mmap,
	     "PID ADDR LEN PROT [as NAME] [file=NAME] [off=LEN] [hugetlb=SIZE] [shared] "
	     "[populate] [locked] [growsdown] [noreserve]"),
	VERB(RUN, munmap, "PID ADDR LEN"),
	VERB(RUN, mprotect, "PID ADDR LEN PROT"),
	VERB(RUN, mremap, "PID OLD OLDLEN NEWLEN [NEWADDR]"),
	VERB(RUN, brk, "PID ADDR"),
	VERB(RUN, madvise, "PID ADDR LEN ADVICE"),
	VERB(RUN, mlock, "PID ADDR LEN [onfault]"),
	VERB(RUN, munlock, "PID ADDR LEN"),
	VERB(RUN, mbind, "PID ADDR LEN POLICY"),
	VERB(RUN, r, "PID ADDR [LEN] [stride=BYTES]"),
	VERB(RUN, w, "PID ADDR [LEN] [stride=BYTES]"),
	VERB(RUN, rw, "PID ADDR [LEN] [stride=BYTES]"),
	VERB(RUN, x, "PID ADDR [LEN] [stride=BYTES]"),
	VERB(RUN, zero, "PID ADDR LEN"),
	VERB(RUN, content, "PID ADDR LEN ID"),
	VERB(RUN, pin, "PID ADDR LEN [write] [longterm]"),
	VERB(RUN, unpin, "PID ADDR LEN"),
	VERB(RUN, file, "NAME LEN"),
	VERB(RUN, read, "PID NAME OFF LEN"),
	VERB(RUN, write, "PID NAME OFF LEN"),
	VERB(RUN, fsync, "NAME"),
	VERB(RUN, truncate, "NAME LEN"),
	VERB(RUN, alloc,
	     "NAME order=ORDER [gfp=GFP] [cpu=CPU] [node=NODE] [cg=PATH] [pid=PID] [n=COUNT] "
	     "[vma=POLICY] [ilx=N]"),
	VERB(RUN, free, "NAME [cpu=CPU] [first=N] [stride=N] [n=COUNT]"),
	VERB(RUN, cache, "CNAME BYTES [align=BYTES] [flags=WORD] [ctor]"),
	VERB(RUN, calloc, "NAME CNAME [cpu=CPU]"),
	VERB(RUN, cfree, "NAME [cpu=CPU]"),
	VERB(RUN, kmalloc, "NAME BYTES [gfp=GFP] [cpu=CPU] [cg=PATH]"),
	VERB(RUN, kfree, "NAME [cpu=CPU]"),
	VERB(RUN, vmalloc, "NAME SIZE"),
	VERB(RUN, vfree, "NAME"),
	VERB(RUN, vmap_ram, "NAME PAGES"),
	VERB(RUN, vunmap_ram, "NAME"),
	VERB(RUN, drain_all, ""),
	VERB(RUN, drop_caches, "N"),
	VERB(RUN, compact_memory, ""),
	VERB(RUN, sync, ""),
	VERB(RUN, swapon, "NAME SIZE [prio=PRIO] [type=ssd|hdd|zram]"),
	VERB(RUN, swapoff, "NAME"),
	VERB(RUN, collapse_scan, ""),
	VERB(RUN, ksm_scan, ""),
	VERB(RUN, settle, "TIME"),
	VERB(CHECK, expect, "KEY OP VALUE"),
	VERB(CHECK, print, "KEY..."),
	{ NULL, 0, 0, NULL },
};

const struct scenario_verb *scenario_verb_of(unsigned kind)
{
	/* kinds and rows run alike, but for scenario_time, which has no verb */
	for (const struct scenario_verb *v = scenario_verbs; v->name; v++)
		if (v->kind == kind)
			return v;
	return NULL;
}

const char *mmt_scenario_verb(unsigned kind)
{
	const struct scenario_verb *v = scenario_verb_of(kind);

	return v ? v->name : NULL;
}

const char *mmt_scenario_syntax(unsigned kind)
{
	const struct scenario_verb *v = scenario_verb_of(kind);

	MMT_BUG(!v);
	return v->syntax;
}

static enum scenario_type type_of(const char *word)
{
	static const struct {
		const char *word;
		enum scenario_type type;
	} types[] = {
		{ "SIZE", SCN_MEMORY },	  { "LEN", SCN_MEMORY },  { "OLDLEN", SCN_MEMORY },
		{ "NEWLEN", SCN_MEMORY }, { "OFF", SCN_MEMORY },  { "PAGES", SCN_PAGES },
		{ "BYTES", SCN_BYTES },	  { "ADDR", SCN_ADDR },	  { "OLD", SCN_ADDR },
		{ "NEWADDR", SCN_ADDR },  { "ADJ", SCN_SIGNED },  { "PRIO", SCN_SIGNED },
		{ "TIME", SCN_TIME },	  { "RATIO", SCN_RATIO }, { "ZONE", SCN_ZONE },
		{ "GFP", SCN_GFP },	  { "PROT", SCN_PROT },	  { "POLICY", SCN_POLICY },
		{ "ADVICE", SCN_ADVICE }, { "NAME", SCN_NAME },	  { "CNAME", SCN_NAME },
		{ "PATH", SCN_PATH },	  { "WORD", SCN_WORD },	  { "KEY", SCN_KEY },
		{ "OP", SCN_OP },	  { "VALUE", SCN_VALUE },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].type;
	return SCN_NUMBER;
}

unsigned scenario_width(enum scenario_type type)
{
	switch (type) {
	case SCN_FLAG:
		return 0;
	case SCN_ADDR:
	case SCN_POLICY:
	case SCN_OP:
	case SCN_VALUE:
		return 2;
	default:
		return 1;
	}
}

static void copy(char *to, size_t size, const char *p, size_t n)
{
	MMT_BUG(n >= size);
	memcpy(to, p, n);
	to[n] = '\0';
}

/* What stands between brackets or blanks: "key=WORD", "flag", "as NAME", "WORD". */
static void read_arg(struct scenario_arg *arg, const char *p, size_t n)
{
	const char *equals = memchr(p, '=', n), *blank = memchr(p, ' ', n);

	if (equals || blank) {
		const char *value = (equals ? equals : blank) + 1;

		arg->keyed = equals != NULL;
		arg->worded = !equals;
		copy(arg->key, sizeof(arg->key), p, (size_t)(value - p) - 1);
		copy(arg->word, sizeof(arg->word), value, n - (size_t)(value - p));
		if (strchr(arg->word, '|')) {
			arg->type = SCN_CHOICE;
			arg->choices = value;
			return;
		}
	} else {
		copy(arg->word, sizeof(arg->word), p, n);
		if (*p >= 'a' && *p <= 'z') {
			copy(arg->key, sizeof(arg->key), p, n);
			arg->type = SCN_FLAG;
			return;
		}
	}
	arg->type = type_of(arg->word);
}

unsigned scenario_args(const struct scenario_verb *v, struct scenario_arg args[SCENARIO_ARGS_MAX])
{
	const char *p = v->syntax;
	unsigned nr = 0, field = 0;

	while (*p) {
		struct scenario_arg *arg = &args[nr++];
		size_t n = strcspn(p, *p == '[' ? "]" : " ");

		*arg = (struct scenario_arg){ .optional = *p == '[', .field = field };
		if (arg->optional)
			read_arg(arg, p + 1, n - 1);
		else
			read_arg(arg, p, n);
		field += scenario_width(arg->type);
		p += n + arg->optional;
		p += *p == ' ';
	}
	return nr;
}
