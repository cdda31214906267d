/* SPDX-License-Identifier: GPL-2.0-only */
/* All files that the page cache holds pages of, opened by anybody or not. */
#ifndef MMS_PROBE_FILES_H
#define MMS_PROBE_FILES_H

#include "filecache.h"
#include "supers.h"
#include "walk.h"

/* Longest name of a filesystem that is shown, with the NUL. */
#define MMS_FSTYPE	16

/**
 * struct mms_file - one file
 * @number: number of its inode.
 * @dev_major: device of its filesystem, or the block device itself.
 * @dev_minor: the same.
 * @block: it is a block device.
 * @fstype: name of its filesystem.
 * @cached: its pages.
 * @path: path in its filesystem, "" if there is none; see
 *	mms_page_file_path().
 */
struct mms_file {
	u64 number;
	unsigned int dev_major;
	unsigned int dev_minor;
	bool block;
	char fstype[MMS_FSTYPE];
	struct mms_cached cached;
	char path[];
};

/**
 * struct mms_toplist - the largest files of those added
 * @file: they; sorted, largest first, by mms_toplist_sort().
 * @room: room for as many.
 * @nr: how many are in @file: at most two times @top.
 * @max: how many there is room for.
 * @top: how many are wanted.
 * @cutoff: a file with no more pages than this is not among them.
 */
struct mms_toplist {
	struct mms_file **file;
	struct mms_file **room;
	unsigned int nr;
	unsigned int max;
	unsigned int top;
	u64 cutoff;
};

/**
 * struct mms_files_sum - files counted, whether listed or not
 * @files: that have pages in the page cache.
 * @pages: pages of these.
 */
struct mms_files_sum {
	u64 files;
	u64 pages;
};

/**
 * struct mms_files - files being collected
 * @list: the largest of all; valid at the end.
 * @sum: all.
 * @one: the same of the filesystem that is being walked.
 * @one_sum: the same.
 * @supers: the filesystems left to do, NULL when done.
 * @next: the next to do.
 * @rounds: how often all have been gone through.
 * @left: how many could not be read in this round; at the end, at all.
 * @interrupted: signals that have had the next one begun anew.
 * @finished: all has been done, or enough been waited for.
 * @stats: what it has cost: inodes looked at; the list of a filesystem's
 *	inodes held; filesystems walked again.
 * @path: room for a path.
 */
struct mms_files {
	struct mms_toplist list;
	struct mms_files_sum sum;
	struct mms_toplist one;
	struct mms_files_sum one_sum;
	struct mms_supers supers;
	unsigned int next;
	unsigned int rounds;
	unsigned int left;
	unsigned int interrupted;
	bool finished;
	struct mms_walk_stats stats;
	char *path;
};

/**
 * mms_files_init() - begins to collect
 * @files: the files, all zero; mms_files_free() when done, also on error.
 * @top: how many are to be listed.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM, -EOPNOTSUPP if mms_supers_missing(), -EOVERFLOW if there
 * are %MMS_SUPERS_MAX filesystems or more.
 */
int mms_files_init(struct mms_files *files, unsigned int top);

/**
 * mms_files_collect() - collects on to the end
 * @files: the files, begun.
 *
 * May sleep, and holds nothing of a filesystem when it returns.  After -EINTR
 * it can be called again, and goes on with the filesystem it was at.
 *
 * Return: 0, -EINTR if a signal came, -ENOMEM.
 */
int mms_files_collect(struct mms_files *files);

/**
 * mms_files_free() - gives back what is held
 * @files: the files, begun or all zero.
 */
void mms_files_free(struct mms_files *files);

/**
 * mms_files_counted() - what the kernel counts
 *
 * Return: pages in Cached and Buffers of /proc/meminfo.
 */
u64 mms_files_counted(void);

/**
 * mms_toplist_init() - makes an empty list
 * @list: the list, all zero.
 * @top: how many files are wanted.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_toplist_init(struct mms_toplist *list, unsigned int top);

/**
 * mms_toplist_add() - adds a file
 * @list: the list.
 * @file: the file; is the list's from now on, also on error.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_toplist_add(struct mms_toplist *list, struct mms_file *file);

/**
 * mms_toplist_sort() - sorts, and keeps as many as are wanted
 * @list: the list.
 */
void mms_toplist_sort(struct mms_toplist *list);

/**
 * mms_toplist_clear() - frees the files
 * @list: the list, which is empty then.
 */
void mms_toplist_clear(struct mms_toplist *list);

/**
 * mms_toplist_free() - frees the list
 * @list: the list, or all zero.
 */
void mms_toplist_free(struct mms_toplist *list);

#endif /* MMS_PROBE_FILES_H */
