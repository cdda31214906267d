# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of scripts/mmscope share; to be sourced by them, from their own
# folder.  MMSCOPE names the command, if it is not where the project has it.

HELPERS=$DIR/../kselftest
[ -r "$HELPERS/ktap_helpers.sh" ] ||
	HELPERS=${KSELFTEST:-/usr/src/kselftest/tools/testing/selftests}/kselftest
# shellcheck source=/dev/null
. "$HELPERS/ktap_helpers.sh"

for MMSCOPE in "$MMSCOPE" "$DIR/../scripts/mmscope" \
	"$DIR/../../scripts/mmscope"; do
	[ -x "$MMSCOPE" ] && break
done
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
export LC_ALL=C.UTF-8

# test_that WHAT COMMAND...: passes if the command does not fail.
test_that()
{
	local what=$1

	shift
	if "$@"; then
		ktap_test_pass "$what"
	else
		ktap_test_fail "$what"
	fi
}

# Begins the output, or ends the test if the command is not here.
begin()
{
	ktap_print_header
	if ! [ -x "$MMSCOPE" ]; then
		ktap_skip_all "scripts/mmscope is not here; MMSCOPE= names it"
		exit "$KSFT_SKIP"
	fi
}
