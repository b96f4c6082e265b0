#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Scenarios: what their machines boot with, and what is said of a line that is wrong.

setup() {
	load common
	common_setup
}

# scenario LINE...: $WORK/a.mms
scenario() {
	printf '%s\n' '#mmtrace-scenario 1' "$@" >"$WORK/a.mms"
}

# min_free WANT OPTION...: of a.mms, whose last line prints it
min_free() {
	local want=$1
	shift
	[ "$("$MMTRACE" replay -q "$@" a.mms)" = "vm.min_free_kbytes $want" ] || {
		echo "$*: not $want: $("$MMTRACE" replay -q "$@" a.mms)"
		return 1
	}
}

@test "THP at boot follows the managed pages of the machine that boots" {
	p='print vm.min_free_kbytes'
	#  a zone line replaces one zone, the others count as well
	scenario 'machine mem=8G' 'zone 0 DMA start=1 spanned=4095 present=4095 managed=4095' "$p"
	min_free 67584
	#  RAM may come from set, or from --set
	scenario 'machine mem=1G' "$p"
	big=$("$MMTRACE" replay -q a.mms)
	scenario 'machine mem=256M' "$p"
	small=$("$MMTRACE" replay -q a.mms)
	[ "$big" != "$small" ]
	scenario 'machine mem=1G' 'set mem=256M' "$p"
	[ "$("$MMTRACE" replay -q a.mms)" = "$small" ]
	scenario 'machine mem=1G' "$p"
	[ "$("$MMTRACE" replay -q -s mem=256M a.mms)" = "$small" ]
	scenario 'machine mem=256M' "$p"
	[ "$("$MMTRACE" replay -q -s mem=1G a.mms)" = "$big" ]
	[ "$("$MMTRACE" replay -q -s mem=1G -s thp.enabled=never a.mms)" != "$big" ]
	[ "$("$MMTRACE" replay -q -s thp.enabled=always a.mms)" != "$small" ]
	#  512M have 131071 managed pages, and Linux wants 131072
	scenario 'machine mem=512M' "$p"
	min_free 2896
	scenario 'machine mem=514M' "$p"
	[ "$("$MMTRACE" replay -q a.mms)" != "vm.min_free_kbytes 2896" ]
	[ "$("$MMTRACE" replay -q -s thp.enabled=never a.mms)" = "vm.min_free_kbytes 2901" ]
}

@test "fails: a value out of range, a boot parameter too late, a limit that is none" {
	scenario 'fails(EINVAL) set vm.watermark_scale_factor=0' 'task 1' 'fails set mem=2G' \
		'cgroup /a' 'fails(EINVAL) cgroup /a memory.max=junk' \
		'fails(ENOENT) cgroup / memory.max=max'
	"$MMTRACE" replay a.mms 2>err
	grep -q '4 assertions, 0 failed' err
	#  a line is refused whole: no group is left of it
	scenario 'fails(EINVAL) cgroup /a memory.min=0 memory.max=junk' 'print cg./a.usage'
	fails 2 "a.mms:3:7: cg./a.usage: there is no control group '/a'" "$MMTRACE" replay a.mms
	scenario 'fails cgroup /a memory.min=0 memory.max=max'
	fails 1 "a.mms:2: cgroup happens, expected it to be refused" "$MMTRACE" replay a.mms
	grep -q '1 assertions, 1 failed' err
	scenario 'fails cgroup /a memory.min=0 memory.max=64M'
	fails 3 "memory.max=64M is not modelled yet" "$MMTRACE" replay a.mms
	scenario "$(printf 'fails set vm.min_free_kbytes=%03000d' 1)"
	fails 2 "a.mms:2:30: this is longer than 2047 bytes" "$MMTRACE" replay a.mms
	scenario 'alloc A order=0' 'fails(ESRCH) alloc A order=0' 'fails alloc B order=11'
	fails 1 "a.mms:3: alloc is refused with EEXIST ('A' is allocated already), expected it to be refused with ESRCH" \
		"$MMTRACE" replay a.mms
	grep -q "a.mms:4: alloc happens and gets too little (alloc.NAME.failed), expected it to be refused" err
}

