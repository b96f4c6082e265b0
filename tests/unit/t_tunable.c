// SPDX-License-Identifier: GPL-2.0-only
/*
 * --set KEY=VALUE[@TIME]: what parses, what is refused and in which words.
 */
#include "lib/replay/tunable.h"
#include "tests/unit/test.h"

#include <errno.h>

static struct tunable_change change;
static struct mmt_err err;

static int parse(const char *text)
{
	err = (struct mmt_err){ 0 };
	return tunable_parse(text, &change, &err);
}

static struct tunable_values applied(void)
{
	struct tunable_values v = tunable_defaults();

	tunable_apply(&change, &v);
	return v;
}

TEST(numbers_take_effect_under_the_kernels_names)
{
	CHECK_EQ(parse("vm.min_free_kbytes=65536"), 0);
	CHECK_EQ(applied().mm.min_free_kbytes, 65536);
	CHECK(applied().mm.min_free_kbytes_set);
	CHECK_EQ(parse("vm.watermark_scale_factor=200"), 0);
	CHECK_EQ(applied().mm.watermark_scale_factor, 200);
	CHECK_EQ(parse("vm.watermark_boost_factor=0"), 0);
	CHECK_EQ(applied().mm.watermark_boost_factor, 0);
	CHECK_EQ(parse("vm.percpu_pagelist_high_fraction=8"), 0);
	CHECK_EQ(applied().mm.percpu_pagelist_high_fraction, 8);
	CHECK_EQ(parse("nodes=4"), 0);
	CHECK_EQ(applied().nodes, 4);
	CHECK_EQ(parse("hw.numa.nodes=2"), 0);
	CHECK_EQ(applied().nodes, 2);
	CHECK_EQ(parse("transparent_hugepage=never"), 0);
	CHECK(!applied().mm.thp);
	CHECK_EQ(parse("transparent_hugepage=madvise"), 0);
	CHECK(applied().mm.thp);
	CHECK_EQ(parse("nr_cpus=16"), 0);
	CHECK_EQ(applied().cpus, 16);
	CHECK_EQ(parse("model.seed=18446744073709551615"), 0);
	CHECK_EQ(applied().seed, UINT64_MAX);
}

TEST(lists_are_separated_by_blanks_or_commas)
{
	static const char *const texts[] = { "vm.lowmem_reserve_ratio=256 128 64 0 7",
					     "vm.lowmem_reserve_ratio=256,128,64,0,7" };

	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(parse(texts[i]), 0);
		CHECK_EQ(change.nr, 5);
		CHECK_EQ(applied().mm.lowmem_reserve_ratio[1], 128);
		CHECK_EQ(applied().mm.lowmem_reserve_ratio[4], 7);
	}
	/* a short list changes the first ones only */
	CHECK_EQ(parse("vm.lowmem_reserve_ratio=1"), 0);
	CHECK_EQ(applied().mm.lowmem_reserve_ratio[0], 1);
	CHECK_EQ(applied().mm.lowmem_reserve_ratio[1], 256);
	/* below 1 is 0 */
	CHECK_EQ(parse("vm.lowmem_reserve_ratio=-1 128 -2147483648 0 -0x10"), 0);
	CHECK_EQ(applied().mm.lowmem_reserve_ratio[0], 0);
	CHECK_EQ(applied().mm.lowmem_reserve_ratio[1], 128);
	CHECK_EQ(applied().mm.lowmem_reserve_ratio[2], 0);
	CHECK_EQ(applied().mm.lowmem_reserve_ratio[4], 0);
	CHECK_EQ(parse("vm.lowmem_reserve_ratio=-2147483649"), -EINVAL);
	CHECK_EQ(parse("vm.lowmem_reserve_ratio=-"), -EINVAL);
	CHECK_EQ(parse("vm.lowmem_reserve_ratio=--1"), -EINVAL);
	CHECK_EQ(parse("vm.min_free_kbytes=-1"), -EINVAL);
	CHECK_EQ(parse("vm.lowmem_reserve_ratio=1 2 3 4 5 6"), -EINVAL);
	CHECK_EQ(parse("vm.lowmem_reserve_ratio="), -EINVAL);
}

