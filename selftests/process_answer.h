/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers about a process that lives on, changes or ends while it is read. */
#ifndef MMSCOPE_SELFTESTS_PROCESS_ANSWER_H
#define MMSCOPE_SELFTESTS_PROCESS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE		4096UL

/*
 * Where a target has its memory.  Every second page of TARGET_VMAS has another
 * protection, every second one of TARGET_PAGES is written.  Each is a row: they
 * fill the module's buffer of 64 KiB more than twice as text, as records once.
 * TARGET_OTHER is free for what a target maps on command.
 */
#define TARGET_VMAS	0x100000000000UL
#define TARGET_PAGES	0x110000000000UL
#define TARGET_OTHER	0x120000000000UL
#define TARGET_NR_VMAS	3072UL
#define TARGET_NR_PAGES	12288UL
#define TARGET_VMAS_END	(TARGET_VMAS + TARGET_NR_VMAS * PAGE)
#define TARGET_PAGES_END (TARGET_PAGES + TARGET_NR_PAGES * PAGE)

/* In the second buffer of an answer about a target, with a third to come. */
#define TARGET_CUT	70000

/* What a target does on command. */
enum {
	/* Becomes cat(1), which waits for the end of its input. */
	TARGET_EXEC = 'e',
	/* Unmaps half of both areas, from their second quarter on. */
	TARGET_UNMAP = 'u',
	/* The same, and maps TARGET_OTHER and writes to it. */
	TARGET_REMAP = 'r',
	/* Gives all of TARGET_VMAS one protection, so that it is one VMA. */
	TARGET_MERGE = 'm',
};

/**
 * struct target - a child with a big address space
 * @pid: its number.
 * @command: where to write what it shall do.
 * @done: where it says that it has done so.
 */
struct target {
	pid_t pid;
	int command;
	int done;
};

/* Both return 0, or -1. */
int target_map(void *context);
int target_start(struct target *target);
/* Waits until it is done. */
int target_do(struct target *target, char command);
void target_end(struct target *target);

/*
 * DAMON_STAT samples memory by clearing accessed bits, at any time and in any
 * process.  Stops it.  Return: whether it was running.
 */
bool sampling_stop(void);
void sampling_start(void);

/* A child as start_stopped() makes them, with the memory of a target. */
pid_t target_stopped(void);

struct span {
	uint64_t start;
	uint64_t end;
};

struct spans {
	struct span *at;
	size_t nr;
	size_t max;
};

/* Adds what /proc/PID/maps lists; spans that touch become one. */
void spans_add_maps(struct spans *spans, pid_t pid);
bool spans_cover(const struct spans *spans, const struct span *span);
void spans_free(struct spans *spans);

/**
 * struct answer - what a view has answered
 * @view: its name.
 * @bytes: all of it, followed by a NUL.
 * @len: number of bytes without that.
 * @complete: what the last line or record says.
 * @stopped: the reason it gives, or "".
 * @rows: rows, or records between the first and the last.
 * @spans: what the rows are about, if they are in order of address.
 */
struct answer {
	const char *view;
	char *bytes;
	size_t len;
	bool complete;
	char stopped[16];
	uint64_t rows;
	struct spans spans;
};

/*
 * Reads what is left of a file and appends it to @begun, @len bytes that have
 * been read before.  Return: 0; -1 after a complaint if reading fails, the
 * answer has no proper end, or its rows overlap or do not ascend.
 */
int answer_rest(struct answer *answer, const char *view, int fd,
		const char *begun, size_t len);

/* Opens a view, writes a query and reads all of the answer. */
int answer_ask(struct answer *answer, const char *view, const char *format,
	       ...) __attribute__((format(printf, 3, 4)));

/* Takes over @bytes, an answer that was read in some other way. */
int answer_take(struct answer *answer, const char *view, char *bytes,
		size_t len);

void answer_free(struct answer *answer);

/* Equal in all but times and repetitions, which the last line ends with. */
bool answer_same(const struct answer *a, const struct answer *b);

/*
 * Whether @part, which was stopped, has nothing but the beginning of @whole.
 * The last row may be shorter, as it ends where the walk did.
 */
bool answer_begins(const struct answer *whole, const struct answer *part);

/* Whether all rows are inside of @spans; complains about the first other. */
bool answer_within(const struct answer *answer, const struct spans *spans);

/* Value of a key in the first line, "" if it is not there. */
void answer_head(const struct answer *answer, const char *key, char *value,
		 size_t size);

/* Reads exactly @len bytes.  Return: 0, or -1 with errno (0: too few). */
int read_exactly(int fd, char *buf, size_t len);

#endif /* MMSCOPE_SELFTESTS_PROCESS_ANSWER_H */
