/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel objects: which id stands for an address, and for how long. */
#include "lib/record/object.h"
#include "lib/trace/event.h"
#include "tests/unit/test.h"

#include <string.h>

static bool skip;

/* What stands for address @at in the object field of @kind. */
static int64_t id_of(struct rec_objects *o, unsigned kind, unsigned field, uint64_t at)
{
	skip = false;
	return rec_object(o, kind, field, at, &skip);
}
#define ID(event, field, at) id_of(&o, MMT_EV_##event, MMT_F(event, field), at)

TEST(an_address_names_an_object_from_its_allocation_to_its_free)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct rec_objects o = { .ids.alloc = &a };

	/* 0x100: [1 kmalloc..kfree] [3 cache..free]   0x200: [2 ... */
	CHECK_EQ(ID(kmalloc, object, 0x100), 1);
	CHECK_EQ(ID(kmalloc, object, 0x200), 2);
	CHECK_EQ(ID(kfree, object, 0x100), 1);
	CHECK_EQ(ID(kmem_cache_alloc, object, 0x100), 3);
	CHECK_EQ(ID(kmem_cache_free, object, 0x100), 3);
	/* a free was lost: the address has a new object all the same */
	CHECK_EQ(ID(kmalloc, object, 0x200), 4);
	CHECK_EQ(ID(kfree, object, 0x200), 4);
	/* one from before the recording, seen once */
	CHECK_EQ(ID(kfree, object, 0x300), 5);
	CHECK_EQ(ID(kfree, object, 0x300), 6);
	CHECK_EQ(ID(kmalloc, object, 0), 0);
	CHECK(!skip);
	rec_map_free(&o.ids);
}

TEST(spaces_that_never_meet_share_no_address)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct rec_objects o = { .ids.alloc = &a };

	CHECK_EQ(ID(kmalloc, object, 0x1000), 1);
	CHECK_EQ(ID(alloc_vmap_area, addr, 0x1000), 2);
	/* given up, then purged: the same range; its end names nothing */
	CHECK_EQ(ID(free_vmap_area_noflush, addr, 0x1000), 2);
	CHECK_EQ(ID(purge_vmap_area_lazy, start, 0x1000), 2);
	CHECK_EQ(ID(purge_vmap_area_lazy, end, 0x3000), 0);
	CHECK_EQ(ID(alloc_vmap_area, addr, 0x1000), 3);
	/* a chunk is used by its objects */
	CHECK_EQ(ID(percpu_alloc_percpu, chunk, 0x1000), 4);
	CHECK_EQ(ID(percpu_alloc_percpu, object, 0x1000), 5);
	CHECK_EQ(ID(percpu_free_percpu, chunk, 0x1000), 4);
	CHECK_EQ(ID(percpu_free_percpu, object, 0x1000), 5);
	CHECK_EQ(ID(percpu_destroy_chunk, chunk, 0x1000), 4);
	CHECK_EQ(ID(ksm_merge_one_page, rmap_item, 0x1000), 6);
	CHECK_EQ(ID(ksm_remove_rmap_item, rmap_item, 0x1000), 6);
	CHECK_EQ(ID(ksm_merge_one_page, rmap_item, 0x1000), 7);
	CHECK_EQ(ID(kfree, object, 0x1000), 1);
	rec_map_free(&o.ids);
}

TEST(where_tasks_are_filtered_only_told_objects_are_freed)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct rec_objects o = { .ids.alloc = &a, .known_only = true };

	CHECK_EQ(ID(kmalloc, object, 0x100), 1);
	CHECK(!skip);
	CHECK_EQ(ID(kfree, object, 0x200), 0);
	CHECK(skip);
	CHECK_EQ(ID(free_vmap_area_noflush, addr, 0x300), 0);
	CHECK(skip);
	CHECK_EQ(ID(kfree, object, 0x100), 1);
	CHECK(!skip);
	rec_map_free(&o.ids);
}

TEST(names_of_caches_and_stacks_end_where_they_must)
{
	static char caches[2][REC_CACHE_NAME], stacks[REC_STACKS * REC_STACK];
	struct rec_objects o = { 0 };
	char name[REC_CACHE_NAME], text[REC_STACK];

	CHECK(!rec_object_cache(&o, 1, name));
	CHECK(!rec_object_stack(&o, 0, text));
	o.caches = caches[0];
	o.stacks = stacks;
	memcpy(caches[0], "dentry", 7);
	memset(caches[1], 'x', REC_CACHE_NAME);
	CHECK(rec_object_cache(&o, 1, name) && !strcmp(name, "dentry"));
	CHECK(rec_object_cache(&o, 2, name) && strlen(name) == REC_CACHE_NAME - 1);
	CHECK(!rec_object_cache(&o, 0, name));
	memcpy(stacks, "inner", 6);
	memcpy(stacks + REC_SYMBOL, "outer", 6);
	memset(stacks + REC_STACK, 'y', REC_STACK);
	CHECK(rec_object_stack(&o, 0, text) && !strcmp(text, "inner;outer"));
	CHECK(rec_object_stack(&o, 1, text) && strlen(text) == REC_STACK - 1);
	CHECK(!rec_object_stack(&o, 2, text));
	CHECK(!rec_object_stack(&o, REC_STACKS, text));
}

TEST_MAIN
