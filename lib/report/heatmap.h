/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The free memory of a zone by block size over time, drawn with characters.
 */
#ifndef MMT_REPORT_HEATMAP_H
#define MMT_REPORT_HEATMAP_H

#include "lib/base/bytes.h"

#include <jansson.h>

/* How text may look: what the terminal can do. */
struct rep_style {
	unsigned width; /* columns of the terminal; 0: 80 */
	bool ascii;	/* no characters beyond ASCII */
	bool colour;
};

/* Append the heatmap of @zone (an element of a checked result's series.zones), whose times are
 * @times: rows are orders, columns times, darker is more free pages in blocks of that order. Below
 * it a line for the share of free memory that order 9 cannot use, the scale, and the time span. */
void rep_heatmap(struct mmt_wr *w, const json_t *zone, const json_t *times,
		 const struct rep_style *style);
/* The shade 0..@shades-1 of @pages when @most is the largest value: 0 only for none, the rest by
 * equal factors. */
unsigned rep_shade(uint64_t pages, uint64_t most, unsigned shades);

#endif
