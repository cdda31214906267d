/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel releases.  Code elsewhere is written for the
 * newest; here the older ones are lifted to it.  Each block says when it can go.
 */
#ifndef MMS_COMPAT_H
#define MMS_COMPAT_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#ifndef CONFIG_64BIT
#error "mmscope needs a 64-bit kernel"
#endif

/*
 * 6.1 has no pmdp_get_lockless() for 64-bit machines, on which a plain load
 * does.  Drop when the oldest kernel supported is 6.12.
 */
#ifdef MMS_HAVE_PMDP_GET_LOCKLESS
static inline pmd_t mms_pmdp_get(pmd_t *pmdp)
{
	return pmdp_get_lockless(pmdp);
}
#else
static inline pmd_t mms_pmdp_get(pmd_t *pmdp)
{
	return READ_ONCE(*pmdp);
}
#endif

/*
 * 6.1 keeps RSS in one atomic counter, and first in the tasks, which pass it
 * on every 64 faults (TASK_RSS_EVENTS_THRESH in mm/memory.c); a fault may map
 * 16 pages around (fault_around_bytes).  6.12 keeps it in per-CPU counters,
 * whose exact sum get_mm_counter_sum() gives.
 * Drop when the oldest kernel supported is 6.12.
 *
 * mms_mm_counter() is what /proc/PID/status shows.  mms_mm_counter_own() is
 * for the caller's own mm, and exact if it has no other threads; each of those
 * may keep back MMS_RSS_SLACK pages.
 */
#ifdef MMS_HAVE_MM_COUNTER_SUM
#define MMS_RSS_SLACK	0
static inline u64 mms_mm_counter(struct mm_struct *mm, int member)
{
	return get_mm_counter_sum(mm, member);
}

static inline u64 mms_mm_counter_own(struct mm_struct *mm, int member)
{
	return get_mm_counter_sum(mm, member);
}
#else
#define MMS_RSS_SLACK	(64 * 16)
static inline u64 mms_mm_counter(struct mm_struct *mm, int member)
{
	return get_mm_counter(mm, member);
}

static inline u64 mms_mm_counter_own(struct mm_struct *mm, int member)
{
#ifdef SPLIT_RSS_COUNTING
	return atomic_long_read(&mm->rss_stat.count[member]) +
	       current->rss_stat.count[member];
#else
	return get_mm_counter(mm, member);
#endif
}
#endif

/*
 * A mapped file of a stacking filesystem has two paths from 6.12 on; the
 * user's is the one that /proc/PID/maps shows.
 * Drop when the oldest kernel supported is 6.12.
 */
#ifdef MMS_HAVE_FILE_USER_PATH
static inline const struct path *mms_file_path(struct file *file)
{
	return file_user_path(file);
}

static inline struct inode *mms_file_inode(struct file *file)
{
	return (struct inode *)file_user_inode(file);
}
#else
static inline const struct path *mms_file_path(struct file *file)
{
	return &file->f_path;
}

static inline struct inode *mms_file_inode(struct file *file)
{
	return file_inode(file);
}
#endif

/*
 * page->flags is a structure in 7.3, a word in 6.12.
 * Drop when the oldest kernel supported has memdesc_flags_t.
 */
static inline unsigned long mms_page_flags(const struct page *page)
{
#ifdef MMS_HAVE_MEMDESC_FLAGS
	return READ_ONCE(page->flags.f);
#else
	return READ_ONCE(page->flags);
#endif
}

/*
 * The word of which bit 0 marks a tail page; renamed in 7.3.
 * Drop when the oldest kernel supported has page->compound_info.
 */
static inline unsigned long mms_page_tail_word(const struct page *page)
{
#ifdef MMS_HAVE_COMPOUND_INFO
	return READ_ONCE(page->compound_info);
#else
	return READ_ONCE(page->compound_head);
#endif
}

/*
 * The low bits of ->mapping have other names, and KSM has another meaning for
 * the second one, since non-LRU movable pages left it (they share it in 6.12).
 * KSM is both bits in every release.
 */
#ifdef FOLIO_MAPPING_ANON
#define MMS_MAPPING_ANON	FOLIO_MAPPING_ANON
#define MMS_MAPPING_FLAGS	FOLIO_MAPPING_FLAGS
#define MMS_MAPPING_KSM		FOLIO_MAPPING_KSM
#else
#define MMS_MAPPING_ANON	PAGE_MAPPING_ANON
#define MMS_MAPPING_FLAGS	PAGE_MAPPING_FLAGS
#define MMS_MAPPING_KSM		PAGE_MAPPING_KSM
#endif

