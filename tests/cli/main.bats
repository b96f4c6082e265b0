#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The frame around the commands: dispatch, options, help, files, exit codes.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

commands() {
	"$MMTRACE" help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'
}

@test "without a command the overview goes to stderr and the exit status is 2" {
	fails 2 'usage: mmtrace' "$MMTRACE"
}

@test "--help, -h and help print the overview on stdout" {
	for word in --help -h help; do
		"$MMTRACE" "$word" >out 2>err
		grep -q '^usage: mmtrace' out
		[ ! -s err ]
	done
}

@test "every command has --help, with its usage line first and the option itself" {
	[ "$(commands | wc -l)" -ge 10 ]
	for command in $(commands); do
		"$MMTRACE" "$command" --help >out
		head -n 1 out | grep -q "^usage: mmtrace $command \[-[a-z]*h"
		grep -q '^  -h, --help' out
		"$MMTRACE" "$command" -h | cmp - out
		"$MMTRACE" help "$command" | cmp - out
	done
}

@test "an unknown command exits 2 and names the nearest" {
	fails 2 "unknown command 'recrod'; did you mean record?" "$MMTRACE" recrod
	fails 2 "unknown command 'inof'; did you mean info?" "$MMTRACE" inof
	fails 2 "unknown command 'qqqqqqqq'" "$MMTRACE" qqqqqqqq
	if grep -q 'did you mean' err; then return 1; fi
	fails 2 "unknown option '--verbose'" "$MMTRACE" --verbose
}

@test "a wrong option exits 2, and the message names command and option" {
	for command in $(commands); do
		fails 2 "mmtrace: $command: unknown option --no-such-thing" "$MMTRACE" "$command" --no-such-thing
		fails 2 "mmtrace: $command: unknown option -Z" "$MMTRACE" "$command" -Z
		fails 2 "mmtrace: $command: option --help takes no argument" "$MMTRACE" "$command" --help=x
	done
	fails 2 'unknown option --fromat; did you mean --format?' "$MMTRACE" info --fromat=json x
	fails 2 'option --format needs an argument: FORMAT' "$MMTRACE" info --format
	fails 2 'option --count needs an argument: N' "$MMTRACE" dump -n
}

@test "operands: too few and too many exit 2" {
	for command in info dump check replay report completion list; do
		fails 2 "mmtrace: $command: " "$MMTRACE" "$command"
	done
	for command in info dump replay report completion list; do
		fails 2 "mmtrace: $command: " "$MMTRACE" "$command" a b
	done
	fails 2 'name two results' "$MMTRACE" diff a
	fails 2 'name two results' "$MMTRACE" diff a b c
	fails 2 'one command at a time' "$MMTRACE" help a b
	fails 2 "no command 'nope'" "$MMTRACE" help nope
	fails 2 'takes no operand' "$MMTRACE" version x
}

@test "missing files, directories and unreadable files exit 2 and are named" {
	mkdir folder
	for command in info dump check replay report; do
		fails 2 'nowhere: cannot open: No such file or directory' "$MMTRACE" "$command" nowhere
		fails 2 'folder: is a directory' "$MMTRACE" "$command" folder
	done
	fails 2 'nowhere: cannot open' "$MMTRACE" diff nowhere nowhere
}

@test "a message that quotes a stranger shows no control byte" {
	name=$(printf 'a\033[31m\nb\377')
	fails 2 'a\x1b[31m\nb\xff: cannot open' "$MMTRACE" info "$name"
	fails 2 'a\x1b[31m\nb\xff' "$MMTRACE" "$name"
	if grep -q "$(printf '\033')" err; then return 1; fi
}

@test "version: the number of the Makefile first, then the libraries" {
	[ "$("$MMTRACE" version | head -n 1)" = "mmtrace $(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ]
	[ "$("$MMTRACE" --version)" = "$("$MMTRACE" version)" ]
	"$MMTRACE" version | sed -n 2p | grep -q 'zstd 1'
}

@test "a full disk noticed at the last flush exits 2" {
	[ -w /dev/full ] || skip "no /dev/full"
	trace plain
	trace big 20000 # more than a buffer: the last flush has nothing to write
	for command in "help" "list events" "info plain.mmt" "dump plain.mmt" "dump big.mmt" \
		"dump --format=jsonl big.mmt" "check plain.mmt" "completion bash"; do
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr bash -c "\"$MMTRACE\" $command >/dev/full"
		[[ "$stderr" == *"cannot write to standard output: No space left on device" ]]
	done
}

@test "a reader that leaves early is no error, and nothing is said" {
	trace big 200000
	for command in "dump big.mmt" "dump --format jsonl big.mmt" "list events"; do
		# shellcheck disable=SC2086 # words
		"$MMTRACE" $command 2>err | head -n 1 >out
		[ -s out ]
		[ ! -s err ]
	done
	# also where the parent ignores SIGPIPE, as many supervisors do
	(
		trap '' PIPE
		"$MMTRACE" dump big.mmt 2>err | head -n 1 >out
	)
	[ ! -s err ]
}

@test "closed standard descriptors are no way to write into a trace" {
	trace plain
	cp plain.mmt before
	"$MMTRACE" dump plain.mmt >&- 2>&- || true
	"$MMTRACE" info plain.mmt <&- >out
	cmp plain.mmt before
}

@test "options may stand after operands, and end at --" {
	trace plain
	"$MMTRACE" info plain.mmt --format json | grep -q '"schema": "mmtrace.info/1"'
	fails 2 '--help: cannot open' "$MMTRACE" info -- --help
}
