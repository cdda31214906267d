/* SPDX-License-Identifier: GPL-2.0-only */
/* Running experiments. */
#ifndef MMSCOPE_SELFTESTS_LAB_UTIL_H
#define MMSCOPE_SELFTESTS_LAB_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "process_util.h"

#define LAB		MMSCOPE "lab/"

/* More labs than there are. */
#define LABS_MAX	16

/* Names of all labs.  Return: how many; dies if there are none. */
unsigned int lab_names(char names[LABS_MAX][32]);

/* Files of a lab. */
#define LAB_FILES	3
extern const char *const lab_files[LAB_FILES];

/* Opens `run` of a lab, for reading and writing; dies on error. */
int lab_open(const char *lab);

/* Writes a query to it.  Return: 0, or the errno. */
int lab_run(int fd, const char *query);

/* A query, and the errno that it is refused with. */
struct lab_wrong {
	const char *query;
	int err;
};

/* Return: whether each is refused as it should be; what is not is said. */
bool lab_refuses(int fd, const struct lab_wrong *wrong, unsigned int nr);

/* Takes apart the answer of the run of this descriptor; dies on error. */
void lab_answer(int fd, struct table *table);

/* Sets limits.  Return: 0, or the errno. */
int lab_limit(const char *lab, const char *limits);

/* A line of what `run` shows to others; dies without. */
uint64_t lab_status(const char *lab, const char *name);
bool lab_state_is(const char *lab, const char *state);
bool lab_refused(const char *lab, const char *why);

/*
 * A child that runs an experiment and then waits, or again and again if
 * @forever; it says so by a byte in @ready after each.  Return: its pid.
 */
pid_t lab_child(const char *lab, const char *query, bool forever, int *ready);

/* Processes that the OOM killer has killed so far. */
uint64_t oom_kills(void);

#endif /* MMSCOPE_SELFTESTS_LAB_UTIL_H */
