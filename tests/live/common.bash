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
