#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.2b what lower zones withhold
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

expect zone.0.DMA.lowmem_reserve.DMA32 == 2968
expect zone.0.DMA.lowmem_reserve.Normal == 15859
expect zone.0.DMA.lowmem_reserve.Movable == 15859
expect zone.0.DMA32.lowmem_reserve.Normal == 12890
expect zone.0.Normal.lowmem_reserve.Movable == 0
expect zone.0.DMA.lowmem_reserve.DMA == 0
set vm.lowmem_reserve_ratio=0 256 32 0 0
expect zone.0.DMA.lowmem_reserve.Normal == 0

#  below 1 is 0: no reserve
set vm.lowmem_reserve_ratio=-1 128
expect zone.0.DMA.lowmem_reserve.Normal == 0
expect zone.0.DMA32.lowmem_reserve.Normal == 25781
