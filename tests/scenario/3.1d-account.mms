#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 3.1d __GFP_ACCOUNT charges the control group
machine mem=64M
cgroup /a
cgroup /a/b
task 1 cg=/a/b
alloc A order=1 gfp=GFP_KERNEL_ACCOUNT cg=/a/b
expect cg./a/b.usage == 2
expect cg./a.usage == 2
alloc B order=1 cg=/a                     # not accounted
expect cg./a.usage == 2
alloc C order=0 gfp=GFP_KERNEL|__GFP_ACCOUNT pid=1 n=3
expect cg./a/b.usage == 5
free A
expect cg./a/b.usage == 3
expect cg./a.peak == 5
fails(EBUSY) rmcgroup /a/b