@test "values of 64 bits are compared as they are written" {
	scenario 'expect free.0.DMA < 0xffffffffffffffff' 'expect free.0.DMA < 9223372036854775808' \
		'expect free.0.DMA > -1' 'expect skipped == 18446744073709551615'
	fails 1 "a.mms:5: skipped is 0, expected == 18446744073709551615" "$MMTRACE" replay a.mms
	grep -q '4 assertions, 1 failed' err
}

@test "the root group is there, holds what the groups below it hold, and stays" {
	scenario 'task 1 cg=/' 'task 2' 'cgroup /a' 'move 2 /a' 'move 2 /' 'cgroup /' \
		'alloc A order=0 n=5 cg=/a gfp=GFP_KERNEL_ACCOUNT' \
		'alloc B order=0 n=7 pid=1 gfp=GFP_KERNEL_ACCOUNT' \
		'expect cg./a.usage == 5' 'expect cg./.usage == 5' 'free A' 'expect cg./.usage == 0' \
		'expect cg./.peak == 5' 'fails(EBUSY) rmcgroup /' 'rmcgroup /a'
	"$MMTRACE" replay -q a.mms
}

@test "text that is no scenario after all: a byte-order mark, nothing" {
	printf '\xef\xbb\xbf#mmtrace-scenario 1\nsync\n' >a.mms
	cp a.mms a.txt
	for f in a.mms a.txt; do
		fails 2 "$f:1:1: the text begins with a byte-order mark" "$MMTRACE" replay $f
	done
	fails 2 "a.mms:1:1: the text begins with a byte-order mark" "$MMTRACE" import -o a.mmt a.mms
	: >e.mms
	fails 2 "e.mms:1:1: the first line is not" "$MMTRACE" replay e.mms
	fails 2 "e.mms:1:1: the first line is not" "$MMTRACE" import -o a.mmt e.mms
	scenario 'alloc A order=0'
	for command in info check dump export; do
		fails 2 "a.mms: a scenario: mmtrace import makes a trace of it" "$MMTRACE" $command a.mms
	done
}

@test "where a machine is wrong" {
	scenario '   machine nodes=65'
	fails 2 "a.mms:2:4: 65 nodes" "$MMTRACE" replay a.mms
	z='zone 0 DMA start=1 spanned=4095 present=4095 managed=4095'
	scenario 'machine mem=1G' '  set kernelcore=50%' "$z"
	fails 3 "a.mms:3:3: kernelcore and movablecore cannot be set" "$MMTRACE" replay a.mms
	scenario 'machine mem=1G' " $z" '  set mem=2G'
	fails 3 "a.mms:4:3: mem and nodes cannot be set" "$MMTRACE" replay a.mms
	scenario 'machine mem=1G' " $z"
	fails 3 "a.mms:3:2: mem and nodes cannot be set" "$MMTRACE" replay -s mem=2G a.mms
	scenario ' zone 0 DMA start=0 spanned=0 present=0 managed=0' ' zone 0 DMA32 start=0 spanned=0 present=0 managed=0'
	fails 2 "a.mms:3:2: no zone has a frame" "$MMTRACE" replay a.mms
	scenario 'distance 0 0 20'
	fails 2 "a.mms:2:1: a node is at distance 10 from itself" "$MMTRACE" replay a.mms
	scenario 'machine mem=64M swap=64M' 'hw zen4'
	"$MMTRACE" replay a.mms 2>err
	grep -qx 'mmtrace: warning: a.mms: swap= and hw have no effect yet' err
}

