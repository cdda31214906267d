/* SPDX-License-Identifier: GPL-2.0-only */
/* Going through the address spaces of all processes. */
#ifndef MMS_PROBE_PROCESSES_H
#define MMS_PROBE_PROCESSES_H

#include <linux/types.h>

struct mm_struct;
struct pid;

/**
 * struct mms_processes - where one stands among the processes
 * @pid: the process at hand, referenced; NULL if there is none.
 * @mm: its address space, held by mmgrab(): the structure stays, what it maps
 *	may go.
 * @number: its number in the reader's PID namespace, 0 if it has none there.
 * @next: numbers below this, in the initial PID namespace, have been seen.
 * @again: how often the process at hand has changed its address space.
 *
 * All zero is a start.
 */
struct mms_processes {
	struct pid *pid;
	struct mm_struct *mm;
	pid_t number;
	int next;
	unsigned int again;
};

/**
 * mms_processes_next() - goes on to the next process that has an address space
 * @processes: where one stands.
 *
 * By ascending number of the thread group in the initial PID namespace, as
 * readdir() of /proc does, so none is missed that lives all the while, also if
 * others come and go, and one that is forked meanwhile may be.  Kernel threads
 * and zombies are passed over; a process of which only the first thread has
 * ended is not.  Processes that share an address space each come.  May sleep.
 *
 * Return: true if there is one; @processes then holds references, which the
 * next call or mms_processes_end() gives back.
 */
bool mms_processes_next(struct mms_processes *processes);

/**
 * mms_processes_again() - has the process taken another address space?
 * @processes: where one stands.
 *
 * execve() replaces the address space of a process that lives on.  Gives the
 * new one in ->mm; a process that does nothing else is left alone some day.
 *
 * Return: true if there is another one.
 */
bool mms_processes_again(struct mms_processes *processes);

/**
 * mms_processes_end() - gives back what is held
 * @processes: where one stands; may be all zero.
 */
void mms_processes_end(struct mms_processes *processes);

#endif /* MMS_PROBE_PROCESSES_H */
