#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace completion: the script is valid and completes what the table holds.

setup() {
	load common
	common_setup
}

# complete WORD...: what bash offers for the last word of "mmtrace WORD...".
offers() {
	# shellcheck disable=SC1090 # the script under test
	source <("$MMTRACE" completion bash)
	COMP_WORDS=(mmtrace "$@")
	COMP_CWORD=$#
	_mmtrace
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "bash takes the script without complaint" {
	"$MMTRACE" completion bash >script
	bash -n script
	if command -v shellcheck >/dev/null; then
		shellcheck -s bash script
	fi
}

@test "commands complete" {
	[ "$(offers rep | sort | tr '\n' ' ')" = "replay report " ]
	[ "$(offers --v)" = --version ]
	[ "$(offers help com)" = completion ]
	[ "$(offers list m)" = metrics ]
}

@test "options complete: as many as the table has" {
	[ "$(offers dump --c)" = --count ]
	for command in replay diff check; do
		[ "$(offers $command -- | sort)" = "$("$MMTRACE" $command --help | sed -nE 's/^  (-.|   ),? (--[a-z-]+).*/\2/p; s/^      (--[a-z-]+).*/\1/p' | sort)" ]
	done
}

@test "operands complete as files" {
	touch some.mmt
	[ "$(offers info so)" = some.mmt ]
	[ "$(offers completion b)" = bash ]
}

@test "an unknown shell exits 2" {
	fails 2 "no completions for shell 'tcsh'" "$MMTRACE" completion tcsh
	fails 2 'name one shell' "$MMTRACE" completion
}