/*
 * Is this page of a large folio mapped more than once, by whomever?  Mirrors
 * what each kernel answers in /proc/kpagecount.
 *
 * 6.1 has its own arithmetic for pages mapped as part of a huge page here and
 * one by one there (PageDoubleMap), and exports it.  Kernels built without
 * mapcounts of single pages only estimate, in their own files too.
 * Drop the first when the oldest kernel supported is 6.12.
 */
static inline bool mms_large_page_shared(struct folio *folio, struct page *page)
{
#ifdef MMS_HAVE_PAGE_MAPCOUNT
	return page_mapcount(page) > 1;
#elif defined(CONFIG_NO_PAGE_MAPCOUNT)
	return folio_maybe_mapped_shared(folio);
#else
	return atomic_read(&page->_mapcount) + 1 +
	       folio_entire_mapcount(folio) > 1;
#endif
}

/*
 * How often a large folio is mapped as a whole, and whether it is pinned.  For
 * whoever holds neither lock nor reference: by then it may be none any more, and
 * folio_entire_mapcount() and folio_maybe_dma_pinned() assert that it is
 * (CONFIG_DEBUG_VM, CONFIG_DEBUG_VM_PGFLAGS).  In 6.1 both counters are in the
 * second page.
 * Drop the second halves when the oldest kernel supported is 6.12.
 */
static inline int mms_large_entire_mapcount(const struct folio *folio)
{
#ifdef MMS_HAVE_LARGE_MAPCOUNT
	return atomic_read(&folio->_entire_mapcount) + 1;
#else
	return atomic_read(compound_mapcount_ptr((struct page *)folio)) + 1;
#endif
}

static inline bool mms_large_pinned(const struct folio *folio)
{
#ifdef MMS_HAVE_LARGE_MAPCOUNT
	return atomic_read(&folio->_pincount) > 0;
#else
	return atomic_read(folio_pincount_ptr((struct folio *)folio)) > 0;
#endif
}

/*
 * Is no page of this large folio mapped?  6.1 has no count for all of them
 * (new in 6.10): there it is not known.
 * Drop the second when the oldest kernel supported is 6.12.
 */
static inline bool mms_large_unmapped(const struct folio *folio)
{
#ifdef MMS_HAVE_LARGE_MAPCOUNT
	return atomic_read(&folio->_large_mapcount) < 0;
#else
	return false;
#endif
}

/*
 * A slab is marked by the page type PGTY_slab in 6.12, by a flag in 6.1 (until
 * 46df8e73a4a3 in 6.10).  Of a head page only.
 * Drop the second when the oldest kernel supported is 6.12.
 */
static inline bool mms_page_is_slab(const struct page *head)
{
#ifdef MMS_HAVE_PGTY_SLAB
	return READ_ONCE(head->page_type) >> 24 == PGTY_slab;
#else
	return mms_page_flags(head) & BIT(PG_slab);
#endif
}

/* Flags of a page that make it a slab; no others are needed to tell. */
#ifdef MMS_HAVE_PGTY_SLAB
#define MMS_SLAB_FLAGS	0
#else
#define MMS_SLAB_FLAGS	BIT(PG_slab)
#endif

/*
 * Can the driver that owns this page move it?  The low bits of ->mapping said
 * so until 6.17, a flag that only two page types have says so since.
 * Drop the first when the oldest kernel supported has PG_movable_ops.
 */
static inline bool mms_page_movable_ops(const struct page *page,
					unsigned long mapping)
{
#ifdef PAGE_MAPPING_MOVABLE
	return (mapping & PAGE_MAPPING_FLAGS) == PAGE_MAPPING_MOVABLE;
#else
	return page_has_movable_ops(page);
#endif
}

/*
 * Userfaultfd can ask for a fault on each access since 7.3 (RWP): it then uses
 * protnone entries in accessible VMAs, as NUMA balancing does.
 */
#ifdef VM_UFFD_RWP
#define MMS_VM_UFFD_RWP		VM_UFFD_RWP
#else
#define MMS_VM_UFFD_RWP		VM_NONE
#endif

#endif /* MMS_COMPAT_H */
