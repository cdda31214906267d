// SPDX-License-Identifier: GPL-2.0-only
/* The VMAs of a process. */

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/mm.h>

#include "../compat/compat.h"
#include "vmas.h"

const char *const mms_vma_kind_names[MMS_NR_VMA_KINDS] = {
	[MMS_VMA_ANON] = "anon",
	[MMS_VMA_HEAP] = "heap",
	[MMS_VMA_STACK] = "stack",
	[MMS_VMA_FILE] = "file",
	[MMS_VMA_SHMEM] = "shmem",
	[MMS_VMA_HUGETLB] = "hugetlb",
	[MMS_VMA_SPECIAL] = "special",
};

/* In the order of the MMS_VMA_* bits. */
const char *const mms_vma_flag_names[MMS_NR_VMA_FLAGS] = {
	"read", "write", "exec", "shared", "growsdown", "locked", "pfnmap",
	"mixedmap", "io", "hugepage", "nohugepage", "mergeable", "dontcopy",
	"dontdump", "dontexpand", "wipeonfork", "account", "noreserve",
	"seq_read", "rand_read", "uffd_missing", "uffd_wp",
};

static const vm_flags_t flag_bits[MMS_NR_VMA_FLAGS] = {
	VM_READ, VM_WRITE, VM_EXEC, VM_SHARED, VM_GROWSDOWN, VM_LOCKED,
	VM_PFNMAP, VM_MIXEDMAP, VM_IO, VM_HUGEPAGE, VM_NOHUGEPAGE,
	VM_MERGEABLE, VM_DONTCOPY, VM_DONTDUMP, VM_DONTEXPAND, VM_WIPEONFORK,
	VM_ACCOUNT, VM_NORESERVE, VM_SEQ_READ, VM_RAND_READ, VM_UFFD_MISSING,
	VM_UFFD_WP,
};

void mms_vmas_init(struct mms_vmas *vmas, struct mm_struct *mm, u64 start,
		   u64 end)
{
	vmas->mm = mm;
	vmas->addr = start;
	vmas->end = end;
	vmas->done = 0;
	vmas->stats = (struct mms_walk_stats){};
	vmas->finished = false;
	vmas->nr = 0;
}

static u32 vma_flags(const struct vm_area_struct *vma)
{
	u32 flags = 0;
	int i;

	for (i = 0; i < MMS_NR_VMA_FLAGS; i++)
		if (vma->vm_flags & flag_bits[i])
			flags |= BIT(i);
	return flags;
}

/* Mirrors vma_is_initial_heap() and vma_is_initial_stack(). */
static enum mms_vma_kind vma_kind(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	if (is_vm_hugetlb_page(vma))
		return MMS_VMA_HUGETLB;
	if (vma->vm_file) {
		struct inode *inode = file_inode(vma->vm_file);

		/* The devices in /dev, a tmpfs too, are no memory. */
		return S_ISREG(inode->i_mode) &&
		       inode->i_sb->s_magic == TMPFS_MAGIC ?
		       MMS_VMA_SHMEM : MMS_VMA_FILE;
	}
	if (vma->vm_ops)
		return MMS_VMA_SPECIAL;
	if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
		return MMS_VMA_HEAP;
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return MMS_VMA_STACK;
	return MMS_VMA_ANON;
}

/*
 * mmap_lock is held: the file stays, so that a reference can be taken.
 *
 * Between two batches a VMA may have been merged with those before it, which
 * were given out.  As in /proc/PID/maps, addresses never go backwards: what is
 * below @done is left out.
 */
static void read_vma(struct vm_area_struct *vma, u64 done, struct mms_vma *out)
{
	u64 start = max_t(u64, vma->vm_start, done);
	struct file *file = vma->vm_file;
	const char *label = NULL;

	*out = (struct mms_vma){
		.start = start,
		.end = vma->vm_end,
		.flags = vma_flags(vma),
		.kind = vma_kind(vma),
		.may_share = vma->vm_flags & VM_MAYSHARE,
		.has_file = file,
	};
	if (file) {
		struct inode *inode = mms_file_inode(file);

		out->offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) +
			      start - vma->vm_start;
		out->dev_major = MAJOR(inode->i_sb->s_dev);
		out->dev_minor = MINOR(inode->i_sb->s_dev);
		out->inode = inode->i_ino;
		out->path = *mms_file_path(file);
		path_get(&out->path);
		return;
	}
	if (vma->vm_ops && vma->vm_ops->name)
		label = vma->vm_ops->name(vma);
	else if (out->kind == MMS_VMA_HEAP)
		label = "[heap]";
	else if (out->kind == MMS_VMA_STACK)
		label = "[stack]";
	if (label) {
		strscpy(out->label, label, sizeof(out->label));
		out->name = out->label;
	}
}

/* Collects VMAs under mmap_lock.  True if the last one is among them. */
static bool collect(struct mms_vmas *vmas, struct mms_hold *hold)
{
	struct vm_area_struct *vma;

	while ((vma = find_vma(vmas->mm, vmas->addr)) &&
	       vma->vm_start < vmas->end) {
		if (vmas->nr == ARRAY_SIZE(vmas->out) || mms_hold_over(hold, 1))
			return false;
		read_vma(vma, vmas->done, &vmas->out[vmas->nr++]);
		vmas->addr = vmas->done = vma->vm_end;
	}
	return true;
}

/* False if there is no room for the name. */
static bool name_vma(struct mms_vmas *vmas, struct mms_vma *vma)
{
	size_t room = sizeof(vmas->names) - vmas->names_len;
	char *buf = vmas->names + vmas->names_len;
	char *name;
	size_t len;

	if (!vma->path.dentry)
		return true;
	if (room < PATH_MAX)
		return false;
	name = d_path(&vma->path, buf, PATH_MAX);
	if (IS_ERR(name))
		return true;
	len = strlen(name) + 1;
	memmove(buf, name, len);
	vma->name = buf;
	vmas->names_len += len;
	return true;
}

/* Turns paths into names.  What has no room goes to the next batch. */
static void name_all(struct mms_vmas *vmas)
{
	unsigned int i, named = vmas->nr;

	vmas->names_len = 0;
	for (i = 0; i < vmas->nr; i++) {
		struct mms_vma *vma = &vmas->out[i];

		if (i < named && !name_vma(vmas, vma)) {
			named = i;
			vmas->addr = vmas->done = vma->start;
			vmas->finished = false;
		}
		if (vma->path.dentry)
			path_put(&vma->path);
	}
	vmas->nr = named;
}

int mms_vmas_batch(struct mms_vmas *vmas)
{
	struct mms_hold hold;
	int ret;

	might_sleep();
	vmas->nr = 0;
	vmas->finished = true;
	ret = mms_hold_begin(&hold, vmas->mm);
	if (ret)
		return ret;
	vmas->finished = collect(vmas, &hold);
	mms_hold_end(&hold, &vmas->stats);
	name_all(vmas);
	vmas->stats.scanned += vmas->nr;
	cond_resched();
	return 0;
}
