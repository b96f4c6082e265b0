#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # the fakes expand, not this file
# .ci/setup on pretended hosts: a PATH whose dpkg-query, apt-get, id and sudo only write down how
# they were called.

setup() {
	SETUP=$BATS_TEST_DIRNAME/../../.ci/setup
	unset WITHOUT_BPF
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p bin
	for tool in sh sort sed grep cat env; do ln -s "$(command -v $tool)" bin/; done
	fake id 'echo 1000'
	fake dpkg-query 'for p; do case $p in jq | -*) ;; *) echo "installed $p" ;; esac; done'
}

fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

@test "nothing missing: silent, and no package manager is started" {
	fake apt-get 'echo called >>log'
	PATH=$PWD/bin run "$SETUP" build fuzz
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -e log ]
}

@test "root installs what is missing, only that, and says which" {
	fake id 'echo 0'
	fake apt-get 'echo "$*" >>log'
	PATH=$PWD/bin run "$SETUP" build demo
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "installing missing packages: jq" ]
	[ "$(cat log)" = "install -y -q --no-install-recommends jq" ]
}

@test "old package lists are renewed once" {
	fake id 'echo 0'
	fake apt-get 'echo "$1" >>log; [ "$1" = update ] || grep -q update log'
	PATH=$PWD/bin run "$SETUP" demo
	[ "$status" -eq 0 ]
	[ "$(tr '\n' ' ' <log)" = "install update install " ]
}

@test "an installation that fails is an error that names the packages" {
	fake id 'echo 0'
	fake apt-get 'exit 100'
	PATH=$PWD/bin run "$SETUP" demo
	[ "$status" -eq 1 ]
	[[ $output == *"could not install: jq"* ]]
}

@test "a user with sudo installs through it" {
	fake sudo 'echo "sudo $*" >>log; [ "$1" = -n ]  || exec "$@"'
	fake apt-get 'echo "$1" >>log'
	fake true 'exit 0'
	PATH=$PWD/bin run "$SETUP" demo
	[ "$status" -eq 0 ]
	grep -q '^sudo apt-get install' log
}

@test "neither root nor sudo: the command to run is told, exit 1" {
	PATH=$PWD/bin run "$SETUP" demo
	[ "$status" -eq 1 ]
	[[ $output == *"apt-get install jq"* ]]
}

@test "a host without dpkg is left alone; --explain names the packages" {
	rm bin/dpkg-query
	PATH=$PWD/bin run "$SETUP" demo
	[ "$status" -eq 0 ]
	PATH=$PWD/bin run "$SETUP" --explain demo
	[[ $output == *jq* ]]
}

@test "a build without BPF asks for no clang, bpftool or libbpf" {
	rm bin/dpkg-query
	PATH=$PWD/bin WITHOUT_BPF=1 run "$SETUP" --explain build
	[[ $output == *libzstd-dev* && $output != *clang* && $output != *bpf* ]]
}
