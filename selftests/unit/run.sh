#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test and fuzz programs and writes one TAP stream for all of them.
set -euo pipefail

if [[ $# -eq 0 ]]; then
	echo "usage: run.sh PROGRAM..." >&2
	exit 2
fi

count=0
failures=0
log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$log" "$work"' EXIT

# report WORD DESCRIPTION: one result; WORD is "ok" or "not ok".
report() {
	count=$((count + 1))
	[[ $1 == ok ]] || failures=$((failures + 1))
	echo "$1 $count - $2"
}

diagnose() {
	sed 's/^/# /' "$log"
}

# The program's own numbers and plan are replaced.  One that dies half-way
# has its missing results noticed by its exit status.
run_test() {
	local program=$1 name=${1##*/} line status=0 failed=0 before=$count

	CMOCKA_MESSAGE_OUTPUT=TAP "$program" > "$log" 2>&1 || status=$?
	while IFS= read -r line; do
		if [[ $line =~ ^(not )?ok\ [0-9]+\ \#\ SKIP\ (.*)$ ]]; then
			report ok "$name: ${BASH_REMATCH[2]} # SKIP"
		elif [[ $line =~ ^(not )?ok\ [0-9]+\ -\ (.*)$ ]]; then
			[[ -z ${BASH_REMATCH[1]} ]] || failed=1
			report "${BASH_REMATCH[1]}ok" "$name: ${BASH_REMATCH[2]}"
		elif [[ ! $line =~ ^(1\.\.[0-9]+$|\#\ (not\ )?ok\ -) ]]; then
			echo "# ${line#\# }"
		fi
	done < "$log"
	if [[ $status -ne 0 && $failed -eq 0 ]]; then
		report "not ok" "$name: ended with status $status"
	elif [[ $count -eq $before ]]; then
		report "not ok" "$name: ended without a result"
	fi
}

run_fuzzer() {
	local program=$1 name=${1##*/}

	mkdir "$work/$name"
	if (cd "$work/$name" &&
	    "$program" -max_total_time="${FUZZ_SECONDS:-10}" \
		    -print_final_stats=1 .) > "$log" 2>&1; then
		report ok "$name: $(sed -n \
			's/^stat::number_of_executed_units: */inputs: /p' "$log")"
	else
		report "not ok" "$name"
		diagnose
	fi
}

echo "TAP version 13"
for program; do
	case ${program##*/} in
	fuzz_*) run_fuzzer "$program" ;;
	*) run_test "$program" ;;
	esac
done
echo "1..$count"
[[ $failures -eq 0 ]]
