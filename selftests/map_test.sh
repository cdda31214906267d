#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/mmscope map of this machine against /proc/pagetypeinfo.

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/command_util.sh
. "$DIR/command_util.sh"

# A line `node zone blocks` for each zone that has any.
blocks_of_kernel()
{
	awk '/^Page block order/ { on = 0 }	# of the next node
	     /^Number of blocks/ { on = 1; next }
	     on { for (i = 5; i <= NF; i++) n += $i
		  if (n) print $2 + 0, $4, n
		  n = 0 }' /proc/pagetypeinfo | sort
}

same()
{
	diff "$1" "$2" >"$WORK/diff" && return
	while IFS= read -r line; do
		ktap_print_msg "$line"
	done <"$WORK/diff"
	return 1
}

# A line of the table for each block.
blocks_in_table()
{
	"$MMSCOPE" map >"$WORK/table" || return
	awk '!/^#/ { n[$1 " " $2] += $4 }
	     END { for (zone in n) print zone, n[zone] }' "$WORK/table" |
		sort >"$WORK/blocks"
	same "$WORK/kernel" "$WORK/blocks"
}

# However many are put together.
blocks_in_groups()
{
	local n

	for n in 2 64 4096; do
		"$MMSCOPE" map --blocks $n |
			awk '!/^#/ { n[$1 " " $2] += $4 }
			     END { for (zone in n) print zone, n[zone] }' |
			sort >"$WORK/blocks"
		same "$WORK/kernel" "$WORK/blocks" || return
	done
}

# A cell for each block; $1 is the option --color, $2 what cells look like, with
# all shades made one (awk may count bytes).
cells()
{
	script -qec "stty cols 100 rows 40; exec '$MMSCOPE' map --blocks 1 --color $1" \
		/dev/null </dev/null |
		sed 's/\r//; s/\x1b\[[0-9;]*m//g; s/[░▒▓█]/#/g' >"$WORK/drawn"
	awk -v shape="^ *[0-9]+  ($2| )+\$" '
		/^Node/ { zone = $2 + 0 " " $4; sub(/:$/, "", zone) }
		$0 ~ shape { sub(/^ *[0-9]+ /, ""); gsub(/ /, ""); n[zone] += length() }
		END { for (zone in n) print zone, n[zone] }' "$WORK/drawn" |
		sort >"$WORK/blocks"
	same "$WORK/kernel" "$WORK/blocks"
}

fits_the_window()
{
	script -qec "stty cols 60 rows 24; exec '$MMSCOPE' map" /dev/null \
		</dev/null >"$WORK/drawn"
	grep -q Node "$WORK/drawn" && [ "$(wc -l <"$WORK/drawn")" -le 24 ]
}

# More of a block under the mouse: one title for each, and the picture's own.
svg()
{
	"$MMSCOPE" map -o "$WORK/map.svg" || return
	[ "$(grep -c '<title>frames' "$WORK/map.svg")" -eq \
	  "$(awk '{ n += $3 } END { print n }' "$WORK/kernel")" ] &&
		python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' \
			"$WORK/map.svg"
}

png()
{
	"$MMSCOPE" map -o "$WORK/map.png" &&
		python3 -c 'import sys, PIL.Image as i; i.open(sys.argv[1]).load()' \
			"$WORK/map.png"
}

# One line, with what there is instead.
refused()
{
	local want=$1

	shift
	"$MMSCOPE" map "$@" >"$WORK/out" 2>"$WORK/err"
	[ $? -eq "$want" ] && [ ! -s "$WORK/out" ] &&
		[ "$(wc -l <"$WORK/err")" -eq 1 ]
}

wrong_input()
{
	refused 1 --node 77 --color always &&
		refused 1 --zone nowhere --color always &&
		refused 1 pfn=5-4 && refused 1 pfn=4503599627370496 &&
		refused 1 pid=1 && refused 2 --blocks 3 && refused 2 -o map.jpg
}

begin
ktap_set_plan 8
blocks_of_kernel >"$WORK/kernel"
test_that "a line for each block" blocks_in_table
test_that "groups have all blocks" blocks_in_groups
test_that "a cell for each block, in shades" cells always '[.#]'
test_that "a cell for each block, in letters" cells never '[.a-zA-Z]'
test_that "fits the window" fits_the_window
test_that "SVG" svg
test_that "PNG" png
test_that "wrong input" wrong_input
ktap_finished
