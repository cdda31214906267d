/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding a process and its address space. */
#ifndef MMS_PROBE_PROCESS_H
#define MMS_PROBE_PROCESS_H

#include <linux/sched.h>
#include <linux/types.h>

struct mm_struct;
struct pid;

/**
 * struct mms_process - a process, or rather its address space at one moment
 * @mm: its address space, held by mmgrab(): the structure stays, what it maps
 *	may go.  NULL if the process has none (kernel threads, zombies).
 * @pid: its number in the reader's PID namespace, 0 if it has none there.
 * @comm: its name.
 */
struct mms_process {
	struct mm_struct *mm;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * mms_pid_find() - pins a process by its number
 * @nr: number in the caller's PID namespace.
 *
 * The reference keeps naming the same process even when it has exited and its
 * number is used again.
 *
 * Return: a reference for mms_pid_put(), or NULL if there is no such process.
 */
struct pid *mms_pid_find(pid_t nr);

/**
 * mms_pid_get() - another reference
 * @pid: from mms_pid_find(), or NULL.
 *
 * Return: @pid.
 */
struct pid *mms_pid_get(struct pid *pid);

/**
 * mms_pid_put() - gives a reference back
 * @pid: the reference, or NULL.
 */
void mms_pid_put(struct pid *pid);

/**
 * mms_process_get() - takes hold of a process's address space
 * @pid: which process; NULL stands for the caller.
 * @process: filled on success.
 *
 * May sleep.  Mirrors proc_mem_open(), with mmgrab(): a reader that is left
 * open does not keep the memory of a dead process.
 *
 * Return: 0, or -ESRCH if the process has been reaped.
 */
int mms_process_get(struct pid *pid, struct mms_process *process);

/**
 * mms_process_put() - lets go
 * @process: from mms_process_get(); may be all zero.
 */
void mms_process_put(struct mms_process *process);

#endif /* MMS_PROBE_PROCESS_H */
