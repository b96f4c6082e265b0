#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Every way a recording can end, at random moments: what the file holds, what the kernel keeps.
# `make check-long` repeats each as often as the promise says.

load ends

@test "R17 kill -9 at any moment: whole frames up to then, or the file of before; no program stays" {
	for i in $(times 3 100); do
		echo old >t.mmt
		"$MMTRACE" record "${few[@]}" -f -a -o t.mmt 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 90 + 10))"
		[ $((i % 2)) = 0 ] || sleep "$((RANDOM % 3)).$((RANDOM % 9))"
		"$TOUCH" 2003 0 0
		note_programs $pid
		kill -9 $pid
		wait $pid || true
		if [ "$(head -c 3 t.mmt)" = old ]; then
			[ "$(cat t.mmt)" = old ]
		else
			whole t.mmt 4
			jq -e '.sealed == false' told
		fi
		no_program_left
	done
	[ "$(wc -l <seen)" -gt 20 ] # they were seen while they were loaded
	[ -z "$(find . -name '.mmtrace-*')" ]
}

@test "R18 INT, TERM, HUP, QUIT at any moment, also while attaching: sealed, soon" {
	soon=0
	for i in $(times 4 100); do
		signal=$(printf 'INT\nTERM\nHUP\nQUIT\n' | sed -n "$((i % 4 + 1))p")
		rm -f t.mmt
		"$MMTRACE" record "${few[@]}" -a -o t.mmt 3>&- &
		pid=$!
		# its signals are blocked from its first instructions on, before it has opened anything
		for _ in $(seq 500); do
			grep -q '^SigBlk:.*0000000000014807$' /proc/$pid/status 2>/dev/null && break
			sleep 0.002
		done
		sleep "0.$((RANDOM % 900 + 100))"
		[ $((i % 3)) = 0 ] || sleep "0.$((RANDOM % 900 + 100))"
		note_programs $pid
		stall=$(stalled)
		begin=$(date +%s%N)
		kill -"$signal" $pid
		status=0
		wait $pid || status=$?
		took=$((($(date +%s%N) - begin) / 1000000))
		echo "$signal: status $status, $took ms"
		if [ $took -lt 500 ]; then
			soon=$((soon + 1))
		else # nothing but a host that stalls makes it late
			sleep 2.5
			stall=$(($(stalled) - stall))
			echo "the host stalled for $stall ms"
			[ $took -lt $((500 + stall)) ]
		fi
		[ $status -eq 0 ]
		whole t.mmt 0
		jq -e '.sealed' told
		no_program_left
	done
	echo "$soon of $i in less than 500 ms"
	[ "$(wc -l <seen)" -gt 20 ]
	[ $((soon * 2)) -ge "$i" ]
}

@test "R20 overwriting is one step: the old trace stays until there is a new one" {
	# a recording that cannot begin costs nothing
	echo precious >t.mmt
	run setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-all "$MMTRACE" record -f -o t.mmt -d 100ms
	echo "$output"
	[ "$status" -eq 2 ]
	[ "$(cat t.mmt)" = precious ]
	run setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-all "$MMTRACE" record -o new.mmt -d 100ms
	[ "$status" -eq 2 ]
	[ ! -e new.mmt ]
	# whoever looks at NAME sees the old bytes or a trace, never nothing, never half of either
	: >bad
	(while :; do
		first=$(head -c 4 t.mmt | od -An -tx1 2>/dev/null) || echo gone >>bad
		case $first in
		' 70 72 65 63' | ' 5'?' 2a 4d 18') ;; # "prec", or a skippable frame
		*) echo "seen:$first" >>bad ;;
		esac
	done) 3>&- &
	watcher=$!
	"$MMTRACE" record "${few[@]}" -f -a -d 300ms -o t.mmt
	kill $watcher
	wait $watcher || true
	cat bad
	[ ! -s bad ]
	whole t.mmt 0
	# another link to the old file keeps what it had
	ln t.mmt other
	was=$(sha256sum <other)
	"$MMTRACE" record "${few[@]}" -f -a -d 100ms -o t.mmt
	[ "$(sha256sum <other)" = "$was" ]
	[ -z "$(find . -name '.mmtrace-*')" ]
}

