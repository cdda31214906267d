#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/mmscope oom: each scenario as predicted, with the machine's own count
# of kills, and nothing left behind, however it ends.
#
# MMSCOPE names the command, if it is not where the project has it; with
# MMSCOPE_LAB_LONG it is interrupted at more moments.

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/command_util.sh
. "$DIR/command_util.sh"

CGROUP=/sys/fs/cgroup
SCENARIOS="hog many forkstorm shmem pgtable kernel group protected high swap"

kills()
{
	awk '$1 == "oom_kill" { print $2 }' /proc/vmstat
}

nothing_left()
{
	local left

	left=$(find $CGROUP -maxdepth 1 -name 'mmscope-oom-*')
	[ -z "$left" ] || ktap_print_msg "left: $left"
	[ -z "$left" ] && grep -q '^state: idle$' /sys/kernel/debug/mmscope/lab/oom/run
}

# Numbers of the last play: plays verdicts killed events.
numbers()
{
	python3 - "$WORK/json" <<'END'
import json, sys
play = json.load(open(sys.argv[1], encoding="utf-8"))
outcomes = play["outcomes"]
print(play["right"], play["wrong"], play["skipped"], play["left"],
      sum(len(outcome["killed"]) for outcome in outcomes),
      sum(outcome["events"].get("oom_kill", 0) for outcome in outcomes))
END
}

# The kernel log, memory.events and /proc/vmstat have the same number.  That is
# the number of those killed, but that the kernel may count the victim of a group
# kill twice: alone, and with its group if it has not ended by then.
plays()
{
	local before after logged mark twice=0

	[ "$1" = group ] && twice=1
	mark="oom_scenarios_test $$ $RANDOM"
	echo "$mark" >/dev/kmsg
	before=$(kills)
	"$MMSCOPE" oom "$1" --json >"$WORK/json" 2>"$WORK/err"
	set -- $? "$@"
	after=$(kills)
	logged=$(dmesg | sed -n "/$mark/,\$p" | grep -c 'Killed process')
	# shellcheck disable=SC2046	# numbers
	set -- "$1" "$2" $(numbers)
	[ "$1" -eq 0 ] && [ "$3" -gt 0 ] && [ "$4" -eq 0 ] && [ "$6" -eq 0 ] &&
		[ $((after - before)) -eq "$8" ] && [ "$logged" -eq "$8" ] &&
		[ "$8" -ge "$7" ] && [ "$8" -le $(($7 + twice)) ] &&
		nothing_left && return
	ktap_print_msg "status $1; right, wrong, skipped, left, killed, events:" \
		"${*:3}; kills $before -> $after, logged $logged"
	sed 's/^/# /' "$WORK/err"
	grep -E '"(verdict|reason)"' "$WORK/json" | sed 's/^/# /'
	return 1
}

# How many each kills: as the scenario is meant.
kills_of()
{
	case $1 in
	high) echo 0 ;;
	group | shmem) echo 3 ;;
	*) echo 1 ;;
	esac
}

scenario()
{
	# shellcheck disable=SC2046	# numbers
	plays "$1" && set -- "$1" $(numbers) &&
		[ "$6" -eq "$(kills_of "$1")" ] && return
	ktap_print_msg "$6 killed, not $(kills_of "$1")"
	return 1
}

# interrupted SIGNAL STATUS: in the midst of a play, wherever it then is.
interrupted()
{
	local pid i status

	for i in 3 ${MMSCOPE_LAB_LONG:+1 5}; do
		# Not as a job of this shell, which would ignore SIGINT.
		python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.argv[1], sys.argv[1:])' "$MMSCOPE" oom all >/dev/null 2>&1 &
		pid=$!
		until [ -d $CGROUP/mmscope-oom-$pid ]; do
			[ -d /proc/$pid ] || return 1
		done
		sleep "0.$i"
		kill -"$1" $pid
		wait $pid
		status=$?
		[ $status -eq "$2" ] && nothing_left && continue
		ktap_print_msg "$1: status $status"
		return 1
	done
}

