#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# time passes by @ and settle, and lists decay by it
machine mem=1G
alloc A order=0 n=1000
free A
print pcp.0.0.DMA32
@1ms alloc B order=0
@+1ms free B
@1s
settle 500ms
expect pcp.0.0.DMA32 == 0
expect free.0.DMA32 == 258048
