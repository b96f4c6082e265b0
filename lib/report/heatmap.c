/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Heatmap of free blocks by order over time.
 *
 * Theory. A buddy allocator's health is not how much is free but in what blocks. Each cell is the
 * number of free pages that sit in blocks of one order at one time, so a column adds up to the
 * zone's free pages; fragmentation is seen as the dark band sinking from order 10 towards 0. Pages
 * span six decades, so shades are steps of equal factors (log2), and nothing free is blank.
 *
 * Columns are snapshots. More snapshots than columns: a column is the mean of its share of them.
 * Fewer: each is drawn as wide as fits, at most 8 characters.
 *
 * The line under the map is the unusable free space index of order 9 (Mel Gorman's, as
 * /sys/kernel/debug/extfrag/unusable_index has it): 0 all free memory is in blocks of 2 MiB or
 * more, 9 none of it.
 */
#include "lib/report/heatmap.h"

#include "lib/report/load.h"
#include "lib/report/render.h"

#include <inttypes.h>
#include <string.h>

#define LABEL	   10 /* characters before the first column */
#define HUGE_ORDER 9
#define REPEAT_MAX 8

static const char *const blocks[] = { " ", "\u2591", "\u2592", "\u2593", "\u2588" };
static const char *const letters[] = { " ", ".", ":", "-", "=", "+", "*", "#", "%", "@" };
/* xterm colours, dark blue to yellow in even steps of lightness: told apart by every eye */
static const unsigned colours[] = { 0, 18, 31, 71, 220 };

struct map {
	const json_t *zone;
	size_t nr_times;
	size_t columns; /* buckets of times */
	size_t repeat;	/* characters for each */
	uint64_t most;
	const struct rep_style *style;
	unsigned shades;
};

unsigned rep_shade(uint64_t pages, uint64_t most, unsigned shades)
{
	unsigned log_pages, log_most, shade;

	if (!pages || shades < 2)
		return 0;
	if (pages >= most)
		return shades - 1;
	log_pages = 63 - (unsigned)__builtin_clzll(pages);
	log_most = 64 - (unsigned)__builtin_clzll(most);
	shade = 1 + log_pages * (shades - 1) / log_most;
	return shade < shades ? shade : shades - 1;
}

/* Mean over the times of column @c of what @at gives for one of them. */
static uint64_t mean(const struct map *m, size_t c, unsigned order,
		     uint64_t (*at)(const struct map *m, size_t time, unsigned order))
{
	size_t first = c * m->nr_times / m->columns;
	size_t end = (c + 1) * m->nr_times / m->columns;
	uint64_t n = end - first, whole = 0, rest = 0;

	for (size_t i = first; i < end; i++) {
		uint64_t v = at(m, i, order);

		whole += v / n;
		rest += v % n;
	}
	return whole + rest / n;
}

static uint64_t pages_at(const struct map *m, size_t time, unsigned order)
{
	int64_t v = rep_order_at(m->zone, "blocks", time, order);

	return v < 0 ? 0 : v > INT64_MAX >> REP_ORDERS ? INT64_MAX : (uint64_t)v << order;
}

static uint64_t unusable_at(const struct map *m, size_t time, unsigned order)
{
	int64_t v = rep_order_at(m->zone, "unusable", time, order);

	return v < 0 ? 0 : v > 1000 ? 1000 : (uint64_t)v;
}

static void layout(struct map *m, unsigned width)
{
	size_t room = width > LABEL + 11 ? width - LABEL - 1 : 10;

	m->columns = m->nr_times < room ? m->nr_times : room;
	m->repeat = room / m->columns;
	if (m->repeat > REPEAT_MAX)
		m->repeat = REPEAT_MAX;
	for (size_t c = 0; c < m->columns; c++) {
		for (unsigned o = 0; o < REP_ORDERS; o++) {
			uint64_t v = mean(m, c, o, pages_at);

			m->most = v > m->most ? v : m->most;
		}
	}
}

static void cell(struct mmt_wr *w, const struct map *m, unsigned shade)
{
	if (m->style->colour && shade)
		rep_printf(w, "\033[38;5;%um",
			   colours[shade * (sizeof(colours) / sizeof(colours[0]) - 1) /
				   (m->shades - 1)]);
	for (size_t i = 0; i < m->repeat; i++)
		rep_printf(w, "%s", m->style->ascii ? letters[shade] : blocks[shade]);
	if (m->style->colour && shade)
		rep_printf(w, "\033[0m");
}

static void rows(struct mmt_wr *w, const struct map *m)
{
	for (unsigned o = REP_ORDERS; o-- > 0;) {
		rep_printf(w, "order %2u |", o);
		for (size_t c = 0; c < m->columns; c++)
			cell(w, m, rep_shade(mean(m, c, o, pages_at), m->most, m->shades));
		rep_printf(w, "|\n");
	}
}

static void unusable_line(struct mmt_wr *w, const struct map *m)
{
	rep_printf(w, "unusable |");
	for (size_t c = 0; c < m->columns; c++) {
		uint64_t v = mean(m, c, HUGE_ORDER, unusable_at);

		for (size_t i = 0; i < m->repeat; i++)
			rep_printf(w, "%" PRIu64, v >= 1000 ? 9 : v / 100);
	}
	rep_printf(w, "|\n");
}

/* Each shade with the least number of pages it stands for. */
static void scale(struct mmt_wr *w, const struct map *m)
{
	struct map one = *m;
	unsigned last = 0;

	one.repeat = 1;
	rep_printf(w, "%*sunusable: tenths of the free memory that order %d cannot use\n", LABEL,
		   "", HUGE_ORDER);
	rep_printf(w, "%*sfree pages: blank 0", LABEL, "");
	for (unsigned bit = 0; bit < 64 && 1ull << bit <= m->most; bit++) {
		unsigned shade = rep_shade(1ull << bit, m->most, m->shades);

		if (shade == last)
			continue;
		last = shade;
		rep_printf(w, ", ");
		cell(w, &one, shade);
		rep_printf(w, " %llu", 1ull << bit);
	}
	if (last != m->shades - 1 && m->most) {
		rep_printf(w, ", ");
		cell(w, &one, m->shades - 1);
		rep_printf(w, " %" PRIu64, m->most);
	}
	rep_printf(w, "\n");
}

void rep_heatmap(struct mmt_wr *w, const json_t *zone, const json_t *times,
		 const struct rep_style *style)
{
	struct map m = {
		.zone = zone,
		.nr_times = json_array_size(times),
		.style = style,
		.shades = style->ascii ? sizeof(letters) / sizeof(letters[0])
				       : sizeof(blocks) / sizeof(blocks[0]),
	};
	char first[32], last[32];
	int64_t end;

	rep_printf(w, "node %lld, zone ", (long long)rep_int(zone, "node"));
	rep_escaped(w, rep_string(zone, "zone"));
	if (!m.nr_times) {
		rep_printf(w, ": no snapshots\n");
		return;
	}
	rep_printf(w, ": free memory by block order over time\n");
	layout(&m, style->width ? style->width : 80);
	rows(w, &m);
	unusable_line(w, &m);
	end = json_integer_value(json_array_get(times, m.nr_times - 1));
	rep_duration((uint64_t)json_integer_value(json_array_get(times, 0)), first, sizeof(first));
	rep_duration(end < 0 ? 0 : (uint64_t)end, last, sizeof(last));
	rep_printf(w, "%*s%s to %s, %zu snapshots in %zu columns\n", LABEL, "", first, last,
		   m.nr_times, m.columns);
	scale(w, &m);
}
