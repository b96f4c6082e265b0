#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What bounds a recording, and what is counted beside it.

load common

setup() {
	MMTRACE=${MMTRACE:-$BATS_TEST_DIRNAME/../../build/mmtrace}
	can_record
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Compressed bytes of the largest frame, from the seek table: entries of two numbers, 9 bytes of foot.
largest_frame() {
	n=$(tail -c 9 "$1" | od -An -tu4 -N4)
	tail -c $((9 + 8 * n)) "$1" | head -c $((8 * n)) | od -An -v -tu4 -w8 | sort -n |
		awk 'END { print $1 }'
}

# pages faulted and freed until process $1 has ended
churn_until_end() {
	while kill -0 "$1" 2>/dev/null; do sh -c :; done
}

@test "R26 --max-size: the trace is sealed there, and larger by one frame at the most" {
	# the first ends within the snapshot that a recording begins with
	for size in 1048576 3000000; do
		timeout 60 "$MMTRACE" record -q -f -o t.mmt --max-size=$size -a 2>err &
		recorder=$!
		churn_until_end "$recorder"
		wait "$recorder"
		grep -q 'reached its --max-size' err
		"$MMTRACE" info --format=json t.mmt >info.json || true # 4: lost some
		jq -e '.sealed and (.gaps | length) == 0' info.json
		bytes=$(stat -c %s t.mmt)
		[ "$bytes" -ge $((size / 2)) ]
		[ "$bytes" -le $((size + $(largest_frame t.mmt))) ]
	done
	# not reached: nothing is said
	"$MMTRACE" record -q -f -o t.mmt --max-size=1T -- true 2>err
	run ! grep max-size err
	run "$MMTRACE" record --max-size=999K -- true
	[ "$status" = 2 ]
	[[ $output == *"999K: not a size of a trace"* ]]
}

@test "--pmu: what CPUs count stands beside the events; what they cannot is said" {
	CC=${CC:-cc}
	"$CC" -O2 -o touch "$BATS_TEST_DIRNAME/touch.c"
	"$MMTRACE" record -q -o t.mmt --pmu page-faults,cycles -- ./touch 20011 0 0 2>err
	faults=$("$MMTRACE" info --format=json t.mmt | jq '.events.page_fault_user.kept')
	[ "$faults" -ge 20011 ]
	"$MMTRACE" dump --format=jsonl -e pmu_count t.mmt >rows
	counted=$(jq -s 'map(.fields | select(.counter == "page-faults").count) | add' rows)
	# every fault of the host, those of the command among them
	[ "$counted" -ge 20011 ]
	[ "$(jq -s 'map(.cpu) | unique | length' rows)" = "$(nproc --all)" ]
	# a host without hardware counters says so
	if "$MMTRACE" doctor --format=json | jq -e '.. | objects | select(.name? == "pmu" and (.available | not))' >/dev/null; then
		grep -q 'not counted: cycles: ' err
	fi
	run "$MMTRACE" record -f -o t.mmt --pmu no-such-event -- true
	[[ $output == *"counter no-such-event: "*"known here: "* ]]
	[ "$status" = 125 ] || [ "$status" = 2 ]
}

@test "after lost system calls the address spaces are read again, as they are then" {
	CC=${CC:-cc}
	"$CC" -O2 -o touch "$BATS_TEST_DIRNAME/touch.c"
	stall=$(stalled)
	# a ring for some 80 events: most of 60013 are lost; the shell lives on
	"$MMTRACE" record -q -m 4K -e vma,task -o t.mmt -- sh -c '
		./touch 0 60013 0; sleep 0.5; n=0; while read -r _; do n=$((n + 1)); done </proc/$$/maps
		echo $n >shell; sleep 0.3' 2>err
	vmas=$(cat shell)
	[ "$("$MMTRACE" info --format=json t.mmt | jq '.events.sys_mprotect.lost')" -gt 10000 ]
	"$MMTRACE" dump --format=jsonl -e vma_reading,vma_list t.mmt >rows
	stall=$(($(stalled) - stall)) # nothing but a host that stalls makes it late
	grep vma_reading rows | jq -es --argjson stall "$stall" \
		'any(.fields.why == 1 and .fields.late / 1000000 < 60 + $stall)'
	# the list that follows says what /proc said ([vsyscall] is left out)
	jq -es --argjson n "$vmas" '
		[range(1; length) as $i | select(.[$i].event == "vma_list" and
			.[$i - 1].event == "vma_reading" and .[$i - 1].fields.why == 1) | .[$i]] |
		length > 0 and any(.fields.count >= $n - 2 and .fields.count <= $n)' rows
	"$MMTRACE" check t.mmt >said || true
	run ! grep -E 'VMA lists|no dictionary explains|begin inside' said
	# nothing lost: only execs
	"$MMTRACE" record -q -f -m 16M -e vma,task -o t.mmt -- ./touch 0 1009 0
	"$MMTRACE" dump --format=jsonl -e vma_reading t.mmt | jq -es 'length > 0 and all(.fields.why == 0)'
}
