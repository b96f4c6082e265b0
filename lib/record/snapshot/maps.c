// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's own numbers: GFP bits, migration types, zones, page flags, node and zone
 * counters, as its BTF tells them.
 *
 * Reference: enums of Linux 6.12 include/linux/gfp_types.h (unnamed, members ___GFP_*_BIT),
 * mmzone.h (migratetype, zone_type, node_stat_item), page-flags.h (pageflags),
 * vm_event_item.h. They differ between releases and configurations; events hold canonical ones
 * already, so this is for people, and for finding out later what a recorder got wrong.
 *
 * I1. The kernel's own spelling, without its prefix; a number as the value.
 * I2. VM flags are macros, not in BTF: snapshots take them from smaps' names.
 *
 * Cost: reads and indexes the kernel's BTF once, some 20 ms.
 */
#include "lib/base/json.h"
#include "lib/record/snapshot/header.h"

#include <bpf/btf.h>
#include <string.h>

static const struct {
	const char *type, *key, *prefix;
} named[] = {
	{ "migratetype", "migratetypes", "MIGRATE_" },
	{ "zone_type", "zones", "ZONE_" },
	{ "pageflags", "page_flags", "PG_" },
	{ "lru_list", "lru_lists", "LRU_" },
	{ "migrate_reason", "migrate_reasons", "MR_" },
	{ "compact_result", "compact_results", "COMPACT_" },
};

/* Members of @t that begin with @prefix and end with @suffix. */
static bool members(const struct btf *btf, const struct btf_type *t, const char *prefix,
		    const char *suffix, json_t *map)
{
	const struct btf_enum *v = btf_enum(t);
	size_t n = strlen(prefix), m = strlen(suffix);
	bool ok = true;

	for (unsigned i = 0; i < btf_vlen(t); i++, v++) {
		const char *name = btf__name_by_offset(btf, v->name_off);
		size_t len = name ? strlen(name) : 0;
		char key[64];

		if (len < n + m || len - n - m >= sizeof(key) || strncmp(name, prefix, n) ||
		    strcmp(name + len - m, suffix))
			continue;
		memcpy(key, name + n, len - n - m);
		key[len - n - m] = 0;
		ok = ok && mmt_json_set(map, key, json_integer(v->val));
	}
	return ok;
}

static bool read_maps(const struct btf *btf, json_t *maps)
{
	json_t *gfp = json_object();
	bool ok = gfp != NULL;

	for (unsigned id = 1; ok && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_enum(t))
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		if (!name || !*name) {
			ok = members(btf, t, "___GFP_", "_BIT", gfp);
			continue;
		}
		for (size_t i = 0; ok && i < sizeof(named) / sizeof(*named); i++) {
			json_t *map;

			if (strcmp(name, named[i].type))
				continue;
			map = json_object();
			ok = members(btf, t, named[i].prefix, "", map);
			ok = mmt_json_set(maps, named[i].key, map) && ok;
		}
	}
	return mmt_json_set(maps, "gfp_bits", gfp) && ok;
}

bool rec_header_maps(json_t *header)
{
	struct btf *btf = btf__load_vmlinux_btf();
	json_t *maps = json_object();
	bool ok = true;

	if (btf) {
		ok = read_maps(btf, maps);
		btf__free(btf);
	}
	return mmt_json_set(header, "maps", maps) && ok;
}
