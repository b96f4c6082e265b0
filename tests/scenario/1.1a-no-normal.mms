#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.1a 2 GiB have no zone Normal
machine mem=2G
expect zone.0.Normal.managed == 0
expect zone.0.DMA32.managed == 520192
alloc A order=0             # GFP_KERNEL would rather have Normal
expect alloc.A.zone == 1
