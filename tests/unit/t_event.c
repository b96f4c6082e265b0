/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/event.c and units.c: the table and its limits. */
#include "lib/trace/dict.h"
#include "lib/trace/event.h"
#include "tests/unit/test.h"

#include <ctype.h>
#include <limits.h>

TEST(every_row_is_sound)
{
	unsigned rows = 0;

	for (unsigned k = 0; k <= MMT_KIND_MAX + 1; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);

		if (!info)
			continue;
		rows++;
		CHECK(info->nr_fields <= MMT_FIELDS_MAX);
		CHECK((unsigned)info->group < MMT_NR_GROUPS);
		CHECK((unsigned)info->class < MMT_NR_CLASSES);
		CHECK(strlen(info->system) > 0);
		/* by name and by number are one; so no name occurs twice */
		CHECK_EQ(mmt_event_by_name(info->name), k);
		for (unsigned f = 0; f < info->nr_fields; f++) {
			CHECK((unsigned)info->fields[f].unit < MMT_NR_UNITS);
			for (unsigned g = 0; g < f; g++)
				CHECK(strcmp(info->fields[f].name, info->fields[g].name) != 0);
		}
	}
	CHECK(rows > 240);
	CHECK(!mmt_event_info(0));
	CHECK(!mmt_event_info(MMT_KIND_MAX + 1));
	CHECK(!mmt_event_info(UINT_MAX));
	CHECK_EQ(mmt_event_by_name("no_such_event"), 0);
}

TEST(every_row_says_more_than_its_name)
{
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);
		char spaced[128] = "";

		if (!info)
			continue;
		CHECK(strlen(info->help) > 8 && strlen(info->help) <= 96);
		CHECK(!strpbrk(info->help, "\"\\\t\n"));
		for (size_t i = 0; info->name[i] && i < sizeof(spaced) - 1; i++)
			spaced[i] = info->name[i] == '_' ? ' ' : info->name[i];
		CHECK(strcmp(info->help, spaced) != 0);
	}
}

TEST(numbers_in_files_stay)
{
	/* a change here breaks every trace there is */
	CHECK_EQ(MMT_EV_mm_page_alloc, 2);
	CHECK_EQ(MMT_EV_mm_page_free, 5);
	CHECK_EQ(MMT_EV_page_fault_user, 34);
	CHECK_EQ(MMT_EV_sys_mmap, 72);
	CHECK_EQ(MMT_EV_sched_process_fork, 133);
	CHECK_EQ(MMT_EV_snapshot_begin, 769);
	CHECK_EQ(MMT_EV_swap_in, 839);
	CHECK_EQ(MMT_F(mm_page_alloc, pfn), 0);
	CHECK_EQ(MMT_F(mm_page_alloc, cgroup), 5);
	CHECK_EQ(MMT_F(sys_mmap, ret), 6);
}

TEST(names_of_groups_classes_causes_and_units_differ)
{
	for (unsigned i = 0; i < MMT_NR_GROUPS; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(mmt_group_name(i), mmt_group_name(j)) != 0);
	for (unsigned i = 0; i < MMT_NR_CLASSES; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(mmt_class_name(i), mmt_class_name(j)) != 0);
	for (unsigned i = 0; i < MMT_NR_CAUSES; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(mmt_cause_name(i), mmt_cause_name(j)) != 0);
	for (unsigned i = 0; i < MMT_NR_UNITS; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(mmt_unit_name(i), mmt_unit_name(j)) != 0);
}

TEST(every_limit_is_the_last_value_taken)
{
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);
		struct mmt_event ev = { .kind = (uint16_t)k };

		for (unsigned f = 0; info && f < info->nr_fields; f++) {
			uint64_t limit = mmt_unit_limit(info->fields[f].unit);

			ev.v[f] = limit;
			CHECK_EQ(mmt_event_validate(&ev), 0);
			if (limit < UINT64_MAX) {
				ev.v[f] = limit + 1;
				CHECK_EQ(mmt_event_validate(&ev), f + 1);
			}
			ev.v[f] = 0;
		}
	}
}

TEST(an_order_is_small_or_any)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free };

	/* 0 .. 18 fine, 19 .. 62 not, 63 is "any" */
	for (unsigned order = 0; order < 70; order++) {
		bool ok = order <= MMT_ORDER_MAX || order == MMT_ORDER_ANY;

		ev.v[MMT_F(mm_page_free, order)] = order;
		CHECK_EQ(mmt_event_validate(&ev), ok ? 0 : MMT_F(mm_page_free, order) + 1);
	}
}

TEST(no_kernel_address_is_valid)
{
	CHECK(mmt_unit_valid(MMT_U_ADDR, 0x00007fffffffffff));
	CHECK(mmt_unit_valid(MMT_U_ADDR, MMT_ADDR_OUTSIDE));
	CHECK(!mmt_unit_valid(MMT_U_ADDR, MMT_ADDR_OUTSIDE + 1));
	CHECK(!mmt_unit_valid(MMT_U_ADDR, 0xffff888000000000));
	CHECK(!mmt_unit_valid(MMT_U_HANDLE, 0xffff888000000000));
}

