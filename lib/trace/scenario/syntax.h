/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammar of scenario lines, shared by parser and printer.
 */
#ifndef MMT_TRACE_SCENARIO_SYNTAX_H
#define MMT_TRACE_SCENARIO_SYNTAX_H

#include "lib/trace/scenario/scenario.h"

enum scenario_type {
	SCN_NUMBER, /* 12 or 0xc */
	SCN_SIGNED, /* -12 */
	SCN_PAGES,  /* 12 pages, or 64K; kept in pages */
	SCN_MEMORY, /* the same, kept in bytes */
	SCN_BYTES,  /* 96, or 8K; kept in bytes */
	SCN_ADDR,   /* 0x1000, NAME or NAME+0x1000; two fields */
	SCN_TIME,   /* 1.5s, kept in ns */
	SCN_RATIO,  /* 0.33, kept in millionths */
	SCN_ZONE,   /* Normal */
	SCN_GFP,    /* GFP_KERNEL|__GFP_ZERO */
	SCN_PROT,   /* rwx, or - for none */
	SCN_POLICY, /* bind:0,1; two fields */
	SCN_ADVICE, /* dontneed */
	SCN_NAME,   /* of a block, a range, a cache */
	SCN_PATH,   /* of a control group: /a/b */
	SCN_WORD,   /* whatever has no blank */
	SCN_KEY,    /* of a counter or state */
	SCN_OP,	    /* ==, or ~1.5; two fields */
	SCN_VALUE,  /* -12, 64K (as pages) or a word; two fields */
	SCN_CHOICE, /* ssd|hdd|zram: the index */
	SCN_FLAG,   /* a word that is there or not; no field */
};

/* One argument of a verb's syntax. */
struct scenario_arg {
	enum scenario_type type;
	bool optional;
	bool keyed;	     /* key=VALUE; a flag's key is the flag itself */
	bool worded;	     /* key VALUE: "as NAME" */
	char key[16];	     /* "" if positional */
	char word[32];	     /* "ORDER": how the syntax spells its value */
	unsigned field;	     /* of the kind */
	const char *choices; /* SCN_CHOICE: "ssd|hdd|zram", up to ']' or a blank */
};

#define SCENARIO_ARGS_MAX 16

enum scenario_section { SCENARIO_MACHINE, SCENARIO_SETTING, SCENARIO_RUN, SCENARIO_CHECK };

struct scenario_verb {
	const char *name;
	uint16_t kind;
	uint8_t section; /* enum scenario_section */
	const char *syntax;
};

/* The verbs, in the order of the manual page; ends with a NULL name. */
extern const struct scenario_verb scenario_verbs[];
const struct scenario_verb *scenario_verb_of(unsigned kind);
/* The arguments that @v's syntax spells: how many. */
unsigned scenario_args(const struct scenario_verb *v, struct scenario_arg args[SCENARIO_ARGS_MAX]);
/* Fields that an argument of this type has. */
unsigned scenario_width(enum scenario_type type);

/* Tables of words. */
enum scenario_words {
	SCENARIO_ZONES,
	SCENARIO_ADVICES,
	SCENARIO_POLICIES,
	SCENARIO_OPS,
	SCENARIO_ERRNOS,
	SCENARIO_SIGNALS,
	SCENARIO_FILES /* of a control group; numbers mean nothing */
};

/* The word for @v, or NULL; and back. */
const char *scenario_word(enum scenario_words table, uint64_t v);
bool scenario_by_word(enum scenario_words table, const char *p, size_t n, uint64_t *v);
/* Offer every word of the table. */
void scenario_words_nearest(enum scenario_words table, struct mmt_nearest *nearest);

/* A value as it is parsed: numbers, and bytes that are to become a string id in field @str_at. */
struct scenario_value {
	uint64_t v[2];
	const char *str; /* NULL: none */
	size_t str_n;
	unsigned str_at;
	bool suffixed; /* told in bytes, where it could be any number */
	bool big;      /* v[0] is 2^63 or more, where it could be below 0 */
};

/* Parse the @n bytes at @p. -EINVAL: @e has the reason, @value->str the place within them if it is
 * not their beginning. */
int scenario_literal(const struct scenario_arg *arg, const char *p, size_t n,
		     struct scenario_value *value, struct mmt_err *e);
/* Append a value as a scenario spells it; @big as in struct scenario_value. @strings[i] stands for
 * field i if that is an id, "" else. */
void scenario_put(struct mmt_wr *w, const struct scenario_arg *arg, const uint64_t *v, bool big,
		  const char *const *strings);
/* A time with the largest unit that tells it exactly: "1500us". */
void scenario_put_time(struct mmt_wr *w, uint64_t ns);
/* "1.5s" to ns; false: no time, or *@late, beyond the last one. */
bool scenario_time(const char *p, size_t n, uint64_t *ns, bool *late);
/* "ENOMEM" or "SIGSEGV" to the bits of `how`; false: no such reason. */
bool scenario_reason(const char *p, size_t n, uint64_t *how);
/* Offer the names of all reasons. */
void scenario_reason_nearest(struct mmt_nearest *nearest);
/* Whether the bytes may name a block, a range, a file: letters, digits, _ . / : - and not a digit
 * first. */
bool scenario_is_name(const char *p, size_t n);
/* Whether they may name a control group: / or /a/b, of the same bytes and @, and no . or .. */
bool scenario_is_path(const char *p, size_t n);
/* 0, or -EINVAL with the reason: no such path. */
int scenario_check_path(const char *p, size_t n, struct mmt_err *e);
/* 0, or -EINVAL with the reason: no FILE=VALUE of a control group, whose first @name bytes are the
 * file's. */
int scenario_check_file(const char *p, size_t n, size_t name, struct mmt_err *e);

#endif
