/* SPDX-License-Identifier: GPL-2.0-only */
/* The last processes that the OOM killer has killed. */
#ifndef MMS_PROBE_VICTIMS_H
#define MMS_PROBE_VICTIMS_H

#include <linux/sched.h>
#include <linux/types.h>

/* How many are kept. */
#define MMS_VICTIMS		128

/* Longest path of a cgroup that is kept, with the NUL. */
#define MMS_VICTIM_PATH		256

/**
 * struct mms_victim - a process at the moment it was chosen
 * @time_ns: CLOCK_MONOTONIC.
 * @pid: number of the thread in the initial PID namespace, and
 * @tgid: of its process.
 * @comm: its name.
 * @uid: its real user.
 * @adj: its oom_score_adj.
 * @total_vm: pages of addresses that it had.
 * @anon: pages of anonymous memory.
 * @file: pages of files.
 * @shmem: pages of shared memory.
 * @swap: pages in swap.
 * @pgtable_bytes: its page tables.
 * @memcg_ino: number of the directory of its memory cgroup, 0 if it had none.
 * @memcg: path of that, or "" if it is too long.
 */
struct mms_victim {
	u64 time_ns;
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	u32 uid;
	s16 adj;
	u64 total_vm;
	u64 anon;
	u64 file;
	u64 shmem;
	u64 swap;
	u64 pgtable_bytes;
	u64 memcg_ino;
	char memcg[MMS_VICTIM_PATH];
};

/**
 * mms_victims_init() - begins to take note of kills
 *
 * If the kernel does not tell of them, mms_victims_missing() says so.
 *
 * Return: 0, or an errno: -ENOMEM.
 */
int mms_victims_init(void);

/**
 * mms_victims_exit() - takes no more notes
 */
void mms_victims_exit(void);

/**
 * mms_victims_missing() - why there are no notes
 *
 * Return: a word, or NULL if there are.
 */
const char *mms_victims_missing(void);

/**
 * mms_victims_count() - how many kills there were since mms_victims_init()
 *
 * Return: their number.
 */
u64 mms_victims_count(void);

/**
 * mms_victims_get() - one kill
 * @which: its number, from 0 on.
 * @victim: filled in.
 *
 * Return: false if it has not happened, or is not kept any more.
 */
bool mms_victims_get(u64 which, struct mms_victim *victim);

#endif /* MMS_PROBE_VICTIMS_H */
