// SPDX-License-Identifier: GPL-2.0-only
/* Finding a file by its path, to look at what is cached of it. */

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/namei.h>

#include "filecache.h"

static bool has_cache(const struct inode *inode)
{
	/* Counted elsewhere; entries of DAX are no pages. */
	return inode->i_sb->s_magic != HUGETLBFS_MAGIC && !IS_DAX(inode);
}

#ifdef CONFIG_BLOCK
static struct inode *device_inode(dev_t dev)
{
	return ilookup(blockdev_superblock, dev);
}
#else
static struct inode *device_inode(dev_t dev)
{
	return NULL;
}
#endif

int mms_cached_open(const char *name, struct mms_cached_file *file)
{
	struct inode *inode;
	dev_t dev;
	int err;

	err = kern_path(name, LOOKUP_FOLLOW, &file->path);
	if (err)
		return err;
	/* Of an overlay, the file below, which has the pages. */
	inode = d_real_inode(file->path.dentry);
	if (!inode || !has_cache(inode)) {
		path_put(&file->path);
		return inode ? -EOPNOTSUPP : -ENOENT;
	}
	file->number = inode->i_ino;
	file->generation = inode->i_generation;
	file->fstype = inode->i_sb->s_type->name;
	file->device = S_ISBLK(inode->i_mode);
	dev = file->device ? inode->i_rdev : inode->i_sb->s_dev;
	file->dev_major = MAJOR(dev);
	file->dev_minor = MINOR(dev);
	file->inode = file->device ? device_inode(dev) : inode;
	file->size = file->inode ? i_size_read(file->inode) : 0;
	return 0;
}

void mms_cached_close(struct mms_cached_file *file)
{
	if (file->device)
		iput(file->inode);
	path_put(&file->path);
}
