// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the page behind a page-table entry is.
 *
 * "Shared" is what /proc/kpagecount would say of the very page: mapped more
 * than once, by whomever.  Kernels built without per-page mapcounts
 * (CONFIG_NO_PAGE_MAPCOUNT) only estimate it for large folios, as they do in
 * their own files.
 */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/rmap.h>

#include "../compat/compat.h"
#include "../compat/ksym.h"
#include "../compat/pgtable.h"
#include "folio.h"

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static const unsigned long *huge_zero_address;

bool mms_folio_huge_zero_find(void)
{
	static bool looked;

	/*
	 * Readers may race to look it up: each finds the same.  Pairs with the
	 * release below.
	 */
	if (!smp_load_acquire(&looked)) {
		WRITE_ONCE(huge_zero_address, MMS_KSYM(huge_zero_pfn));
		/* Pairs with the acquire above: the address comes first. */
		smp_store_release(&looked, true);
	}
	return READ_ONCE(huge_zero_address);
}

/* While there is none, the variable holds a number that is no frame. */
u64 mms_folio_huge_zero_pfn(void)
{
	const unsigned long *address = READ_ONCE(huge_zero_address);

	return address ? READ_ONCE(*address) : MMS_NO_PFN;
}
#else
bool mms_folio_huge_zero_find(void)
{
	return true;
}

u64 mms_folio_huge_zero_pfn(void)
{
	return MMS_NO_PFN;
}
#endif

static bool page_shared(struct folio *folio, struct page *page)
{
	if (folio_test_large(folio))
		return mms_large_page_shared(folio, page);
	return atomic_read(&page->_mapcount) > 0;
}

/* Mirrors the tests that fs/proc/page.c makes for /proc/kpageflags. */
static enum mms_kind folio_kind(struct folio *folio)
{
	unsigned long mapping = (unsigned long)READ_ONCE(folio->mapping);

	if (folio_test_hugetlb(folio))
		return MMS_KIND_HUGETLB;
	if ((mapping & MMS_MAPPING_FLAGS) == MMS_MAPPING_KSM)
		return MMS_KIND_KSM;
	if (mapping & MMS_MAPPING_ANON)
		return MMS_KIND_ANON;
	if (!mapping)
		return MMS_KIND_OTHER;
	/* shmem_add_to_page_cache() sets it; no other page cache has it. */
	return folio_test_swapbacked(folio) ? MMS_KIND_SHMEM : MMS_KIND_FILE;
}

/* What tells small pages of different kinds apart in their flags. */
static unsigned long flags_mask(void)
{
	return BIT(PG_head) | BIT(PG_swapbacked);
}

static u32 page_detail(struct mms_folio_view *view, struct page *page)
{
	struct folio *folio = page_folio(page);

	view->shared = page_shared(folio, page);
	if (folio_test_large(folio)) {
		view->seen = MMS_SEEN_LARGE;
		view->folio = folio;
	} else {
		view->seen = MMS_SEEN_SMALL;
		view->flags = mms_page_flags(page) & flags_mask();
		view->mapping = (unsigned long)READ_ONCE(folio->mapping) &
				MMS_MAPPING_FLAGS;
	}
	return MMS_DETAIL(folio_kind(folio), folio_order(folio), view->shared);
}

static bool is_huge_zero(const struct mms_folio_view *view, unsigned long pfn)
{
	return view->huge_zero_pfn != MMS_NO_PFN &&
	       round_down(pfn, PTRS_PER_PTE) == view->huge_zero_pfn;
}

/* What an entry maps that has no page of its own: mirrors vm_normal_page(). */
static u32 special_detail(const struct mms_folio_view *view, unsigned long pfn)
{
	if (is_zero_pfn(pfn))
		return MMS_DETAIL(MMS_KIND_ZERO, 0, false);
	if (is_huge_zero(view, pfn))
		return MMS_DETAIL(MMS_KIND_ZERO, PMD_SHIFT - PAGE_SHIFT, false);
	return MMS_DETAIL(MMS_KIND_PFNMAP, 0, false);
}

static u32 pte_detail(void *ctx, u64 raw)
{
	struct mms_folio_view *view = ctx;
	pte_t pte = __pte(raw);
	unsigned long pfn;

	view->seen = MMS_SEEN_NONE;
	view->detail = 0;
	if (!pte_present(pte))
		return 0;
	pfn = pte_pfn(pte);
	view->direct = (raw & mms_entry_format.pfn_mask) >> PAGE_SHIFT == pfn;
	if (pte_special(pte))
		view->detail = special_detail(view, pfn);
	else
		view->detail = page_detail(view, pfn_to_page(pfn));
	return view->detail;
}

static unsigned int same_specials(const struct mms_folio_view *view,
				  const u64 *raw, unsigned int i,
				  unsigned int nr, u64 mask, u64 key)
{
	for (; i < nr; i++) {
		u64 entry = READ_ONCE(raw[i]);

		if ((entry & mask) != key)
			break;
		/* No detail: nothing is mapped, so there is no frame either. */
		if (view->detail &&
		    special_detail(view, pte_pfn(__pte(entry))) != view->detail)
			break;
	}
	return i;
}

