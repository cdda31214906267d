/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading oom/badness. */
#ifndef MMSCOPE_SELFTESTS_OOM_ROWS_H
#define MMSCOPE_SELFTESTS_OOM_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ROWS_MAX	512

/**
 * struct row - a row of oom/badness
 * @pid: the process.
 * @score: its score, if it has one.
 * @rank: its rank, 0 for none.
 * @killed: it would be killed.
 * @why: why it has no rank.
 */
struct row {
	pid_t pid;
	long score;
	unsigned int rank;
	bool killed;
	char why[16];
};

/* The answer that predict() has read. */
extern struct row rows[ROWS_MAX];
extern unsigned int nr_rows;
extern uint64_t total_pages;

/*
 * Asks, with a query that has one %s for @memcg.  Return: the rank-1 process, 0
 * if there is none, -1 after a complaint.
 */
pid_t predict(const char *format, const char *memcg);

#endif /* MMSCOPE_SELFTESTS_OOM_ROWS_H */
