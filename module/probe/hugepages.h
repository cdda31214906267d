/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings, counters and pools of huge pages, transparent or not. */
#ifndef MMS_PROBE_HUGEPAGES_H
#define MMS_PROBE_HUGEPAGES_H

#include <linux/types.h>

/**
 * enum mms_huge_part - what may be missing
 * @MMS_HUGE_SETTINGS: transparent huge pages: for all sizes.
 * @MMS_HUGE_SHMEM: the same for shared memory.
 * @MMS_HUGE_SIZES: settings of each size.
 * @MMS_HUGE_EVENTS: events of each size.
 * @MMS_HUGE_POOLS: pools of hugetlb.
 * @MMS_HUGE_SPLIT: queues of huge pages that may be split.
 * @MMS_NR_HUGE_PARTS: number of these.
 */
enum mms_huge_part {
	MMS_HUGE_SETTINGS,
	MMS_HUGE_SHMEM,
	MMS_HUGE_SIZES,
	MMS_HUGE_EVENTS,
	MMS_HUGE_POOLS,
	MMS_HUGE_SPLIT,
	MMS_NR_HUGE_PARTS
};

/* Their names in caps. */
extern const char *const mms_huge_part_names[MMS_NR_HUGE_PARTS];

/**
 * mms_huge_missing() - why something of huge pages cannot be shown
 * @part: what.
 *
 * May sleep.  Must have been called once before what follows.
 *
 * Return: one word, ``not-in-kernel`` if this release has no such thing, or
 * NULL; the same for ever.
 */
const char *mms_huge_missing(enum mms_huge_part part);

/**
 * struct mms_huge_settings - settings
 * @enabled: of anonymous memory; this and the following are words of sysfs, or
 *	NULL if they are not known.
 * @shmem_enabled: of shared memory.
 * @defrag: who compacts memory for huge pages; of all sizes only.
 */
struct mms_huge_settings {
	const char *enabled;
	const char *shmem_enabled;
	const char *defrag;
};

/**
 * mms_huge_settings() - settings for all sizes
 * @settings: filled.
 */
void mms_huge_settings(struct mms_huge_settings *settings);

/**
 * mms_huge_size_settings() - settings of a size
 * @order: the size.
 * @settings: filled.
 */
void mms_huge_size_settings(unsigned int order,
			    struct mms_huge_settings *settings);

/**
 * mms_huge_orders() - sizes of transparent huge pages
 *
 * Return: the orders that this kernel may use, as a set.
 */
unsigned long mms_huge_orders(void);

/* Events of all sizes together. */
#define MMS_HUGE_EVENTS_MAX	32

/**
 * struct mms_huge_events - events
 * @nr: how many are known.
 * @name: their names.
 * @value: how often each has happened.
 */
struct mms_huge_events {
	unsigned int nr;
	const char *name[MMS_HUGE_EVENTS_MAX];
	u64 value[MMS_HUGE_EVENTS_MAX];
};

/**
 * mms_huge_events() - events of all sizes together, as in /proc/vmstat
 * @events: filled.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_huge_events(struct mms_huge_events *events);

/**
 * mms_huge_size_events() - events of a size, as in sysfs
 * @order: the size.
 * @events: filled.
 *
 * May sleep.
 */
void mms_huge_size_events(unsigned int order, struct mms_huge_events *events);

/**
 * struct mms_huge_mapped - pages of huge pages mapped as such
 * @anon: AnonHugePages of /proc/meminfo, in pages.
 * @shmem: ShmemPmdMapped.
 * @file: FilePmdMapped.
 * @shmem_thp: ShmemHugePages.
 * @file_thp: FileHugePages.
 */
struct mms_huge_mapped {
	u64 anon;
	u64 shmem;
	u64 file;
	u64 shmem_thp;
	u64 file_thp;
};

/**
 * mms_huge_mapped() - what is mapped by entries for huge pages
 * @nid: a node with memory, or -1 for all.
 * @mapped: filled.
 */
void mms_huge_mapped(int nid, struct mms_huge_mapped *mapped);

/* Not known, or not by node. */
#define MMS_HUGE_UNKNOWN	(~0ULL)

/**
 * struct mms_huge_pool - a pool of hugetlb, in huge pages
 * @order: their size.
 * @total: pages in it.
 * @free: free ones.
 * @reserved: of these, promised to somebody; this and @overcommit are not known
 *	by node.
 * @surplus: pages beyond what was asked for.
 * @overcommit: how many of these there may be.
 */
struct mms_huge_pool {
	unsigned int order;
	u64 total;
	u64 free;
	u64 reserved;
	u64 surplus;
	u64 overcommit;
};

/**
 * mms_huge_pool() - reads a pool
 * @i: which; 0 is the first.
 * @nid: a node with memory, or -1 for all.
 * @pool: filled.
 *
 * As the kernel's own files do, without a lock: while pages come and go, the
 * numbers may not fit together.
 *
 * Return: false if there is no such pool.
 */
bool mms_huge_pool(unsigned int i, int nid, struct mms_huge_pool *pool);

/**
 * mms_huge_next_node() - the next node with memory
 * @nid: a node, or -1.
 *
 * Return: the node, or -1 if there is none.
 */
int mms_huge_next_node(int nid);

#endif /* MMS_PROBE_HUGEPAGES_H */
