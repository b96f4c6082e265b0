// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of metrics: sound rows, and a row for whatever a result may hold.
 */
#include "lib/mm/mm.h"
#include "lib/replay/metric.h"
#include "tests/unit/test.h"

TEST(names_are_unique_and_rows_complete)
{
	CHECK(metric_count() > 40);
	for (unsigned i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);

		CHECK(m->name[0] && m->unit[0] && m->help[0]);
		CHECK(m->rel >= -1);
		CHECK(metric_by_name(m->name) == m);
		/* what is neither good nor bad cannot cross a threshold */
		CHECK(m->polarity != METRIC_NONE || m->rel == -1);
	}
	CHECK(!metric_by_name("nr_unicorns"));
}

/* A counter of the model without a row would be in no report and judged by no diff. */
TEST(every_counter_of_the_model_has_a_row)
{
	for (unsigned i = 0; i < mm_nr_counters(); i++) {
		if (!metric_by_name(mm_counter_name(i)))
			printf("# no metric %s\n", mm_counter_name(i));
		CHECK(metric_by_name(mm_counter_name(i)));
	}
}

TEST(polarity_is_spelled_as_results_spell_it)
{
	CHECK_STR(metric_polarity_name(METRIC_NONE), "none");
	CHECK_STR(metric_polarity_name(METRIC_LOWER), "lower");
	CHECK_STR(metric_polarity_name(METRIC_HIGHER), "higher");
	CHECK_EQ(metric_by_name("alloc_fail")->polarity, METRIC_LOWER);
	CHECK_EQ(metric_by_name("nr_free_pages")->polarity, METRIC_HIGHER);
}

TEST_MAIN
