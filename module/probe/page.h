/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that can be said of a page frame, and who owns it.
 *
 * Frames are read in batches, while memory cannot be unplugged; what needs a
 * name is named afterwards, when nothing is held but references to the inodes.
 */
#ifndef MMS_PROBE_PAGE_H
#define MMS_PROBE_PAGE_H

#include <linux/limits.h>

#include "caches.h"
#include "frame.h"
#include "iomem.h"
#include "owners.h"
#include "scan.h"
#include "tablefind.h"

struct inode;
struct super_block;

/* Frames of one batch. */
#define MMS_PAGES_BATCH		64

/* Longest path of a cgroup that is shown, with the NUL. */
#define MMS_MEMCG_PATH		768

/*
 * Whose page tables frames are is looked up if no more than so many are asked
 * for: that takes a walk through the tables of all processes.
 */
#define MMS_PAGES_TABLES	512

/* A number that is not known, or that there is none of. */
#define MMS_PAGE_UNKNOWN	(~0ULL)

/**
 * enum mms_lru - list that reclaim keeps a page in
 * @MMS_LRU_NONE: none, or the page is not yet in it.
 * @MMS_LRU_INACTIVE_ANON: inactive, anonymous or shmem.
 * @MMS_LRU_ACTIVE_ANON: active, anonymous or shmem.
 * @MMS_LRU_INACTIVE_FILE: inactive, of a file.
 * @MMS_LRU_ACTIVE_FILE: active, of a file.
 * @MMS_LRU_UNEVICTABLE: locked, or its file is.
 * @MMS_LRU_GEN_ANON: a generation of MGLRU, anonymous or shmem.
 * @MMS_LRU_GEN_FILE: a generation of MGLRU, of a file.
 * @MMS_NR_LRUS: number of them.
 */
enum mms_lru {
	MMS_LRU_NONE,
	MMS_LRU_INACTIVE_ANON,
	MMS_LRU_ACTIVE_ANON,
	MMS_LRU_INACTIVE_FILE,
	MMS_LRU_ACTIVE_FILE,
	MMS_LRU_UNEVICTABLE,
	MMS_LRU_GEN_ANON,
	MMS_LRU_GEN_FILE,
	MMS_NR_LRUS
};

extern const char *const mms_lru_names[MMS_NR_LRUS];

/**
 * struct mms_page_file - the file that a page is of
 * @inode: held until the next batch; NULL if the page is of no file, or that
 *	is going away.
 * @sb: its filesystem, held for as long.  May be there without @inode.
 * @number: number of the inode.
 * @dev_major: device of its filesystem, or the block device itself.
 * @dev_minor: the same.
 * @block: it is a block device.
 */
struct mms_page_file {
	struct inode *inode;
	struct super_block *sb;
	u64 number;
	unsigned int dev_major;
	unsigned int dev_minor;
	bool block;
};

/**
 * struct mms_page - one frame
 * @pfn: its number.
 * @flags: as in /proc/kpageflags; mms_page_flag_names() has the words.
 * @refcount: references to it, or to the folio or compound page it is of.
 * @mapcount: as in /proc/kpagecount.
 * @frame: what it is used for.
 * @lru: where reclaim keeps it.
 * @generation: with a list of MGLRU, its number, or %MMS_PAGE_UNKNOWN.
 * @memcg: as in /proc/kpagecgroup.
 * @block_type: migratetype of its pageblock.
 * @list_type: if free, migratetype of the pageblock where its block begins,
 *	which is the free list that the block is in.
 * @node: its NUMA node.
 * @zone: name of its zone.
 * @index: offset in its file, or in its address space, in pages; or
 *	%MMS_PAGE_UNKNOWN.
 * @file: its file.
 * @slab: if of a slab, how full that is.
 * @table: if a page table, whose.
 */
struct mms_page {
	u64 pfn;
	u64 flags;
	int refcount;
	int mapcount;
	struct mms_frame frame;
	enum mms_lru lru;
	u64 generation;
	u64 memcg;
	unsigned int block_type;
	unsigned int list_type;
	int node;
	const char *zone;
	u64 index;
	struct mms_page_file file;
	struct mms_slab_use slab;
	struct mms_table_found table;
};

