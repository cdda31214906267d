/* SPDX-License-Identifier: GPL-2.0-only */
/* What the page cache holds of one file. */
#ifndef MMS_PROBE_FILECACHE_H
#define MMS_PROBE_FILECACHE_H

#include <linux/path.h>
#include <linux/types.h>

#include "frame.h"

struct inode;

/*
 * Orders of folios in the page cache: up to those of a PMD of 64 KiB pages, and
 * of what fits into a node of its tree (MAX_PAGECACHE_ORDER).
 */
#define MMS_CACHED_ORDERS	14

/**
 * struct mms_cached - pages of a file, counted
 * @pages: in the page cache.
 * @dirty: of these, to be written back.
 * @writeback: of these, being written back.
 * @mapped: of these, mapped by processes.
 * @evicted: not there any more, but remembered; of shmem, in swap.
 * @orders: bit i is set if there are folios of order i.
 * @folios: folios by order.
 */
struct mms_cached {
	u64 pages;
	u64 dirty;
	u64 writeback;
	u64 mapped;
	u64 evicted;
	unsigned long orders;
	u32 folios[MMS_CACHED_ORDERS];
};

/**
 * mms_cached_count() - counts on for a while
 * @inode: the file, held.
 * @index: where the counting stands; 0 at first.
 * @cached: what has been counted.
 *
 * Takes no lock and no reference to a page: a page that comes, goes or changes
 * meanwhile may be counted or not.  Does not sleep.
 *
 * Return: true if there is more.
 */
bool mms_cached_count(struct inode *inode, u64 *index,
		      struct mms_cached *cached);

/**
 * enum mms_cached_state - where pages of a file are
 * @MMS_CACHED: in the page cache.
 * @MMS_CACHED_EVICTED: reclaimed, and remembered by a shadow entry.
 * @MMS_CACHED_SWAPPED: in swap; of shmem only.
 * @MMS_NR_CACHED_STATES: number of these.
 */
enum mms_cached_state {
	MMS_CACHED,
	MMS_CACHED_EVICTED,
	MMS_CACHED_SWAPPED,
	MMS_NR_CACHED_STATES
};

extern const char *const mms_cached_state_names[MMS_NR_CACHED_STATES];

/**
 * enum mms_cached_flag - flags of a folio of the page cache
 * @MMS_CACHED_LOCKED: PG_locked, and so on.
 * @MMS_CACHED_REFERENCED: used since reclaim has looked at it.
 * @MMS_CACHED_UPTODATE: has been read.
 * @MMS_CACHED_DIRTY: has been written to.
 * @MMS_CACHED_WRITEBACK: being written back.
 * @MMS_CACHED_ACTIVE: in an active list, or a young generation.
 * @MMS_CACHED_WORKINGSET: was in use when it was evicted before.
 * @MMS_CACHED_RECLAIM: to be freed once written, or mark of readahead.
 * @MMS_CACHED_UNEVICTABLE: locked into memory.
 * @MMS_CACHED_LRU: reclaim knows of it.
 * @MMS_CACHED_MAPPED: some of its pages are mapped by processes.
 * @MMS_NR_CACHED_FLAGS: number of these.
 */
enum mms_cached_flag {
	MMS_CACHED_LOCKED,
	MMS_CACHED_REFERENCED,
	MMS_CACHED_UPTODATE,
	MMS_CACHED_DIRTY,
	MMS_CACHED_WRITEBACK,
	MMS_CACHED_ACTIVE,
	MMS_CACHED_WORKINGSET,
	MMS_CACHED_RECLAIM,
	MMS_CACHED_UNEVICTABLE,
	MMS_CACHED_LRU,
	MMS_CACHED_MAPPED,
	MMS_NR_CACHED_FLAGS
};

extern const char *const mms_cached_flag_names[MMS_NR_CACHED_FLAGS];

/**
 * struct mms_cached_run - folios of a file that are alike, one after the other
 * @index: offset in the file of the first page, in pages.
 * @pages: how many.
 * @folios: how many of these, or entries of evicted pages.
 * @mapped: pages mapped by processes.
 * @pfn: frame of the first, if cached; the others follow.
 * @order: of the folios.
 * @state: &enum mms_cached_state.
 * @flags: set of &enum mms_cached_flag.
 */
struct mms_cached_run {
	u64 index;
	u64 pages;
	u64 folios;
	u64 mapped;
	u64 pfn;
	unsigned int order;
	enum mms_cached_state state;
	u32 flags;
};

/* Runs that one batch may collect. */
#define MMS_CACHED_RUNS		256

/**
 * struct mms_cached_runs - the page cache of a file being read
 * @index: where the reading stands.
 * @finished: at the end.
 * @scanned: entries read.
 * @retries: entries read again because they changed meanwhile.
 * @nr: number of @out.
 * @out: runs of the last batch.  One may go on in the next.
 */
struct mms_cached_runs {
	u64 index;
	bool finished;
	u64 scanned;
	u64 retries;
	unsigned int nr;
	struct mms_cached_run out[MMS_CACHED_RUNS];
};

/**
 * mms_cached_runs_batch() - reads on for a while
 * @inode: the file, held; NULL for one that nothing is cached of.
 * @runs: the runs, all zero at first.
 *
 * Does not sleep.
 */
void mms_cached_runs_batch(struct inode *inode, struct mms_cached_runs *runs);

/**
 * struct mms_cached_file - a file found by its path
 * @path: the path, held.
 * @inode: whose pages are its content; NULL for a block device that nobody
 *	has used.  Held by @path.
 * @device: @inode is that of a block device, held itself.
 * @number: number of the inode that @path leads to.
 * @generation: its generation.
 * @dev_major: the block device, or the device of its filesystem.
 * @dev_minor: the same.
 * @size: its size in bytes.
 * @fstype: name of its filesystem; while held.
 */
struct mms_cached_file {
	struct path path;
	struct inode *inode;
	bool device;
	u64 number;
	u32 generation;
	unsigned int dev_major;
	unsigned int dev_minor;
	u64 size;
	const char *fstype;
};

/**
 * mms_cached_open() - finds a file
 * @name: its path, as the caller sees it.
 * @file: filled on success; mms_cached_close() when done.
 *
 * Nothing is opened: no device is woken, no access time set.  The path keeps
 * its filesystem mounted, so it must not be held when returning to user space.
 * May sleep.
 *
 * Return: 0, an errno of the path, or -EOPNOTSUPP if what the file holds is
 * not in the page cache (hugetlbfs, DAX).
 */
int mms_cached_open(const char *name, struct mms_cached_file *file);

/**
 * mms_cached_close() - lets go of a file
 * @file: from mms_cached_open().
 */
void mms_cached_close(struct mms_cached_file *file);

#endif /* MMS_PROBE_FILECACHE_H */
