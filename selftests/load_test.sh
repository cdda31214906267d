#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Loading, the files that are there then, unloading; also while files are open.
#
# MMSCOPE_KO names the module; without it, modprobe must find it.

DIR=$(dirname "$(readlink -f "$0")")
HELPERS=$DIR/../kselftest
[ -r "$HELPERS/ktap_helpers.sh" ] ||
	HELPERS=${KSELFTEST:-/usr/src/kselftest/tools/testing/selftests}/kselftest
# shellcheck source=/dev/null
. "$HELPERS/ktap_helpers.sh"

FS=/sys/kernel/debug/mmscope
FILES="README version caps selfcheck process/query process/space process/vmas
process/translate process/ranges process/entries process/entries_raw
process/tables memory/query memory/zones memory/page memory/mappers
memory/pageblocks memory/census buddy/query buddy/freelists buddy/pcp
buddy/fragmentation buddy/culprits slab/query slab/caches slab/occupancy
slab/object slab/kmalloc pagecache/query pagecache/files pagecache/file
memcg/query memcg/tree oom/query oom/badness oom/victims reclaim/query reclaim/lru
reclaim/generations reclaim/swap numa/nodes vmalloc/areas
hugepages/sizes lab/alloc/run lab/alloc/result lab/alloc/limits
lab/fragment/run lab/fragment/result lab/fragment/limits
lab/compact/run lab/compact/result lab/compact/limits
lab/oom/run lab/oom/result lab/oom/limits
lab/slab/run lab/slab/result lab/slab/limits
lab/vmalloc/run lab/vmalloc/result lab/vmalloc/limits"

load()
{
	if [ -n "$MMSCOPE_KO" ]; then
		insmod "$MMSCOPE_KO"
	else
		modprobe mmscope
	fi
}

# Warnings and worse since the mark, but for the module's being unsigned.
trouble()
{
	dmesg --level=emerg,alert,crit,err,warn |
		sed -n "/$MARK/,\$p" | grep -v "$MARK" |
		grep -v 'mmscope: \(loading out-of-tree module\|module verification failed\)'
}

load_and_unload()
{
	load && [ -d $FS/process ] && rmmod mmscope && ! [ -e $FS ]
}

# Nobody but the owner may do anything with the files.
files_private()
{
	local file mode

	for file in $FILES; do
		mode=$(stat -c '%a %U' "$FS/$file") || return 1
		case $mode in
		'400 root' | '600 root') ;;
		*)
			ktap_print_msg "$file: $mode"
			return 1
			;;
		esac
	done
	[ "$(find $FS -type f | wc -l)" -eq "$(wc -w <<<"$FILES")" ]
}

# Files that take queries can be written, the others cannot.
modes_fit()
{
	[ "$(cd $FS && find . -type f -perm 600 | wc -l)" -eq 42 ] &&
		[ "$(cd $FS && find . -type f -perm 400 | wc -l)" -eq 19 ]
}

# All views are there, and none of them for want of something, but for what came
# into the kernel later.  Each lab has a line, too.
caps_all()
{
	local sizes=1

	[ -d /sys/kernel/mm/transparent_hugepage/hugepages-2048kB ] || sizes=0
	awk -v sizes=$sizes '
	     !/^#/ && NF != 3 { bad = 1 }
	     !sizes && /^thp_size_(settings|events) 0 not-in-kernel$/ {
		rows++
		next
	     }
	     !/^#/ && ($2 != 1 || $3 != "-") { print "# " $0; bad = 1 }
	     !/^#/ { rows++ }
	     /^# end / { end = $3 == "rows=" rows && $4 == "complete=1" }
	     END { exit bad || !end || rows < 7 }' $FS/caps &&
		[ "$(sed -n 's,^lab/\([^ ]*\) 1 -$,\1,p' $FS/caps | sort)" = \
		  "$(cd $FS/lab && printf '%s\n' * | sort)" ]
}

selfcheck_ok()
{
	awk '!/^#/ && $5 != "ok" { print "# " $0; bad = 1 }
	     !/^#/ { rows++; dirs[substr($1, 1, index($1, "_") - 1)] = 1 }
	     /^# end / { end = $3 == "rows=" rows && $4 == "complete=1" }
	     END { exit bad || !end || !dirs["vma"] || !dirs["slab"] ||
			!dirs["memcg"] || !dirs["oom"] || !dirs["pagecache"] ||
			!dirs["numa"] || !dirs["vmalloc"] || !dirs["hugepages"] }' $FS/selfcheck
}

version_fits()
{
	grep -q "^kernel: $(uname -r)\$" $FS/version &&
		grep -q "^architecture: $(uname -m)\$" $FS/version &&
		grep -q "^mmscope: [0-9]" $FS/version
}

readme_names_files()
{
	local file

	for file in $FILES; do
		grep -q "${file##*/}" $FS/README || return 1
	done
}

# With a file open, half read, the module stays; closed, it goes.
busy_while_open()
{
	local file

	for file in caps process/query process/ranges process/entries_raw \
		memory/zones memory/census memory/pageblocks buddy/query \
		buddy/freelists; do
		exec 3<>"$FS/$file" || return 1
		read -r -N 10 -u 3 _
		if rmmod mmscope 2>/dev/null; then
			ktap_print_msg "unloaded with $file open"
			exec 3>&-
			load
			return 1
		fi
		[ "$(cat /sys/module/mmscope/refcnt)" -eq 1 ] || return 1
		exec 3>&-
	done
	[ "$(cat /sys/module/mmscope/refcnt)" -eq 0 ]
}

# A default query pins a process; that must not outlive the module.
unload_with_default()
{
	local pid

	sleep 1000 &
	pid=$!
	echo "pid=$pid" >$FS/process/query && rmmod mmscope && load &&
		grep -q '^pid=self ' $FS/process/query
	set -- $?
	kill $pid
	return "$1"
}

unload()
{
	rmmod mmscope && ! [ -e $FS ]
}

clean_log()
{
	trouble | sed 's/^/# /'
	# From a mark that the log has lost on, there is nothing.
	dmesg | grep -q "$MARK" && ! trouble | grep -q .
}

# check NAME COMMAND
check()
{
	if "$2"; then
		ktap_test_pass "$1"
	else
		ktap_test_fail "$1"
	fi
}

ktap_print_header
if [ "$(id -u)" -ne 0 ]; then
	ktap_skip_all "needs root"
	exit "$KSFT_SKIP"
fi
if [ -z "$MMSCOPE_KO" ] && ! modinfo mmscope >/dev/null 2>&1; then
	ktap_skip_all "no module: set MMSCOPE_KO"
	exit "$KSFT_SKIP"
fi
MARK="mmscope load_test $$ $RANDOM"
echo "<4>$MARK" >/dev/kmsg
[ -d $FS ] && WAS_LOADED=1 && rmmod mmscope

ktap_set_plan 12
check "load and unload" load_and_unload
check "load and unload again" load_and_unload
load
check "files are the owner's only" files_private
check "modes fit what the files take" modes_fit
check "all views work on this kernel" caps_all
check "selfcheck agrees" selfcheck_ok
check "version" version_fits
check "README names each file" readme_names_files
check "stays while files are open" busy_while_open
check "goes with a default query set" unload_with_default
check "unload at last" unload
check "nothing in the log" clean_log
[ -n "$WAS_LOADED" ] && load
ktap_finished
