// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header of a trace: what the host is, for people and for a replay that models the same
 * machine.
 *
 * Reference: uname(2), sysconf(3), /proc/cpuinfo, CPUID leaves 2, 4, 0x18 (Intel) and 0x8000001d,
 * 0x80000005, 0x80000006, 0x80000019 (AMD); print formats below tracefs events/.
 *
 * I1. Nothing here names the host or its users: no host name, no path but the kernel's own.
 * I2. What cannot be read is left out, and its source is named in "unavailable".
 *
 * Cost: once a recording, 1 ms.
 */
#include "lib/record/snapshot/header.h"
#include "lib/base/json.h"
#include "lib/record/snapshot/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* Sources whose absence is told. */
static const char *const sources[] = {
#define SNAP_FILE(id, path) path,
	SNAP_FILES
#undef SNAP_FILE
	"/proc/self/pagemap",
	"/proc/self/smaps",
	"/proc/self/map_files",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/sys/kernel/mm/lru_gen/enabled",
	"/sys/kernel/mm/ksm/run",
	"/sys/kernel/mm/page_idle/bitmap",
	"/sys/devices/system/node/online",
	"/sys/kernel/btf/vmlinux",
	"/sys/kernel/tracing/events",
};

/* Up to @size - 1 bytes of @path as a string; false: it cannot be read. */
static bool read_text(struct mmt_io *io, const char *path, char *out, size_t size)
{
	int fd = mmt_io_open(io, path, O_RDONLY, 0);
	size_t n = 0;

	out[0] = 0;
	if (fd < 0)
		return false;
	while (n < size - 1) {
		ssize_t got = mmt_io_read(io, fd, out + n, size - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	out[n] = 0;
	mmt_io_close(io, fd);
	return n > 0;
}

static bool kernel(struct mmt_io *io, json_t *h)
{
	json_t *k = json_object();
	struct utsname u;
	char text[512];
	bool ok;

	if (uname(&u))
		return false;
	ok = mmt_json_set(k, "release", mmt_json_bytes(u.release)) &&
	     mmt_json_set(k, "version", mmt_json_bytes(u.version)) &&
	     mmt_json_set(k, "arch", mmt_json_bytes(u.machine));
	if (read_text(io, "/proc/sys/kernel/tainted", text, sizeof(text))) {
		uint64_t v;
		struct text t = text_of(text, strlen(text));

		if (text_next_u64(&t, &v))
			ok = ok && mmt_json_set(k, "tainted", mmt_json_u64(v));
	}
	ok = ok && mmt_json_set(k, "page_size", mmt_json_u64((uint64_t)sysconf(_SC_PAGESIZE)));
	ok = ok && mmt_json_set(k, "user_hz", mmt_json_u64((uint64_t)sysconf(_SC_CLK_TCK)));
	return mmt_json_set(h, "kernel", k) && ok;
}

static bool clocks(json_t *h)
{
	json_t *c = json_object();
	struct timespec mono, real;
	bool ok;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	ok = mmt_json_set(c, "events", json_string("CLOCK_MONOTONIC")) &&
	     mmt_json_set(
		     c, "monotonic_ns",
		     mmt_json_u64((uint64_t)mono.tv_sec * 1000000000u + (uint64_t)mono.tv_nsec)) &&
	     mmt_json_set(
		     c, "realtime_ns",
		     mmt_json_u64((uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec));
	return mmt_json_set(h, "clock", c) && ok;
}

static bool memory(struct mmt_io *io, json_t *h)
{
	json_t *m = json_object();
	char text[8192], *type;
	struct text t, line, name;
	uint64_t v;
	bool ok = true;

	if (read_text(io, "/proc/meminfo", text, sizeof(text))) {
		t = text_of(text, strlen(text));
		while (text_line(&t, &line)) {
			const char *key = NULL;

			if (!text_until(&line, ':', &name) || !text_next_u64(&line, &v))
				continue;
			if (text_is(name, "MemTotal"))
				key = "total_bytes";
			else if (text_is(name, "SwapTotal"))
				key = "swap_bytes";
			else if (text_is(name, "Hugepagesize"))
				key = "hugepage_bytes";
			if (key)
				ok = ok && mmt_json_set(m, key, mmt_json_u64(v * 1024));
		}
	}
	if (read_text(io, "/proc/pagetypeinfo", text, sizeof(text))) {
		t = text_of(text, strlen(text));
		while (text_line(&t, &line)) {
			if (text_skip(&line, "Page block order:") && text_next_u64(&line, &v))
				ok = ok && mmt_json_set(m, "pageblock_order", mmt_json_u64(v));
		}
		type = strstr(text, "Number of blocks type");
		if (type) {
			json_t *list = json_array();

			t = text_of(type, strlen(type));
			text_line(&t, &line);
			text_skip(&line, "Number of blocks type");
			while (text_word(&line, &name)) {
				char word[64];

				text_copy(name, word, sizeof(word));
				ok = ok && !json_array_append_new(list, mmt_json_bytes(word));
			}
			ok = mmt_json_set(m, "migratetypes", list) && ok;
		}
	}
	if (read_text(io, "/sys/devices/system/node/online", text, sizeof(text))) {
		t = text_of(text, strlen(text));
		text_trim(&t);
		ok = ok && mmt_json_set(m, "nodes", json_stringn(t.p, text_len(t)));
	}
	return mmt_json_set(h, "memory", m) && ok;
}

/* The word in brackets of each THP setting, and which cgroup version has the memory controller. */
static bool settings(struct mmt_io *io, json_t *h)
{
	static const struct {
		const char *key, *path;
	} files[] = {
		{ "thp.enabled", "/sys/kernel/mm/transparent_hugepage/enabled" },
		{ "thp.defrag", "/sys/kernel/mm/transparent_hugepage/defrag" },
		{ "lru_gen.enabled", "/sys/kernel/mm/lru_gen/enabled" },
		{ "numa_balancing", "/proc/sys/kernel/numa_balancing" },
	};
	json_t *o = json_object();
	bool ok = true;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char text[256], word[256];
		struct text t, part;

		if (!read_text(io, files[i].path, text, sizeof(text)))
			continue;
		t = text_of(text, strlen(text));
		if (text_until(&t, '[', &part) && text_until(&t, ']', &part))
			t = part;
		else
			text_trim(&t);
		text_copy(t, word, sizeof(word));
		ok = ok && mmt_json_set(o, files[i].key, mmt_json_bytes(word));
	}
	return mmt_json_set(h, "settings", o) && ok;
}

static bool cgroup(struct mmt_io *io, struct mmt_alloc *a, json_t *h)
{
	char *text = mmt_calloc(a, 65536, 1);
	bool v1 = false, v2 = false;
	struct text t, line;

	if (!text)
		return false;
	if (read_text(io, "/proc/self/mountinfo", text, 65536)) {
		t = text_of(text, strlen(text));
		while (text_line(&t, &line)) {
			char l[1024];

			text_copy(line, l, sizeof(l));
			v1 |= strstr(l, " - cgroup ") && strstr(l, "memory");
			v2 |= strstr(l, " - cgroup2 ") != NULL;
		}
	}
	mmt_free(a, text);
	return mmt_json_set(h, "cgroup_memory", json_integer(v1 ? 1 : v2 ? 2 : 0));
}

static bool unavailable(json_t *h)
{
	json_t *list = json_array();
	bool ok = true;

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		if (access(sources[i], R_OK))
			ok = ok && !json_array_append_new(list, json_string(sources[i]));
	}
	return mmt_json_set(h, "unavailable", list) && ok;
}

static bool units(json_t *h)
{
	json_t *u = json_object();
	bool ok = mmt_json_set(u, "time", json_string("ns")) &&
		  mmt_json_set(u, "pages", json_string("4096 bytes")) &&
		  mmt_json_set(u, "no_limit", json_string("0xffffffffffffffff"));

	return mmt_json_set(h, "units", u) && ok;
}

int rec_snapshot_header(json_t *header, struct mmt_err *e)
{
	struct mmt_alloc alloc = MMT_ALLOC_INIT;
	struct mmt_io io = MMT_IO_INIT;
	bool ok = kernel(&io, header) && clocks(header) && units(header) && memory(&io, header) &&
		  settings(&io, header) && cgroup(&io, &alloc, header) && unavailable(header) &&
		  rec_header_cpu(header) && rec_header_maps(header);

	return ok ? 0 : mmt_fail(e, ENOMEM, "no memory for the trace's header");
}
