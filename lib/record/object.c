// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel objects: addresses become dense ids.
 *
 * Theory. An address names an object from its allocation to its free, and another one afterwards.
 * Kinds of objects that never meet have spaces of their own, so that a slab object and a vmalloc
 * range at one address (an empty slab page given back and mapped) stay apart. Ids are given in the
 * order of first sight and never again, whatever becomes of the object: they compress to nothing.
 *
 *	BEGIN   a new id, whatever was known of the address (its free was lost)
 *	END     the id, which is forgotten; one never told gets its first and last sight here
 *	USE     the id, given at first sight
 *	KEEP    as USE: a vmalloc range given up is named once more when it is purged
 *	LOOK    the id if there is one: a purge names the bounds of many ranges
 *
 *   I1  An address is in a space at most once.
 *   I2  Where tasks are filtered, an object that was not told at its allocation has no free either.
 */
#include "lib/record/object.h"

#include "lib/trace/event.h"

#include <string.h>

enum space { SLAB = 1, PERCPU, CHUNK, VMALLOC, KSM };
enum rule { USE, BEGIN, END, KEEP, LOOK };

static const struct {
	uint16_t kind;
	uint8_t field, space, rule;
} rules[] = {
	{ MMT_EV_kmalloc, MMT_F(kmalloc, object), SLAB, BEGIN },
	{ MMT_EV_kmem_cache_alloc, MMT_F(kmem_cache_alloc, object), SLAB, BEGIN },
	{ MMT_EV_kfree, MMT_F(kfree, object), SLAB, END },
	{ MMT_EV_kmem_cache_free, MMT_F(kmem_cache_free, object), SLAB, END },
	{ MMT_EV_percpu_alloc_percpu, MMT_F(percpu_alloc_percpu, object), PERCPU, BEGIN },
	{ MMT_EV_percpu_alloc_percpu, MMT_F(percpu_alloc_percpu, chunk), CHUNK, USE },
	{ MMT_EV_percpu_free_percpu, MMT_F(percpu_free_percpu, object), PERCPU, END },
	{ MMT_EV_percpu_free_percpu, MMT_F(percpu_free_percpu, chunk), CHUNK, USE },
	{ MMT_EV_percpu_create_chunk, MMT_F(percpu_create_chunk, chunk), CHUNK, BEGIN },
	{ MMT_EV_percpu_destroy_chunk, MMT_F(percpu_destroy_chunk, chunk), CHUNK, END },
	{ MMT_EV_alloc_vmap_area, MMT_F(alloc_vmap_area, addr), VMALLOC, BEGIN },
	{ MMT_EV_free_vmap_area_noflush, MMT_F(free_vmap_area_noflush, addr), VMALLOC, KEEP },
	{ MMT_EV_purge_vmap_area_lazy, MMT_F(purge_vmap_area_lazy, start), VMALLOC, LOOK },
	{ MMT_EV_purge_vmap_area_lazy, MMT_F(purge_vmap_area_lazy, end), VMALLOC, LOOK },
	{ MMT_EV_ksm_remove_rmap_item, MMT_F(ksm_remove_rmap_item, rmap_item), KSM, END },
};

/* What no rule names is one of KSM's items. */
static void rule_of(unsigned kind, unsigned field, enum space *space, enum rule *rule)
{
	*space = KSM;
	*rule = USE;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].kind == kind && rules[i].field == field) {
			*space = rules[i].space;
			*rule = rules[i].rule;
		}
	}
}

int64_t rec_object(struct rec_objects *o, unsigned kind, unsigned field, uint64_t address,
		   bool *skip)
{
	enum space space;
	enum rule rule;
	uint32_t id;

	if (!address)
		return 0;
	rule_of(kind, field, &space, &rule);
	id = rule == BEGIN ? 0 : rec_map_get(&o->ids, address, space);
	if (rule == LOOK)
		return id;
	if (!id && o->known_only && rule != BEGIN && space != KSM && space != CHUNK) {
		*skip = true;
		return 0;
	}
	if (rule == END) {
		rec_map_del(&o->ids, address, space);
		return id ? id : ++o->last;
	}
	if (id)
		return id;
	if (!rec_map_set(&o->ids, address, space, o->last + 1))
		return -1;
	return ++o->last;
}

bool rec_object_cache(const struct rec_objects *o, uint32_t n, char *name)
{
	if (!n || !o->caches)
		return false;
	for (unsigned i = 0; i < REC_CACHE_NAME; i++)
		name[i] = o->caches[(size_t)(n - 1) * REC_CACHE_NAME + i];
	name[REC_CACHE_NAME - 1] = 0;
	return *name != 0;
}

bool rec_object_stack(const struct rec_objects *o, uint32_t n, char *text)
{
	const volatile char *from;
	size_t len = 0;

	if (n >= REC_STACKS || !o->stacks)
		return false;
	from = o->stacks + (size_t)n * REC_STACK;
	for (unsigned i = 0; i < REC_FRAMES && from[i * REC_SYMBOL]; i++) {
		if (i)
			text[len++] = ';';
		for (unsigned j = 0; j < REC_SYMBOL - 1 && from[i * REC_SYMBOL + j]; j++)
			text[len++] = from[i * REC_SYMBOL + j];
	}
	text[len] = 0;
	return len != 0;
}
