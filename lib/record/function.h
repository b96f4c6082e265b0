/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the kernel that a program may run at, where the kernel lets them be traced. */
#ifndef MMT_RECORD_FUNCTION_H
#define MMT_RECORD_FUNCTION_H

#include "lib/base/io.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdbool.h>

/* The name of the page allocator's function for many single pages; NULL: not in this kernel. */
const char *rec_function_bulk(const struct btf *btf);
/* Load (and with @attach run) a program that does nothing at @name of the BTF kind @kind: 0 or
 * -errno. */
int rec_program_try(struct mmt_io *io, const struct btf *btf, const char *name, unsigned kind,
		    enum bpf_attach_type type, bool attach);
/* Attach a program that does nothing to the entry of function @name, and let go: 0 or -errno. */
int rec_function_try(struct mmt_io *io, const struct btf *btf, const char *name);

#endif
