/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted text and tables in a growing buffer; see render.h.
 *
 * A column is as wide as its widest cell, counted in characters, not bytes: cells may hold any
 * printable UTF-8 (wide East Asian characters count as one; names of zones and metrics have none).
 */
#include "lib/report/render.h"

#include "lib/base/escape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct mmt_wr *w, const char *fmt, va_list ap)
{
	va_list again;
	uint8_t *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	p = n < 0 ? NULL : mmt_wr_space(w, (size_t)n + 1);
	if (!p)
		return;
	vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
	w->len--; /* its NUL */
}

void rep_printf(struct mmt_wr *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(w, fmt, ap);
	va_end(ap);
}

void rep_escaped(struct mmt_wr *w, const char *s)
{
	mmt_wr_escaped(w, s);
}

const char *rep_duration(uint64_t ns, char *buf, size_t size)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns < units[i].ns)
			continue;
		snprintf(buf, size, "%" PRIu64 ".%03" PRIu64 " %s", ns / units[i].ns,
			 ns % units[i].ns / (units[i].ns / 1000), units[i].name);
		return buf;
	}
	snprintf(buf, size, "%" PRIu64 " ns", ns);
	return buf;
}

const char *rep_permille(int64_t permille, char *buf, size_t size)
{
	uint64_t v = permille < 0 ? -(uint64_t)permille : (uint64_t)permille;

	snprintf(buf, size, "%s%" PRIu64 ".%" PRIu64 " %%", permille < 0 ? "-" : "", v / 10,
		 v % 10);
	return buf;
}

void rep_table_init(struct rep_table *t, struct mmt_wr *w, unsigned nr_columns, uint32_t left)
{
	*t = (struct rep_table){
		.w = w,
		.nr_columns = nr_columns < REP_COLUMNS_MAX ? nr_columns : REP_COLUMNS_MAX,
		.left = left,
		.cells = { .alloc = w->alloc },
	};
}

void rep_cell(struct rep_table *t, const char *text)
{
	mmt_wr_escaped(&t->cells, text);
	mmt_wr_u8(&t->cells, 0);
	t->nr_cells++;
}

void rep_cell_printf(struct rep_table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(&t->cells, fmt, ap);
	va_end(ap);
	mmt_wr_u8(&t->cells, 0);
	t->nr_cells++;
}

/* Characters of UTF-8 text: every byte that does not continue one. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((uint8_t)*s & 0xc0) != 0x80;
	return n;
}

static void blanks(struct mmt_wr *w, size_t n)
{
	uint8_t *p = mmt_wr_space(w, n);

	if (p)
		memset(p, ' ', n);
}

static void put_cell(struct rep_table *t, unsigned column, const char *cell, size_t wide)
{
	size_t pad = wide - width(cell);
	bool left = t->left >> column & 1;
	bool last = column + 1 == t->nr_columns;

	if (!left)
		blanks(t->w, pad);
	mmt_wr_bytes(t->w, cell, strlen(cell));
	if (left && !last)
		blanks(t->w, pad);
	if (!last)
		blanks(t->w, 2);
}

void rep_table_end(struct rep_table *t, unsigned indent)
{
	size_t wide[REP_COLUMNS_MAX] = { 0 };
	const char *cell = (const char *)t->cells.buf;

	if (t->cells.bad || !t->nr_columns) {
		t->w->bad = true;
		mmt_wr_free(&t->cells);
		return;
	}
	for (size_t i = 0; i < t->nr_cells; i++, cell += strlen(cell) + 1)
		if (width(cell) > wide[i % t->nr_columns])
			wide[i % t->nr_columns] = width(cell);
	cell = (const char *)t->cells.buf;
	for (size_t i = 0; i < t->nr_cells; i++, cell += strlen(cell) + 1) {
		unsigned column = (unsigned)(i % t->nr_columns);

		if (!column)
			blanks(t->w, indent);
		put_cell(t, column, cell, wide[column]);
		if (column + 1 == t->nr_columns)
			mmt_wr_u8(t->w, '\n');
	}
	mmt_wr_free(&t->cells);
	t->nr_cells = 0;
}
