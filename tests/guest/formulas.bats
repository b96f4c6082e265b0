#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Watermarks, lowmem_reserve and the sizes of per-CPU lists: what kernels compute on machines of
# several shapes when sysctls are written, and the model's figures for the same machines. Equal to
# the page.

setup() {
	load common.bash
}

compare() { # SERIES RAM NODES CPUS
	need_guest "$1"
	compile formulas lib/mm/*.c lib/mm/pages/*.c lib/base/*.c -ljansson
	run guest "$1" -m "$2" -n "$3" -c "$4" <<-'END'
		write() { echo "$2" >"/proc/sys/vm/$1" && snap "$3"; }
		# the first makes the kernel compute everything from today's managed pages
		write lowmem_reserve_ratio '256 256 32 0 0' 00
		write min_free_kbytes 3000 01
		write min_free_kbytes 16384 02
		write min_free_kbytes 1000 03
		write watermark_scale_factor 1 04
		write watermark_scale_factor 200 05
		write watermark_scale_factor 3000 06
		write lowmem_reserve_ratio '64 128 16 0 0' 07
		write lowmem_reserve_ratio '1 1 1 1 1' 08
		write lowmem_reserve_ratio '0 0 0 0 0' 09
		write percpu_pagelist_high_fraction 8 10
		write percpu_pagelist_high_fraction 97 11
		rm -r /out/00
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	run "$BATS_FILE_TMPDIR/formulas" "$1" "$4" "$OUT"/[01]?
	echo "$output"
	[ "$status" -eq 0 ]
	# 8 figures a zone at least, in 11 states
	compared=${lines[-1]%% *}
	[ "$compared" -ge $((8 * 11 * (1 + $3))) ]
}

@test "6.12, 512 MB, one node, two CPUs" {
	compare 6.12 512M 1 2
}

@test "6.12, 1 GB, two nodes, two CPUs" {
	compare 6.12 1G 2 2
}

@test "6.12, 5 GB in three zones, three CPUs" {
	compare 6.12 5G 1 3
}

@test "6.1, 512 MB, one node, two CPUs" {
	compare 6.1 512M 1 2
}

@test "6.1, 5 GB on two nodes, one CPU" {
	compare 6.1 5G 2 1
}
