/* SPDX-License-Identifier: GPL-2.0-only */
/* What the page behind a page-table entry is. */
#ifndef MMS_PROBE_FOLIO_H
#define MMS_PROBE_FOLIO_H

#include "../core/merge.h"

struct page;
struct vm_area_struct;

/**
 * enum mms_folio_seen - what the page seen last was
 * @MMS_SEEN_NONE: no page that MM counts; ->detail says which.
 * @MMS_SEEN_SMALL: a small page.
 * @MMS_SEEN_LARGE: a page of ->folio.
 */
enum mms_folio_seen {
	MMS_SEEN_NONE,
	MMS_SEEN_SMALL,
	MMS_SEEN_LARGE,
};

/**
 * struct mms_folio_view - looking at pages in the order of their addresses
 * @vma: the VMA that maps them.
 * @huge_zero_pfn: frame of the huge zero page, or %MMS_NO_PFN.  It is made by the
 *	first who wants it and freed when nobody maps it, so it is asked for anew
 *	with each VMA of each batch; who maps it keeps it.
 * @seen: what the page seen last was.
 * @direct: its entry holds the plain physical address (x86 inverts that of a
 *	protnone entry).
 * @shared: it was mapped more than once.
 * @detail: its MMS_DETAIL().
 * @folio: its folio, if large.
 * @flags: its page flags that tell kinds apart, if small.
 * @mapping: low bits of its ->mapping, if small.
 */
struct mms_folio_view {
	struct vm_area_struct *vma;
	u64 huge_zero_pfn;
	enum mms_folio_seen seen;
	bool direct;
	bool shared;
	u32 detail;
	struct folio *folio;
	unsigned long flags;
	unsigned long mapping;
};

/*
 * How mms_merge_ptes() looks at pages; the context is a struct mms_folio_view.
 * To be used under the page-table lock of the entries.
 */
extern const struct mms_merge_pages mms_folio_pages;

/**
 * mms_folio_huge_detail() - looks at pages of a huge mapping
 * @view: the view.
 * @level: level of the entry.
 * @raw: the entry.
 * @index: the first of the pages that it maps to look at.
 * @nr: how many to look at; set to how many from @index on are alike.
 *
 * A piece of a huge page may be shared, if another process maps that piece
 * with PTEs, and the rest not.
 *
 * To be used under the page-table lock of the entry, or with interrupts off
 * for hugetlb.
 *
 * Return: MMS_DETAIL(), or 0 if the entry maps nothing.
 */
u32 mms_folio_huge_detail(struct mms_folio_view *view, enum mms_level level,
			  u64 raw, unsigned long index, unsigned long *nr);

/**
 * mms_folio_huge_zero_find() - can the huge zero page be told from others?
 *
 * Looks up the variable at the first call, as mms_ksym_lookup() does: may sleep,
 * and no lock of the kernel may be held.
 *
 * Return: true if it can.
 */
bool mms_folio_huge_zero_find(void);

/**
 * mms_folio_huge_zero_pfn() - frame of the huge zero page
 *
 * Return: the frame, or %MMS_NO_PFN if there is none now, or it is not known, as
 * before the first mms_folio_huge_zero_find().
 */
u64 mms_folio_huge_zero_pfn(void);

#endif /* MMS_PROBE_FOLIO_H */
