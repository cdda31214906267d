// SPDX-License-Identifier: GPL-2.0-only
/*
 * `mmscope trace` of what processes do to their pages: known numbers of faults of
 * each kind, copies, swaps, huge pages and TLB shootdowns, against what the kernel
 * counts of the same process (getrusage()) or of the machine (/proc/vmstat,
 * /proc/interrupts).
 *
 * All scripts are attached side by side, since that is what takes time.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "settings.h"
#include "trace_util.h"
#include "trace_work.h"

enum { FAULTS, COW, SWAP, MMAPLOCK, NR_PROCESS };
enum { TLB, THP, NR_MACHINE };

static struct setting settings[] = {
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "madvise" },
	/* Nothing moves or is collapsed by itself. */
	{ "/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan", "1" },
	{ "/proc/sys/kernel/numa_balancing", "0" },
	/* One page at a time. */
	{ "/proc/sys/vm/page-cluster", "0" },
};

FIXTURE(pages) {
	struct trace process[NR_PROCESS];
	struct trace machine[NR_MACHINE];
	struct work *work;
	pid_t pid;
};

FIXTURE_SETUP(pages)
{
	memset(self, 0, sizeof(*self));
	if (!trace_supported())
		SKIP(return, "scripts/mmscope or bpftrace is not here");
	settings_apply(settings, ARRAY_LEN(settings));
	self->work = work_new();
}

FIXTURE_TEARDOWN(pages)
{
	end_process(self->pid);
	if (!__test_passed(_metadata)) {
		traces_show(self->process, NR_PROCESS);
		traces_show(self->machine, NR_MACHINE);
	}
	traces_free(self->process, NR_PROCESS);
	traces_free(self->machine, NR_MACHINE);
	settings_restore(settings, ARRAY_LEN(settings));
}

static bool has_swap(void)
{
	char *text = read_path("/proc/meminfo", NULL);
	bool has = value_of(text, "SwapFree") > 64 << 10;

	free(text);
	return has;
}

/* Faults of a kind, major and minor. */
static uint64_t kind(const struct trace *trace, const char *name)
{
	return trace_sum(trace, "faults", "faults", "kind", name, NULL);
}

static uint64_t copies(const struct trace *trace, const char *source)
{
	return trace_sum(trace, "copies", "copies", "comm", "t_pages", "source",
			 source, NULL);
}

TEST_F_TIMEOUT(pages, of_a_process, 900)
{
	static const char *const names[NR_PROCESS] = {
		[FAULTS] = "faults", [COW] = "cow", [SWAP] = "swap",
		[MMAPLOCK] = "mmaplock",
	};
	uint64_t out, in, swap = has_swap() ? WORK_SWAP : 0;
	const struct trace *trace = self->process;
	unsigned int i;

	for (i = 0; i < NR_PROCESS; i++)
		self->process[i].name = names[i];
	self->pid = work_start(work_pages, self->work);
	ASSERT_GT(self->pid, 0);
	traces_start(self->process, NR_PROCESS, self->pid);
	out = vmstat("pswpout ");
	in = vmstat("pswpin ");
	ASSERT_TRUE(work_do(self->pid));
	out = vmstat("pswpout ") - out;
	in = vmstat("pswpin ") - in;
	traces_stop(self->process, NR_PROCESS);
	for (i = 0; i < NR_PROCESS; i++)
		EXPECT_EQ(0, trace[i].status);

	EXPECT_EQ(WORK_ANON, kind(&trace[FAULTS], "anon"));
	EXPECT_EQ(WORK_ZERO, kind(&trace[FAULTS], "zero"));
	EXPECT_EQ(WORK_COW + WORK_COW_ZERO, kind(&trace[FAULTS], "cow"));
	EXPECT_EQ(WORK_REUSE, kind(&trace[FAULTS], "reuse"));
	EXPECT_EQ(WORK_SHMEM, kind(&trace[FAULTS], "shmem"));
	EXPECT_EQ(WORK_FILE, kind(&trace[FAULTS], "file"));
	EXPECT_EQ(WORK_COW_FILE, kind(&trace[FAULTS], "cow_file"));
	EXPECT_EQ(2 * swap, kind(&trace[FAULTS], "swap"));
	EXPECT_EQ(self->work->minor,
		  trace_sum(&trace[FAULTS], "faults", "faults", "major", "0", NULL) -
		  kind(&trace[FAULTS], "retry"));
	EXPECT_EQ(self->work->major,
		  trace_sum(&trace[FAULTS], "faults", "faults", "major", "1", NULL));
	/* The histogram has all of them. */
	EXPECT_EQ(trace_sum(&trace[FAULTS], "faults", "faults", NULL),
		  trace_sum(&trace[FAULTS], "histogram", "faults", NULL));

	EXPECT_EQ(WORK_COW, copies(&trace[COW], "anon"));
	EXPECT_EQ(WORK_COW_ZERO, copies(&trace[COW], "zero"));
	EXPECT_EQ(WORK_COW_FILE, copies(&trace[COW], "file"));
	EXPECT_EQ(WORK_REUSE, trace_sum(&trace[COW], "reused", "faults",
					"comm", "t_pages", NULL));

	EXPECT_EQ(swap, self->work->swapped);
	EXPECT_EQ(swap, self->work->swapped_again);
	/* What is written already is not written again, but has to be read. */
	EXPECT_EQ(swap, out);
	EXPECT_LE(swap, in);
	EXPECT_EQ(out, trace_sum(&trace[SWAP], "out", "folios", NULL));
	EXPECT_EQ(out, trace_sum(&trace[SWAP], "out", "written", "comm",
				 "t_pages", "cause", "madvise", NULL));
	EXPECT_EQ(in, trace_sum(&trace[SWAP], "in", "folios", "comm", "t_pages",
				"cause", "swap_fault", NULL));
	EXPECT_EQ(2 * swap, trace_sum(&trace[SWAP], "faults", "faults", "comm",
				      "t_pages", NULL));

	EXPECT_EQ(WORK_UNMAPS, trace_sum(&trace[MMAPLOCK], "waits", "locks",
					 "comm", "t_pages", "write", "1", NULL));
	/* Which munmap() gives back as a shared lock. */
	EXPECT_EQ(WORK_UNMAPS, trace_sum(&trace[MMAPLOCK], "holds", "holds",
					 "comm", "t_pages", "write", "1", NULL));
}

