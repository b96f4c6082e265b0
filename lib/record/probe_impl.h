/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by probe.c, attach.c and watch.c alone: the programs of one recording. */
#ifndef MMT_RECORD_PROBE_IMPL_H
#define MMT_RECORD_PROBE_IMPL_H

#include "lib/record/calls.h"
#include "lib/record/probe.h"

/* the names the skeleton uses for integers */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef int32_t s32;
typedef unsigned long long u64;

#include "mmtrace.skel.h"

#define MAX_PROBES   256
#define CALIBRATIONS 64

struct probe {
	const char *name; /* the program's */
	unsigned kind;	  /* 0: a program without an event of its own */
	bool load;
	bool helper;	 /* attached although it has no event of its own */
	const char *why; /* why not, when it is wanted */
	struct bpf_program *prog;
	struct bpf_link *link;
	uint64_t misses;
};

struct rec_probes {
	struct mmt_alloc *alloc;
	struct mmt_io *io;
	const struct rec_kernel *kernel;
	struct rec_probe_options o;
	struct mmtrace_bpf *skel;
	struct probe probe[MAX_PROBES];
	unsigned nr;
	int tracefs;		 /* or -errno */
	int tasks;		 /* the iterator of tasks, opened when attaching; -1: none */
	struct rec_calls *calls; /* classic tracepoints of system calls; NULL: raw sys_exit */
	unsigned nr_cpus;
	uint64_t words;
	size_t stride, nested_stride;
	void *rings, *nested;
	const char *bulk; /* the kernel's function for bulk allocation; NULL: none is known */
	void *stacks;	  /* texts of stacks; or MAP_FAILED */
	bool guessed;
};

/* Beyond the last frame of this host, at least 2^20. */
uint64_t rec_probes_highest_frame(struct mmt_io *io);
/* Is @kind to be recorded here? */
bool rec_probes_want(const struct rec_probes *p, unsigned kind);

#endif
