#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Zone Movable: kernels booted with kernelcore= and movablecore=, and a trace of the same machine
# booted without, replayed with them. Zones begin and end at the same frames (KAT 1.1a); their managed
# pages hang on where the kernel's own boot allocations came to lie.

setup() {
	load common.bash
	[ -x "$MMTRACE" ] || skip "no $MMTRACE"
	command -v jq >/dev/null || skip "no jq"
}

zones() { # of /proc/zoneinfo: "0 DMA32 4096 126976 126976", those that have pages
	awk '$1 == "Node" { zone = $2 + 0 " " $4 }
		$1 == "spanned" { spanned = $2 }
		$1 == "present" { present = $2 }
		$1 == "start_pfn:" && present { print zone, $2, spanned, present }' "$1"
}

compare() { # SERIES RAM NODES PARAMETER...
	local series=$1 machine=(-m "$2" -n "$3" -c "$3") parameter
	need_guest "$1"
	shift 3
	guest "$series" -r "${machine[@]}" -b "$MMTRACE" <<-'END'
		mmtrace record -a -o /out/trace.mmt -- true
	END
	cp "$OUT/trace.mmt" "$BATS_TEST_TMPDIR/"
	for parameter; do
		guest "$series" "${machine[@]}" -a "$parameter" <<-'END'
			cp /proc/zoneinfo /out/
		END
		"$MMTRACE" replay --max-lost 50 -q -f -s "$parameter" -o "$OUT/result.json" \
			"$BATS_TEST_TMPDIR/trace.mmt"
		jq -r '.config.zones[] | "\(.node) \(.zone) \(.start_pfn) \(.spanned) \(.present)"' \
			"$OUT/result.json" >"$OUT/model"
		zones "$OUT/zoneinfo" >"$OUT/kernel"
		echo "$series $parameter: kernel, model"
		paste "$OUT/kernel" "$OUT/model"
		grep -q Movable "$OUT/kernel"
		diff "$OUT/kernel" "$OUT/model"
	done
}

@test "6.12, two nodes: a size, a share" {
	compare 6.12 1G 2 movablecore=256M kernelcore=40%
}

@test "6.12, DMA32 and Normal" {
	compare 6.12 5G 1 kernelcore=4G
}

@test "6.1, two nodes" {
	compare 6.1 768M 2 movablecore=33%
}
