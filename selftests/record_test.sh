#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/mmscope record and report: what was recorded is what the kernel and
# the processes themselves say, and a recording is whole however it ends.

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/command_util.sh
. "$DIR/command_util.sh"

TRACING=/sys/kernel/tracing
REC=$WORK/rec

# All checks read the files for themselves, not with the command's own library.
cat >"$WORK/recording.py" <<'END'
import json, re, sys
HEAD = re.compile(rb"#@ sample=(\d+) time_ns=(\d+) cpu_ns=\d+ bytes=(\d+)\n")

def samples(directory, name):
    """(time, text) of each sample; a last one that is cut is left out."""
    data = open(f"{directory}/{name}.txt", "rb").read()
    found, at = [], 0
    while at < len(data):
        head = HEAD.match(data, at)
        if not head:
            # Only the end may be cut, and nowhere but in a head.
            assert b"\n" not in data[at:], f"{name}: no head at {at}"
            return found
        at = head.end() + int(head[3])
        if at <= len(data):
            found.append((int(head[2]), data[head.end():at].decode()))
    return found

def rows(text):
    lines = text.splitlines()
    assert lines[-1].startswith("# end ") and "complete=1" in lines[-1], lines[-1]
    columns = lines[1].split()[1:]
    return [dict(zip(columns, line.split())) for line in lines[2:-1]]

def all_rows(directory, name):
    return [row for _, text in samples(directory, name) for row in rows(text)]

def counter(text, name):
    return int(re.search(rf"^{name} (\d+)$", text, re.M)[1])

def counters(directory, name):
    return [counter(text, name) for _, text in samples(directory, "proc-vmstat")]

def now(name):
    return counter(open("/proc/vmstat").read(), name)

def page(path):
    text = open(path, encoding="utf-8").read()
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
END

check()
{
	PYTHONPATH=$WORK python3 - "$@" 2>"$WORK/why" && return
	sed 's/^/# /' "$WORK/why"
	return 1
}

record()
{
	rm -rf "$REC"
	"$MMSCOPE" record -o "$REC" --interval 0.5 --cpu 100 "$@" 2>"$WORK/err" && return
	sed 's/^/# /' "$WORK/err"
	return 1
}

nothing_left()
{
	# No walk of the instances, which may go meanwhile.
	[ -z "$(compgen -G "$TRACING/instances/mmscope-record-*")" ]
}

# Waits in the command until what it did is in a sample that began afterwards.
cat >"$WORK/seen.py" <<'END'
import mmap, os, time
from recording import samples

def pages(size, step):
    """Memory with a small page in use every @step bytes."""
    area = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, size, step):
        area[at] = 1
    return area

def seen(*names):
    done = time.monotonic_ns()
    directory = os.environ["MMSCOPE_RECORDING"]
    while not all(any(when > done for when, _ in samples(directory, name)) for name in names):
        pass
END

# Counters between what they were before and after, and those of a command that
# reads them itself between its own first and last.
counters()
{
	cat >"$WORK/run.py" <<-'END'
		import sys
		from recording import now
		from seen import pages, seen
		seen("proc-vmstat")
		first = now("pgfault")
		area = pages(8 << 20, 4096)
		last = now("pgfault")
		seen("proc-vmstat")
		open(sys.argv[1], "w").write(f"{first} {last}")
	END
	before=$(awk '$1 == "pgfault" { print $2 }' /proc/vmstat)
	PYTHONPATH=$WORK record --events none -- python3 "$WORK/run.py" "$WORK/inside" ||
		return
	after=$(awk '$1 == "pgfault" { print $2 }' /proc/vmstat)
	check "$REC" "$before" "$after" "$WORK/inside" <<-'END'
		import sys
		from recording import counters
		found = counters(sys.argv[1], "pgfault")
		before, after = map(int, sys.argv[2:4])
		first, last = map(int, open(sys.argv[4]).read().split())
		assert found == sorted(found), found
		assert before <= found[0] <= first <= last <= found[-1] <= after, \
		    (before, first, last, after, found)
		assert last - first >= 2048, (first, last)
	END
}

