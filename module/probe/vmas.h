/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMAs of a process. */
#ifndef MMS_PROBE_VMAS_H
#define MMS_PROBE_VMAS_H

#include <linux/path.h>

#include "../limits.h"
#include "walk.h"

/**
 * enum mms_vma_kind - what backs a VMA
 * @MMS_VMA_ANON: nothing.
 * @MMS_VMA_HEAP: nothing; the heap is in it.
 * @MMS_VMA_STACK: nothing; the first thread's stack is in it.
 * @MMS_VMA_FILE: a file.
 * @MMS_VMA_SHMEM: shared memory or a file of tmpfs.
 * @MMS_VMA_HUGETLB: a file of hugetlbfs.
 * @MMS_VMA_SPECIAL: the kernel: vDSO and the like.
 * @MMS_NR_VMA_KINDS: number of kinds.
 */
enum mms_vma_kind {
	MMS_VMA_ANON,
	MMS_VMA_HEAP,
	MMS_VMA_STACK,
	MMS_VMA_FILE,
	MMS_VMA_SHMEM,
	MMS_VMA_HUGETLB,
	MMS_VMA_SPECIAL,
	MMS_NR_VMA_KINDS
};

/* Flags that have the same meaning on every kernel. */
#define MMS_VMA_READ		BIT(0)
#define MMS_VMA_WRITE		BIT(1)
#define MMS_VMA_EXEC		BIT(2)
#define MMS_VMA_SHARED		BIT(3)
#define MMS_VMA_GROWSDOWN	BIT(4)
#define MMS_VMA_LOCKED		BIT(5)
#define MMS_VMA_PFNMAP		BIT(6)
#define MMS_VMA_MIXEDMAP	BIT(7)
#define MMS_VMA_IO		BIT(8)
#define MMS_VMA_HUGEPAGE	BIT(9)
#define MMS_VMA_NOHUGEPAGE	BIT(10)
#define MMS_VMA_MERGEABLE	BIT(11)
#define MMS_VMA_DONTCOPY	BIT(12)
#define MMS_VMA_DONTDUMP	BIT(13)
#define MMS_VMA_DONTEXPAND	BIT(14)
#define MMS_VMA_WIPEONFORK	BIT(15)
#define MMS_VMA_ACCOUNT		BIT(16)
#define MMS_VMA_NORESERVE	BIT(17)
#define MMS_VMA_SEQ_READ	BIT(18)
#define MMS_VMA_RAND_READ	BIT(19)
#define MMS_VMA_UFFD_MISSING	BIT(20)
#define MMS_VMA_UFFD_WP		BIT(21)
#define MMS_NR_VMA_FLAGS	22

extern const char *const mms_vma_kind_names[MMS_NR_VMA_KINDS];
extern const char *const mms_vma_flag_names[MMS_NR_VMA_FLAGS];

/**
 * struct mms_vma - one VMA
 * @start: first address; if the VMA has grown over one that was given out
 *	already, the first that was not.
 * @end: first address behind.
 * @flags: MMS_VMA_*.
 * @kind: &enum mms_vma_kind.
 * @may_share: mapped MAP_SHARED; of a file that was opened for reading only,
 *	%MMS_VMA_SHARED is not set then.
 * @has_file: a file backs it.
 * @offset: of @start in the file, in bytes; 0 without a file.
 * @dev_major: device of the file.
 * @dev_minor: device of the file.
 * @inode: number of the file's inode; 0 without a file.
 * @path: the file; referenced while the batch is made, then not valid.
 * @label: the kernel's name for a VMA without a file, or empty.
 * @name: path of the file, @label, or NULL.  Lives until the next batch.
 */
struct mms_vma {
	u64 start;
	u64 end;
	u32 flags;
	u8 kind;
	bool may_share;
	bool has_file;
	u64 offset;
	unsigned int dev_major;
	unsigned int dev_minor;
	u64 inode;
	struct path path;
	char label[32];
	const char *name;
};

/**
 * struct mms_vmas - a walk over VMAs
 * @mm: address space, held by its owner with mmgrab().
 * @addr: where the walk stands.
 * @end: where it ends.
 * @done: end of the last VMA that was given out, or 0.
 * @stats: what it has cost.
 * @finished: nothing will come any more.
 * @nr: number of VMAs in @out.
 * @out: VMAs that the last batch gave.
 * @names_len: bytes of @names in use.
 * @names: their names.
 */
struct mms_vmas {
	struct mm_struct *mm;
	u64 addr;
	u64 end;
	u64 done;
	struct mms_walk_stats stats;
	bool finished;
	unsigned int nr;
	struct mms_vma out[MMS_BATCH_VMAS];
	size_t names_len;
	char names[MMS_BATCH_NAMES];
};

/**
 * mms_vmas_init() - starts at the beginning
 * @vmas: the walk.
 * @mm: address space; the caller keeps its reference.
 * @start: VMAs that end at or below this address are left out.
 * @end: VMAs that start at or above this address are left out.
 */
void mms_vmas_init(struct mms_vmas *vmas, struct mm_struct *mm, u64 start,
		   u64 end);

/**
 * mms_vmas_batch() - gets more VMAs
 * @vmas: the walk.
 *
 * Takes mmap_lock for reading, killably, then the locks of d_path() without
 * it.  May sleep.  Keeps no file: a reader that stops half-way does not keep a
 * filesystem busy.
 *
 * Return: 0; -EINTR or -ESRCH as mms_hold_begin(), after which @finished is
 * set and @nr is 0.
 */
int mms_vmas_batch(struct mms_vmas *vmas);

#endif /* MMS_PROBE_VMAS_H */
