#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What a recorder may do at each stage, and what it says when that is not enough.
# Every recorder of this file is ended by a system call that its list lacks (MMTRACE_STRICT).

load common

setup_file() {
	MMTRACE=${MMTRACE:-$BATS_TEST_DIRNAME/../../build/mmtrace}
	export MMTRACE MMTRACE_STRICT=1
	# nobody must reach the program
	mkdir -m 755 /tmp/mmtrace-privilege-$$
	export SHARED=/tmp/mmtrace-privilege-$$
	[ ! -x "$MMTRACE" ] || install -m 755 "$MMTRACE" "$SHARED/mmtrace"
	"${CC:-cc}" -O2 -o "$SHARED/touch" "$BATS_TEST_DIRNAME/touch.c"
	mkdir -m 777 "$SHARED/out"
}

teardown_file() {
	rm -rf "$SHARED"
}

setup() {
	can_record
	cd "$SHARED/out" || return 1
	rm -f ./*
}

# A recorder that a failed test left.
teardown() {
	[ ! -s "$BATS_TEST_TMPDIR/pid" ] || kill "$(cat "$BATS_TEST_TMPDIR/pid")" 2>/dev/null || true
}

# as_nobody CAPABILITIES COMMAND...: user nobody with these capabilities ("+bpf,+perfmon") alone.
as_nobody() {
	nobody "$1"
	shift
	"${nobody[@]}" "$@"
}
nobody() {
	local caps=-all${1:+,$1}
	nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="$caps"
		--ambient-caps="$caps" --bounding-set="$caps")
}

# Begin a recording of all and wait until it records: its process number is $recorder.
begin_recording() {
	"$@" 3>&- 2>err &
	recorder=$!
	echo $recorder >"$BATS_TEST_TMPDIR/pid"
	for _ in $(seq 100); do
		[ "$(awk '/^Seccomp:/ { print $2 }' /proc/$recorder/status)" != 2 ] || return 0
		sleep 0.1
	done
	return 1
}

end_recording() {
	kill -INT "$recorder"
	wait "$recorder"
}

status_of() {
	awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

@test "R27 user nobody with CAP_BPF and CAP_PERFMON alone records, and says what misses" {
	as_nobody +bpf,+perfmon "$SHARED/mmtrace" record -o t.mmt -- "$SHARED/touch" 5003 101 3 2>err
	cat err
	[ "$(stat -c '%U %a' t.mmt)" = "nobody 600" ]
	"$MMTRACE" info --format=json t.mmt >told
	jq -e '.sealed and .events.page_fault_user.kept >= 5003 and
		.events.sched_process_fork.kept == 3 and .events.mm_page_alloc.kept >= 5003' told
	for missing in CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_SYS_ADMIN; do
		grep -q "warning: without $missing the trace does not tell" err
	done
	for source in /proc/kpageflags /proc/pagetypeinfo /proc/PID/smaps /proc/PID/pagemap; do
		grep -qF "($source)" err
		jq -e --arg s $source '.host.lacks | any(.source == $s and .needs and .lost)' told
	done
	# and so does doctor, who can record there too
	as_nobody +bpf,+perfmon "$SHARED/mmtrace" doctor --format=json >abilities
	jq -e '.can_record and (.abilities | map({ (.name): .available }) | add |
		.["cap.bpf"] and .["cap.perfmon"] and (.["cap.sys_admin"] | not) and
		(.kpageflags | not) and (.pagemap | not) and (.maps | not))' abilities
	# its own process is there, and frames are numbered as root's recording numbers them
	"$MMTRACE" dump --format=jsonl -e mm_page_alloc t.mmt | jq -r .fields.pfn >frames
	awk '/start_pfn:/ && $2 >= top { top = $2 + spanned } /spanned/ { spanned = $2 }
		END { print top }' /proc/zoneinfo >top
	awk -v top="$(cat top)" '$1 >= top { bad++ } END { print NR, bad + 0; exit bad || !NR }' frames
}

@test "R27 each missing capability has its own message, and status 2" {
	while IFS='|' read -r caps text; do
		rm -f t.mmt
		run as_nobody "$caps" "$SHARED/mmtrace" record -d 100ms -o t.mmt
		echo "$caps: $output"
		[ "$status" -eq 2 ]
		[[ $output == *"$text"* ]]
		[ "${#lines[@]}" -eq 1 ]
	done <<-END
		+perfmon|CAP_BPF is missing
		+bpf|CAP_PERFMON is missing
		|CAP_BPF and CAP_PERFMON are missing
	END
	rm -f t.mmt
	# in a user namespace of its own everybody has all of them, for nothing
	run unshare -Ur "$SHARED/mmtrace" record -d 100ms -o t.mmt
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"user namespace"* ]]
	rm -f t.mmt
	run -125 as_nobody +bpf "$SHARED/mmtrace" record -o t.mmt -- true
	[[ $output == *"CAP_PERFMON is missing"* ]]
}

@test "R28 a recorder started by root runs as nobody, without capabilities, under seccomp" {
	begin_recording "$MMTRACE" record -q -f -o t.mmt -a
	cat "/proc/$recorder/status"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		[ "$(status_of "$recorder" $set)" = 0000000000000000 ]
	done
	[ "$(status_of "$recorder" NoNewPrivs)" = 1 ]
	[ "$(status_of "$recorder" Seccomp)" = 2 ]
	[ "$(awk '/^[UG]id:/ { print $2, $3, $4, $5 }' "/proc/$recorder/status" | sort -u)" = \
		"65534 65534 65534 65534" ]
	[ -z "$(awk '/^Groups:/ { print $2 }' "/proc/$recorder/status")" ]
	# its helper: four capabilities, one descriptor, which is a socket
	helper=$(cat "/proc/$recorder/task/$recorder/children")
	helper=${helper% }
	cat "/proc/$helper/status"
	[ "$(cat "/proc/$helper/comm")" = mmtrace-opener ]
	[ $((0x$(status_of "$helper" CapEff) & ~0x280024)) -eq 0 ]
	[ "$(status_of "$helper" CapEff)" = "$(status_of "$helper" CapPrm)" ]
	for set in CapInh CapBnd CapAmb; do
		[ "$(status_of "$helper" $set)" = 0000000000000000 ]
	done
	[ "$(status_of "$helper" NoNewPrivs) $(status_of "$helper" Seccomp)" = "1 2" ]
	[ "$(readlink "/proc/$helper/fd/"* | cut -d: -f1)" = socket ]
	end_recording
	[ ! -e "/proc/$helper" ]
	[ "$(stat -c '%U %a' t.mmt)" = "root 600" ]
	"$MMTRACE" info --format=json t.mmt | jq -e '.sealed and .host.lacks == []'
}

@test "R28 started by nobody it keeps none of its two capabilities" {
	nobody +bpf,+perfmon
	begin_recording "${nobody[@]}" "$SHARED/mmtrace" record -q -f -o t.mmt -a
	for set in CapInh CapPrm CapEff CapAmb; do
		[ "$(status_of "$recorder" $set)" = 0000000000000000 ]
	done
	[ "$(status_of "$recorder" NoNewPrivs) $(status_of "$recorder" Seccomp)" = "1 2" ]
	[ -z "$(cat "/proc/$recorder/task/$recorder/children")" ] # nothing to help with
	end_recording
}

@test "the helper ends with a recorder that is killed" {
	begin_recording "$MMTRACE" record -q -f -o t.mmt -a
	helper=$(cat "/proc/$recorder/task/$recorder/children")
	helper=${helper% }
	kill -9 "$recorder"
	wait "$recorder" || true
	for _ in $(seq 20); do
		grep -qs '^State:.*[^Z] (' "/proc/$helper/status" || break # gone, or not yet waited for
		sleep 0.05
	done
	run ! grep -s '^State:.*[^Z] (' "/proc/$helper/status"
}

@test "a recorder whose helper was killed goes on, and seals" {
	begin_recording "$MMTRACE" record -q -f -o t.mmt -a
	helper=$(cat "/proc/$recorder/task/$recorder/children")
	kill -9 "${helper% }"
	"$SHARED/touch" 1009 0 7
	sleep 0.3
	end_recording
	"$MMTRACE" info --format=json t.mmt | jq -e '.sealed'
}

@test "COMMAND runs with all that its caller may do" {
	want=$(grep -E '^(Uid|Gid|Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' /proc/self/status)
	"$MMTRACE" record -q -f -o t.mmt -- \
		grep -E '^(Uid|Gid|Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' /proc/self/status >got
	diff <(echo "$want") got
}

@test "a signal to the recorder ends the command of another user too" {
	begin_recording "$MMTRACE" record -q -f -o t.mmt -- sleep 60
	for _ in $(seq 200); do # let go after the first snapshot
		read -ra children <"/proc/$recorder/task/$recorder/children" || true # no newline ends it
		! grep -qx sleep /proc/{"${children[0]}","${children[1]}"}/comm 2>/dev/null || break
		sleep 0.1
	done
	kill -TERM "$recorder"
	status=0
	wait "$recorder" || status=$?
	[ $status -eq 143 ]
	"$MMTRACE" info --format=json t.mmt | jq -e '.sealed'
}

@test "address spaces made by execs of other users are read by a recorder that is nobody" {
	"$MMTRACE" record -q -m 64M -f -o t.mmt -- sh -c '
		for i in 1 2 3 4 5; do /bin/sleep 0.4; done'
	"$MMTRACE" dump --format=jsonl -e vma_list,vma,snap_resident t.mmt >rows
	# five sleeps and the shell; and before, in the first snapshot, one list for each process
	begin=$("$MMTRACE" dump --format=jsonl -e snapshot_end t.mmt | head -1 | jq .time)
	jq -es --argjson t "$begin" 'map(select(.event == "vma_list" and .time > $t)) |
		length >= 5 and all(.fields.count >= 5)' rows
	# frames of others' pages are told
	jq -es 'any(.[]; .event == "snap_resident" and .fields.pfn != null and .fields.flags % 16 < 8)' rows
}

@test "R25 a recording of nothing grows by what its light snapshots tell of the host alone" {
	seconds=$([ "${MMT_TEST_LONG:-}" ] && echo 60 || echo 5)
	sleep $((seconds + 30)) 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/pid"
	for d in 1 $((seconds + 1)); do # without the state of frames a first snapshot is small
		as_nobody +bpf,+perfmon "$SHARED/mmtrace" record -q -f -o "$d.mmt" \
			-e task,fault -p "$(cat "$BATS_TEST_TMPDIR/pid")" -d "$d" 2>err
	done
	grown=$((($(stat -c %s $((seconds + 1)).mmt) - $(stat -c %s 1.mmt)) / seconds))
	echo "$grown bytes a second"
	"$MMTRACE" info --format=json $((seconds + 1)).mmt >told
	[ "$(jq '.events.page_fault_user.kept // 0' told)" -eq 0 ]
	[ $grown -lt 1024 ] # counters of the host that changed
}
