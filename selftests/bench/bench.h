/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmarks share.  They run in a VM in which one instruction takes
 * one nanosecond of CLOCK_MONOTONIC (QEMU -icount shift=0), so that the numbers
 * are instructions, and print lines `case reader unit value`; see
 * scripts/bench.
 */
#ifndef MMSCOPE_SELFTESTS_BENCH_H
#define MMSCOPE_SELFTESTS_BENCH_H

#include <stdint.h>
#include <sys/types.h>

#define MMSCOPE		"/sys/kernel/debug/mmscope/"

/* Ends the program. */
void die(const char *what) __attribute__((noreturn));

uint64_t now(void);

/* A child with memory made by @make, stopped; it dies with its parent. */
pid_t spawn(void (*make)(const void *context), const void *context);
void end_child(pid_t pid);

/* Prints a line: @value, divided by @per. */
void report(const char *name, const char *reader, const char *unit,
	    uint64_t value, uint64_t per);

/*
 * Reads a file from open to close, unless @query is NULL after writing a query
 * to it: the best of three rounds.  If @lock_max is not NULL it is set to the
 * longest lock_max_ns that the last lines have.  Return: what it took, 0 if
 * there is no such file.
 */
uint64_t read_file(const char *path, const char *query, uint64_t *lock_max);

/* Number behind `@key=` in the end line of what was read last; 0 if none. */
uint64_t end_number(const char *key);

/*
 * Reads a file as read_file() does, and prints what that took, divided by @per,
 * and the longest hold of a lock.  Nothing if there is no such file.
 */
void measure_per(const char *name, const char *reader, const char *path,
		 const char *query, const char *unit, uint64_t per);

/* The same for a file that is what it is, from open to close. */
void measure(const char *name, const char *reader, const char *path);

#endif /* MMSCOPE_SELFTESTS_BENCH_H */