@test "R20 nothing is clobbered: links, pipes, files of others, read-only directories" {
	echo precious >victim
	ln -s victim link
	ln -s nowhere dangling
	mkdir dir
	for force in '' -f; do
		for name in link dangling dir dir/ no/such; do
			# shellcheck disable=SC2086
			run "$MMTRACE" record "${few[@]}" $force -d 100ms -a -o $name
			echo "$name: $output"
			[ "$status" -eq 2 ]
		done
	done
	[ "$(cat victim)" = precious ]
	[ ! -e nowhere ]
	# where nothing can be made, and what is there cannot be replaced
	cp victim dir/there
	for force in '' -f; do
		for name in new there; do
			run unshare -m sh -c "mount --bind dir dir && mount -o remount,bind,ro dir &&
				exec '$MMTRACE' record -q -e task,alloc $force -d 100ms -a -o dir/$name" 3>&-
			echo "$name: $output"
			[ "$status" -eq 2 ]
		done
	done
	[[ $output == *"Read-only file system"* ]]
	[ "$(ls dir)" = there ] && [ "$(cat dir/there)" = precious ]
	chmod 444 victim
	run "$MMTRACE" record "${few[@]}" -a -d 100ms -o victim
	[ "$status" -eq 2 ]
	[ "$(cat victim)" = precious ]
	# a link that appears while it attaches: the name is taken without following
	(sleep 0.05; ln -sf victim race.mmt) 3>&- &
	"$MMTRACE" record "${few[@]}" -a -d 100ms -o race.mmt || true
	wait
	[ "$(cat victim)" = precious ]
	# a pipe is written to, and stays one
	mkfifo fifo
	cat fifo >t.mmt 3>&- &
	"$MMTRACE" record "${few[@]}" -a -d 100ms -o fifo
	wait
	[ -p fifo ]
	whole t.mmt 0
}

@test "R32 mode 0600 from the first instant, whatever the umask" {
	(umask 0; exec "$MMTRACE" record -q -a -d 300ms -o t.mmt) 3>&- &
	: >seen
	while [ -e /proc/$! ] && ! grep -qs 'State:.Z' /proc/$!/status; do
		stat -c %a t.mmt .mmtrace-* 2>/dev/null >>seen || true
	done
	wait
	sort seen | uniq -c
	[ "$(sort -u seen)" = 600 ]
}

@test "R30 of all events recorded, ten million when long, none holds an address of the kernel" {
	build_upper
	most=$([ "${MMT_TEST_LONG:-}" ] && echo 10000000 || echo 150000)
	events=0
	while [ $events -lt "$most" ]; do
		"$MMTRACE" record -q -m 64M -f -a -o t.mmt -- "$TOUCH" $((most / 10)) 1009 101
		"$ROOT/build/tests/live/upper" t.mmt >said || { cat said; return 1; }
		events=$((events + $(sed -n 's/ events$//p' said)))
	done
	echo "$events events"
	# one that is there is found, and nothing else
	"$ROOT/build/tests/cli/mktrace" upper >upper.mmt
	run -1 "$ROOT/build/tests/live/upper" upper.mmt
	diff - <(echo "$output") <<-'EOF'
		upper.mmt: flags of vma: 0xffff888012345678
		upper.mmt: text of string: 0xffffea0000000040
		6 events
	EOF
}

@test "R25 the recorder's own events are marked, and its helper's, and no others" {
	"$MMTRACE" record -q -f -a -d 1 -o t.mmt 3>&- &
	pid=$!
	for _ in $(seq 100); do
		read -r helper <"/proc/$pid/task/$pid/children" || [ -z "${helper:-}" ] || break
		sleep 0.01
	done
	wait $pid
	"$MMTRACE" dump --format=jsonl -e page_fault_user,mm_page_alloc t.mmt |
		grep -E "\"tid\":($pid|${helper% })[,}]|\"self\"" >rows
	jq -c "select((.task.tid == $pid or .task.tid == ${helper% }) != (.self // false))" rows >wrong
	head -c 400 wrong
	[ ! -s wrong ]
	[ "$(jq -c "select(.task.tid == $pid)" rows | wc -l)" -gt 0 ]
	[ "$(jq -c "select(.task.tid == ${helper% })" rows | wc -l)" -gt 0 ]
}

@test "a command that outlives its recording gets SIGTERM, and later signals; its status is told" {
	# ended by a time: SIGTERM, which ends it
	status=0
	"$MMTRACE" record "${few[@]}" -d 200ms -o t.mmt -- sleep 60 || status=$?
	[ $status -eq 143 ]
	whole t.mmt 0 4
	# by a signal: that one
	cat >trap.sh <<-'EOF'
		trap 'echo hup >>got; exit 7' HUP
		trap 'echo term >>got' TERM
		: >up
		while :; do sleep 0.05; done
	EOF
	"$MMTRACE" record "${few[@]}" -f -o t.mmt -- sh trap.sh 3>&- &
	recorder=$!
	while [ ! -e up ]; do sleep 0.05; done
	kill -HUP $recorder
	status=0
	wait $recorder || status=$?
	[ $status -eq 7 ]
	[ "$(cat got)" = hup ]
	# a command that does not mind is waited for, and gets what comes later
	rm -f up got
	"$MMTRACE" record "${few[@]}" -f -d 100ms -o t.mmt -- sh trap.sh 3>&- &
	recorder=$!
	while ! grep -qs term got; do sleep 0.05; done
	kill -HUP $recorder
	status=0
	wait $recorder || status=$?
	[ $status -eq 7 ]
	[ "$(cat got)" = "term
hup" ]
}