TEST_NAMED(weights, "KAT 4.3f weights of weighted interleaving, node by node")
{
	CHECK_EQ(parse("mempolicy.weighted_interleave.node1=3"), 0);
	CHECK_STR(change.key, "mempolicy.weighted_interleave.node1");
	CHECK_EQ(change.index, 1);
	CHECK_EQ(applied().mm.interleave_weight[1], 3);
	CHECK_EQ(applied().mm.interleave_weight[0], 0);
	CHECK(tunable_is_set(&change, 1, "mempolicy.weighted_interleave.node1"));
	CHECK(!tunable_is_set(&change, 1, "mempolicy.weighted_interleave.node0"));
	CHECK_EQ(parse("mempolicy.weighted_interleave.node63=255@2s"), 0);
	CHECK(change.timed);
	CHECK_EQ(parse("mempolicy.weighted_interleave.node1=256"), -ERANGE);
	CHECK_EQ(parse("mempolicy.weighted_interleave.node1=x"), -EINVAL);
	CHECK_EQ(parse("mempolicy.weighted_interleave.node64=1"), -EINVAL);
	CHECK_EQ(parse("mempolicy.weighted_interleave.node0x=1"), -EINVAL);
	CHECK_EQ(parse("mempolicy.weighted_interleave.node=1"), -EINVAL);
	CHECK_EQ(parse("mempolicy.weighted_interleave.auto=1"), -ENOTSUP);
	/* in a recorded trace nothing would follow them */
	CHECK_EQ(parse("mempolicy.weighted_interleave.node1=3"), 0);
	CHECK_EQ(tunable_without_policies(&change, 1, &err), -ENOTSUP);
	CHECK_EQ(parse("vm.min_free_kbytes=1"), 0);
	CHECK_EQ(tunable_without_policies(&change, 1, &err), 0);
}

TEST_NAMED(reclaim_mode, "KAT 4.2c vm.zone_reclaim_mode, which asks for what is not modelled")
{
	CHECK_EQ(parse("vm.zone_reclaim_mode=0"), 0);
	CHECK_EQ(applied().mm.zone_reclaim_mode, 0);
	CHECK_EQ(parse("vm.zone_reclaim_mode=1"), -ENOTSUP);
	CHECK(strstr(err.text, "vm.zone_reclaim_mode=1 asks for reclaim"));
	CHECK_EQ(parse("vm.zone_reclaim_mode=4@1s"), -ENOTSUP);
	CHECK_EQ(parse("vm.zone_reclaim_mode=8"), 0); /* none of the bits the kernel knows */
	CHECK_EQ(parse("vm.zone_reclaim_mode=4294967295"), -ERANGE);
	CHECK_EQ(parse("vm.zone_reclaim_mode=on"), -EINVAL);
}

TEST(words_and_sizes)
{
	CHECK_EQ(parse("thp.enabled=never"), 0);
	CHECK(!applied().mm.thp);
	CHECK_EQ(parse("thp.enabled=madvise"), 0);
	CHECK(applied().mm.thp);
	CHECK_EQ(parse("thp.enabled=sometimes"), -EINVAL);
	CHECK_EQ(parse("mem=16G"), 0);
	CHECK_EQ(applied().mem, UINT64_C(16) << 30);
	CHECK_EQ(parse("mem=512MiB"), 0);
	CHECK_EQ(applied().mem, UINT64_C(512) << 20);
	CHECK_EQ(parse("mem=17179869184"), 0);
	CHECK_EQ(applied().mem, UINT64_C(16) << 30);
	CHECK_EQ(parse("mem=16X"), -EINVAL);
	CHECK_EQ(parse("model.profile=6.12"), 0);
	CHECK_STR(mm_profile_name(applied().profile), "6.12");
	CHECK_EQ(parse("model.profile=6.18"), 0);
	CHECK_STR(mm_profile_name(applied().profile), "6.18");
	CHECK_EQ(parse("model.profile=6.1"), 0);
	CHECK_EQ(parse("model.profile=doc"), -ENOTSUP);
	CHECK(strstr(err.text, "model.profile=doc is not modelled yet"));
	CHECK_EQ(parse("model.profile=doc"), -ENOTSUP);
	CHECK_EQ(parse("model.profile=6.2"), -EINVAL);
	CHECK_EQ(parse("model.profile="), -EINVAL);
}

