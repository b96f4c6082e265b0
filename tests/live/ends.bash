# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests of how recordings end: load it at the top of a .bats file.

load common

setup_file() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	MMTRACE=${MMTRACE:-$ROOT/build/mmtrace}
	export ROOT MMTRACE MMTRACE_STRICT=1 TOUCH=$BATS_FILE_TMPDIR/touch
	"${CC:-cc}" -O2 -o "$TOUCH" "$BATS_TEST_DIRNAME/touch.c"
}

setup() {
	can_record
	cd "$BATS_TEST_TMPDIR" || return 1
	RANDOM=20261122
	: >ours
}

# What looks for addresses, and makes a trace that holds some.
build_upper() {
	[ -n "${MMT_BUILT:-}" ] || (
		unset MAKEFLAGS MAKELEVEL MFLAGS
		cd "$ROOT" && make -s --no-print-directory build/tests/live/upper build/tests/cli/mktrace
	)
}

# times SHORT LONG: how often.
times() {
	seq "$([ "${MMT_TEST_LONG:-}" ] && echo "$2" || echo "$1")"
}

# Programs that process PID holds, added to the file "ours".
note_programs() {
	cat /proc/"$1"/fdinfo/* 2>/dev/null | sed -n 's/^prog_id:[ \t]*//p' >>ours || true
}

# watched COMMAND...: run it; programs that it holds meanwhile, or a child of it, are added too.
watched() {
	local pid child status=0
	"$@" 3>&- &
	pid=$!
	while [ -e /proc/$pid/fd/0 ]; do # gone as soon as it has ended
		note_programs $pid
		for child in $(cat /proc/$pid/task/$pid/children); do
			note_programs "$child"
		done 2>/dev/null
		sleep 0.05
	done
	wait $pid || status=$?
	return $status
}

# Of those not one is loaded, once the kernel came to let go of them: it waits for all CPUs first.
# Another recorder may be at work on this host.
no_program_left() {
	local id
	while read -r id; do
		[ "$id" != 0 ] || continue
		for _ in {1..50}; do
			bpftool prog show id "$id" >/dev/null 2>&1 || break
			sleep 0.1
		done
		run ! bpftool prog show id "$id"
	done <ours
	cat ours >>seen
	: >ours
}

# What is recorded where little needs to be waited for: resident pages are left out.
# shellcheck disable=SC2034 # whoever loads it uses it
few=(-q -e 'task,alloc')

# whole FILE STATUS...: it can be read to its last frame, no frame of it is damaged, and info exits
# with one of these.
whole() {
	local file=$1 status=0
	shift
	"$MMTRACE" info --format=json "$file" >told 2>err || status=$?
	[[ " $* " == *" $status "* ]] || { echo "info: $status"; cat err; return 1; }
	# at its end alone
	jq -e '.gaps | all(.why | test("^the file ends within (a frame.s header|frame )"))' told ||
		{ jq -c .gaps told; return 1; }
}
