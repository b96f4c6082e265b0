/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that record, one per tracepoint and under its name, so that the recorder knows which
 * events a program stands for (a program that serves others says so where it is). Each is loaded
 * only if the host has its tracepoint; none needs another.
 *
 * Cost: entering a program is most of it (60-70 ns on a virtual machine with retpolines); a record
 * adds a clock reading and a few stores. Nothing here wakes user space.
 */
#include "bpf/ring.bpf.h"

#include "bpf/bulk.bpf.h"
#include "bpf/calibrate.bpf.h"
#include "bpf/cgroup.bpf.h"
#include "bpf/fault.bpf.h"
#include "bpf/file.bpf.h"
#include "bpf/filemap.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/huge.bpf.h"
#include "bpf/limits.bpf.h"
#include "bpf/page.bpf.h"
#include "bpf/reclaim.bpf.h"
#include "bpf/sched.bpf.h"
#include "bpf/slab.bpf.h"
#include "bpf/stack.bpf.h"
#include "bpf/syscall.bpf.h"
#include "bpf/task.bpf.h"
#include "bpf/vmalloc.bpf.h"
#include "bpf/writeback.bpf.h"
#include "bpf/zone.bpf.h"

char LICENSE[] SEC("license") = "GPL";
