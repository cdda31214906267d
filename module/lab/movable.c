// SPDX-License-Identifier: GPL-2.0-only
/* Pages that the kernel may move while an experiment holds them. */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/sched.h>

#include "../compat/folio_batch.h"
#include "movable.h"

#define MAGIC	0x6d6d7363	/* "mmsc" */

static int init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type fs_type = {
	.name = "mmscope",
	.owner = THIS_MODULE,
	.init_fs_context = init_fs_context,
	.kill_sb = kill_anon_super,
};

/* Mounted while there is a file; simple_pin_fs() has the lock. */
static struct vfsmount *mount;
static int mount_users;

/*
 * All files, by number, for an experiment that looks at what another one holds.
 * While the lock is held, none of them goes.
 */
static DEFINE_MUTEX(files_lock);
static LIST_HEAD(files);
static u32 last_id;

static const struct address_space_operations movable_aops = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = filemap_migrate_folio,
};

int mms_movable_init(struct mms_movable *movable)
{
	struct inode *inode;
	int err;

	err = simple_pin_fs(&fs_type, &mount, &mount_users);
	if (err)
		return err;
	inode = alloc_anon_inode(mount->mnt_sb);
	if (IS_ERR(inode)) {
		simple_release_fs(&mount, &mount_users);
		return PTR_ERR(inode);
	}
	inode->i_mapping->a_ops = &movable_aops;
	mapping_set_gfp_mask(inode->i_mapping, GFP_HIGHUSER_MOVABLE);
	mapping_set_unevictable(inode->i_mapping);
	movable->inode = inode;
	mutex_lock(&files_lock);
	movable->id = ++last_id;
	movable->end = 0;
	list_add_tail(&movable->files, &files);
	mutex_unlock(&files_lock);
	return 0;
}

int mms_movable_add(struct mms_movable *movable, struct page *page, u32 index)
{
	struct folio *folio = page_folio(page);
	int err;

	/* Nodes of the file's tree, and the charge: without the OOM killer. */
	err = filemap_add_folio(movable->inode->i_mapping, folio, index,
				GFP_NOWAIT | __GFP_NOWARN);
	if (err)
		return err;
	folio_mark_uptodate(folio);
	folio_unlock(folio);
	folio_put(folio);
	/* Pairs with search(); a page that it misses has come too late. */
	if (index >= movable->end)
		WRITE_ONCE(movable->end, index + 1);
	return 0;
}

unsigned long mms_movable_pfn(struct mms_movable *movable, u32 index)
{
	struct page *page = find_get_page(movable->inode->i_mapping, index);
	unsigned long pfn;

	if (!page)
		return 0;
	pfn = page_to_pfn(page);
	put_page(page);
	return pfn;
}

void mms_movable_settle(struct mms_movable *movable, u32 index)
{
	struct page *page = find_get_page(movable->inode->i_mapping, index);
	struct folio_batch batch;

	if (!page)
		return;
	/* lru_add_drain() is not exported; what begins with it is. */
	folio_batch_init(&batch);
	folio_batch_add(&batch, page_folio(page));
	folio_batch_release(&batch);
}

/* The first page at @index or behind it.  Return: its place, or ->end. */
static u32 search(struct mms_movable *movable, u32 index, u64 *pfn)
{
	u32 end = READ_ONCE(movable->end);

	for (; index < end; index++) {
		*pfn = mms_movable_pfn(movable, index);
		if (*pfn)
			return index;
		cond_resched();
	}
	return end;
}

bool mms_movable_next(u64 *where, u64 *pfn)
{
	u32 id = MMS_MOVABLE_FILE(*where), index = MMS_MOVABLE_INDEX(*where);
	struct mms_movable *movable;
	bool found = false;

	*pfn = 0;
	mutex_lock(&files_lock);
	list_for_each_entry(movable, &files, files) {
		if (movable->id < id)
			continue;
		if (movable->id > id)
			index = 0;
		index = search(movable, index, pfn);
		found = *pfn;
		if (found) {
			*where = (u64)movable->id << 32 | index;
			break;
		}
	}
	mutex_unlock(&files_lock);
	return found;
}

unsigned long mms_movable_again(u64 where)
{
	struct mms_movable *movable;
	unsigned long pfn = 0;

	mutex_lock(&files_lock);
	list_for_each_entry(movable, &files, files)
		if (movable->id == MMS_MOVABLE_FILE(where))
			pfn = mms_movable_pfn(movable,
					      MMS_MOVABLE_INDEX(where));
	mutex_unlock(&files_lock);
	return pfn;
}

void mms_movable_remove(struct mms_movable *movable, u32 index)
{
	loff_t start = (loff_t)index << PAGE_SHIFT;

	truncate_inode_pages_range(movable->inode->i_mapping, start,
				   start + PAGE_SIZE - 1);
}

void mms_movable_free(struct mms_movable *movable)
{
	if (!movable->inode)
		return;
	mutex_lock(&files_lock);
	list_del(&movable->files);
	mutex_unlock(&files_lock);
	iput(movable->inode);	/* truncates it */
	movable->inode = NULL;
	simple_release_fs(&mount, &mount_users);
}
