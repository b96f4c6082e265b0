#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3c a zone Movable has small marks of its own
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000
zone 0 Movable start=4448576 spanned=500000 present=500000 managed=500000
set thp.enabled=never

expect zone.0.Movable.min == 128
expect zone.0.Movable.low == 628
expect zone.0.Movable.high == 1128
expect zone.0.Movable.promo == 1628
