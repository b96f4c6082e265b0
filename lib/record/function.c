/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which functions of the running kernel can be traced.
 *
 * Theory. Programs at functions need more of a kernel than those at tracepoints: a function tracer
 * and trampolines. Whether they are there is tried, with a program of two instructions, before one
 * that matters is loaded: the kernel refuses all programs of a set if it refuses one.
 * Reference: bpf(2); Linux 6.1 and 6.12 mm/page_alloc.c __alloc_pages_bulk(), since 6.10
 * alloc_pages_bulk_noprof().
 */
#include "lib/record/function.h"

#include <bpf/bpf.h>

const char *rec_function_bulk(const struct btf *btf)
{
	static const char *const names[] = { "alloc_pages_bulk_noprof", "__alloc_pages_bulk" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC) > 0)
			return names[i];
	}
	return NULL;
}

int rec_program_try(struct mmt_io *io, const struct btf *btf, const char *name, unsigned kind,
		    enum bpf_attach_type type, bool attach)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type);
	int id = btf__find_by_name_kind(btf, name, kind), fd, link = 0;

	if (id < 0)
		return id;
	opts.attach_btf_id = (unsigned)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "mmt_try", "GPL", program, 2, &opts);
	if (fd < 0)
		return fd;
	if (attach)
		link = bpf_raw_tracepoint_open(NULL, fd);
	if (attach && link >= 0)
		mmt_io_close(io, link);
	mmt_io_close(io, fd);
	return link < 0 ? link : 0;
}

int rec_function_try(struct mmt_io *io, const struct btf *btf, const char *name)
{
	return rec_program_try(io, btf, name, BTF_KIND_FUNC, BPF_TRACE_FENTRY, true);
}
