// SPDX-License-Identifier: GPL-2.0-only
/* Going through the address spaces of all processes. */

#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "processes.h"

/* How many numbers are looked at in one RCU section. */
#define NUMBERS_AT_ONCE	64

/* How many address spaces of one process are looked at. */
#define AGAIN_MAX	4

/*
 * The address space of a process, held by mmgrab(), or NULL.  The first thread
 * may have ended, with or without the others; mirrors find_lock_task_mm().
 * Under RCU.
 */
static struct mm_struct *grab_mm(struct task_struct *leader)
{
	struct mm_struct *mm = NULL;
	struct task_struct *task;

	if (leader->flags & PF_KTHREAD)
		return NULL;
	list_for_each_entry_rcu(task, &leader->signal->thread_head,
				thread_node) {
		/* ->mm goes under this lock: exit_mm(), exec_mmap(). */
		task_lock(task);
		mm = task->mm;
		if (mm)
			mmgrab(mm);
		task_unlock(task);
		if (mm)
			break;
	}
	return mm;
}

/*
 * Looks at some numbers.  Mirrors next_tgid() in fs/proc/base.c.  Return: 1 if
 * there is a process, 0 if there is none in these, -ENOENT behind the last.
 */
static int look_on(struct mms_processes *processes)
{
	int i;

	for (i = 0; i < NUMBERS_AT_ONCE; i++) {
		struct pid *pid = idr_get_next(&init_pid_ns.idr,
					       &processes->next);
		struct task_struct *leader;

		if (!pid)
			return -ENOENT;
		processes->next++;
		leader = pid_task(pid, PIDTYPE_TGID);
		if (!leader)
			continue;
		processes->mm = grab_mm(leader);
		if (!processes->mm)
			continue;
		processes->pid = get_pid(pid);
		return 1;
	}
	return 0;
}

bool mms_processes_next(struct mms_processes *processes)
{
	int ret;

	might_sleep();
	mms_processes_end(processes);
	do {
		rcu_read_lock();
		ret = look_on(processes);
		rcu_read_unlock();
		cond_resched();
	} while (!ret);
	if (ret < 0)
		return false;
	processes->number = pid_vnr(processes->pid);
	processes->again = 0;
	return true;
}

bool mms_processes_again(struct mms_processes *processes)
{
	struct mm_struct *mm = NULL;
	struct task_struct *leader;

	if (++processes->again >= AGAIN_MAX)
		return false;
	rcu_read_lock();
	leader = pid_task(processes->pid, PIDTYPE_TGID);
	if (leader)
		mm = grab_mm(leader);
	rcu_read_unlock();
	if (!mm)
		return false;
	/* The old one is held, so its address is not used again. */
	if (mm == processes->mm) {
		mmdrop(mm);
		return false;
	}
	mmdrop(processes->mm);
	processes->mm = mm;
	return true;
}

void mms_processes_end(struct mms_processes *processes)
{
	if (processes->mm)
		mmdrop(processes->mm);
	put_pid(processes->pid);
	processes->mm = NULL;
	processes->pid = NULL;
}
