/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes of which something is swapped out. */
#ifndef MMS_PROBE_SWAP_USERS_H
#define MMS_PROBE_SWAP_USERS_H

#include <linux/sched.h>
#include <linux/types.h>

#include "processes.h"

/**
 * struct mms_swap_user - a process at one moment
 * @pid: its number in the reader's PID namespace, 0 if it has none there.
 * @comm: its name.
 * @pages: entries of its page tables that stand for a slot.
 */
struct mms_swap_user {
	pid_t pid;
	char comm[TASK_COMM_LEN];
	u64 pages;
};

/**
 * struct mms_swap_users - processes being collected
 * @processes: where that stands.
 * @users: those of which something is swapped out.
 * @nr: number of these.
 * @max: room for these.
 * @looked: processes looked at.
 */
struct mms_swap_users {
	struct mms_processes processes;
	struct mms_swap_user *users;
	unsigned int nr;
	unsigned int max;
	u64 looked;
};

/**
 * mms_swap_users_batch() - looks at some more processes
 * @users: all zero at first.
 *
 * After the last, @users->users is sorted: most pages first, then by number.
 * May sleep.
 *
 * Return: 1 if there may be more, 0 if that was all, or -ENOMEM.
 */
int mms_swap_users_batch(struct mms_swap_users *users);

/**
 * mms_swap_users_free() - gives back what was taken
 * @users: may be all zero.
 */
void mms_swap_users_free(struct mms_swap_users *users);

#endif /* MMS_PROBE_SWAP_USERS_H */
