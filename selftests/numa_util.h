/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes and what processes have on them: as numa/nodes and as the kernel say. */
#ifndef MMSCOPE_SELFTESTS_NUMA_UTIL_H
#define MMSCOPE_SELFTESTS_NUMA_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE		4096UL
#define NODES_MAX	8
#define PLACES_MAX	1024

/* Numbers of a node, by the name of their column. */
enum {
	N_PAGES, N_ANON, N_FILE, N_SHMEM, N_HUGETLB, N_FREE, N_SWAPCACHE,
	N_SLAB_RECLAIMABLE, N_SLAB_UNRECLAIMABLE, N_MISC, N_PGTABLE,
	N_SEC_PGTABLE, N_KERNEL_STACK, N_DIRTY, N_WRITEBACK, N_MAPPED,
	N_MLOCKED, N_HIT, N_MISS, N_FOREIGN, N_INTERLEAVE, N_LOCAL, N_OTHER,
	N_NUMBERS
};

extern const char *const node_columns[N_NUMBERS];

/**
 * struct node - a node
 * @number: what it has.
 * @text: tier, cpus, cpulist and distances, each as the view writes it.
 */
struct node {
	unsigned int id;
	uint64_t number[N_NUMBERS];
	char text[4][256];
};

/* Pages of a process on a node, by kind; of which all are the sum. */
enum { P_SUM, P_ANON, P_FILE, P_SHMEM, P_KSM, P_HUGETLB, P_OTHER, P_NUMBERS };

struct place {
	pid_t pid;
	unsigned int node;
	char comm[64];
	uint64_t number[P_NUMBERS];
};

struct numa {
	unsigned int nodes;
	struct node node[NODES_MAX];
	unsigned int places;
	struct place place[PLACES_MAX];
};

/* All die if they cannot make sense of what they read. */
void ask_numa(struct numa *numa);
/* What sysfs says of the nodes; without places. */
void read_nodes(struct numa *numa);

/* A process's row, or NULL. */
const struct place *find_place(const struct numa *numa, pid_t pid,
			       unsigned int node);

/*
 * Sums of numa_maps in small pages, by node.  Return: false if there is no
 * such process any more.
 */
bool read_numa_maps(pid_t pid, uint64_t pages[NODES_MAX]);

#endif /* MMSCOPE_SELFTESTS_NUMA_UTIL_H */
