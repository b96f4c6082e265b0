#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 2.7a the batch of a zone of 50000 pages
machine mem=1G
zone 0 DMA32 start=4096 spanned=50000 present=50000 managed=50000
expect zone.0.DMA32.pcp_batch == 15
