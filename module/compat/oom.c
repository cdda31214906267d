// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoint oom:mark_victim. */

#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/oom.h>

#include "oom.h"

static struct tracepoint *found;

/*
 * Until 6.8 the tracepoint had the number only, unless the distribution has
 * brought the later one back, as Debian has.
 * Drop the second when the oldest kernel supported is 6.12.
 */
#ifdef MMS_HAVE_MARK_VICTIM_TASK
static void on_mark_victim(void *data, struct task_struct *task, uid_t uid)
{
	((mms_victim_fn)data)(task, uid);
}
#else
static void on_mark_victim(void *data, int pid)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(pid, &init_pid_ns), PIDTYPE_PID);
	if (task && task->mm)
		((mms_victim_fn)data)(task,
				      from_kuid(&init_user_ns, task_uid(task)));
	rcu_read_unlock();
}
#endif

static void look_at(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "mark_victim"))
		found = tp;
}

static mms_victim_fn attached;

int mms_mark_victim_attach(mms_victim_fn fn)
{
	/* Another prototype does not compile. */
	check_trace_callback_type_mark_victim(on_mark_victim);
	for_each_kernel_tracepoint(look_at, NULL);
	if (!found)
		return -ENOENT;
	attached = fn;
	return tracepoint_probe_register(found, on_mark_victim, fn);
}

void mms_mark_victim_detach(void)
{
	tracepoint_probe_unregister(found, on_mark_victim, attached);
	tracepoint_synchronize_unregister();
}
