#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3c watermarks of R1 with and without THP
machine mem=16G cpus=4
zone 0 DMA start=1 spanned=4095 present=3998 managed=3840
zone 0 DMA32 start=4096 spanned=1044480 present=782336 managed=760000
zone 0 Normal start=1048576 spanned=3400000 present=3350000 managed=3300000

expect zone.0.DMA.min == 15
expect zone.0.DMA.low == 18
expect zone.0.DMA.high == 21
expect zone.0.DMA.promo == 24
expect zone.0.DMA32.min == 3159
expect zone.0.DMA32.low == 3948
expect zone.0.DMA32.high == 4737
expect zone.0.DMA32.promo == 5526
expect zone.0.Normal.min == 13720
expect zone.0.Normal.low == 17150
expect zone.0.Normal.high == 20580
expect zone.0.Normal.promo == 24010
set vm.min_free_kbytes=16127              # as a boot without THP has it
expect zone.0.DMA.min == 3
expect zone.0.DMA.low == 6
expect zone.0.DMA.high == 9
expect zone.0.DMA.promo == 12
expect zone.0.DMA32.min == 753
expect zone.0.DMA32.low == 1513
expect zone.0.DMA32.high == 2273
expect zone.0.DMA32.promo == 3033
expect zone.0.Normal.min == 3273
expect zone.0.Normal.low == 6573
expect zone.0.Normal.high == 9873
expect zone.0.Normal.promo == 13173
set vm.watermark_scale_factor=200
expect zone.0.Normal.min == 3273
expect zone.0.Normal.low == 69273
expect zone.0.Normal.high == 135273
expect zone.0.Normal.promo == 201273
