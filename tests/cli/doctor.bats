#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace doctor: every ability is answered, and what it says is so.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	mmtrace=${MMTRACE:-build/mmtrace}
	"$mmtrace" doctor --help >/dev/null 2>&1 || skip "built without BPF"
}

# Without privileges: what an unprivileged user would see.
plain() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all "$@"
}

ability() { # NAME KEY: of the JSON in $output
	jq -r --arg name "$1" ".abilities[] | select(.name == \$name) | .$2" <<<"$output"
}

@test "text names each ability once, with yes or no" {
	run "$mmtrace" doctor
	[ "$status" = 0 ] || [ "$status" = 2 ]
	[[ ${lines[0]} == "Linux $(uname -r) $(uname -m)" ]]
	for name in privileges btf tracefs pmu kpageflags pagemap cgroup.memory.v1; do
		[ "$(grep -cE "^(yes|no|NO) +$name( |$)" <<<"$output")" = 1 ]
	done
	# what is missing is explained
	missing=$(grep -cE '^(no|NO) ' <<<"$output" || true)
	[ "$(grep -c '^ *lost: ' <<<"$output")" = "$missing" ]
	[ "$(grep -c '^ *do: ' <<<"$output")" = "$missing" ]
}

@test "JSON and text agree, and so does the exit status" {
	run --separate-stderr "$mmtrace" doctor --format=json
	[ "$stderr" = "" ]
	can=$(jq '[.can_record, ([.abilities[] | .available or (.needed | not)] | all)] | all' <<<"$output")
	case $status in
	0) [ "$can" = true ] ;;
	2) [ "$can" = false ] ;;
	*) false ;;
	esac
	json=$(jq -r '.abilities[] | (if .available then "yes " else "no " end) + .name' <<<"$output")
	text=$("$mmtrace" doctor | awk '/^(yes|no|NO) /{print tolower($1), $2}')
	[ "$json" = "$text" ]
}

@test "answers match the host's own files" {
	run "$mmtrace" doctor --format=json
	[ "$(ability btf available)" = "$([ -r /sys/kernel/btf/vmlinux ] && echo true || echo false)" ]
	[ "$(ability page_idle available)" = "$([ -r /sys/kernel/mm/page_idle/bitmap ] && echo true || echo false)" ]
	[ "$(ability kprobes available)" = "$([ -e /sys/bus/event_source/devices/kprobe ] && echo true || echo false)" ]
	hierarchy=$(awk '$1 == "memory" { print $2 }' /proc/cgroups)
	[ "$(ability cgroup.memory.v1 available)" = "$([ "${hierarchy:-0}" != 0 ] && echo true || echo false)" ]
}

@test "nothing stays behind" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v bpftool >/dev/null || PATH=$PATH:/usr/sbin
	command -v bpftool >/dev/null || skip "needs bpftool"
	"$mmtrace" doctor >/dev/null || true
	sleep 0.2
	run bpftool prog show
	[[ $output != *mmt_doctor* && $output != *mmt_try* ]]
	run bpftool map show
	[[ $output != *mmt_doctor* && $output != *mmt_try* ]]
}

@test "without privileges it says so, names them, and exits 2" {
	[ "$(id -u)" = 0 ] || skip "needs root to drop privileges"
	cp "$mmtrace" "$BATS_TEST_TMPDIR/mmtrace"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/mmtrace"
	plain "$BATS_TEST_TMPDIR/mmtrace" version >/dev/null 2>&1 || skip "cannot run unprivileged here"
	run plain "$BATS_TEST_TMPDIR/mmtrace" doctor
	[ "$status" = 2 ]
	grep -qE '^NO +privileges' <<<"$output"
	grep -qE '^no +cap.bpf +not held' <<<"$output"
	[[ ${lines[-1]} == "mmtrace cannot record here:"*privileges* ]]
}

@test "wrong usage is told" {
	run "$mmtrace" doctor --format=xml
	[ "$status" = 2 ]
	run "$mmtrace" doctor operand
	[ "$status" = 2 ]
	run "$mmtrace" doctor --no-such-option
	[ "$status" = 2 ]
}
