// SPDX-License-Identifier: GPL-2.0-only
/* The processes of which something is swapped out. */

#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "../compat/compat.h"
#include "swap_users.h"

/* Processes looked at before others get the CPU. */
#define AT_ONCE		64

static bool make_room(struct mms_swap_users *users)
{
	unsigned int max = users->max * 2 + AT_ONCE;
	struct mms_swap_user *more;

	if (users->nr < users->max)
		return true;
	more = kvmalloc_array(max, sizeof(*more), GFP_KERNEL);
	if (!more)
		return false;
	if (users->nr)
		memcpy(more, users->users, users->nr * sizeof(*more));
	kvfree(users->users);
	users->users = more;
	users->max = max;
	return true;
}

/* False if it has ended. */
static bool read_comm(struct pid *pid, char *comm)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	/* It may be changed meanwhile, but ends with a NUL at any time. */
	if (task)
		strscpy(comm, task->comm, TASK_COMM_LEN);
	rcu_read_unlock();
	return task;
}

static int add_user(struct mms_swap_users *users)
{
	struct mms_processes *at = &users->processes;
	u64 pages = mms_mm_counter(at->mm, MM_SWAPENTS);
	struct mms_swap_user *user;

	users->looked++;
	if (!pages)
		return 0;
	if (!make_room(users))
		return -ENOMEM;
	user = &users->users[users->nr];
	if (!read_comm(at->pid, user->comm))
		return 0;
	user->pid = at->number;
	user->pages = pages;
	users->nr++;
	return 0;
}

static int by_pages(const void *a, const void *b)
{
	const struct mms_swap_user *x = a, *y = b;

	/* There may be millions, and sort() does not do it. */
	cond_resched();
	if (x->pages != y->pages)
		return x->pages > y->pages ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int mms_swap_users_batch(struct mms_swap_users *users)
{
	int i, err;

	for (i = 0; i < AT_ONCE; i++) {
		if (!mms_processes_next(&users->processes)) {
			sort(users->users, users->nr, sizeof(*users->users),
			     by_pages, NULL);
			return 0;
		}
		err = add_user(users);
		if (err)
			return err;
	}
	return 1;
}

void mms_swap_users_free(struct mms_swap_users *users)
{
	mms_processes_end(&users->processes);
	kvfree(users->users);
	users->users = NULL;
}
