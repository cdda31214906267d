#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that is locked down while the module is loaded: nothing is to be had
# any more.  That cannot be undone, so this wants a machine of its own.

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/command_util.sh
. "$DIR/command_util.sh"

FS=/sys/kernel/debug/mmscope
LOCKDOWN=/sys/kernel/security/lockdown

# Files of the tree that can be opened, to be read or written.
opened()
{
	local file

	find $FS -type f | while read -r file; do
		{ true <"$file"; } 2>/dev/null && echo "$file: read"
		{ true >>"$file"; } 2>/dev/null && echo "$file: written"
	done
}

nothing_opens()
{
	local got

	got=$(opened)
	[ -z "$got" ] || ktap_print_msg "$got"
	[ -z "$got" ]
}

# What was opened before is read to its end, but asked nothing more.
old_descriptor()
{
	! { echo pid=1 >&8; } 2>/dev/null && [ "$(head -c 1 <&7)" = "#" ]
}

says_why()
{
	! "$MMSCOPE" get memory/zones >/dev/null 2>"$WORK/err" &&
		grep -q "$LOCKDOWN" "$WORK/err"
}

lock()
{
	echo "$1" >$LOCKDOWN && grep -q "\[$1\]" $LOCKDOWN
}

not_loaded()
{
	exec 7<&- 8>&-
	[ -r "$MMSCOPE_KO" ] && rmmod mmscope && ! insmod "$MMSCOPE_KO" 2>/dev/null
}

begin
mountpoint -q /sys/kernel/security ||
	mount -t securityfs none /sys/kernel/security
if ! [ -w $LOCKDOWN ] || ! grep -q '\[none\]' $LOCKDOWN; then
	ktap_skip_all "this kernel cannot be locked down, or is"
	exit "$KSFT_SKIP"
fi
ktap_set_plan 9
test_that "open before" test "$(opened | wc -l)" -gt 60
exec 7<$FS/memory/zones 8>$FS/process/query
for level in integrity confidentiality; do
	test_that "$level" lock $level
	test_that "$level: nothing opens" nothing_opens
	test_that "$level: the command says why" says_why
done
test_that "descriptors from before" old_descriptor
test_that "not loaded again" not_loaded
ktap_finished
