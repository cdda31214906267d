// SPDX-License-Identifier: GPL-2.0-only
/*
 * All files that the page cache holds pages of, opened by anybody or not.
 *
 * Every file with pages has an inode in the list of its filesystem
 * (sb->s_inodes), and every filesystem is in one list (super_blocks), block
 * devices and what has no mount point too.  So the lists are walked, as
 * drop_caches does:
 *
 * - A filesystem is found by its address in the list of all, under sb_lock,
 *   and is kept from being unmounted by s_umount, taken for reading and never
 *   waited for there.  That is let go of before anything is shown, and at once
 *   when somebody waits for it (umount, remount, freeze): then what has been
 *   collected of this filesystem is thrown away, and it comes again later.
 * - The list of its inodes is walked under s_inode_list_lock for a bounded
 *   number of inodes.  Where the walk stops, the inode is held, which keeps it
 *   in the list; it is let go of when no lock is held but s_umount, since that
 *   may be the last reference, if the file was deleted and closed meanwhile.
 *
 * Files that are small enough not to be listed cost a look at the number of
 * their pages, and no reference.
 */

#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "../compat/inode.h"
#include "../limits.h"
#include "files.h"
#include "held.h"
#include "page_file.h"

/* Inodes, in batches, that cannot be held, before a walk is given up. */
#define UNHELD_MAX	(64 * MMS_BATCH_INODES)
/* Signals that may have the walk of a filesystem begun anew. */
#define INTERRUPTED_MAX	3

u64 mms_files_counted(void)
{
	long pages = global_node_page_state(NR_FILE_PAGES);

	return max(pages - (long)total_swapcache_pages(), 0L);
}

int mms_files_init(struct mms_files *files, unsigned int top)
{
	int err;

	if (mms_supers_missing())
		return -EOPNOTSUPP;
	files->path = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!files->path)
		return -ENOMEM;
	err = mms_toplist_init(&files->list, top);
	if (!err)
		err = mms_toplist_init(&files->one, top);
	return err ?: mms_supers_list(&files->supers);
}

void mms_files_free(struct mms_files *files)
{
	mms_toplist_free(&files->list);
	mms_toplist_free(&files->one);
	mms_supers_free(&files->supers);
	kfree(files->path);
}

/* Is it worth to be listed? */
static bool wanted(const struct mms_files *files, u64 pages)
{
	return pages > files->list.cutoff && pages > files->one.cutoff;
}

/*
 * False if the inode is just being made or evicted.  Nor is a deleted file held
 * of a frozen filesystem: should its owner close it now, letting go of it would
 * wait for the thaw, which waits for s_umount.  (No file is deleted there, and
 * freezing does not go on while s_umount is held.)
 */
static bool hold_inode(struct inode *inode)
{
	if (mms_inode_state(inode) & I_NEW)
		return false;
	if (READ_ONCE(inode->i_sb->s_writers.frozen) != SB_UNFROZEN &&
	    !inode->i_nlink)
		return false;
	return igrab(inode);
}

/**
 * struct step - a walk along the inodes of a filesystem
 * @held: inodes, held, that are to be listed.  The walk stands at the last one,
 *	which may be held for that alone.
 * @pages: pages of each; 0 if it is not to be listed.
 * @nr: number of @held.
 * @ended: there are no more inodes.
 * @stuck: too many inodes could not be held.
 */
struct step {
	struct inode *held[MMS_HELD_INODES];
	u64 pages[MMS_HELD_INODES];
	unsigned int nr;
	bool ended;
	bool stuck;
};

static bool add_held(struct step *step, struct inode *inode, u64 pages)
{
	if (!hold_inode(inode))
		return false;
	step->held[step->nr] = inode;
	step->pages[step->nr] = pages;
	step->nr++;
	return true;
}

/*
 * Goes on from @inode, or from the start, until some files are to be listed, or
 * for a while.  Under s_inode_list_lock, which keeps the inodes in the list.
 */
static void walk_inodes(struct mms_files *files, struct super_block *sb,
			struct inode *inode, struct step *step, u64 since)
{
	bool has_cache = sb->s_magic != HUGETLBFS_MAGIC;
	struct mms_files_sum sum = files->one_sum;
	unsigned int n = 0;
	bool late = false;

	if (!inode)
		inode = list_entry(&sb->s_inodes, struct inode, i_sb_list);
	list_for_each_entry_continue(inode, &sb->s_inodes, i_sb_list) {
		u64 pages = READ_ONCE(inode->i_data.nrpages);
		bool last = false;

		if (pages && has_cache && !IS_DAX(inode)) {
			sum.files++;
			sum.pages += pages;
			if (wanted(files, pages))
				last = add_held(step, inode, pages);
		}
		if (!(++n % MMS_INODES_PER_CLOCK))
			late = local_clock() - since > MMS_LOCK_BUDGET_NS;
		if (step->nr == MMS_HELD_INODES)
			break;
		if ((n >= MMS_BATCH_INODES || late) &&
		    (last || add_held(step, inode, 0)))
			break;
		if (n >= UNHELD_MAX) {
			step->stuck = true;
			break;
		}
	}
	/* At the end of the list the walk stands nowhere. */
	if (list_entry_is_head(inode, &sb->s_inodes, i_sb_list))
		step->ended = true;
	files->one_sum = sum;
	files->stats.scanned += n;
}

/* Takes the step from @before, which is held. */
static void take_step(struct mms_files *files, struct super_block *sb,
		      struct inode *before, struct step *step)
{
	u64 since, held;

