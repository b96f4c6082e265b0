#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 4.4c Linux 6.18 counts weighted interleaving in numa_interleave too
machine mem=8G nodes=2 cpus=2 profile=6.18

task 1 policy=weighted:0,1
alloc a order=0 gfp=GFP_HIGHUSER_MOVABLE pid=1 n=10
expect numa_interleave == 10