@test "what was there once is not called unknown" {
	refused() { # LINE... WORDS
		scenario "${@:1:$#-1}"
		fails 2 "${!#}" "$MMTRACE" replay a.mms
	}
	refused 'alloc A order=0' 'free A' 'free A' "a.mms:4:1: block 'A' was freed already"
	refused 'task 1' 'exit 1' 'cpu 1 0' "a.mms:4:1: task '1' has exited"
	refused 'cgroup /a' 'rmcgroup /a' 'task 1 cg=/a' "a.mms:4:1: control group '/a' was removed"
	refused 'alloc pieces order=0' 'print alloc.Pieces.failed' \
		"a.mms:3:7: alloc.Pieces.failed: there is no block 'Pieces'; the nearest are pieces"
	refused 'print  free.2.DMA skipped' "a.mms:2:8: free.2.DMA: there is no node 2"
	refused 'alloc A order=0' 'free A n=0' "a.mms:3:1: n=0 frees nothing"
	refused 'alloc A order=0 n=10' 'free A first=10' "a.mms:3:1: first=10 of 10 blocks"
	refused 'alloc A order=0 ilx=3' "a.mms:2:1: ilx= is a place in a mapping"
}

@test "a name has 255 bytes at most" {
	long=$(printf 'a%.0s' $(seq 256))
	scenario "alloc $long order=0"
	fails 2 "...' is longer than 255 bytes" "$MMTRACE" replay a.mms
	scenario "cgroup /$long"
	fails 2 "...' is longer than 255 bytes" "$MMTRACE" replay a.mms
	scenario "alloc ${long:1} order=0" "fails(ESTALE) alloc ${long:1} order=0"
	fails 1 "expected it to be refused with ESTALE" "$MMTRACE" replay a.mms
	scenario 'set vm.watermark_boost_factor=4294967296'
	fails 2 "is out of range (0..2147483647)" "$MMTRACE" replay a.mms
}

@test "counters that nothing moves yet are refused by name" {
	for key in compact_stall compact_fail compact_success compact_capture zone_reclaim_failed; do
		scenario "expect $key == 0"
		fails 3 "$key is not modelled yet" "$MMTRACE" replay a.mms
	done
}

@test "numbers of set may be hexadecimal; prints come before what is said after them" {
	scenario 'set vm.min_free_kbytes=0x2000' 'print vm.min_free_kbytes' 'expect skipped == 1'
	"$MMTRACE" replay a.mms >all 2>&1 || true
	[ "$(head -n 2 all)" = "$(printf '%s\n' 'vm.min_free_kbytes 8192' \
		'mmtrace: a.mms:4: skipped is 0, expected == 1')" ]
	scenario 'print skipped'
	"$MMTRACE" replay a.mms >all 2>&1
	[ "$(head -n 1 all)" = 'skipped 0' ]
}

@test "the manual page has every counter that is a key, and limits that hold" {
	page=$ROOT/man/mmtrace-scenario.5
	names=$(sed -n 's/.*X([A-Z0-9_]*, *"\([a-z0-9_]*\)").*/\1/p' "$ROOT/lib/mm/counters.h")
	[ "$(wc -w <<<"$names")" -gt 40 ]
	for name in $names numa_hit numa_local; do
		case $name in
		compact_* | zone_reclaim_*) continue ;;
		esac
		grep -qw -e "$name" "$page" || {
			echo "$name is not in the page"
			return 1
		}
	done
	scenario 'machine nodes=64 cpus=1024 mem=1G' 'task 4194304 cpu=1023' 'alloc A order=18' \
		'expect alloc.A.failed == 1'
	"$MMTRACE" replay -q a.mms
}

@test "README: the scenario is the file that it names, as far as it goes" {
	sed -n '/^    \$ head -n 12 tests.scenario/,/^    \$ mmtrace replay/p' "$ROOT/README.md" |
		sed -e '1d;$d' -e 's/^    //' >shown.mms
	head -n 12 "$ROOT/tests/scenario/2.5a-expand.mms" | cmp - shown.mms
	"$MMTRACE" replay -q shown.mms
}