TEST(what_every_event_has_has_limits_too)
{
	const struct mmt_event good = { .kind = MMT_EV_sched_prepare_exec,
					.cpu = MMT_CPU_MAX,
					.task = MMT_DICT_ID_MAX,
					.time = MMT_TIME_MAX,
					.flags = MMT_EVENT_SELF };
	struct mmt_event ev = good;

	CHECK_EQ(mmt_event_validate(&ev), 0);
	ev.kind = 0;
	CHECK_EQ(mmt_event_validate(&ev), 17);
	ev = good;
	ev.cpu++;
	CHECK_EQ(mmt_event_validate(&ev), 17);
	ev = good;
	ev.task++;
	CHECK_EQ(mmt_event_validate(&ev), 17);
	ev = good;
	ev.time++;
	CHECK_EQ(mmt_event_validate(&ev), 17);
	ev = good;
	ev.flags = 2;
	CHECK_EQ(mmt_event_validate(&ev), 17);
}

TEST(values_with_words_have_them)
{
	CHECK_STR(mmt_value_name(MMT_U_MIGRATETYPE, 3), "highatomic");
	CHECK_STR(mmt_value_name(MMT_U_ZONE, 2), "Normal");
	CHECK_STR(mmt_value_name(MMT_U_SNAPSHOT, MMT_SNAP_END), "end");
	CHECK_STR(mmt_value_name(MMT_U_CAUSE, MMT_CAUSE_THP), "thp");
	CHECK(!mmt_value_name(MMT_U_ZONE, 5));
	CHECK(!mmt_value_name(MMT_U_COUNT, 1));
	for (unsigned u = 0; u < MMT_NR_UNITS; u++)
		for (uint64_t v = 0; mmt_unit_print(u) == MMT_PRINT_NAME && v <= mmt_unit_limit(u);
		     v++)
			CHECK(mmt_value_name(u, v));
	CHECK(mmt_unit_signed(MMT_U_RET) && mmt_unit_signed(MMT_U_SIGNED));
	CHECK(!mmt_unit_signed(MMT_U_COUNT));
}

/* --- the man page's tables --- */

static char man[1 << 20];

static bool load_man(void)
{
	FILE *f = fopen("man/mmtrace-trace.5", "r");
	size_t n = f ? fread(man, 1, sizeof(man) - 1, f) : 0;

	man[n] = '\0';
	if (f)
		fclose(f);
	return n;
}

static size_t items(const char *from, const char *to)
{
	size_t n = 0;

	for (const char *p = from; (p = strstr(p, "\n.It Li ")) && p < to; p++)
		n++;
	return n;
}

TEST(the_man_page_has_every_unit_with_its_limit)
{
	const char *start, *end;
	char row[200];

	if (!load_man())
		SKIP("not run from the top of the sources");
	start = strstr(man, ".Sh UNITS");
	end = strstr(man, ".Sh EVENT KINDS");
	CHECK(start && end);
	for (unsigned u = 0; u < MMT_NR_UNITS; u++) {
		const char *at;

		snprintf(row, sizeof(row), "\n.It Li %s Pq at most %llu\n", mmt_unit_name(u),
			 (unsigned long long)mmt_unit_limit(u));
		at = strstr(start, row);
		if (!at || at > end)
			printf("# not in the page:%s", row);
		CHECK(at && at < end);
	}
	CHECK_EQ(items(start, end), MMT_NR_UNITS);
}

TEST(the_man_page_has_every_kind_with_its_fields)
{
	const char *start;
	size_t kinds = 0;
	char row[1500];

	if (!load_man())
		SKIP("not run from the top of the sources");
	start = strstr(man, ".Sh EVENT KINDS");
	CHECK(start);
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);
		size_t n;

		if (!info)
			continue;
		kinds++;
		n = (size_t)snprintf(row, sizeof(row), "\n.It Li %u %s Pq %s , %s\n%c%s.\n", k,
				     info->name, mmt_group_name(info->group),
				     mmt_class_name(info->class),
				     toupper((unsigned char)info->help[0]), info->help + 1);
		for (unsigned f = 0; f < info->nr_fields; f++)
			n += (size_t)snprintf(row + n, sizeof(row) - n, "%s%s (%s)",
					      f ? ",\n" : "Fields:\n", info->fields[f].name,
					      mmt_unit_name(info->fields[f].unit));
		if (info->nr_fields)
			snprintf(row + n, sizeof(row) - n, ".\n");
		if (!strstr(start, row))
			printf("# not in the page:%s", row);
		CHECK(strstr(start, row));
	}
	CHECK_EQ(items(start, start + strlen(start)), kinds);
}

/* What a replay is made of is never left to be asked for. */
TEST(optional_events_are_those_no_replay_needs)
{
	static const uint16_t always[] = { MMT_EV_mm_page_alloc,      MMT_EV_mm_page_free,
					   MMT_EV_page_fault_user,    MMT_EV_sys_mmap,
					   MMT_EV_sched_process_fork, MMT_EV_mark_victim,
					   MMT_EV_snap_zone,	      MMT_EV_setting_change };
	static const uint16_t asked[] = { MMT_EV_mm_page_free_batched, MMT_EV_rss_stat,
					  MMT_EV_sched_switch, MMT_EV_damon_aggregated,
					  MMT_EV_writeback_write_inode_start };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		CHECK(!mmt_event_optional(always[i]));
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		CHECK(mmt_event_optional(asked[i]));
	CHECK(!mmt_event_optional(0));
	CHECK(!mmt_event_optional(MMT_KIND_MAX + 1));
	/* rows of snapshots are never */
	for (unsigned k = 1; k <= MMT_KIND_MAX; k++)
		if (mmt_event_info(k) && mmt_event_info(k)->class == MMT_SNAPSHOT)
			CHECK(!mmt_event_optional(k));
}

TEST_MAIN
