/* SPDX-License-Identifier: GPL-2.0-only */
/* Swap devices and who uses them, as /proc shows them and as reclaim/swap. */
#ifndef MMSCOPE_SELFTESTS_SWAP_ANSWER_H
#define MMSCOPE_SELFTESTS_SWAP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE		4096UL
#define SWAPS_MAX	4

/**
 * struct swap - a device
 * @name: its path.
 * @type: partition or file.
 * @size: in pages; this and
 * @used: the same of it that is in use.
 * @prio: its priority.
 * @flags: of the view.
 * @clusters: all, free, partial, full and pending ones, and slots in use;
 *	only of the view.
 * @has_clusters: these are known.
 */
struct swap {
	char name[128];
	char type[16];
	uint64_t size;
	uint64_t used;
	int prio;
	char flags[256];
	uint64_t clusters[6];
	bool has_clusters;
};

struct user {
	int pid;
	uint64_t pages;
};

/**
 * struct answer - all that the view says, or /proc
 * @nr_swaps: number of
 * @swaps: the devices.
 * @nr_users: number of
 * @users: the processes.
 * @cached: pages in memory and in swap.
 * @zswap: pages in zswap; -1 if there is none.
 */
struct answer {
	int nr_swaps;
	struct swap swaps[SWAPS_MAX];
	int nr_users;
	struct user users[4096];
	uint64_t cached;
	int64_t zswap;
};

/* The devices, of /proc/swaps.  Dies on error. */
void read_swaps(struct answer *proc);

/* The process of an answer; NULL if it has none. */
const struct user *user_of(const struct answer *answer, int pid);

/*
 * Asks both sides until they are still.  Return: how many differences there
 * are, after complaints; @view is what the view says.
 */
int ask(struct answer *view);

#endif /* MMSCOPE_SELFTESTS_SWAP_ANSWER_H */
