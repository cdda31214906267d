// SPDX-License-Identifier: GPL-2.0-only
/* Finding a process and its address space. */

#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "process.h"

struct pid *mms_pid_find(pid_t nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task;

	if (!pid)
		return NULL;
	/* A number may also be a session's or group's whose leader is gone. */
	task = get_pid_task(pid, PIDTYPE_PID);
	if (!task) {
		put_pid(pid);
		return NULL;
	}
	put_task_struct(task);
	return pid;
}

struct pid *mms_pid_get(struct pid *pid)
{
	return get_pid(pid);
}

void mms_pid_put(struct pid *pid)
{
	put_pid(pid);
}

int mms_process_get(struct pid *pid, struct mms_process *process)
{
	struct task_struct *task;
	struct mm_struct *mm;

	if (pid)
		task = get_pid_task(pid, PIDTYPE_PID);
	else
		task = get_task_struct(current);
	if (!task)
		return -ESRCH;

	memset(process, 0, sizeof(*process));
	process->pid = task_pid_vnr(task);
	get_task_comm(process->comm, task);
	mm = get_task_mm(task);
	if (mm) {
		mmgrab(mm);
		mmput(mm);
	}
	process->mm = mm;
	put_task_struct(task);
	return 0;
}

void mms_process_put(struct mms_process *process)
{
	if (process->mm)
		mmdrop(process->mm);
	process->mm = NULL;
}
