// SPDX-License-Identifier: GPL-2.0-only
/* Whose stacks they are. */

#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "owners_build.h"

/* Tasks looked at in one RCU section. */
#define TASKS_AT_ONCE	32

/**
 * struct found - a task whose stack is in the map
 * @id: what stands for the name of its stack.
 * @pid: its number in the reader's PID namespace, 0 if it has none there.
 * @comm: its name.
 */
struct found {
	u32 id;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/*
 * By number, as readdir() of /proc does: a task that lives all the while is
 * not missed.  Each thread has a number.  False behind the last.
 */
static bool find_tasks(struct xarray *stacks, int *next, struct found *found,
		       unsigned int *nr)
{
	struct pid *pid = NULL;
	int i;

	rcu_read_lock();
	for (i = 0; i < TASKS_AT_ONCE; i++) {
		struct task_struct *task;
		void *id = NULL;

		pid = idr_get_next(&init_pid_ns.idr, next);
		if (!pid)
			break;
		++*next;
		task = pid_task(pid, PIDTYPE_PID);
		/* Its stack may be gone before it is: no harm is done. */
		if (task)
			id = xa_load(stacks, (unsigned long)READ_ONCE(task->stack)
					     >> PAGE_SHIFT);
		if (!id)
			continue;
		found[*nr].id = xa_to_value(id);
		found[*nr].pid = pid_vnr(pid);
		/* May change meanwhile; it always ends with a NUL. */
		strscpy(found[*nr].comm, task->comm, TASK_COMM_LEN);
		++*nr;
	}
	rcu_read_unlock();
	return pid;
}

static int name_found(struct mms_owners_build *build, const struct found *found)
{
	char text[MMS_OWNER_NAME];

	if (found->pid)
		snprintf(text, sizeof(text), "%s:%d", found->comm, found->pid);
	else
		snprintf(text, sizeof(text), "%s:-", found->comm);
	return mms_owners_retext(build, found->id, text);
}

int mms_owners_name_tasks(struct mms_owners_build *build,
			  struct xarray *stacks)
{
	struct found found[TASKS_AT_ONCE];
	bool more = true;
	int next = 1;
	int err = 0;

	while (more && !err) {
		unsigned int i, nr = 0;

		if (fatal_signal_pending(current))
			return -EINTR;
		more = find_tasks(stacks, &next, found, &nr);
		for (i = 0; i < nr && !err; i++)
			err = name_found(build, &found[i]);
		cond_resched();
	}
	return err;
}
