/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel objects of a recording (slab and per-CPU objects, vmalloc ranges, KSM's items): addresses
 * become dense ids, and stay in this process. */
#ifndef MMT_RECORD_OBJECT_H
#define MMT_RECORD_OBJECT_H

#include "bpf/record.h"
#include "lib/record/map.h"

#define REC_CACHE_NAME 32

struct rec_objects {
	struct rec_map ids; /* (address, space) -> id */
	uint32_t last;
	bool known_only;	     /* frees of objects that were never told are of no interest */
	const volatile char *caches; /* names of slab caches, REC_CACHE_NAME bytes each; or NULL */
	const volatile char *stacks; /* of REC_STACKS stacks, REC_STACK bytes each; or NULL */
};

/* The id of the object at @address in field @field of an event of @kind; 0: none, or *@skip: an end
 * that nobody is to hear of. -1: no memory. */
int64_t rec_object(struct rec_objects *o, unsigned kind, unsigned field, uint64_t address,
		   bool *skip);
/* The name of slab cache number @n in @name of REC_CACHE_NAME bytes; false: not known. */
bool rec_object_cache(const struct rec_objects *o, uint32_t n, char *name);
/* The functions of stack number @n, "inner;outer", in @text of REC_STACK bytes; false: not known.
 */
bool rec_object_stack(const struct rec_objects *o, uint32_t n, char *text);

#endif
