#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.2b types by name in any case
machine mem=512M
expect pageblock.8192 == Movable
expect pageblock.8192 != unmovable
expect zone.0.DMA32.pageblocks.movable == 248
