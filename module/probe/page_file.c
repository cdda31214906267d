// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that a page is of.
 *
 * From a page to a path every step may lead to what is being freed:
 *
 * - The page.  A reference keeps it what it is; the caller has one, and has
 *   checked since that it still is what it looked like.
 * - The inode behind its ->mapping.  Truncation clears ->mapping, and an inode
 *   is freed an RCU grace period after its last page was truncated.  So under
 *   RCU what ->mapping says stays, and igrab() tells whether it is going.
 * - The filesystem.  An inode that is held when it is unmounted would be the
 *   "Busy inodes" that the kernel complains of; so the superblock is held too,
 *   which a filesystem that is being unmounted refuses.
 */

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "../compat/compat.h"
#include "../compat/kpage.h"
#include "page_file.h"

/* Behind the path of a deleted file. */
#define DELETED		" (deleted)"

/*
 * Is it still a page of this folio, and of the page cache?  Drivers lend
 * their pages a ->mapping too (deferred I/O of frame buffers), with a life of
 * its own; these are never filled by reading, nor on an LRU list.
 */
static bool is_cached(const struct mms_kpage *kpage, enum mms_frame_kind kind)
{
	const unsigned long some = BIT(PG_lru) | BIT(PG_uptodate) |
				   BIT(PG_locked) | BIT(PG_writeback);
	struct folio *folio = page_folio((struct page *)kpage->page);

	if (&folio->page != kpage->head ||
	    folio_order(folio) != kpage->order || mms_page_is_slab(kpage->head))
		return false;
	if (kind == MMS_FRAME_HUGETLB)
		return folio_test_hugetlb(folio);
	return mms_page_flags(kpage->head) & some;
}

static void describe(struct mms_page_file *file)
{
	const struct inode *inode = file->inode;
	dev_t dev = file->sb->s_dev;

	file->number = inode->i_ino;
	file->block = file->sb->s_magic == BDEVFS_MAGIC;
	if (file->block)
		dev = inode->i_rdev;
	file->dev_major = MAJOR(dev);
	file->dev_minor = MINOR(dev);
}

void mms_page_file_get(const struct mms_kpage *kpage, enum mms_frame_kind kind,
		       struct mms_page_file *file)
{
	const struct folio *folio = (const struct folio *)kpage->head;
	struct address_space *mapping;
	struct inode *inode = NULL;

	*file = (struct mms_page_file){};
	rcu_read_lock();
	mapping = READ_ONCE(folio->mapping);
	if (mapping && !((unsigned long)mapping & MMS_MAPPING_FLAGS) &&
	    is_cached(kpage, kind))
		inode = READ_ONCE(mapping->host);
	/* Even if there is no inode in the end: putting @sb may sleep. */
	if (inode && atomic_inc_not_zero(&inode->i_sb->s_active)) {
		file->sb = inode->i_sb;
		file->inode = igrab(inode);
	}
	rcu_read_unlock();
	if (file->inode)
		describe(file);
}

void mms_page_file_put(struct mms_page_file *file)
{
	if (file->inode)
		iput(file->inode);
	if (file->sb)
		deactivate_super(file->sb);
	file->inode = NULL;
	file->sb = NULL;
}

/*
 * What was made without a directory entry (memfd, SysV and anonymous shared
 * memory) has a name but no parent; as simple_dname() shows it.
 */
static char *rootless_path(struct dentry *dentry, char *buf)
{
	struct name_snapshot name;
	int len;

	take_dentry_name_snapshot(&name, dentry);
	len = snprintf(buf, PATH_MAX, "/%s" DELETED, name.name.name);
	if (!name.name.len || !strcmp(name.name.name, "/"))
		len = PATH_MAX;
	release_dentry_name_snapshot(&name);
	return len < PATH_MAX ? buf : NULL;
}

static char *alias_path(struct dentry *dentry, bool deleted, char *buf)
{
	size_t room = PATH_MAX - strlen(DELETED);
	char *path;

	if (IS_ROOT(dentry) && dentry != dentry->d_sb->s_root)
		return rootless_path(dentry, buf);
	/* Ends at the end of that room, wherever it begins. */
	path = dentry_path_raw(dentry, buf, room);
	if (IS_ERR(path))
		return NULL;
	if (deleted)
		memcpy(buf + room - 1, DELETED, sizeof(DELETED));
	return path;
}

const char *mms_page_file_path(struct inode *inode, char buf[PATH_MAX])
{
	struct dentry *dentry = d_find_alias(inode);
	bool deleted = !dentry;
	const char *path;

	if (!dentry)
		dentry = d_find_any_alias(inode);
	if (!dentry)
		return NULL;
	path = alias_path(dentry, deleted, buf);
	dput(dentry);
	return path;
}
