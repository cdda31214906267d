/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the kernel may move while an experiment holds them.
 *
 * They are the cached pages of a file that has no name, in a file system of our
 * own that nobody can mount: so compaction and migration treat them as they
 * treat any file's.  Reclaim leaves them alone, as it does ramfs (they are
 * unevictable, and compaction moves them where vm.compact_unevictable_allowed
 * says so: by default, save for PREEMPT_RT).  They are charged to the memory
 * cgroup of who runs the experiment.
 */
#ifndef MMS_LAB_MOVABLE_H
#define MMS_LAB_MOVABLE_H

#include <linux/list.h>
#include <linux/types.h>

struct inode;
struct page;

/**
 * struct mms_movable - the file
 * @inode: its inode, or NULL.
 * @files: among all files.
 * @id: its number, from 1; none is used twice.
 * @end: behind the last place that has ever been used.
 */
struct mms_movable {
	struct inode *inode;
	struct list_head files;
	u32 id;
	u32 end;
};

/**
 * mms_movable_init() - makes the file
 * @movable: the file.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_movable_init(struct mms_movable *movable);

/**
 * mms_movable_add() - makes a page the file's
 * @movable: the file.
 * @page: a page of order 0, from an allocation with __GFP_MOVABLE, with one
 *	reference, which goes to the file.
 * @index: where in the file.
 *
 * May sleep, but not reclaim.
 *
 * Return: 0, or an errno; then the reference is still the caller's.
 */
int mms_movable_add(struct mms_movable *movable, struct page *page, u32 index);

/**
 * mms_movable_pfn() - where a page is now
 * @movable: the file.
 * @index: where in the file.
 *
 * Return: its frame, or 0 if there is none.
 */
unsigned long mms_movable_pfn(struct mms_movable *movable, u32 index);

/**
 * mms_movable_settle() - puts a page onto the LRU lists now
 * @movable: the file.
 * @index: where in the file.
 *
 * Until then it waits in a batch of the CPU that has added it, and counts as a
 * page that cannot be moved: has_unmovable_pages().  To be called on that CPU,
 * or it may go on waiting.
 */
void mms_movable_settle(struct mms_movable *movable, u32 index);

/**
 * mms_movable_next() - a page of any file, for those who only look
 * @where: which file and where in it; set to where the page is that was found:
 *	the first there or behind it.  0 is the beginning.
 * @pfn: set to its frame.
 *
 * May sleep.  A reference is held for a moment.
 *
 * Return: true if there is one.
 */
bool mms_movable_next(u64 *where, u64 *pfn);

/**
 * mms_movable_again() - where a page is now that mms_movable_next() has found
 * @where: what it said.
 *
 * May sleep.
 *
 * Return: its frame, or 0 if it has gone.
 */
unsigned long mms_movable_again(u64 where);

/* Parts of @where of mms_movable_next(). */
#define MMS_MOVABLE_FILE(where)		((u32)((where) >> 32))
#define MMS_MOVABLE_INDEX(where)	((u32)(where))

/**
 * mms_movable_remove() - gives a page back
 * @movable: the file.
 * @index: where in the file.  May sleep.
 */
void mms_movable_remove(struct mms_movable *movable, u32 index);

/**
 * mms_movable_free() - gives all pages and the file back
 * @movable: the file; all zero is fine.  May sleep.
 */
void mms_movable_free(struct mms_movable *movable);

#endif /* MMS_LAB_MOVABLE_H */
