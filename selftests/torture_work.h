/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More workers than those of load_work.h: what moves, splits, merges and takes
 * away memory that is looked at.
 */
#ifndef MMSCOPE_SELFTESTS_TORTURE_WORK_H
#define MMSCOPE_SELFTESTS_TORTURE_WORK_H

#include <stdbool.h>

/* Starts them. */
void torture_work_start(void);

/* Whether each has done at least once what it is for. */
bool torture_work_went_round(void);

/*
 * Ends them and puts back what they have changed of the machine.  What each has
 * done how often is printed.
 */
void torture_work_end(void);

#endif /* MMSCOPE_SELFTESTS_TORTURE_WORK_H */
