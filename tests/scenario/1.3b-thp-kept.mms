#mmtrace-scenario 1
# SPDX-License-Identifier: GPL-2.0-only
# KAT 1.3a 1.3b khugepaged raises vm.min_free_kbytes to its own figure, not to the automatic value
machine mem=1T

set thp.enabled=never
expect vm.min_free_kbytes > 100000
set vm.min_free_kbytes=100000
set thp.enabled=always
expect vm.min_free_kbytes == 100000       # 67584 are recommended
set vm.min_free_kbytes=50000
set thp.enabled=madvise
expect vm.min_free_kbytes == 67584
#  the automatic value is more than what was written last
set thp.enabled=never
expect vm.min_free_kbytes > 130000
#  and is kept when less is recommended
set thp.enabled=always
expect vm.min_free_kbytes > 130000
#  what is written holds, also if it was written before
set vm.min_free_kbytes=50000
expect vm.min_free_kbytes == 50000