# A process with a page table for each of its pages, and a file of known size,
# which say themselves what they have.
sizes()
{
	cat >"$WORK/run.py" <<-'END'
		import json, os, re, sys
		from seen import pages, seen
		path = sys.argv[2]
		with open(path, "wb") as stream:
		    stream.write(b"x" * (24 << 20))
		    stream.flush()
		    area = pages(1 << 30, 2 << 20)
		    status = open("/proc/self/status").read()
		    seen("oom-badness", "pagecache-files")
		    tables = int(re.search(r"VmPTE:\s+(\d+) kB", status)[1]) << 10
		    blocks = os.stat(path).st_blocks
		    json.dump({"pid": os.getpid(), "tables": tables, "pages": blocks * 512 // 4096},
		              open(sys.argv[1], "w"))
	END
	PYTHONPATH=$WORK record --events none -- python3 "$WORK/run.py" "$WORK/known" \
		/tmp/record_test_file || return
	"$MMSCOPE" report "$REC" -o "$WORK/page.html" 2>/dev/null || return
	rm -f /tmp/record_test_file
	check "$REC" "$WORK/known" "$WORK/page.html" <<-'END'
		import json, sys
		from recording import all_rows, page
		known, shown = json.load(open(sys.argv[2])), page(sys.argv[3])
		bills = [row for row in all_rows(sys.argv[1], "oom-badness")
		         if row["pid"] == str(known["pid"]) and
		         # Once it has begun to exit, it has no page tables to tell of.
		         row["pgtable_bytes"] != "-"]
		# Before and after it had the area there were fewer.
		most = max(int(row["pgtable_bytes"]) for row in bills)
		assert most == known["tables"], (bills, known)
		assert known["tables"] >= 512 * 4096, known
		files = [row for row in all_rows(sys.argv[1], "pagecache-files")
		         if row["path"].endswith("/record_test_file")]
		assert int(files[-1]["cached_pages"]) == known["pages"] == 6144, (files[-1], known)
		# The page has the same.
		bill = next(row for row in shown["tops"]["bills"]["rows"]
		            if row["name"].endswith(f"({known['pid']})"))
		assert max(size or 0 for size in bill["y"]) == known["tables"], bill
		file = next(row for row in shown["tops"]["files"]["rows"]
		            if row["name"].endswith("/record_test_file"))
		assert max(size or 0 for size in file["y"]) == known["pages"] * 4096, file
	END
}

# Whom `mmscope oom` has seen end, the tracepoint, mmscope's own notes, the
# kernel's counter, and the page.
kills()
{
	record -- sh -c "exec '$MMSCOPE' oom hog --json >'$WORK/json'" || return
	"$MMSCOPE" report "$REC" -o "$WORK/page.html" 2>/dev/null || return
	check "$REC" "$WORK/json" "$WORK/page.html" <<-'END'
		import json, re, sys
		from recording import counters, page, rows, samples
		killed = [pid for outcome in json.load(open(sys.argv[2]))["outcomes"]
		          for pid in outcome["killed"]]
		assert len(killed) == 1, killed
		trace = "".join(text for _, text in samples(sys.argv[1], "events"))
		marked = re.findall(r"mark_victim: pid=(\d+)", trace)
		assert marked == [str(killed[0])], (marked, killed)
		stat = counters(sys.argv[1], "oom_kill")
		assert stat[-1] - stat[0] == 1, stat
		began = samples(sys.argv[1], "oom-victims")[0][0]
		noted = [row for row in rows(samples(sys.argv[1], "oom-victims")[-1][1])
		         if int(row["time_ns"]) >= began]
		assert [int(row["tgid"]) for row in noted] == killed, noted
		shown = page(sys.argv[3])
		assert [kill["pid"] for kill in shown["kills"]] == killed, shown["kills"]
		assert "chose 1 process" in shown["findings"][0]["text"], shown["findings"]
	END
}

# What the tracepoints say of compaction, and of reclaim in a cgroup.
work()
{
	local group=/sys/fs/cgroup/record_test

	mkdir -p $group
	cat >"$WORK/run.py" <<-'END'
		import json, os, sys
		group, told, path = sys.argv[1:]
		open(f"{group}/cgroup.procs", "w").write("0")
		# Pages of its own, which it writes back so that they can be taken back.
		with open(path, "wb") as stream:
		    stream.write(b"x" * (8 << 20))
		    os.fsync(stream.fileno())
		try:
		    open(f"{group}/memory.reclaim", "w").write("4M")
		except OSError:
		    pass    # not all of it could be had, which does not matter here
		open("/proc/sys/vm/compact_memory", "w").write("1")
		json.dump(os.getpid(), open(told, "w"))
		open("/sys/fs/cgroup/cgroup.procs", "w").write("0")
	END
	record --events oom,memcg,compaction --views /proc/vmstat -- python3 "$WORK/run.py" \
		$group "$WORK/pid" /var/tmp/record_test_file || return
	rm -f /var/tmp/record_test_file
	rmdir $group
	"$MMSCOPE" report "$REC" -o "$WORK/page.html" 2>/dev/null || return
	check "$REC" "$WORK/pid" "$WORK/page.html" <<-'END'
		import json, re, sys
		from recording import page, samples
		pid = json.load(open(sys.argv[2]))
		trace = "".join(text for _, text in samples(sys.argv[1], "events"))
		def count(event):
		    return len(re.findall(rf"-{pid} +\[\d+\].*: {event}: ", trace))
		lanes = {lane["name"]: lane["spans"] for section in page(sys.argv[3])["sections"]
		         for chart in section["charts"] if chart["id"] == "lanes"
		         for lane in chart["lanes"]}
		for lane, event in (("cgroup reclaim", "mm_vmscan_memcg_reclaim"),
		                    ("direct compaction", "mm_compaction")):
		    begun, ended = count(event + "_begin"), count(event + "_end")
		    assert begun == ended > 0, (lane, begun, ended, trace[-2000:])
		    shown = sum(span[2] for span in lanes[lane])
		    # Others may compact, too.
		    assert shown >= begun, (lane, shown, begun)
	END
}

whole()
{
	# Of every file all samples but perhaps the last, and every sample a whole answer.
	check "$REC" "$1" <<-'END'
		import glob, os, sys
		from recording import rows, samples
		files = [os.path.basename(path)[:-4] for path in glob.glob(f"{sys.argv[1]}/*.txt")]
		assert "memory-zones" in files and "proc-vmstat" in files, files
		for name in files:
		    found = samples(sys.argv[1], name)
		    assert [when for when, _ in found] == sorted(when for when, _ in found), name
		    if not name.startswith(("proc-", "events")):
		        for _, text in found:
		            rows(text)
		assert len(samples(sys.argv[1], "proc-vmstat")) >= int(sys.argv[2])
	END
}

# ended SIGNAL STATUS: after 1 and after 4 samples, wherever it then is.
ended()
{
	local pid status n

	for n in 1 4; do
		rm -rf "$REC"
		# Not as a job of this shell, which would ignore SIGINT.
		python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.argv[1], sys.argv[1:])' "$MMSCOPE" record -o "$REC" --interval 0.02 \
			--cpu 100 2>/dev/null &
		pid=$!
		until [ "$(grep -ac '^#@' "$REC/proc-vmstat.txt" 2>/dev/null)" -ge $n ] \
			2>/dev/null; do
			[ -d /proc/$pid ] || return 1
		done
		kill -"$1" $pid
		wait $pid 2>/dev/null
		status=$?
		# What watches over the tracepoints ends just behind it.
		until nothing_left; do
			pgrep -f "mmscope record -o $REC" >/dev/null || break
		done
		if [ $status -ne "$2" ] || ! nothing_left; then
			ktap_print_msg "$1: status $status; $(ls $TRACING/instances)"
			return 1
		fi
		whole $n || return
	done
	"$MMSCOPE" report "$REC" -o "$WORK/page.html" 2>/dev/null
}

