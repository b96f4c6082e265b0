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
}
