# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For all live tests: load it at the top of a .bats file.

bats_require_minimum_version 1.5.0

# Skip, with the reason, where nothing can be recorded.
can_record() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	[ -x "$MMTRACE" ] || skip "$MMTRACE is not built"
	[ -e /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF"
	"$MMTRACE" help record >/dev/null 2>&1 || skip "built without BPF"
}

# Milliseconds for which a task waited for a CPU or a disk, or this machine's CPUs were taken away, since
# boot. The kernel adds up the first two every other second.
stalled() {
	{
		sed -n 's/^some .*total=//p' /proc/pressure/{cpu,io} 2>/dev/null
		awk -v hz="$(getconf CLK_TCK)" '/^cpu / { print $9 * 1e6 / hz }' /proc/stat
	} | awk '{ us += $1 } END { printf "%d\n", us / 1000 }'
}
