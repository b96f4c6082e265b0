#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Recordings whose file cannot grow: full disks and devices, limits, readers that go away.
# `make check-long` repeats each as often as the promise says.

load ends

@test "R16 a disk that fills up at any size: a cause, whole frames, no program" {
	mkdir small
	for _ in $(times 2 100); do
		kib=$((RANDOM % 200 + 24))
		rm -f t.mmt
		run watched unshare -m sh -c "mount -t tmpfs -o size=${kib}k none small &&
			'$MMTRACE' record -q -e alloc,task --reserve=0 -a -d 3 -o small/t.mmt
			echo rc=\$?; [ ! -e small/t.mmt ] || cp small/t.mmt t.mmt" 3>&-
		echo "$kib KiB: $output"
		if [[ $output == *rc=0* ]]; then
			whole t.mmt 0 # it was large enough
		else
			[[ $output == *"rc=2"* && $output == *"No space left on device"* ]]
			[ ! -e t.mmt ] || whole t.mmt 4
		fi
		no_program_left
	done
	[ "$(wc -l <seen)" -gt 20 ] # they were seen while they were loaded
}

@test "R16 a full device" {
	run watched "$MMTRACE" record "${few[@]}" -a -d 1 -o /dev/full
	[ "$status" -eq 2 ]
	[[ $output == *"No space left on device"* ]]
	no_program_left
}

@test "R16 files that may not grow, and readers that go away, at any size" {
	for _ in $(times 1 50); do
		rm -f t.mmt
		run watched bash -c "ulimit -f $((RANDOM % 60 + 4)); exec '$MMTRACE' record -q -a -d 2 -o t.mmt"
		echo "$output" # why, if it is another cause
		[ "$status" -eq 2 ]
		[[ $output == *"File too large"* ]]
		[ ! -e t.mmt ] || whole t.mmt 4 # the header frame alone may be larger
		n=$((RANDOM * 3 % 65000 + 400))
		status=0
		{ watched "$MMTRACE" record -q -a -d 2 -o - 2>said || echo $? >status; } | head -c $n >t.mmt
		[ "$(cat status)" -eq 2 ]
		cat said # why, if it is another cause
		grep -q 'Broken pipe' said
		[ "$(stat -c %s t.mmt)" -eq $n ]
		"$MMTRACE" info --format=json t.mmt >told 2>err || status=$?
		[ "$status" -eq 4 ] || [ "$status" -eq 2 ] # cut within the header
		no_program_left
	done
	[ "$(wc -l <seen)" -gt 20 ]
}

@test "R26 it stops while the file system has its reserve left, and seals" {
	mkdir small
	run unshare -m sh -c "mount -t tmpfs -o size=8m none small && head -c 6900k /dev/zero >small/fill
		'$MMTRACE' record -q -e task,alloc --reserve=300K -a -d 20 -o small/t.mmt -- \
			sh -c 'for i in \$(seq 200); do $TOUCH 20011 0 7; done'
		echo rc=\$?; df --output=avail -k small | tail -1 >left; cp small/t.mmt t.mmt" 3>&-
	echo "$output; left: $(cat left)"
	[[ $output == *"kept free"* ]]
	whole t.mmt 0
	jq -e .sealed told
	[ "$(cat left)" -gt 0 ]   # room for the frame that went beyond, and the trailer
	[ "$(cat left)" -lt 600 ] # and not long before
}
