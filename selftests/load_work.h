/* SPDX-License-Identifier: GPL-2.0-only */
/* Workers that allocate and free memory of all kinds on all CPUs. */
#ifndef MMSCOPE_SELFTESTS_LOAD_WORK_H
#define MMSCOPE_SELFTESTS_LOAD_WORK_H

#include <stdbool.h>

/* A file that is there all the while, in the page cache. */
#define WORK_FILE	"/var/tmp/mmscope_load"

/* Starts them.  All three die if the machine does not do what they need. */
void work_start(void);

/* That they all live. */
void work_check(void);

/* Whether each has gone round at least once. */
bool work_went_round(void);

/*
 * Ends them, and dies unless each has gone round and the kernel has counted
 * what they are for.
 */
void work_end(void);

#endif /* MMSCOPE_SELFTESTS_LOAD_WORK_H */
