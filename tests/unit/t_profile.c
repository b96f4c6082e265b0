// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles: names, and which of them a kernel's release gets.
 */
#include "lib/mm/profile.h"
#include "lib/replay/result.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

TEST(rows_ascend_and_are_named)
{
	for (unsigned i = 0; i < NR_MM_PROFILES; i++) {
		const struct mm_profile_rules *p = mm_profile_rules((enum mm_profile)i);
		char name[32];

		snprintf(name, sizeof(name), "%u.%u", p->major, p->minor);
		CHECK_STR(p->name, name);
		CHECK(mm_profile_is((enum mm_profile)i, p->major, p->minor));
		CHECK(i == 0 || p->major > p[-1].major || p->minor > p[-1].minor);
	}
}

/*	5.15  6.1 ... 6.11 | 6.12 ... 6.17 | 6.18 ... 7.0
 *	 `-- 6.1, the oldest   `-- 6.12        `-- 6.18 */
TEST(a_release_gets_the_newest_profile_that_is_not_newer)
{
	CHECK_EQ(mm_profile_for(6, 12), MM_PROFILE_6_12);
	CHECK_EQ(mm_profile_for(6, 17), MM_PROFILE_6_12);
	CHECK_EQ(mm_profile_for(6, 18), MM_PROFILE_6_18);
	CHECK_EQ(mm_profile_for(6, 19), MM_PROFILE_6_18);
	CHECK_EQ(mm_profile_for(7, 0), MM_PROFILE_6_18);
	CHECK_EQ(mm_profile_for(6, 11), MM_PROFILE_6_1);
	CHECK_EQ(mm_profile_for(6, 1), MM_PROFILE_6_1);
	CHECK_EQ(mm_profile_for(5, 15), MM_PROFILE_6_1);
}

/* A trace of @release, replayed; its result. */
static json_t *replayed(const char *release, const char *set)
{
	struct replay_options o = { 0 };
	struct tunable_change c;
	json_t *result = NULL;
	struct replay r;
	struct host h;

	host_start(&h);
	h.release = release;
	host_record(&h);
	host_alloc(&h, 0, GFP_KERNEL, 0);
	host_finish(&h);
	if (set && !tunable_parse(set, &c, &h.err))
		o = (struct replay_options){ .change = &c, .nr_changes = 1 };
	if (host_replay(&h, &r, &o) == 0)
		result = result_build(&r, &h.err);
	replay_free(&r);
	host_stop(&h);
	return result;
}

TEST(a_replay_follows_the_recorded_release_and_tells_where_it_cannot)
{
	static const struct {
		const char *release, *told, *set, *profile, *reason;
	} cases[] = {
		{ "6.12.0-pretend", "6.12.0", NULL, "6.12", NULL },
		{ "6.18.44", "6.18.44", NULL, "6.18", NULL },
		{ "6.18.44", "6.18.44", "model.profile=6.12", "6.12",
		  "recorded on Linux 6.18.44, modelled as 6.12" },
		{ "6.12.9", "6.12.9", "model.profile=6.18", "6.18",
		  "recorded on Linux 6.12.9, modelled as 6.18" },
		{ "6.1.0-49-amd64", "6.1.0", NULL, "6.1", NULL },
		{ "6.6.9", "6.6.9", NULL, "6.1", "recorded on Linux 6.6.9, modelled as 6.1" },
		{ "7.0-rc3", "7.0", NULL, "6.18", "recorded on Linux 7.0, modelled as 6.18" },
		/* no release at all */
		{ "mainline", "unknown", NULL, "6.12", NULL },
		{ "6.", "6.", NULL, "6.12", NULL },
		{ "99999999999999999999.1", "99999999999999999999.1", NULL, "6.12", NULL },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *result = replayed(cases[i].release, cases[i].set);
		json_t *flags = json_object_get(result, "flags");
		json_t *reasons = json_object_get(flags, "reasons");
		json_t *config = json_object_get(result, "config");

		CHECK(result);
		CHECK_STR(json_string_value(json_object_get(config, "profile")), cases[i].profile);
		CHECK_STR(json_string_value(
				  json_object_get(json_object_get(result, "input"), "kernel")),
			  cases[i].told);
		CHECK(json_is_false(json_object_get(flags, "partial")));
		CHECK_EQ(json_array_size(reasons), cases[i].reason ? 1 : 0);
		if (cases[i].reason)
			CHECK_STR(json_string_value(json_array_get(reasons, 0)), cases[i].reason);
		json_decref(result);
	}
}

TEST_MAIN
