/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whom the OOM killer would kill, and how it comes to that.
 *
 * Mirrors select_bad_process(), oom_evaluate_task() and oom_badness() in
 * mm/oom_kill.c, and mem_cgroup_get_oom_group().
 */
#ifndef MMS_PROBE_BADNESS_H
#define MMS_PROBE_BADNESS_H

#include <linux/sched.h>
#include <linux/types.h>

#include "candidates.h"

/**
 * enum mms_oom_why - why a process is none that could be killed
 * @MMS_OOM_CANDIDATE: it could.
 * @MMS_OOM_ORIGIN: it could, and is the first to be, as it is what takes the
 *	memory (swapoff, KSM being stopped).
 * @MMS_OOM_INIT: it is the first process.
 * @MMS_OOM_DYING: it is being killed for lack of memory already, and until it
 *	has ended nobody else will be.
 * @MMS_OOM_REAPED: it was, and its memory is gone; or it never will be.
 * @MMS_OOM_EXITED: it has no memory any more.
 * @MMS_OOM_ADJ: its oom_score_adj is -1000.
 * @MMS_OOM_SKIP: its memory is not to be counted on (MMF_OOM_SKIP).
 * @MMS_OOM_VFORK: its parent waits in vfork() with the same memory.
 * @MMS_NR_OOM_WHYS: number of these.
 */
enum mms_oom_why {
	MMS_OOM_CANDIDATE,
	MMS_OOM_ORIGIN,
	MMS_OOM_INIT,
	MMS_OOM_DYING,
	MMS_OOM_REAPED,
	MMS_OOM_EXITED,
	MMS_OOM_ADJ,
	MMS_OOM_SKIP,
	MMS_OOM_VFORK,
	MMS_NR_OOM_WHYS
};

extern const char *const mms_oom_why_names[MMS_NR_OOM_WHYS];

/**
 * enum mms_oom_kill - whether a process would be killed
 * @MMS_OOM_SPARED: it would not.
 * @MMS_OOM_VICTIM: it would, as it has the highest score.
 * @MMS_OOM_SHARES: it would, as it has the victim's memory, too.
 * @MMS_OOM_GROUP: it would, as memory.oom.group is set.
 * @MMS_NR_OOM_KILLS: number of these.
 */
enum mms_oom_kill {
	MMS_OOM_SPARED,
	MMS_OOM_VICTIM,
	MMS_OOM_SHARES,
	MMS_OOM_GROUP,
	MMS_NR_OOM_KILLS
};

extern const char *const mms_oom_kill_names[MMS_NR_OOM_KILLS];

/**
 * struct mms_oom_task - a process as the OOM killer sees it
 * @which: its index in the list of candidates, which is their order.
 * @pid: its number in the reader's PID namespace, 0 if it has none there.
 * @comm: its name.
 * @has_mm: it has memory, and the numbers of it are known.
 * @why: &enum mms_oom_why.
 * @kill: &enum mms_oom_kill.
 * @adj: oom_score_adj.
 * @rss: pages that it has.
 * @swap: pages of it in swap.
 * @pgtable_bytes: its page tables.
 * @adj_pages: what @adj adds to the score.
 * @score: the score, in pages.
 * @rank: 1 for the first to be killed, and so on; 0 for no candidate.
 * @memcg_ino: number of the directory of its memory cgroup, 0 if there is none.
 * @mm: tells its memory from that of others; an address, not to be shown.
 */
struct mms_oom_task {
	unsigned int which;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool has_mm;
	u8 why;
	u8 kill;
	s16 adj;
	u64 rss;
	u64 swap;
	u64 pgtable_bytes;
	s64 adj_pages;
	s64 score;
	unsigned int rank;
	u64 memcg_ino;
	const void *mm;
};

/**
 * struct mms_badness - a judgement under way
 * @list: the processes.
 * @listed: that is all of them.
 * @total_pages: memory and swap that the score is measured with.
 * @tasks: the processes as they were when looked at.
 * @nr: number of these.
 * @next: of the list, to be looked at next.
 * @waits_for: index of a process in @tasks that is being killed, so that
 *	nobody else would be; -1 if there is none.
 * @victim: index of the victim in @tasks, -1 if there is none.
 * @group_ino: directory of the cgroup that would be killed as a whole, or 0.
 */
struct mms_badness {
	struct mms_candidates list;
	bool listed;
	u64 total_pages;
	struct mms_oom_task *tasks;
	unsigned int nr;
	unsigned int next;
	int waits_for;
	int victim;
	u64 group_ino;
};

/**
 * mms_badness_missing() - why the score cannot be known
 *
 * May sleep.
 *
 * Return: a word, or NULL if it can.
 */
const char *mms_badness_missing(void);

/**
 * mms_badness_init() - begins
 * @badness: all zero.
 * @path: the memory cgroup that is out of memory; "" for the machine.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_badness_init(struct mms_badness *badness, const char *path);

/**
 * mms_badness_batch() - goes on
 * @badness: from mms_badness_init().
 *
 * May sleep.
 *
 * Return: 1 if there is more to do, 0 when @badness->tasks is complete, with
 * the candidates first and by their rank; or -ENOMEM.
 */
int mms_badness_batch(struct mms_badness *badness);

/**
 * mms_badness_lag() - how far off the OOM killer's own counters may be
 *
 * Return: by how many pages each of the caller's may be behind or ahead.
 */
u64 mms_badness_lag(void);

/**
 * mms_badness_free() - gives back what was taken
 * @badness: may be all zero.
 */
void mms_badness_free(struct mms_badness *badness);

#endif /* MMS_PROBE_BADNESS_H */
