#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Recording on other kernels, with addresses random as on real hosts: programs load, frame numbers
# are right, and tracepoints that releases tell differently say the same.

setup_file() {
	load common.bash
	compile load
}

setup() {
	load common.bash
	[ -x "$MMTRACE" ] || skip "no $MMTRACE"
	command -v jq >/dev/null || skip "no jq"
	BOTH=(-b "$MMTRACE" -b "$BATS_FILE_TMPDIR/load")
}

# count EVENT: how many were kept in $OUT/trace.mmt
count() {
	jq ".events[\"$1\"].kept // 0" "$OUT/info.json"
}

# 4 MiB more are 1024 faults more, each with its page, and an exit gives all pages back
faults() {
	need_guest "$1"
	run guest "$1" -r "${BOTH[@]}" <<-'END'
		mmtrace doctor >/out/doctor || exit 1
		for mb in 4 8; do
			mmtrace record -q -o /out/$mb.mmt -- load anon $mb 1 || exit 1
		done
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	grep -q 'mmtrace can record here' "$OUT/doctor"
	for mb in 4 8; do
		run "$MMTRACE" check "$OUT/$mb.mmt"
		echo "$output"
		[ "$status" -eq 0 ]
		"$MMTRACE" info --format=json "$OUT/$mb.mmt" >"$OUT/info.json"
		faults[mb]=$(count page_fault_user)
		allocs[mb]=$(count mm_page_alloc)
		frees[mb]=$(count mm_page_free)
	done
	echo "faults ${faults[4]} ${faults[8]}, pages ${allocs[4]} ${allocs[8]}, frees ${frees[4]} ${frees[8]}"
	# a stack that begins elsewhere may be a page more or less
	[ $((faults[8] - faults[4])) -ge 1020 ]
	[ $((faults[8] - faults[4])) -le 1028 ]
	# page tables, and what the kernel did in between
	[ $((allocs[8] - allocs[4])) -ge 1020 ]
	[ $((allocs[8] - allocs[4])) -le 1100 ]
	[ $((frees[8] - frees[4])) -ge 1020 ]
	[ $((frees[8] - frees[4])) -le 1100 ]
}

# Every frame named is one of the guest's, and what compaction and reclaim say adds up.
pressure() {
	need_guest "$1"
	run guest "$1" -r -m 384M -s 256M "${BOTH[@]}" <<-'END'
		(sleep 5 && echo 1 >/proc/sys/vm/compact_memory) &
		HOLD=6 mmtrace record -a -q -o /out/trace.mmt -- sh -c 'load frag 160 8; load anon 300 1'
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	"$MMTRACE" info --format=json "$OUT/trace.mmt" >"$OUT/info.json" || [ $? -eq 4 ]
	for event in mm_compaction_migratepages mm_migrate_pages mm_vmscan_lru_isolate \
		mm_vmscan_kswapd_wake mm_vmscan_direct_reclaim_begin mm_page_alloc_extfrag; do
		echo "$event $(count $event)"
		[ "$(count $event)" -gt 0 ]
	done
	"$MMTRACE" dump --format=jsonl -e "$compaction" "$OUT/trace.mmt" >"$OUT/compaction" || [ $? -eq 4 ]
	run jq -c 'select(.event == "mm_compaction_migratepages" and
			  (.fields.nr_migratepages > 98304 or .fields.nr_succeeded > .fields.nr_migratepages)),
		   select(.event == "mm_vmscan_lru_isolate" and
			  (.fields.nr_taken > .fields.nr_scanned or .fields.lru > 4)),
		   select(.event == "mm_migrate_pages" and (.fields.mode > 3 or .fields.reason > 12))' \
		"$OUT/compaction"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run "$MMTRACE" replay --max-lost 50 -q -f -o "$OUT/result.json" "$OUT/trace.mmt"
	echo "$output"
	[ "$status" -eq 0 ]
	jq -c '.replayed, .divergence' "$OUT/result.json"
	# compaction takes free frames without an event, so an open loop cannot follow everything
	jq -e '.replayed.permille >= 900' "$OUT/result.json"
}

compaction=mm_compaction_migratepages,mm_migrate_pages,mm_vmscan_lru_isolate

@test "6.12: faults, pages and frees of a known load" {
	faults 6.12
}

@test "6.1: faults, pages and frees of a known load" {
	faults 6.1
}

@test "6.12: reclaim, swap and compaction" {
	pressure 6.12
}

@test "6.1: reclaim, swap and compaction" {
	pressure 6.1
}
