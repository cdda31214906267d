// SPDX-License-Identifier: GPL-2.0-only
/* Names of what owns a page frame. */

#include <linux/cgroup.h>
#include <linux/err.h>

#include "memcgs.h"
#include "page.h"
#include "page_file.h"

/* The rows of a file follow each other: its path is made once. */
static const char *inode_path(struct mms_pages *pages,
			      const struct mms_page *page)
{
	struct inode *inode = page->file.inode;

	if (pages->named != inode) {
		pages->path = mms_page_file_path(inode, pages->path_room);
		pages->named = inode;
	}
	return pages->path;
}

const char *mms_pages_name(struct mms_pages *pages,
			   const struct mms_page *page)
{
	if (page->file.inode)
		return inode_path(pages, page);
	switch (page->frame.kind) {
	case MMS_FRAME_SLAB:
		return mms_caches_name(&pages->caches, page->slab.cache);
	case MMS_FRAME_RESERVED:
		return mms_iomem_name(&pages->iomem, page->pfn);
	case MMS_FRAME_PCP:
	case MMS_FRAME_KSTACK:
	case MMS_FRAME_VMALLOC:
	case MMS_FRAME_PERCPU:
	case MMS_FRAME_MEMMAP:
		if (mms_owners_name(pages->scan.owners, page->pfn,
				    pages->owner))
			return pages->owner;
		return NULL;
	default:
		return NULL;
	}
}

#ifdef CONFIG_MEMCG
/*
 * The inode number of a cgroup is its id, on 64-bit machines.  Hierarchies of
 * cgroup v1 have ids of their own, which cannot be asked for.
 */
static void find_memcg_path(u64 ino, char buf[MMS_MEMCG_PATH])
{
	struct cgroup *cgroup;

	buf[0] = '\0';
	if (!cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return;
	cgroup = cgroup_get_from_id(ino);
	if (IS_ERR(cgroup))
		return;
	if (!mms_cgroup_path(cgroup, buf, MMS_MEMCG_PATH))
		buf[0] = '\0';
	cgroup_put(cgroup);
}
#else
static void find_memcg_path(u64 ino, char buf[MMS_MEMCG_PATH])
{
	buf[0] = '\0';
}
#endif

const char *mms_pages_memcg_path(struct mms_pages *pages,
				 const struct mms_page *page)
{
	if (!page->memcg)
		return NULL;
	if (pages->memcg != page->memcg) {
		find_memcg_path(page->memcg, pages->memcg_path);
		pages->memcg = page->memcg;
	}
	return pages->memcg_path[0] ? pages->memcg_path : NULL;
}
