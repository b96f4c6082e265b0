/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios (mmtrace-scenario(5)): demand written by hand, as text and as events.
 */
#ifndef MMT_TRACE_SCENARIO_H
#define MMT_TRACE_SCENARIO_H

#include "lib/base/bytes.h"
#include "lib/base/io.h"
#include "lib/base/nearest.h"
#include "lib/trace/dict.h"
#include "lib/trace/event.h"

#include <jansson.h>

#define MMT_SCENARIO_MAGIC	"#mmtrace-scenario"
#define MMT_SCENARIO_BYTES_MAX	((size_t)256 << 20)		/* of a text */
#define MMT_SCENARIO_LINE_MAX	4096u				/* bytes of a line */
#define MMT_SCENARIO_STRING_MAX (MMT_SCENARIO_LINE_MAX / 2 - 1) /* of a word or value */
#define MMT_SCENARIO_NAME_MAX	255u				/* bytes of a name or path */
#define MMT_SCENARIO_N_MAX	(1u << 24)			/* blocks of one alloc */

/* The field `how` of every kind of lib/trace/scenario.def. */
#define MMT_HOW_GIVEN(i)     (UINT64_C(1) << (i)) /* argument @i of the syntax was given */
#define MMT_HOW_COLUMN_SHIFT 16			  /* 12 bits: where the verb stood */
#define MMT_HOW_COLUMN(how)  ((unsigned)((how) >> MMT_HOW_COLUMN_SHIFT & 0xfff))
#define MMT_HOW_FAILS	     (UINT64_C(1) << 28) /* the event must be refused */
#define MMT_HOW_SIGNAL	     (UINT64_C(1) << 29) /* by the signal, not the errno, below */
#define MMT_HOW_UNSIGNED     (UINT64_C(1) << 30) /* the value is 2^63 or more, not below 0 */
#define MMT_HOW_WHY_SHIFT    32			 /* 16 bits: errno or signal; 0: whatever it is */
#define MMT_HOW_WHY(how)     ((unsigned)((how) >> MMT_HOW_WHY_SHIFT & 0xffff))

enum mmt_scenario_op {
	MMT_OP_EQ,
	MMT_OP_NE,
	MMT_OP_LT,
	MMT_OP_LE,
	MMT_OP_GT,
	MMT_OP_GE,
	MMT_OP_NEAR
};

/* As set_mempolicy(2) numbers them. */
enum mmt_policy {
	MMT_POLICY_DEFAULT,
	MMT_POLICY_PREFERRED,
	MMT_POLICY_BIND,
	MMT_POLICY_INTERLEAVE,
	MMT_POLICY_LOCAL,
	MMT_POLICY_PREFERRED_MANY,
	MMT_POLICY_WEIGHTED,
	MMT_NR_POLICIES
};

enum mmt_swap_type { MMT_SWAP_SSD, MMT_SWAP_HDD, MMT_SWAP_ZRAM };

/* Where the events of a text go. */
struct mmt_scenario_sink {
	void *ctx;
	/* The id of a string; 0: no memory. */
	uint32_t (*string)(void *ctx, const char *s, struct mmt_err *e);
	int (*event)(void *ctx, const struct mmt_event *ev, struct mmt_err *e);
	/* Whether there is such a key, and one that counts pages if @in_pages; such a setting, which is a boot parameter's only before the
	 * machine is @running, or if @value is NULL one of that key: 0, or -errno with its reason.
	 */
	int (*check_key)(const char *key, bool in_pages, struct mmt_err *e);
	int (*check_setting)(const char *key, const char *value, bool running, struct mmt_err *e);
};

/* Whether a file that begins with these bytes is a scenario. */
bool mmt_scenario_is(const void *p, size_t n);
/* Put every line of a text into @sink. -EINVAL: @e says line, column and reason; or what the sink
 * said. */
int mmt_scenario_parse(const char *text, size_t n, const struct mmt_scenario_sink *sink,
		       struct mmt_err *e);
/* Write the trace of a text to @fd, sealed; @name is what messages shall call the text. @checks
 * has those alone. Errors: those of parsing, those of writing. */
int mmt_scenario_import(const char *text, size_t n, const char *name,
			const struct mmt_scenario_sink *checks, struct mmt_alloc *a,
			struct mmt_io *io, int fd, struct mmt_err *e);
/* The name that the header of an imported trace has for its text; "scenario" if it has none. */
const char *mmt_scenario_name(const json_t *header);
/* Append the line of an event of group scenario to @w. *@now is the time told so far, in ns: 0 to
 * begin. -EBADMSG: no such line can be written. */
int mmt_scenario_print(struct mmt_wr *w, const struct mmt_event *ev, const struct mmt_dict *dict,
		       uint64_t *now, struct mmt_err *e);
/* What an export could not tell, of a recorded trace. */
struct mmt_scenario_export {
	uint64_t lines;
	uint64_t allocs, frees; /* told */
	uint64_t early;		/* page events before the start snapshot was complete */
	uint64_t refused;	/* requests that the host refused */
	uint64_t unknown_free;	/* frees of blocks in use at the start */
	uint64_t in_pieces;	/* blocks freed in pieces: told as freed with the first of them */
	uint64_t other;		/* demand that is neither pages nor task policies nor settings */
};

/* How an export is to go. */
struct mmt_scenario_exporter {
	void *ctx;
	/* Take the next @n bytes of text. */
	int (*write)(void *ctx, const void *p, size_t n, struct mmt_err *e);
	/* Whether `set` may say so; what it may not say is left out. */
	bool (*may_set)(const char *key, const char *value);
	const char *profile; /* of the machine line; NULL: none is named */
};

struct mmt_reader;

/* Write the scenario of a trace just opened: the lines of one that was imported, or the machine and
 * the page demand of a recorded one. -ENOTSUP: a recorded trace without a full snapshot; else as
 * the reader, as @x->write. */
int mmt_scenario_export(struct mmt_reader *r, const struct mmt_scenario_exporter *x,
			struct mmt_alloc *a, struct mmt_scenario_export *told, struct mmt_err *e);
/* The verb of a kind ("alloc"), or NULL if it is none. */
const char *mmt_scenario_verb(unsigned kind);
/* Its syntax: "NAME order=ORDER [gfp=GFP] ..."; @kind is a verb's. */
const char *mmt_scenario_syntax(unsigned kind);
/* "==", "<=", "~"; @op in range. */
const char *mmt_scenario_op_name(unsigned op);
/* "ENOMEM", "SIGSEGV", or NULL if a scenario has no name for it. */
const char *mmt_scenario_reason(unsigned why, bool is_signal);

#endif