TEST_F_TIMEOUT(pages, of_the_machine, 900)
{
	const struct trace *trace = self->machine;
	uint64_t before[4], after[4], sent, done;
	struct work *work = self->work;
	unsigned int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU has nobody to tell");
	self->machine[TLB].name = "tlb";
	self->machine[THP].name = "thp";
	traces_start(self->machine, NR_MACHINE, 0);

	self->pid = work_start(work_tlb, work);
	ASSERT_GT(self->pid, 0);
	before[0] = tlb_interrupts();
	ASSERT_TRUE(work_do(self->pid));
	after[0] = tlb_interrupts();
	end_process(self->pid);
	done = work->calls;
	EXPECT_GE(work->after[0] - work->before[0], WORK_SHOOTDOWNS);

	memset(work, 0, sizeof(*work));
	self->pid = work_start(work_huge, work);
	ASSERT_GT(self->pid, 0);
	ASSERT_TRUE(work_do(self->pid));
	traces_stop(self->machine, NR_MACHINE);
	for (i = 0; i < NR_MACHINE; i++)
		EXPECT_EQ(0, trace[i].status);

	/*
	 * One for each mprotect() that found the other thread at work, so no
	 * more than there were calls.  Each changes whether one page may be
	 * written, and x86 flushes for that in both directions.
	 */
	sent = trace_sum(&trace[TLB], "shootdowns", "shootdowns", "comm",
			 "t_tlb", "cause", "mprotect", NULL);
	EXPECT_GE(sent, WORK_SHOOTDOWNS);
	EXPECT_LE(sent, done);
	/* Who was interrupted was sent for by somebody. */
	EXPECT_GE(trace_sum(&trace[TLB], "shootdowns", "shootdowns", NULL),
		  after[0] - before[0]);

	EXPECT_EQ(1, work->calls);
	EXPECT_EQ(WORK_HUGE, work->after[0] - work->before[0]);
	EXPECT_EQ(WORK_HUGE, trace_sum(&trace[THP], "faults", "faults", "comm",
				       "t_huge", "came", "alloc", NULL));
	EXPECT_EQ(work->after[1] - work->before[1],
		  trace_sum(&trace[THP], "splits", "pages", "comm", "t_huge",
			    "came", "split", NULL));
	EXPECT_EQ(WORK_HUGE, work->after[1] - work->before[1]);
	EXPECT_EQ(work->after[3] - work->before[3],
		  trace_sum(&trace[THP], "maps", "mappings", "comm", "t_huge", NULL));
	EXPECT_EQ(WORK_HUGE, work->after[2] - work->before[2]);
	EXPECT_EQ(WORK_HUGE, trace_sum(&trace[THP], "collapses", "times", "comm",
				       "t_huge", "status", "succeeded", NULL));
}

TEST_HARNESS_MAIN
