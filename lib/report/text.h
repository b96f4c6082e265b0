/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A result for people: what was replayed and how faithfully, then metrics, zones, fragmentation.
 */
#ifndef MMT_REPORT_TEXT_H
#define MMT_REPORT_TEXT_H

#include "lib/report/heatmap.h"

/* Append the whole report of a checked result (rep_load()) to @w. */
void rep_text(struct mmt_wr *w, const json_t *result, const struct rep_style *style);

#endif
