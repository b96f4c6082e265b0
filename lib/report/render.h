/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text into a buffer: formatted pieces and aligned tables. Running out of memory turns the buffer
 * `bad`; whoever prints it asks once, at the end.
 */
#ifndef MMT_REPORT_RENDER_H
#define MMT_REPORT_RENDER_H

#include "lib/base/bytes.h"

/* Append formatted text. What comes from a file goes through rep_escaped() first or instead. */
void rep_printf(struct mmt_wr *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append the text of a stranger, fit for a terminal. */
void rep_escaped(struct mmt_wr *w, const char *s);
/* "1.234 s", "12.5 ms" of @ns; returns @buf. */
const char *rep_duration(uint64_t ns, char *buf, size_t size);
/* "-1.2 %" of @permille; returns @buf. */
const char *rep_permille(int64_t permille, char *buf, size_t size);

#define REP_COLUMNS_MAX 16

/* A table whose cells are text; zero it, set w, nr_columns and left. */
struct rep_table {
	struct mmt_wr *w;
	unsigned nr_columns;
	uint32_t left;	     /* bit i: column i is aligned to the left, else to the right */
	struct mmt_wr cells; /* NUL-terminated texts, row by row */
	size_t nr_cells;
};

void rep_table_init(struct rep_table *t, struct mmt_wr *w, unsigned nr_columns, uint32_t left);
/* Add the next cell, escaped; rows fill from left to right. */
void rep_cell(struct rep_table *t, const char *text);
void rep_cell_printf(struct rep_table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Write the rows, each after @indent blanks, and empty the table. */
void rep_table_end(struct rep_table *t, unsigned indent);

#endif
