// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of metrics.
 *
 * The table is metric.def; its order is the order of lists and reports.
 *
 * I1  Names are unique.
 * I2  Every counter of the model (mm_counter_name()) has a row: a result never holds a metric that
 *     a diff could not judge.
 *
 * Cost: a lookup walks the table; it happens once per metric and result.
 */
#include "lib/replay/metric.h"

#include <stddef.h>
#include <string.h>

#define METRIC(name_, unit_, polarity_, rel_, abs_, help_) \
	{ .name = name_,                                   \
	  .unit = unit_,                                   \
	  .polarity = METRIC_##polarity_,                  \
	  .rel = rel_,                                     \
	  .abs = abs_,                                     \
	  .help = help_ },
static const struct metric table[] = {
#include "lib/replay/metric.def"
};
#undef METRIC

unsigned metric_count(void)
{
	return sizeof(table) / sizeof(*table);
}

const struct metric *metric_at(unsigned i)
{
	return &table[i];
}

const struct metric *metric_by_name(const char *name)
{
	for (unsigned i = 0; i < metric_count(); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *metric_polarity_name(enum metric_polarity polarity)
{
	static const char *const name[] = { "none", "lower", "higher" };

	return name[polarity];
}