/*
 * Is the page a small one that looks like the one seen last?  One test for all
 * that makes up the kind.  Bit 0 of ->compound_head marks a tail page; in a
 * small page of MM that word is a list pointer, whose low bits are 0.  A head
 * page, and what hugetlb's vmemmap optimisation makes look like one, differs
 * in PG_head.
 */
static __always_inline bool same_small_page(const struct page *page,
					    unsigned long flags,
					    unsigned long mapping, bool shared)
{
	/* The first word of a page and ->mapping are the folio's own. */
	const struct folio *folio = (const struct folio *)page;
	unsigned long differs;

	differs = (((unsigned long)READ_ONCE(folio->mapping) ^ mapping) |
		   mms_page_tail_word(page)) & MMS_MAPPING_FLAGS;
	differs |= (mms_page_flags(page) ^ flags) & flags_mask();
	if (differs)
		return false;
	return shared == (atomic_read(&page->_mapcount) > 0);
}

/*
 * The price of a small page, which is what most memory is made of: compared
 * with what the run is like, not looked up.  @direct and @shared are constants
 * to the compiler.
 */
static __always_inline unsigned int
same_small_pages(const struct mms_folio_view *view, const u64 *raw,
		 unsigned int i, unsigned int nr, u64 mask, u64 key,
		 bool direct, bool shared)
{
	const u64 pfn_mask = mms_entry_format.pfn_mask & PAGE_MASK;
	const u64 *at = raw + i, *end = raw + nr;
	const unsigned long flags = view->flags;
	const unsigned long mapping = view->mapping;

	for (; at < end; at++) {
		u64 entry = READ_ONCE(*at);
		unsigned long pfn;

		if ((entry & mask) != key)
			break;
		pfn = direct ? (entry & pfn_mask) >> PAGE_SHIFT :
			       pte_pfn(__pte(entry));
		if (!same_small_page(pfn_to_page(pfn), flags, mapping, shared))
			break;
	}
	return at - raw;
}

static unsigned int same_large_pages(const struct mms_folio_view *view,
				     const u64 *raw, unsigned int i,
				     unsigned int nr, u64 mask, u64 key)
{
	for (; i < nr; i++) {
		u64 entry = READ_ONCE(raw[i]);
		struct page *page;

		if ((entry & mask) != key)
			break;
		page = pfn_to_page(pte_pfn(__pte(entry)));
		if (page_folio(page) != view->folio ||
		    mms_large_page_shared(view->folio, page) != view->shared)
			break;
	}
	return i;
}

static unsigned int same_ptes(void *ctx, const u64 *raw, unsigned int i,
			      unsigned int nr, u64 mask, u64 key)
{
	const struct mms_folio_view *view = ctx;

	if (view->seen == MMS_SEEN_LARGE)
		return same_large_pages(view, raw, i, nr, mask, key);
	if (view->seen == MMS_SEEN_NONE)
		return same_specials(view, raw, i, nr, mask, key);
	if (!view->direct)
		return same_small_pages(view, raw, i, nr, mask, key, false,
					view->shared);
	if (view->shared)
		return same_small_pages(view, raw, i, nr, mask, key, true,
					true);
	return same_small_pages(view, raw, i, nr, mask, key, true, false);
}

const struct mms_merge_pages mms_folio_pages = {
	.detail = pte_detail,
	.same = same_ptes,
};

/* Without a lock: it may be unmapped and given back in this moment. */
static u32 hugetlb_detail(struct page *page)
{
	struct folio *folio = page_folio(page);

	return MMS_DETAIL(MMS_KIND_HUGETLB, compound_order(&folio->page),
			  mms_large_entire_mapcount(folio) > 1);
}

u32 mms_folio_huge_detail(struct mms_folio_view *view, enum mms_level level,
			  u64 raw, unsigned long index, unsigned long *nr)
{
	struct vm_area_struct *vma = view->vma;
	struct mms_entry entry;
	struct folio *folio;
	unsigned long same;
	struct page *page;
	u32 detail;

	mms_entry_decode(&mms_entry_format, level, raw, &entry);
	if (entry.state != MMS_PRESENT && entry.state != MMS_PROTNONE)
		return 0;
	if (is_huge_zero(view, entry.pfn))
		return special_detail(view, entry.pfn);
	if (entry.flags & (MMS_F_SPECIAL | MMS_F_DEVMAP) ||
	    vma->vm_flags & VM_PFNMAP ||
	    (vma->vm_flags & VM_MIXEDMAP && !pfn_valid(entry.pfn)))
		return MMS_DETAIL(MMS_KIND_PFNMAP, 0, false);

	page = pfn_to_page(entry.pfn);
	if (is_vm_hugetlb_page(vma))
		return hugetlb_detail(page);
	/* Only devices have these, and the walk holds no lock of them. */
	if (level > MMS_PMD)
		return MMS_DETAIL(MMS_KIND_PFNMAP, 0, false);

	folio = page_folio(page);
	detail = page_detail(view, page + index);
	for (same = 1; same < *nr; same++)
		if (page_shared(folio, page + index + same) != view->shared)
			break;
	*nr = same;
	return detail;
}
