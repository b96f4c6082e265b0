#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Scenarios: replay, import, export; streams and exit codes.

setup() {
	load common
	common_setup
}

# scenario NAME LINE...: $WORK/NAME.mms
scenario() {
	local name=$1
	shift
	printf '%s\n' '#mmtrace-scenario 1' "$@" >"$WORK/$name.mms"
}

@test "prints go to stdout, the summary to stderr" {
	scenario a 'machine mem=64M' 'alloc A order=2' 'print alloc.A.order skipped' 'expect alloc.A.failed == 0'
	"$MMTRACE" replay a.mms >out 2>err
	[ "$(cat out)" = $'alloc.A.order 2\nskipped 0' ]
	[ "$(cat err)" = "a.mms: 1 blocks allocated, 0 freed; 1 assertions, 0 failed" ]
	"$MMTRACE" replay -q a.mms >out 2>err
	[ ! -s err ]
}

@test "a failing assertion names file, line, key, expected and found; the run goes on; exit 1" {
	scenario a 'expect skipped == 1' '' 'expect nr_free_pages ~1.5 1' 'fails drain_all' 'print skipped'
	status=0
	"$MMTRACE" replay a.mms >out 2>err || status=$?
	[ "$status" -eq 1 ]
	[ "$(cat out)" = "skipped 0" ]
	grep -qx 'mmtrace: a.mms:2: skipped is 0, expected == 1' err
	grep -qx 'mmtrace: a.mms:4: nr_free_pages is 262143, expected ~1.500% of 1' err
	grep -qx 'mmtrace: a.mms:5: drain_all happens, expected it to be refused' err
	grep -q '3 assertions, 3 failed' err
}

@test "a line that cannot be parsed: file, line, column, reason; exit 2" {
	scenario a '' '  alloc A ordre=1'
	fails 2 "a.mms:3:11: unexpected 'ordre=1', did you mean order" "$MMTRACE" replay a.mms
	fails 2 "a.mms:3:11: unexpected 'ordre=1', did you mean order" "$MMTRACE" import -o a.mmt a.mms
	fails 2 "-:3:11:" "$MMTRACE" replay - <a.mms
}

@test "an event that the model refuses without fails: exit 2" {
	scenario a 'alloc A order=0' '  free B'
	fails 2 "a.mms:3:3: there is no block 'B'; the nearest are A" "$MMTRACE" replay a.mms
	scenario a 'machine nodes=65'
	fails 2 "a.mms:2:1: 65 nodes" "$MMTRACE" replay a.mms
	scenario a 'zone 0 DMA start=0 spanned=10 present=10 managed=11'
	fails 2 "a.mms:2:1:" "$MMTRACE" replay a.mms
	scenario a 'zone 0 DMA start=0 spanned=5000 present=10 managed=10'
	fails 2 "a.mms:2:1: the zone from frame 4096 overlaps" "$MMTRACE" replay a.mms
	scenario a 'expect free.1.DMA == 0'
	fails 2 "a.mms:2:1: free.1.DMA: there is no node 1" "$MMTRACE" replay a.mms
}

@test "what is wrong with a word of a key, a type, a profile, a distance, a first line" {
	refused() { # LINE WORDS of the message
		scenario a 'machine mem=1G' "$1"
		fails 2 "$2" "$MMTRACE" replay a.mms
	}
	refused 'expect free.0.DMA23 == 1' "a.mms:3:8: unknown key 'free.0.DMA23': 'DMA23' is no zone: DMA, DMA32, Normal or Movable"
	refused 'expect free.x.DMA == 1' "a.mms:3:8: unknown key 'free.x.DMA': 'x' is no number"
	refused 'print buddy.0.DMA.11' "a.mms:3:7: unknown key 'buddy.0.DMA.11': '11' is no order: 0 to 10"
	refused 'expect buddy.0.DMA.3.movabel == 1' "'movabel' is no migratetype: unmovable, movable"
	refused 'expect zone.0.Normal.mni == 1' "a.mms:3:8: unknown key 'zone.0.Normal.mni'; the nearest are zone.N.ZONE.min"
	refused 'expect pageblock.5000 == movabel' "a.mms:3:1: 'movabel' is no value of pageblock.5000: unmovable, movable"
	refused 'expect free.0.DMA32 == many' "'many' is no value of free.0.DMA32, which is a number"
	refused 'alloc A order=0 gfp=GFP_KERNEL|__GFP_NORETY' "a.mms:3:32: '__GFP_NORETY' is no GFP flag; the nearest are __GFP_NORETRY"
	refused 'distance 0 5 20' "a.mms:3:1: there is no node 5"
	refused 'machine mem=2G' "a.mms:3:1: there is one machine line"
	scenario a 'machine profile=6.5'
	fails 2 "a.mms:2:1: profile=6.5 is none of 6.1, 6.12, 6.18" "$MMTRACE" replay a.mms
	#  nodes that --set adds may have distances
	scenario a 'machine mem=1G' 'distance 0 1 15'
	"$MMTRACE" replay -q -s nodes=2 a.mms
	echo 'machine mem=1G' >a.mms
	fails 2 "a.mms:1:1: the first line is not '#mmtrace-scenario 1'" "$MMTRACE" replay a.mms
	#  boot parameters belong to the machine
	refused 'set cma=1G' "a.mms:2:1: cma: no node has 1024 MiB in one piece"
	scenario a 'machine mem=5G' 'set cma=3G'
	fails 2 "a.mms:2:1: cma: the area, frames 524288 to 1310719, would lie in two zones" \
		"$MMTRACE" replay a.mms
	scenario a 'machine mem=1G' 'task 1' 'set movablecore=1M'
	fails 2 "a.mms:4:5: movablecore cannot change while it runs" "$MMTRACE" replay a.mms
	scenario a 'machine mem=1G' 'set nodes=2' 'set movablecore=50%' 'expect zone.1.Movable.managed == 65536'
	"$MMTRACE" replay -q a.mms
	fails 1 "" "$MMTRACE" replay -q -s movablecore=25% a.mms
	#  a trace may have any name
	scenario a 'machine mem=1G' 'alloc A order=0'
	"$MMTRACE" import -o b.mms a.mms
	"$MMTRACE" replay -q b.mms
}