/**
 * struct mms_pages - frames being read
 * @scan: where the reading stands; has a map of owners once one was needed.
 * @want_owners: the next frame cannot be told without a map of owners.
 * @finished: the end has been reached, or an error met.
 * @first: first frame asked for.
 * @nr_tables: frames asked for, if few enough to look for page tables among
 *	them; else 0.
 * @sought: that was done.
 * @find: the search for page tables.
 * @tables: what it has found, by frame from @first.
 * @iomem: what reserved frames are for; read once one was met.
 * @has_iomem: that was done.
 * @nr: number of @out.
 * @out: the frames of the last batch.
 * @caches: names of the slab caches that they are of.
 * @named: the inode that @path is of; held as one of @out.
 * @path: path of that file, or NULL.
 * @path_room: room for it.
 * @memcg: the cgroup that @memcg_path is of; 0 if none.
 * @memcg_path: path of a cgroup, or "".
 * @owner: name from the map of owners.
 */
struct mms_pages {
	struct mms_scan scan;
	bool want_owners;
	bool finished;
	u64 first;
	unsigned int nr_tables;
	bool sought;
	struct mms_tablefind find;
	struct mms_table_found tables[MMS_PAGES_TABLES];
	struct mms_iomem iomem;
	bool has_iomem;
	unsigned int nr;
	struct mms_page out[MMS_PAGES_BATCH];
	struct mms_caches caches;
	const struct inode *named;
	const char *path;
	char path_room[PATH_MAX];
	u64 memcg;
	char memcg_path[MMS_MEMCG_PATH];
	char owner[MMS_OWNER_NAME];
};

/**
 * mms_pages_init() - begins to read
 * @pages: the frames.
 * @first: first frame.
 * @end: first frame behind.
 */
void mms_pages_init(struct mms_pages *pages, u64 first, u64 end);

/**
 * mms_pages_owners() - takes over a map of owners
 * @pages: the frames, begun, without a map of their own.
 * @scan: a scan that is over, and has a map with names; it loses it.
 */
void mms_pages_owners(struct mms_pages *pages, struct mms_scan *scan);

/**
 * mms_pages_move() - goes on elsewhere
 * @pages: the frames, begun.
 * @first: first frame, one that there is.
 * @end: first frame behind.
 *
 * What has been found out about owners is kept.
 */
void mms_pages_move(struct mms_pages *pages, u64 first, u64 end);

/**
 * mms_pages_batch() - reads some frames
 * @pages: the frames.
 *
 * Frames without an online struct page are left out.  May sleep.
 *
 * Return: 0, -EINTR if a fatal signal came, -ENOMEM.
 */
int mms_pages_batch(struct mms_pages *pages);

/**
 * mms_pages_rewind() - forgets frames that were not needed
 * @pages: the frames.
 * @next: the first of the last batch that is to be read again.
 *
 * Lets go of the files: a reader that is slow must not keep a filesystem from
 * being unmounted.
 */
void mms_pages_rewind(struct mms_pages *pages, unsigned int next);

/**
 * mms_pages_end() - gives back what is held
 * @pages: the frames, begun or all zero.
 */
void mms_pages_end(struct mms_pages *pages);

/**
 * mms_pages_name() - name of what owns a frame
 * @pages: the frames.
 * @page: one of the last batch.
 *
 * Of a slab, its cache; of page cache, the path of the file inside its
 * filesystem, with `` (deleted)`` behind it if it has been; of reserved memory
 * its region in /proc/iomem; else what mms_owners_name() says.  May sleep.
 *
 * Return: the name, until the next call; NULL if it has none or is not known.
 */
const char *mms_pages_name(struct mms_pages *pages,
			   const struct mms_page *page);

/**
 * mms_pages_memcg_path() - path of the memory cgroup of a frame
 * @pages: the frames.
 * @page: one of the last batch.
 *
 * In the hierarchy of cgroup v2.  May sleep.
 *
 * Return: the path, until the next call; NULL if there is none or it is not
 * known.
 */
const char *mms_pages_memcg_path(struct mms_pages *pages,
				 const struct mms_page *page);

/**
 * mms_page_flag_names() - names of the flags of a page
 *
 * Return: the name of each bit of &mms_page.flags that may be set.
 */
const char *const *mms_page_flag_names(void);

/**
 * mms_page_flags_unreliable() - flags that the kernel's own files get wrong
 *
 * Return: their names, separated by commas, or NULL.
 */
const char *mms_page_flags_unreliable(void);

#endif /* MMS_PROBE_PAGE_H */
