/* SPDX-License-Identifier: GPL-2.0-only */
/* `mmscope trace` at work, and what comes of it. */
#ifndef MMSCOPE_SELFTESTS_TRACE_UTIL_H
#define MMSCOPE_SELFTESTS_TRACE_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process_util.h"

#define TRACE_TABLES	8

/**
 * struct trace - a script at work
 * @name: its name.
 * @child: the command.
 * @out: what it writes.
 * @status: its exit status, when it has ended.
 * @text: all that it has written, then.
 * @table: where its tables begin in @text.
 * @nr: number of @table.
 */
struct trace {
	const char *name;
	pid_t child;
	int out;
	int status;
	char *text;
	char *table[TRACE_TABLES];
	unsigned int nr;
};

/* Whether scripts/mmscope and bpftrace are here. */
bool trace_supported(void);

/*
 * Begins several at a time, each about process @pid, or about the whole machine if
 * that is 0, and waits until all are attached; dies if one is not.
 */
void traces_start(struct trace *traces, unsigned int nr, pid_t pid);

/* Ends them as Ctrl-C does, and takes what they have written. */
void traces_stop(struct trace *traces, unsigned int nr);

/* Waits for one that ends by itself. */
void trace_wait(struct trace *trace);

/* Prints all that they have written as diagnostics: a test has failed. */
void traces_show(const struct trace *traces, unsigned int nr);

void traces_free(struct trace *traces, unsigned int nr);

/* Takes apart a table of a trace; dies if it is not there. */
void trace_table(const struct trace *trace, const char *name,
		 struct table *table);

/*
 * The sum of a column over the rows of a table that have all these values:
 * pairs of a column and a value, and a NULL.  Complains about tables that are
 * not as they should be, and returns ~0 then.
 */
uint64_t trace_sum(const struct trace *trace, const char *table,
		   const char *column, ...) __attribute__((sentinel));

/* A value of /proc/vmstat; the sum of all whose name begins so. */
uint64_t vmstat(const char *name);

#endif /* MMSCOPE_SELFTESTS_TRACE_UTIL_H */
