// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU of the recorded host: who made it, its caches, its TLBs.
 *
 * Reference: Intel SDM volume 2, CPUID (leaves 0, 1, 4, 0x18, 0x80000002..4); AMD APM volume 3,
 * appendix E (leaves 0x80000005, 0x80000006, 0x80000019, 0x8000001d).
 *
 * I1. Figures are what CPUID tells this process, on whatever CPU it runs: under a hypervisor they
 *     may be the guest's fiction. The header says so ("hypervisor": true).
 * I2. On other architectures only the numbers of CPUs are told.
 *
 * Cost: some 30 CPUID instructions; each leaves a virtual machine (30 us).
 */
#include "lib/base/json.h"
#include "lib/record/snapshot/header.h"

#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

struct regs {
	unsigned a, b, c, d;
};

static bool leaf(unsigned number, unsigned sub, struct regs *r)
{
	return __get_cpuid_count(number, sub, &r->a, &r->b, &r->c, &r->d);
}

static bool cache_array(json_t *cpu, unsigned number)
{
	static const char *const types[] = { "", "data", "instruction", "unified" };
	json_t *list = json_array();
	bool ok = true;
	struct regs r;

	for (unsigned i = 0; i < 16 && leaf(number, i, &r) && r.a & 31; i++) {
		uint64_t line = (r.b & 0xfff) + 1, parts = (r.b >> 12 & 0x3ff) + 1;
		uint64_t ways = (r.b >> 22) + 1, sets = (uint64_t)r.c + 1;
		json_t *o = json_object();

		ok = ok && mmt_json_set(o, "level", json_integer(r.a >> 5 & 7)) &&
		     mmt_json_set(o, "type", json_string(types[r.a & 3])) &&
		     mmt_json_set(o, "line_bytes", mmt_json_u64(line)) &&
		     mmt_json_set(o, "ways", mmt_json_u64(ways)) &&
		     mmt_json_set(o, "sets", mmt_json_u64(sets)) &&
		     mmt_json_set(o, "bytes", mmt_json_u64(line * parts * ways * sets)) &&
		     mmt_json_set(o, "shared_by", mmt_json_u64((r.a >> 14 & 0xfff) + 1));
		ok = !json_array_append_new(list, o) && ok;
	}
	return mmt_json_set(cpu, "caches", list) && ok;
}

static bool add_tlb(json_t *list, int level, const char *type, const char *page, unsigned entries,
		    unsigned ways)
{
	json_t *o;

	if (!entries)
		return true;
	o = json_object();
	return mmt_json_set(o, "level", json_integer(level)) &&
	       mmt_json_set(o, "type", json_string(type)) &&
	       mmt_json_set(o, "page", json_string(page)) &&
	       mmt_json_set(o, "entries", json_integer(entries)) &&
	       mmt_json_set(o, "ways", json_integer(ways)) && !json_array_append_new(list, o);
}

/* AMD's 4-bit code of associativity in leaves 0x80000006 and 0x80000019; 0xf: full, told as 0. */
static unsigned amd_ways(unsigned code)
{
	static const unsigned char ways[16] = { 0,  1, 2,  3,  4,  6,  8,   0,
						16, 0, 32, 48, 64, 96, 128, 0 };

	return ways[code & 15];
}

/* One word of AMD's: data TLB in the upper half, instruction TLB in the lower. */
static bool amd_pair(json_t *list, int level, const char *page, unsigned word)
{
	return add_tlb(list, level, "data", page, word >> 16 & 0xfff, amd_ways(word >> 28)) &&
	       add_tlb(list, level, "instruction", page, word & 0xfff, amd_ways(word >> 12));
}

static bool amd_tlbs(json_t *list)
{
	struct regs r;
	bool ok = true;

	if (leaf(0x80000005, 0, &r)) { /* level 1: 8-bit counts and ways, 0xff: full */
		ok = ok && add_tlb(list, 1, "data", "4K", r.b >> 16 & 255,
				   r.b >> 24 == 255 ? 0 : r.b >> 24);
		ok = ok && add_tlb(list, 1, "instruction", "4K", r.b & 255,
				   (r.b >> 8 & 255) == 255 ? 0 : r.b >> 8 & 255);
		ok = ok && add_tlb(list, 1, "data", "2M", r.a >> 16 & 255,
				   r.a >> 24 == 255 ? 0 : r.a >> 24);
		ok = ok && add_tlb(list, 1, "instruction", "2M", r.a & 255,
				   (r.a >> 8 & 255) == 255 ? 0 : r.a >> 8 & 255);
	}
	if (leaf(0x80000006, 0, &r))
		ok = ok && amd_pair(list, 2, "4K", r.b) && amd_pair(list, 2, "2M", r.a);
	if (leaf(0x80000019, 0, &r))
		ok = ok && amd_pair(list, 1, "1G", r.a) && amd_pair(list, 2, "1G", r.b);
	return ok;
}

