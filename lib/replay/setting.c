// SPDX-License-Identifier: GPL-2.0-only
/*
 * What --set and a scenario's `set` do: the first before the machine is built, or at a time; the
 * second when its turn comes. All that happens while the machine runs is a write as to a file of
 * /proc/sys, which may do more than change a value.
 *
 * I1  A refused write changes nothing.
 *
 * Cost: a walk over the settings whenever the clock goes on.
 */
#include "lib/replay/engine.h"

void replay_apply_untimed(struct replay *r)
{
	r->base = !r->options->nr_changes;
	for (size_t i = 0; i < r->options->nr_changes; i++)
		if (!r->options->change[i].timed)
			tunable_apply(&r->options->change[i], &r->values);
}

int replay_write(struct replay *r, const struct tunable_change *c, struct mmt_err *e)
{
	struct tunable_values before = r->values;
	int ret;

	tunable_apply(c, &r->values);
	ret = mm_write_tunables(r->allocator.sys, &r->values.mm, tunable_written(c), e);
	if (ret)
		r->values = before;
	r->setting_changes += !ret;
	return ret;
}

int replay_apply_timed(struct replay *r, uint64_t from, uint64_t to, struct mmt_err *e)
{
	for (size_t i = 0; i < r->options->nr_changes; i++) {
		const struct tunable_change *c = &r->options->change[i];
		uint64_t at = r->survey.first_time + c->at;
		int ret;

		if (!c->timed || at < from || at >= to)
			continue;
		ret = replay_write(r, c, e);
		if (ret)
			return ret;
	}
	return 0;
}
