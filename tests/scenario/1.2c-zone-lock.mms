#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.2c 19.1 the zone lock: one hold for a refill, none for a list that has pages
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

alloc A order=0
expect lock.zone.acquired == 1
alloc B order=0 n=62
expect lock.zone.acquired == 1
alloc C order=0
expect lock.zone.acquired == 2
expect zone_lock_refill == 2
alloc D order=5              # no list has blocks of 32 pages
expect zone_lock_alloc == 1
expect lock.zone.acquired == 3
