/* SPDX-License-Identifier: GPL-2.0-only */
/* A process whose threads change its address space without a pause. */
#ifndef MMSCOPE_SELFTESTS_PROCESS_CHURN_H
#define MMSCOPE_SELFTESTS_PROCESS_CHURN_H

#include <sys/types.h>

enum { CHURN_MAP, CHURN_PROTECT, CHURN_FAULT, CHURN_ZAP, CHURN_FORK, CHURNERS };

/**
 * struct churn - such a process
 * @pid: its number.
 * @done: shared with it: how often each thread has done its work.
 */
struct churn {
	pid_t pid;
	volatile unsigned long *done;
};

/* Return: 0, or -1. */
int churn_start(struct churn *churn);
void churn_end(struct churn *churn);

#endif /* MMSCOPE_SELFTESTS_PROCESS_CHURN_H */
