#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The flight recorder, triggers and recordings of several files.

load common

setup_file() {
	MMTRACE=${MMTRACE:-$BATS_TEST_DIRNAME/../../build/mmtrace}
	export MMTRACE MMTRACE_STRICT=1 TOUCH=$BATS_FILE_TMPDIR/touch FIRE=$BATS_FILE_TMPDIR/fire
	"${CC:-cc}" -O2 -o "$TOUCH" "$BATS_TEST_DIRNAME/touch.c"
	"${CC:-cc}" -O2 -o "$FIRE" "$BATS_TEST_DIRNAME/fire.c"
}

setup() {
	can_record
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ ! -e group ] || rmdir "$(cat group)" || true
}

# What is recorded where little needs to be waited for: resident pages are left out.
few=(-q -m 64M -e 'task,alloc')

# A control group of 24 MiB, its path in "group"; skips where there is none.
small_group() {
	local dir=/sys/fs/cgroup/memory/mmtrace-$BASHPID file=memory.limit_in_bytes
	if [ ! -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		dir=/sys/fs/cgroup/mmtrace-$BASHPID file=memory.max
		grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null ||
			skip "no control group with the memory controller"
	fi
	mkdir "$dir" || skip "no control group can be made"
	echo "$dir" >group
	echo 25165824 >"$dir/$file"
}

# A whole trace: sealed, no frame missing, it begins with a full snapshot, and replays. Its info is
# in "told" then.
whole() {
	local status=0
	"$MMTRACE" info --format=json "$1" >told || status=$?
	[ $status -eq 0 ] || [ $status -eq 4 ] # 4: events were lost
	jq -e '.sealed and (.gaps | length) == 0 and .snapshots.full >= 1' told
	[ "$(stat -c %a "$1")" = 600 ]
	"$MMTRACE" check "$1" >said || true
	cat said
	run ! grep -E 'VMA lists|no dictionary explains|begin inside' said
	status=0
	"$MMTRACE" replay -q -o - "$1" >result.json || status=$?
	[ $status -eq 0 ] || [ $status -eq 4 ]
	jq -e '.replayed.permille > 0' result.json >/dev/null
}

kept() { jq --arg e "$1" '.events[$e] | (.kept // 0) + (.lost // 0)' told; }

@test "a flight recorder dumps on SIGUSR2 and at its end, whole traces both" {
	"$MMTRACE" record "${few[@]}" --flight-recorder=30s,64M -o t.mmt -- \
		sh -c "$TOUCH 20011 0 0; [ -e t.mmt ] && exit 9; kill -USR2 \$PPID
			while ! ls t.mmt.* 2>/dev/null; do sleep 0.05; done; $TOUCH 10007 0 0" 2>err
	cat err
	set -- t.mmt.*
	[ $# -eq 1 ]
	stamped=$1
	[[ $stamped =~ ^t\.mmt\.[0-9]{16}$ ]]
	grep -q "$stamped: [0-9]* events dumped" err
	whole "$stamped"
	first=$(kept mm_page_alloc)
	[ "$first" -ge 20011 ]
	[ "$first" -lt 29000 ]
	whole t.mmt
	[ "$(kept mm_page_alloc)" -ge $((first + 10007)) ] # a dump takes nothing away
	jq -e '.overhead.window | .whole and .left_events == 0 and .bytes == 67108864' told
	[ -z "$(find . -name '.mmtrace-*')" ]
}

@test "a flight recorder holds no more than its memory, and says what left it" {
	# what does not hold four snapshots, and what happens meanwhile, is refused
	run "$MMTRACE" record "${few[@]}" --flight-recorder=4M -a -d 10ms -o t.mmt
	echo "$output"
	[ "$status" -eq 0 ] || [[ $output =~ a\ flight\ recorder\ of\ [0-9]+\ KiB ]]
	[ "${MMT_TEST_LONG:-}" ] || skip "filling it takes a minute; make check-long does"
	# pages are touched and freed until more has happened than it holds, at a byte an event; no
	# faster than that a snapshot, which a busy host makes slow, leaves room beside it
	"$MMTRACE" record "${few[@]}" -f --flight-recorder=12M -o t.mmt -- \
		"$TOUCH" 10000019 0 0 200000 2>err
	cat err
	whole t.mmt
	jq -c '.overhead.window, .snapshots' told
	jq -e '.overhead.window | .used_bytes <= .bytes and .left_events > 0' told
	[ "$(stat -c %s t.mmt)" -le 13000000 ] # with header, trailer and seek table
	# the last events are there
	[ "$(kept mm_page_alloc)" -gt 100000 ]
}

@test "a dump that does not fit says where and why, and the recording goes on" {
	mkdir small
	cat >in-small.sh <<-'EOF'
		mount -t tmpfs -o size=8m none small || exit
		head -c 9m /dev/zero >small/fill 2>/dev/null # all of it
		truncate -s -32k small/fill # a dump begins with a snapshot of 100 KiB and more
		"$MMTRACE" record -q -m 4M -e task,alloc --flight-recorder=30s,64M --reserve=0 			-o small/t.mmt -- sh -c 'kill -USR2 $PPID
				while [ ! -s err ]; do sleep 0.02; done; rm small/*' 2>err
		echo $?
		cp small/t.mmt .
	EOF
	run -0 unshare -m sh in-small.sh
	echo "$output: $(cat err)"
	grep -Eq '^mmtrace: t\.mmt\.[0-9]{16}: cannot write the trace: No space left on device$' err
	[ "$output" = 0 ]
	whole t.mmt
	# and at its end, of what the recorder could not say elsewhere
	sed -i 's/; rm small.*/; rm small\/t*'"'"' 2>err/; s/^cp.*//' in-small.sh
	run unshare -m sh in-small.sh
	echo "$output: $(cat err)"
	[ "$output" = 0 ] # the command's
	grep -q '^mmtrace: small/t.mmt: cannot write the trace: No space left on device$' err
}

@test "--trigger=oom: the recording ends a second after a kill, and says so" {
	small_group
	cat >hog.sh <<-'EOF'
		sh -c 'echo $$ >"$(cat group)/cgroup.procs"; exec $TOUCH 20011 0 0' # 80 MiB
		exec sleep 60
	EOF
	status=0
	"$MMTRACE" record "${few[@]}" --flight-recorder=1m --trigger='order>=18' --trigger=oom \
		-a -o t.mmt -- sh hog.sh 2>err || status=$?
	cat err
	[ $status -eq 143 ] # the command was not done
	grep -Eq 'trigger oom: mark_victim, task [0-9]+, at [0-9]+\.[0-9]{9}$' err
	whole t.mmt
	[ "$(kept mark_victim)" -ge 1 ] # though -e does not name it
	at=$(jq .overhead.trigger.time told)
	[ "$("$MMTRACE" dump --format=jsonl -e mark_victim t.mmt | jq -s '.[0].time')" = "$at" ]
	jq -e '.overhead.trigger.fired == "oom: mark_victim"' told
	# what came of it is there
	jq -e --argjson at "$at" '.last_time - $at > 500000000' told
	# the command itself is killed, which ends the recording
	status=0
	"$MMTRACE" record "${few[@]}" -f --trigger=oom -o t.mmt -- \
		sh -c 'echo $$ >"$(cat group)/cgroup.procs"; exec $TOUCH 20011 0 0' 2>err || status=$?
	echo "$status: $(cat err)"
	[ $status -eq 137 ]
	grep -Eq 'trigger oom: mark_victim, task [0-9]+, at [0-9]+\.[0-9]{9}$' err
	whole t.mmt
	jq -e '.overhead.trigger.fired == "oom: mark_victim"' told
}

@test "--trigger=stall>TIME and order>=N fire by what they say" {
	small_group
	cat >dirty.sh <<-'EOF'
		echo $$ >"$(cat group)/cgroup.procs"
		dd if=/dev/zero of=file bs=64k count=1000 2>/dev/null
		echo $$ >"$(dirname "$(cat group)")/cgroup.procs"
		rm file
		exec sleep 60
	EOF
	# somebody else may stall first, before the command has begun
	for _ in 1 2 3; do
		status=0
		"$MMTRACE" record -q -f -e task --trigger='stall>1us' -o t.mmt -- sh dirty.sh 2>err || status=$?
		echo "$status: $(cat err)"
		[ $status -ne 143 ] || break
	done
	[ $status -eq 143 ]
	grep -Eq 'trigger stall>1us: mm_vmscan_(memcg_reclaim_(end|begin)|throttled) [0-9.]+ ms' err
	"$FIRE" collapse || skip "this kernel makes no huge page when asked"
	status=0
	"$MMTRACE" record -q -f -e task --trigger='order>=9' -o t.mmt -- \
		sh -c "$FIRE collapse; exec sleep 60" 2>err || status=$?
	cat err
	[ $status -eq 143 ]
	grep -q 'trigger order>=9: mm_.* order 9' err
	run "$MMTRACE" record --trigger=never -- true
	[ "$status" -eq 2 ]
	[[ $output == *"never: not a trigger: oom, stall>TIME, order>=N"* ]]
}

@test "--rotate: whole files, every event in one of them, the oldest removed and nothing else" {
	echo mine >t.mmt
	echo mine >t.mmt.2001010100000000
	"$MMTRACE" record "${few[@]}" -e task,alloc,vma --rotate=trigger,2 -o t.mmt -- sh -c "
		next() {
			was=\$(ls -rt t.mmt.* | tail -1)
			kill -USR2 \$PPID
			while [ \"\$(ls -rt t.mmt.* | tail -1)\" = \"\$was\" ]; do sleep 0.02; done
		}
		sleep 0.1
		next # the first is removed below
		$TOUCH 0 50021 0
		next
		$TOUCH 0 50021 0" 2>err
	cat err
	[ "$(cat t.mmt t.mmt.2001010100000000)" = "mine
mine" ]
	rm t.mmt.2001010100000000
	set -- t.mmt.*
	[ $# -eq 2 ]
	protects=0
	for f in t.mmt.*; do
		whole "$f"
		n=$(kept sys_mprotect)
		[ "$n" -gt 0 ]
		protects=$((protects + n))
	done
	jq -e '.overhead.file == 3' told
	[ $protects -ge 100042 ]
	[ $protects -lt 130000 ] # and the loader's
	[ -z "$(find . -name '.mmtrace-*')" ]
}

@test "--rotate by time and size; what does not go together is refused" {
	"$MMTRACE" record "${few[@]}" --rotate=1s -a -d 1500ms -o t.mmt 2>err
	set -- t.mmt.*
	[ $# -ge 2 ]
	for f in t.mmt.*; do whole "$f"; done
	for bad in "--rotate=1K" "--rotate=10ms" "--rotate=1s,0" "--rotate=1s --max-size=1G" \
		"--flight-recorder=1M" "--flight-recorder=30s --rotate=1s" \
		"--flight-recorder=30s --max-size=1G" "--rotate=1s -o -" "--rotate=1s -o /dev/null"; do
		# shellcheck disable=SC2086
		run "$MMTRACE" record -o u.mmt $bad -a -d 1s
		echo "$bad: $output"
		[ "$status" -eq 2 ]
	done
	[ ! -e u.mmt ]
}

@test "SIGUSR2 to a plain recording: what has happened so far can be read" {
	"$MMTRACE" record "${few[@]}" -o t.mmt -- sh -c "$TOUCH 20011 0 0; kill -USR2 \$PPID
		sleep 0.3; cp t.mmt so-far.mmt; sleep 0.1"
	"$MMTRACE" info --format=json so-far.mmt >told || [ $? -eq 4 ]
	jq -e '.sealed == false' told
	[ "$(kept mm_page_alloc)" -ge 20011 ]
}

@test "R17 R28 the filer can make files and nothing else, and ends with a recorder that is killed" {
	"$MMTRACE" record "${few[@]}" --rotate=1h -a -o t.mmt 3>&- &
	recorder=$!
	for _ in $(seq 200); do
		set -- t.mmt.*
		[ ! -e "$1" ] || break
		sleep 0.05
	done
	filer=
	for child in $(cat /proc/$recorder/task/$recorder/children); do
		[ "$(cat "/proc/$child/comm")" != mmtrace-filer ] || filer=$child
	done
	[ "$filer" ]
	grep -Eq '^CapEff:.*000000000000000[02]$' "/proc/$filer/status" # CAP_DAC_OVERRIDE
	grep -Eq '^CapBnd:.*0000000000000000$' "/proc/$filer/status"
	grep -q '^NoNewPrivs:.*1$' "/proc/$filer/status"
	grep -q '^Seccomp:.*2$' "/proc/$filer/status"
	set -- "/proc/$filer/fd"/*
	[ $# -eq 3 ] # its socket, the directory, the file
	"$TOUCH" 50021 0 0
	kill -9 $recorder
	wait $recorder || true
	for _ in $(seq 40); do
		grep -qs '^State:.*[^Z] (' "/proc/$filer/status" || break
		sleep 0.05
	done
	run ! grep -s '^State:.*[^Z] (' "/proc/$filer/status"
	"$MMTRACE" info --format=json t.mmt.* >told || [ $? -eq 4 ]
	jq -e '.sealed == false and (.gaps | all(.why | test("^the file ends within frame")))' told
	[ -z "$(find . -name '.mmtrace-*')" ]
}