	step->nr = 0;
	spin_lock(&sb->s_inode_list_lock);
	since = local_clock();
	walk_inodes(files, sb, before, step, since);
	held = local_clock() - since;
	spin_unlock(&sb->s_inode_list_lock);
	mms_held(&files->stats, MMS_LOCK_INODES, held);
}

/*
 * Somebody waits for the filesystem, or for the reader.  A signal that does not
 * kill it has the filesystem begun anew, and so may do it only so often: one
 * that comes again and again would keep it from ever being finished.
 */
static int check_stop(const struct mms_files *files, struct super_block *sb)
{
	cond_resched();
	if (fatal_signal_pending(current) ||
	    (signal_pending(current) && files->interrupted < INTERRUPTED_MAX))
		return -EINTR;
	return rwsem_is_contended(&sb->s_umount) ? -EAGAIN : 0;
}

static int count_pages(const struct mms_files *files, struct super_block *sb,
		       struct inode *inode, struct mms_cached *cached)
{
	u64 index = 0;
	int err;

	while (mms_cached_count(inode, &index, cached)) {
		err = check_stop(files, sb);
		if (err)
			return err;
	}
	return 0;
}

static void name_file(struct mms_file *file, struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	dev_t dev = sb->s_dev;

	file->block = sb_is_blkdev_sb(sb);
	if (file->block)
		dev = inode->i_rdev;
	file->dev_major = MAJOR(dev);
	file->dev_minor = MINOR(dev);
	file->number = inode->i_ino;
	strscpy(file->fstype, sb->s_type->name, sizeof(file->fstype));
}

/* Adds a file, which is held. */
static int add_file(struct mms_files *files, struct super_block *sb,
		    struct inode *inode, u64 pages)
{
	struct mms_cached cached = {};
	struct mms_file *file;
	const char *path;
	size_t len;
	int err;

	err = count_pages(files, sb, inode, &cached);
	if (err)
		return err;
	/* So that the sum is that of what is shown. */
	files->one_sum.pages += cached.pages - pages;
	path = mms_page_file_path(inode, files->path) ?: "";
	len = strlen(path) + 1;
	file = kmalloc(sizeof(*file) + len, GFP_KERNEL);
	if (!file)
		return -ENOMEM;
	memcpy(file->path, path, len);
	file->cached = cached;
	name_file(file, inode);
	return mms_toplist_add(&files->one, file);
}

/* Adds what the step has found. */
static int add_files(struct mms_files *files, struct super_block *sb,
		     const struct step *step)
{
	unsigned int i;
	int err = step->stuck ? -EAGAIN : check_stop(files, sb);

	for (i = 0; i < step->nr && !err; i++)
		if (step->pages[i])
			err = add_file(files, sb, step->held[i],
				       step->pages[i]);
	return err;
}

/* s_umount is held.  Return: 0, or why the walk was broken off. */
static int walk_super(struct mms_files *files, struct super_block *sb)
{
	struct inode *before = NULL;
	struct step step = {};
	unsigned int i;
	int err;

	do {
		take_step(files, sb, before, &step);
		err = add_files(files, sb, &step);
		iput(before);
		before = NULL;
		for (i = 0; i + 1 < step.nr; i++)
			iput(step.held[i]);
		if (step.nr)
			before = step.held[step.nr - 1];
	} while (!err && !step.ended);
	iput(before);
	return err;
}

/* Drops what has been collected of a filesystem. */
static void drop_one(struct mms_files *files)
{
	mms_toplist_clear(&files->one);
	files->one_sum = (struct mms_files_sum){};
}

/* Adds that to what has been collected of all.  Return: 0 or -ENOMEM. */
static int keep_one(struct mms_files *files)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < files->one.nr; i++)
		err = mms_toplist_add(&files->list, files->one.file[i]) ?: err;
	files->one.nr = 0;
	files->sum.files += files->one_sum.files;
	files->sum.pages += files->one_sum.pages;
	drop_one(files);
	return err;
}

/* Return: 0, or an errno with which to stop. */
static int do_super(struct mms_files *files)
{
	struct super_block *sb = files->supers.sb[files->next];
	enum mms_super_state state = mms_super_lock(sb);
	int err;

	if (state == MMS_SUPER_LOCKED) {
		err = walk_super(files, sb);
		up_read(&sb->s_umount);
		if (err) {
			drop_one(files);
			files->stats.retries++;
			files->interrupted += err == -EINTR;
		} else {
			err = keep_one(files);
		}
		if (err && err != -EAGAIN)
			return err;
		if (err)
			state = MMS_SUPER_BUSY;
	}
	if (state == MMS_SUPER_BUSY)
		files->left++;
	else
		files->supers.sb[files->next] = NULL;
	files->next++;
	files->interrupted = 0;
	return 0;
}

int mms_files_collect(struct mms_files *files)
{
	int err;

	while (!files->finished) {
		while (files->next < files->supers.nr) {
			err = signal_pending(current) ? -EINTR :
							do_super(files);
			if (err)
				return err;
			cond_resched();
		}
		if (!files->left || ++files->rounds == MMS_SUPER_ROUNDS) {
			files->finished = true;
			break;
		}
		schedule_timeout_interruptible(msecs_to_jiffies(10));
		if (signal_pending(current))
			return -EINTR;
		files->left = 0;
		files->next = 0;
	}
	mms_toplist_sort(&files->list);
	return 0;
}