@test "what is known but not modelled yet is refused by name, in fails too; exit 3" {
	while read -r line; do
		scenario a "$line"
		fails 3 "is not modelled yet" "$MMTRACE" replay a.mms
		"$MMTRACE" import -f -o a.mmt a.mms
		fails 3 "is not modelled yet" "$MMTRACE" replay a.mmt
	done <<-'LINES'
		mmap 1 0x1000 4 rw
		fails(ENOMEM) mmap 1 0x1000 4 rw
		compact_memory
		expect pgfault == 0
		print task.1.rss
		set vm.swappiness=10
		cgroup /a memory.max=64M
	LINES
}

@test "import: the same text gives the same bytes, and the same replay" {
	scenario a 'machine mem=64M' 'alloc A order=2 n=7' 'print alloc.A.pfn' 'expect skipped == 1'
	"$MMTRACE" import -o a.mmt a.mms
	"$MMTRACE" import -o - a.mms | cmp - a.mmt
	zstd -tq a.mmt
	"$MMTRACE" check -q a.mmt
	[ "$(stat -c %a a.mmt)" = 600 ]
	[ "$("$MMTRACE" info --format json a.mmt | jq -r .header.scenario.name)" = a.mms ] ||
		"$MMTRACE" info a.mmt | grep -q 'scenario.name a.mms'
	for f in a.mms a.mmt; do
		status=0
		"$MMTRACE" replay $f >$f.out 2>$f.err || status=$?
		[ "$status" -eq 1 ]
	done
	cmp a.mms.out a.mmt.out
	cmp a.mms.err a.mmt.err
	fails 2 "exists already" "$MMTRACE" import -o a.mmt a.mms
	"$MMTRACE" import -f -o a.mmt a.mms
	fails 2 "-o says where" "$MMTRACE" import a.mms
	fails 2 "first line" "$MMTRACE" import -o b.mmt a.mmt
	[ ! -e b.mmt ]
}

@test "import, export, import: stable, for every scenario of the tests" {
	for file in "$ROOT"/tests/scenario/*.mms; do
		"$MMTRACE" import -f -o 1.mmt "$file"
		"$MMTRACE" export -f -o 1.mms 1.mmt
		"$MMTRACE" import -f -o 2.mmt 1.mms
		"$MMTRACE" export 2.mmt | cmp - 1.mms
	done
}

@test "export of a recorded trace: its machine, its blocks, its frees; it can be replayed" {
	for trace in "$ROOT"/traces/guest-6.12-frag-2nodes.mmt "$ROOT"/traces/host-6.18-churn.mmt; do
		"$MMTRACE" export -f -o r.mms "$trace" 2>err
		grep -Eq ': [1-9][0-9]* allocations and [1-9][0-9]* frees' err
		grep -q 'not told: [0-9]* frees of blocks that were in use at the start' err
		[ "$(grep -c ' *alloc ' r.mms)" = "$(sed -n 's/.*: \([0-9]*\) allocations and.*/\1/p' err)" ]
		"$MMTRACE" replay r.mms 2>err
		"$MMTRACE" import -f -o r.mmt r.mms
		"$MMTRACE" export r.mmt | cmp - r.mms
	done
	"$MMTRACE" export "$ROOT"/traces/guest-6.12-frag-2nodes.mmt 2>/dev/null | sed -n 2p |
		grep -qx 'machine mem=65504 nodes=2 cpus=2 profile=6.12'
}