# What is left of one that was killed itself goes with the next.
leftover()
{
	local pid

	"$MMSCOPE" oom all >/dev/null 2>&1 &
	pid=$!
	until [ -d $CGROUP/mmscope-oom-$pid ]; do
		[ -d /proc/$pid ] || return 1
	done
	kill -KILL $pid
	wait $pid 2>/dev/null
	until [ "$(awk '$1 == "populated" { print $2 }' \
		$CGROUP/mmscope-oom-$pid/cgroup.events 2>/dev/null)" != 1 ]; do
		:
	done
	"$MMSCOPE" oom hog >/dev/null && nothing_left
}

# A reader that goes away does not keep it from clearing up.
closed_pipe()
{
	"$MMSCOPE" oom all | head -n 1 >/dev/null
	nothing_left
}

# refused STATUS WORD...: one line.
refused()
{
	local want=$1

	shift
	"$MMSCOPE" oom "$@" >"$WORK/out" 2>"$WORK/err"
	[ $? -eq "$want" ] && [ ! -s "$WORK/out" ] &&
		[ "$(wc -l <"$WORK/err")" -eq 1 ]
}

# away COMMAND...: runs it where cgroups of version 2 are not mounted.
away()
{
	# shellcheck disable=SC2016	# the inner shell's
	unshare --mount sh -c 'umount -l "$0" && exec "$@"' $CGROUP "$@"
}

no_cgroup2()
{
	away "$MMSCOPE" oom hog >"$WORK/out" 2>"$WORK/err"
	[ $? -eq 1 ] && [ ! -s "$WORK/out" ] &&
		grep -q 'no memory cgroups of version 2' "$WORK/err" &&
		[ "$(wc -l <"$WORK/err")" -eq 1 ]
}

wrong_input()
{
	refused 2 && refused 2 nothing && refused 2 hog --repeat 0 &&
		refused 2 hog pages=1
}

lists()
{
	local name

	for name in $SCENARIOS; do
		"$MMSCOPE" oom --list | grep -q "^$name " || return 1
	done
	[ "$("$MMSCOPE" oom --list | wc -l)" -eq "$(wc -w <<<"$SCENARIOS")" ]
}

shows()
{
	"$MMSCOPE" oom group >"$WORK/out" &&
		[ "$(grep -c ' killed$' "$WORK/out")" -eq 3 ] &&
		grep -q '^  verdict  right: ' "$WORK/out" &&
		[ "$(grep -c '^  log .*Killed process' "$WORK/out")" -ge 3 ]
}

repeats()
{
	local before after

	before=$(kills)
	"$MMSCOPE" oom protected --repeat 5 >"$WORK/out" || return 1
	after=$(kills)
	[ $((after - before)) -eq 5 ] && [ "$(wc -l <"$WORK/out")" -eq 1 ] &&
		grep -q '^5 plays: .* 5 right, 0 wrong, 0 skipped; 0 killed' "$WORK/out" &&
		grep -q ' outside, 0 cgroups left$' "$WORK/out"
}

begin
if ! grep -qw memory $CGROUP/cgroup.subtree_control 2>/dev/null; then
	ktap_skip_all "no memory cgroups of version 2 in $CGROUP"
	exit "$KSFT_SKIP"
fi
ktap_set_plan $(($(wc -w <<<"$SCENARIOS") + 9))
for name in $SCENARIOS; do
	if [ "$name" = swap ] && ! awk '$1 == "SwapFree:" { exit $2 < 65536 }' \
		/proc/meminfo; then
		ktap_test_skip "swap: the machine has none"
		continue
	fi
	test_that "$name" scenario "$name"
done
test_that "shows" shows
test_that "repeats" repeats
test_that "lists" lists
test_that "wrong input" wrong_input
test_that "no cgroups of version 2" no_cgroup2
test_that "Ctrl-C" interrupted INT 130
test_that "SIGTERM" interrupted TERM 143
test_that "a reader that goes away" closed_pipe
test_that "what a killed one has left" leftover
ktap_finished
