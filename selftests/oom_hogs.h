/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes in memory cgroups that take memory and wait, and one that then
 * takes too much.
 */
#ifndef MMSCOPE_SELFTESTS_OOM_HOGS_H
#define MMSCOPE_SELFTESTS_OOM_HOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MB		(1UL << 20)
#define HOGS_MAX	8
#define HOGS		"/mms_oom"
#define HOGS_OTHERS	"/others"

/* What else a process does. */
enum {
	/* Half of its memory goes to swap. */
	HOG_SWAPS = 1,
	/* It has a page table for each page. */
	HOG_TABLES = 2,
	/* Its memory is shared memory. */
	HOG_SHMEM = 4,
	/* Four threads. */
	HOG_THREADS = 8,
	/* The first thread has ended, another goes on. */
	HOG_HEADLESS = 16,
	/* A child with the same memory. */
	HOG_TWIN = 32,
	/* A child in vfork(). */
	HOG_VFORK = 64,
	/* A child that has as much, whose parent has ended. */
	HOG_ORPHAN = 128,
	/* Runs under another user. */
	HOG_NOBODY = 256,
};

/**
 * struct hog - a process to be made
 * @mb: what it takes.
 * @adj: its oom_score_adj.
 * @what: see above.
 * @group: in which cgroup in the top one: "/a" or "/b"; NULL is HOGS_OTHERS.
 */
struct hog {
	unsigned int mb;
	int adj;
	int what;
	const char *group;
};

/**
 * struct scene - processes in a cgroup that is short of memory
 * @limit_mb: memory.max of the top one.
 * @inner: a cgroup below, in which alone memory is short; NULL for the top.
 * @inner_mb: its memory.max.
 * @oom_group: a cgroup below with memory.oom.group set, or NULL.
 * @hogs: the processes, in the order in which they come; those with mb 0 are
 *	not made.  The first is the one that takes too much at last.
 */
struct scene {
	unsigned int limit_mb;
	const char *inner;
	unsigned int inner_mb;
	const char *oom_group;
	struct hog hogs[HOGS_MAX];
};

/**
 * struct hogs - the processes at work
 * @short_of: the cgroup in which memory is short.
 * @pid: the processes, 0 for none.
 * @command: where to tell the first to go on.
 */
struct hogs {
	const char *short_of;
	pid_t pid[HOGS_MAX];
	int command;
};

/* Makes cgroups and processes, and waits until all have what they take. */
void hogs_start(struct hogs *hogs, const struct scene *scene);

/* The first takes memory until less than 512 KiB are left. */
void hogs_fill(const struct hogs *hogs);

/* The first takes more than there is.  Return at once. */
void hogs_go(const struct hogs *hogs);

/* What the kernel log says of a kill: pid, and numbers in kB. */
struct killed {
	int pid;
	char comm[32];
	unsigned long vm, anon, file, shmem, pgtables;
	unsigned int uid;
	int adj;
};

/* The kernel log from here on. */
int kills_open(void);

/* The next kill in the log; false if there is none. */
bool kills_next(int fd, struct killed *killed);

/* Waits for the end of a process.  Return: whether it was killed. */
bool hogs_killed(pid_t pid);

/* Ends all and removes the cgroups. */
void hogs_end(struct hogs *hogs);

/* Whether a process is there and no zombie. */
bool hogs_alive(pid_t pid);

#endif /* MMSCOPE_SELFTESTS_OOM_HOGS_H */