# The module is in use as long as it is recorded, and not afterwards.
holds_nothing()
{
	local before after

	before=$(cat /sys/module/mmscope/refcnt)
	record --events none -- sh -c "cat /sys/module/mmscope/refcnt >'$WORK/inside'" ||
		return
	after=$(cat /sys/module/mmscope/refcnt)
	[ "$before" -eq "$after" ] && [ "$(cat "$WORK/inside")" -gt "$before" ]
}

# One frame: each zone with memory, and this shell among the processes.
top_once()
{
	COLUMNS=160 "$MMSCOPE" top --interval 0.1 >"$WORK/top" || return
	awk '$1 == "Node" { node = $2 + 0; zone = $4 }
	     $1 == "managed" && $2 { print node, zone }' /proc/zoneinfo |
		while read -r zone; do
			grep -q "^${zone/,/} .*[#.|]" "$WORK/top" || exit 1
		done &&
		grep -q 'minor faults' "$WORK/top" && ! grep -q $'\x1b' "$WORK/top"
}

begin
ktap_set_plan 9
test_that "counters" counters
test_that "sizes" sizes
test_that "kills" kills
test_that "reclaim and compaction" work
test_that "ended by SIGINT" ended INT 0
test_that "ended by SIGTERM" ended TERM 0
test_that "killed" ended KILL 137
test_that "holds nothing afterwards" holds_nothing
test_that "top, once" top_once
ktap_finished
