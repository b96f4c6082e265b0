#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# a task forks, moves, ends; refusals are named
machine mem=64M cpus=2
cgroup /a
cgroup /b memory.max=max
task 10 cg=/a adj=-500 cpu=1
thread 10 11
fork 10 20
move 20 /b
exec 20
adj 20 1000
cpu 20 0
fails(EINVAL) adj 20 1001
fails(EINVAL) cpu 20 2
fails(EEXIST) task 10
fails(ESRCH) exit 99
fails(ENOENT) move 10 /c
fails(EBUSY) rmcgroup /a
alloc A order=0 gfp=GFP_KERNEL_ACCOUNT pid=20
expect cg./b.usage == 1
exit 10
expect task.10.alive == 0
expect task.11.alive == 0
expect task.20.alive == 1
fails(ESRCH) fork 10 30
rmcgroup /a
fails(ENOENT) rmcgroup /a
expect skipped == 0