/* Leaf 0x18: one TLB a subleaf, for a set of page sizes. */
static bool intel_tlbs(json_t *list)
{
	static const char *const types[] = {
		"", "data", "instruction", "unified", "load", "store"
	};
	static const char *const pages[] = { "4K", "2M", "4M", "1G" };
	struct regs r;
	unsigned last = 0;
	bool ok = true;

	for (unsigned i = 0; i <= last && i < 64 && leaf(0x18, i, &r); i++) {
		unsigned type = r.d & 31, ways = r.b >> 16;

		if (!i)
			last = r.a;
		if (!type || type > 5)
			continue;
		for (unsigned p = 0; p < 4; p++) {
			if (r.b & 1u << p)
				ok = ok && add_tlb(list, (int)(r.d >> 5 & 7), types[type], pages[p],
						   ways * r.c, r.d >> 8 & 1 ? 0 : ways);
		}
	}
	return ok;
}

static bool identify(json_t *cpu)
{
	struct regs r;
	char text[49] = "";
	unsigned family, model;
	bool amd, ok;
	json_t *tlbs;

	if (!leaf(0, 0, &r))
		return true;
	memcpy(text, &r.b, 4);
	memcpy(text + 4, &r.d, 4);
	memcpy(text + 8, &r.c, 4);
	text[12] = 0;
	amd = !strcmp(text, "AuthenticAMD") || !strcmp(text, "HygonGenuine");
	ok = mmt_json_set(cpu, "vendor", mmt_json_bytes(text));
	if (leaf(1, 0, &r)) {
		family = r.a >> 8 & 15;
		model = r.a >> 4 & 15;
		if (family == 6 || family == 15)
			model |= (r.a >> 16 & 15) << 4;
		if (family == 15)
			family += r.a >> 20 & 255;
		ok = ok && mmt_json_set(cpu, "family", json_integer(family)) &&
		     mmt_json_set(cpu, "model", json_integer(model)) &&
		     mmt_json_set(cpu, "stepping", json_integer(r.a & 15)) &&
		     mmt_json_set(cpu, "hypervisor", json_boolean(r.c >> 31 & 1)) &&
		     mmt_json_set(cpu, "pcid", json_boolean(r.c >> 17 & 1));
	}
	if (leaf(7, 0, &r))
		ok = ok && mmt_json_set(cpu, "la57", json_boolean(r.c >> 16 & 1));
	if (leaf(0x80000008, 0, &r))
		ok = ok && mmt_json_set(cpu, "physical_bits", json_integer(r.a & 255)) &&
		     mmt_json_set(cpu, "virtual_bits", json_integer(r.a >> 8 & 255));
	for (unsigned i = 0; i < 3; i++) {
		if (leaf(0x80000002 + i, 0, &r))
			memcpy(text + 16 * i, &r, 16);
	}
	text[48] = 0;
	ok = ok && mmt_json_set(cpu, "name", mmt_json_bytes(text)) &&
	     cache_array(cpu, amd ? 0x8000001d : 4);
	tlbs = json_array();
	ok = ok && (amd ? amd_tlbs(tlbs) : intel_tlbs(tlbs));
	return mmt_json_set(cpu, "tlbs", tlbs) && ok;
}
#else
static bool identify(json_t *cpu)
{
	return cpu != NULL;
}
#endif

bool rec_header_cpu(json_t *header)
{
	json_t *cpu = json_object();
	bool ok = mmt_json_set(cpu, "online", json_integer(sysconf(_SC_NPROCESSORS_ONLN))) &&
		  mmt_json_set(cpu, "configured", json_integer(sysconf(_SC_NPROCESSORS_CONF))) &&
		  identify(cpu);

	return mmt_json_set(header, "cpu", cpu) && ok;
}
