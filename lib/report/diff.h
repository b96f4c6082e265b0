/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two results against each other, metric by metric, each with the limit its change is held to.
 */
#ifndef MMT_REPORT_DIFF_H
#define MMT_REPORT_DIFF_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"

#include <jansson.h>

/* What a change for the worse may be: at most @abs, or at most @permille of the base's value,
 * whichever is more; 0 and 0: nothing. */
struct rep_limit {
	bool judged; /* false: "none" */
	int64_t permille;
	uint64_t abs;
};

/* The limit of one metric, as a user set it. */
struct rep_override {
	char metric[64];
	struct rep_limit limit;
};

/* Which direction is an improvement, as results spell it: "none", "lower", "higher". */
enum rep_polarity { REP_NONE, REP_LOWER, REP_HIGHER };

enum rep_verdict {
	REP_CROSSED, /* worse by more than the limit */
	REP_MISSING, /* judged, and in only one of the results */
	REP_WORSE,   /* within the limit */
	REP_CHANGED, /* not judged, or in one of the results only */
	REP_BETTER,
	REP_SAME,
	REP_NR_VERDICTS
};

struct rep_row {
	const char *metric, *unit; /* the results' */
	bool in_base, in_candidate;
	int64_t base, candidate;
	enum rep_polarity polarity;
	struct rep_limit limit;
	enum rep_verdict verdict;
};

struct rep_diff {
	struct mmt_alloc *alloc;
	const json_t *base, *candidate;
	bool base_partial, candidate_partial; /* stand on incomplete data */
	struct rep_row *rows;		      /* worst first */
	size_t nr_rows;
	unsigned count[REP_NR_VERDICTS];
};

/* "5%", "0.5%", "100", "5%+100" or "none". False: it is none of these. */
bool rep_limit_parse(const char *text, struct rep_limit *limit);
/* As rep_limit_parse() reads it; returns @buf. */
const char *rep_limit_text(const struct rep_limit *limit, char *buf, size_t size);
/* "METRIC=LIMIT". -EINVAL: @e says what is wrong. */
int rep_override_parse(const char *text, struct rep_override *o, struct mmt_err *e);
/* Compare two checked results, which must outlive @d. A metric's limit is what @limit_of says of
 * its name, unless overridden. -ENOTSUP: not comparable (other inputs or modes, other parts of one
 * input; not asked when @force); -EINVAL: an override names a metric that neither has. */
int rep_diff(struct rep_diff *d, const json_t *base, const json_t *candidate,
	     struct rep_limit (*limit_of)(const char *metric), const struct rep_override *overrides,
	     size_t nr_overrides, bool force, struct mmt_alloc *a, struct mmt_err *e);
void rep_diff_free(struct rep_diff *d);
const char *rep_verdict_name(enum rep_verdict verdict);
/* Change in thousandths of the base, saturating; a change from 0 is INT64_MAX or -INT64_MAX. */
int64_t rep_change_permille(int64_t base, int64_t candidate);
/* Append the table, after the tunables that differ and before the count of each verdict. */
void rep_diff_text(struct mmt_wr *w, const struct rep_diff *d, bool colour);
/* The same as JSON, schema mmtrace.diff/1 (mmtrace-diff(1)). NULL: no memory. */
json_t *rep_diff_json(const struct rep_diff *d);

#endif