/* kernel/sysctl.c and mm/page_alloc.c: 1..3000, 0 or 8 and more, nothing negative. */
TEST(ranges_are_the_kernels)
{
	static const char *const bad[] = {
		"vm.watermark_scale_factor=0",
		"vm.watermark_scale_factor=3001",
		"vm.percpu_pagelist_high_fraction=7",
		"vm.min_free_kbytes=2147483648",
		"vm.watermark_boost_factor=4294967296",
		"nodes=0",
		"nodes=65",
		"nr_cpus=0",
		"nr_cpus=1025",
		"mem=15M",
		"mem=16T",
		"vm.lowmem_reserve_ratio=2147483648",
	};
	static const char *const good[] = {
		"vm.watermark_scale_factor=1",
		"vm.watermark_scale_factor=3000",
		"vm.percpu_pagelist_high_fraction=0",
		"vm.percpu_pagelist_high_fraction=8",
		"vm.min_free_kbytes=0",
		"nodes=64",
		"nr_cpus=1024",
		"mem=16M",
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int ret = parse(bad[i]);

		if (ret != -ERANGE)
			printf("# %s\n", bad[i]);
		CHECK_EQ(ret, -ERANGE);
		CHECK(strstr(err.text, "out of range"));
	}
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK_EQ(parse(good[i]), 0);
	CHECK_EQ(parse("vm.min_free_kbytes=-1"), -EINVAL);
	CHECK_EQ(parse("vm.min_free_kbytes=99999999999999999999"), -EINVAL);
}

TEST(an_unknown_key_names_its_neighbours)
{
	CHECK_EQ(parse("vm.swapiness=10"), -EINVAL);
	CHECK(strstr(err.text, "vm.swappiness"));
	CHECK_EQ(parse("vm.min_free_kbyte=10"), -EINVAL);
	CHECK(strstr(err.text, "vm.min_free_kbytes"));
	CHECK_EQ(parse("=10"), -EINVAL);
	CHECK_EQ(parse(""), -EINVAL);
	CHECK_EQ(parse("vm.min_free_kbytes"), -EINVAL);
}

TEST(a_known_key_that_is_not_modelled_is_refused_as_such)
{
	static const char *const keys[] = { "vm.swappiness=10", "memory.high@/a/b=1G",
					    "ksm.pages_to_scan=5", "hw.cost.zero_page=700",
					    "thp.hugepages-64kB/enabled=always" };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		CHECK_EQ(parse(keys[i]), -ENOTSUP);
		CHECK(strstr(err.text, "not modelled yet"));
	}
	CHECK_EQ(parse("memory.high@=1"), -EINVAL);
}

TEST(a_value_may_carry_a_time)
{
	CHECK_EQ(parse("vm.min_free_kbytes=1024@12.5s"), 0);
	CHECK(change.timed);
	CHECK_EQ(change.at, 12500000000);
	CHECK_STR(change.text, "1024");
	CHECK_EQ(parse("vm.min_free_kbytes=1024@500ms"), 0);
	CHECK_EQ(change.at, 500000000);
	CHECK_EQ(parse("vm.min_free_kbytes=1024@3"), 0);
	CHECK_EQ(change.at, 3000000000);
	CHECK_EQ(parse("vm.min_free_kbytes=1024@soon"), -EINVAL);
	CHECK_EQ(parse("vm.min_free_kbytes=1024@"), -EINVAL);
	CHECK_EQ(parse("vm.min_free_kbytes=1024@999999999999h"), -EINVAL);
	/* RAM does not change while a machine runs */
	CHECK_EQ(parse("mem=1G@5s"), -EINVAL);
	CHECK_EQ(parse("vm.min_free_kbytes=1024"), 0);
	CHECK(!change.timed);
}

TEST(rows_are_complete_and_names_unique)
{
	for (unsigned i = 0; i < tunable_count(); i++) {
		const struct tunable *t = tunable_at(i);

		CHECK(t->name[0] && t->help[0]);
		CHECK(!t->modelled || t->range[0]);
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(t->name, tunable_at(j)->name) != 0);
	}
}

TEST_MAIN
