/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page as /proc/kpageflags, /proc/kpagecount and /proc/kpagecgroup show it.
 *
 * Each release has its own idea of these, and none is exported by all: what
 * the running kernel does is done here again.  Where the kernel follows what a
 * page says without a check, a page that changes in this moment would lead it
 * anywhere; so here the caller says where the compound page begins and how
 * large it is, and no helper is used that asserts that it is still one.
 */
#ifndef MMS_COMPAT_KPAGE_H
#define MMS_COMPAT_KPAGE_H

#include <linux/types.h>

struct mem_cgroup;
struct page;

/* Flags that the words below name, by number of the bit. */
#define MMS_NR_KPAGE_FLAGS	43

/*
 * Names of the bits KPF_* of /proc/kpageflags without the prefix, in lower
 * case (Documentation/admin-guide/mm/pagemap.rst).
 */
extern const char *const mms_kpage_flag_names[MMS_NR_KPAGE_FLAGS];

/*
 * Flags that this kernel's own files set where they should not, separated by
 * commas; NULL if there is none.
 */
extern const char *const mms_kpage_unreliable;

/**
 * struct mms_kpage - a page to look at
 * @page: its struct page.
 * @head: struct page of the head, if it is of a compound page; else @page.
 * @pfn: its frame number.
 * @order: order of the compound page; 0 if it is of none.
 * @huge_zero: it is of the huge zero page.
 */
struct mms_kpage {
	const struct page *page;
	const struct page *head;
	unsigned long pfn;
	unsigned int order;
	bool huge_zero;
};

/**
 * mms_kpage_flags() - flags of a page
 * @kpage: the page.
 *
 * Return: as in /proc/kpageflags.
 */
u64 mms_kpage_flags(const struct mms_kpage *kpage);

/**
 * mms_kpage_count() - how often a page is mapped
 * @kpage: the page.
 *
 * Return: as in /proc/kpagecount.
 */
int mms_kpage_count(const struct mms_kpage *kpage);

/**
 * mms_kpage_memcg() - memory cgroup that a page is charged to
 * @kpage: the page.
 *
 * To be called under rcu_read_lock(), which keeps the result.
 *
 * Return: the cgroup, which may have been removed, or NULL.
 */
struct mem_cgroup *mms_kpage_memcg(const struct mms_kpage *kpage);

/**
 * mms_kpage_memcg_ino() - inode number of a memory cgroup
 * @memcg: from mms_kpage_memcg(), still under the same rcu_read_lock().
 *
 * Return: that of the nearest cgroup up the tree that has not been removed, as
 * in /proc/kpagecgroup; 0 for NULL.
 */
u64 mms_kpage_memcg_ino(struct mem_cgroup *memcg);

/**
 * mms_kpage_generation() - generation of a page that is in a list of MGLRU
 * @kpage: the page.
 * @memcg: from mms_kpage_memcg(), still under the same rcu_read_lock().
 * @seq: set to the number of the generation, as in debugfs lru_gen, left
 *	alone if that is not known.
 *
 * Return: true if it is in such a list.
 */
bool mms_kpage_generation(const struct mms_kpage *kpage,
			  struct mem_cgroup *memcg, u64 *seq);

/**
 * mms_kpage_index() - offset of a page in its file, or in its address space
 * @kpage: the page, of a file or anonymous.
 * @hugetlb: it is of hugetlb.
 *
 * Return: the offset in base pages.
 */
u64 mms_kpage_index(const struct mms_kpage *kpage, bool hugetlb);

#endif /* MMS_COMPAT_KPAGE_H */