@test "export: no snapshot, no such format" {
	build_mktrace
	trace empty
	fails 3 "no complete start snapshot" "$MMTRACE" export -o e.mms empty.mmt
	fails 2 "format 'csv'" "$MMTRACE" export --to csv empty.mmt
}

@test "-o writes a result, whose assertions can be read" {
	scenario a 'machine mem=64M' 'alloc A order=2' 'expect skipped == 1' 'expect skipped == 0'
	status=0
	"$MMTRACE" replay -q -o a.json a.mms 2>err || status=$?
	[ "$status" -eq 1 ]
	jq -e '.mode == "scenario" and .assertions.count == 2 and .assertions.failed == 1' a.json
	jq -e '.assertions.failures == [{line: 4, text: "skipped is 0, expected == 1"}]' a.json
	jq -e '.metrics.replayed_alloc.value == 1' a.json
	"$MMTRACE" report a.json | grep -q '^mode scenario'
	scenario b 'machine mem=64M' 'alloc A order=2' 'print skipped'
	"$MMTRACE" replay -o - b.mms 2>err | jq -e '.assertions.count == 0'
	grep -q '^skipped 0$' err
}

@test "--set holds against the file, and changes its machine" {
	scenario a 'machine mem=1G' 'set vm.min_free_kbytes=8192' 'print vm.min_free_kbytes zone.0.DMA32.managed'
	[ "$("$MMTRACE" replay -q a.mms)" = $'vm.min_free_kbytes 8192\nzone.0.DMA32.managed 258048' ]
	[ "$("$MMTRACE" replay -q -s vm.min_free_kbytes=4096 -s mem=512M a.mms)" = $'vm.min_free_kbytes 4096\nzone.0.DMA32.managed 126976' ]
	"$MMTRACE" replay -q -o a.json a.mms
	"$MMTRACE" replay -q -s mem=512M -o b.json a.mms
	"$MMTRACE" diff a.json b.json | grep -q '^mem: 1073741824 -> 536870912'
}

@test "the man page's examples do what it says" {
	page=$ROOT/man/mmtrace-scenario.5
	awk '/^#mmtrace-scenario 1/ { n++ } n && /^\.Ed/ { n += 0; on = 0 } /^#mmtrace-scenario 1/ { on = 1 }
		on { print > ("example" n ".mms") }' "$page"
	[ "$(ls example*.mms | wc -l)" = 2 ]
	for f in example1.mms example2.mms; do
		"$MMTRACE" replay "$f" >out 2>err
		grep -q 'assertions, 0 failed' err
	done
}

@test "hostile texts end soon, with a word" {
	{ echo '#mmtrace-scenario 1'; head -c 100000 /dev/zero | tr '\0' a; } >long.mms
	fails 2 "longer than 4096 bytes" "$MMTRACE" replay long.mms
	scenario n 'alloc A order=0 n=16777217'
	fails 2 "not in 1..16777216" "$MMTRACE" replay n.mms
	scenario deep "cgroup $(printf '/%s' $(seq 40))"
	fails 2 "there is no control group" "$MMTRACE" replay deep.mms
	printf '#mmtrace-scenario 1\nprint \033[2Jx\n' >esc.mms
	fails 2 "control character 0x1b" "$MMTRACE" replay esc.mms
	scenario big 'machine mem=16384T'
	fails 2 "big.mms:2:1:" "$MMTRACE" replay big.mms
}

@test "KAT 1.3b --set thp.enabled= at a time raises vm.min_free_kbytes as \`set\` does" {
	cat >a.mms <<-'EOF'
		#mmtrace-scenario 1
		machine mem=16G
		set thp.enabled=never
		set vm.min_free_kbytes=4096
		@+2s
		print vm.min_free_kbytes
	EOF
	[ "$("$MMTRACE" replay -q -s thp.enabled=always@1s a.mms)" = 'vm.min_free_kbytes 67584' ]
	[ "$("$MMTRACE" replay -q -s vm.min_free_kbytes=8192@1s a.mms)" = 'vm.min_free_kbytes 8192' ]
}

@test "a result states vm.min_free_kbytes as it is in force" {
	scenario a 'machine mem=16G' 'set vm.min_free_kbytes=4096' 'set thp.enabled=always'
	"$MMTRACE" replay -q -o a.json a.mms
	jq -e '.config.effective["vm.min_free_kbytes"] == 67584' a.json
}
