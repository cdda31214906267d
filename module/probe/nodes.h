/* SPDX-License-Identifier: GPL-2.0-only */
/* The NUMA nodes: what they are and how their memory is used. */
#ifndef MMS_PROBE_NODES_H
#define MMS_PROBE_NODES_H

#include <linux/cpumask.h>
#include <linux/numa.h>
#include <linux/types.h>

/**
 * enum mms_node_count - what the kernel counts of a node
 * @MMS_NODE_PAGES: pages that the buddy allocator manages.
 * @MMS_NODE_ANON: anonymous pages that are mapped.
 * @MMS_NODE_FILE: page cache of files; neither shmem nor swap cache.
 * @MMS_NODE_SHMEM: page cache of shmem and tmpfs.
 * @MMS_NODE_HUGETLB: pages in the pools of hugetlb, in use or not.
 * @MMS_NODE_FREE: free pages.
 * @MMS_NODE_SWAPCACHE: pages that also have a place in swap.
 * @MMS_NODE_SLAB_RECLAIMABLE: of slab caches that can be shrunk.
 * @MMS_NODE_SLAB_UNRECLAIMABLE: of other slab caches.
 * @MMS_NODE_MISC_RECLAIMABLE: other pages of the kernel that can be reclaimed.
 * @MMS_NODE_PGTABLE: page tables.
 * @MMS_NODE_SEC_PGTABLE: those of virtual machines and IOMMUs.
 * @MMS_NODE_KERNEL_STACK: kernel stacks.
 * @MMS_NODE_DIRTY: dirty pages of files.
 * @MMS_NODE_WRITEBACK: pages under writeback.
 * @MMS_NODE_MAPPED: pages of files and shmem that are mapped.
 * @MMS_NODE_MLOCKED: pages locked by mlock().
 * @MMS_NODE_HIT: pages allocated here as wished.
 * @MMS_NODE_MISS: pages allocated here that were wished elsewhere.
 * @MMS_NODE_FOREIGN: pages wished here that were allocated elsewhere.
 * @MMS_NODE_INTERLEAVE_HIT: pages interleaved as wished.
 * @MMS_NODE_LOCAL: pages allocated here by a CPU of this node.
 * @MMS_NODE_OTHER: pages allocated here by a CPU of another node.
 * @MMS_NR_NODE_COUNTS: number of these.
 */
enum mms_node_count {
	MMS_NODE_PAGES,
	MMS_NODE_ANON,
	MMS_NODE_FILE,
	MMS_NODE_SHMEM,
	MMS_NODE_HUGETLB,
	MMS_NODE_FREE,
	MMS_NODE_SWAPCACHE,
	MMS_NODE_SLAB_RECLAIMABLE,
	MMS_NODE_SLAB_UNRECLAIMABLE,
	MMS_NODE_MISC_RECLAIMABLE,
	MMS_NODE_PGTABLE,
	MMS_NODE_SEC_PGTABLE,
	MMS_NODE_KERNEL_STACK,
	MMS_NODE_DIRTY,
	MMS_NODE_WRITEBACK,
	MMS_NODE_MAPPED,
	MMS_NODE_MLOCKED,
	MMS_NODE_HIT,
	MMS_NODE_MISS,
	MMS_NODE_FOREIGN,
	MMS_NODE_INTERLEAVE_HIT,
	MMS_NODE_LOCAL,
	MMS_NODE_OTHER,
	MMS_NR_NODE_COUNTS
};

/* Not known. */
#define MMS_NODE_UNKNOWN	(~0ULL)

/**
 * struct mms_nodes - the online nodes, one after the other
 * @next: the node that comes next; 0 is a start.
 * @node: the node at hand.
 * @count: what it has, or %MMS_NODE_UNKNOWN.
 * @tier: number of its tier of memory, or -1.
 * @cpus: its online CPUs.
 * @nr_distances: number of @distance: of online nodes.
 * @distance: how far they are, by ascending number.
 */
struct mms_nodes {
	int next;
	int node;
	u64 count[MMS_NR_NODE_COUNTS];
	int tier;
	struct cpumask cpus;
	unsigned int nr_distances;
	u16 distance[MAX_NUMNODES];
};

/**
 * mms_nodes_next() - reads the next node
 * @nodes: what was read last; all zero at first.
 *
 * Each count is read once, without a lock; what CPUs have counted and not yet
 * added is left out, as in the kernel's own files, but for the NUMA events,
 * which are exact.  May sleep.
 *
 * Return: 1 if there is one, 0 if not, -EINTR if a fatal signal came.
 */
int mms_nodes_next(struct mms_nodes *nodes);

#endif /* MMS_PROBE_NODES_H */
