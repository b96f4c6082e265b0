#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3b below 512 MiB THP is off, and the raise is at most 5 percent
machine mem=256M
expect vm.min_free_kbytes == 2047
set thp.enabled=always
#  2 zones x 512 x 11 = 11264 pages, but 5 % of (65535 - high watermarks 45 + 717) are 3238
expect vm.min_free_kbytes == 12952
