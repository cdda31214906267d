// SPDX-License-Identifier: GPL-2.0-only
/* A page as /proc/kpageflags, kpagecount and kpagecgroup show it. */

#include <linux/hugetlb.h>
#include <linux/kernel-page-flags.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

#include "compat.h"
#include "kpage.h"

const char *const mms_kpage_flag_names[MMS_NR_KPAGE_FLAGS] = {
	[KPF_LOCKED] = "locked",
	[KPF_ERROR] = "error",
	[KPF_REFERENCED] = "referenced",
	[KPF_UPTODATE] = "uptodate",
	[KPF_DIRTY] = "dirty",
	[KPF_LRU] = "lru",
	[KPF_ACTIVE] = "active",
	[KPF_SLAB] = "slab",
	[KPF_WRITEBACK] = "writeback",
	[KPF_RECLAIM] = "reclaim",
	[KPF_BUDDY] = "buddy",
	[KPF_MMAP] = "mmap",
	[KPF_ANON] = "anon",
	[KPF_SWAPCACHE] = "swapcache",
	[KPF_SWAPBACKED] = "swapbacked",
	[KPF_COMPOUND_HEAD] = "compound_head",
	[KPF_COMPOUND_TAIL] = "compound_tail",
	[KPF_HUGE] = "huge",
	[KPF_UNEVICTABLE] = "unevictable",
	[KPF_HWPOISON] = "hwpoison",
	[KPF_NOPAGE] = "nopage",
	[KPF_KSM] = "ksm",
	[KPF_THP] = "thp",
	[KPF_OFFLINE] = "offline",
	[KPF_ZERO_PAGE] = "zero_page",
	[KPF_IDLE] = "idle",
	[KPF_PGTABLE] = "pgtable",
	[KPF_RESERVED] = "reserved",
	[KPF_MLOCKED] = "mlocked",
#ifdef KPF_OWNER_2
	[KPF_OWNER_2] = "owner_2",
#else
	[KPF_MAPPEDTODISK] = "mappedtodisk",
#endif
	[KPF_PRIVATE] = "private",
	[KPF_PRIVATE_2] = "private_2",
	[KPF_OWNER_PRIVATE] = "owner_private",
	[KPF_ARCH] = "arch",
#ifdef KPF_UNCACHED
	[KPF_UNCACHED] = "uncached",
#endif
	[KPF_SOFTDIRTY] = "softdirty",
	[KPF_ARCH_2] = "arch_2",
#ifdef KPF_ARCH_3
	[KPF_ARCH_3] = "arch_3",
#endif
};

static_assert(KPF_ARCH_2 < MMS_NR_KPAGE_FLAGS);
#ifdef KPF_ARCH_3
static_assert(KPF_ARCH_3 < MMS_NR_KPAGE_FLAGS);
#endif

/**
 * struct copied - a flag of the kernel's that is shown as it is
 * @kpf: its bit in /proc/kpageflags.
 * @pg: its bit in the page's flags.
 */
struct copied {
	u8 kpf;
	u8 pg;
};

static const struct copied copied[] = {
	{ KPF_LOCKED, PG_locked },
	{ KPF_REFERENCED, PG_referenced },
	{ KPF_UPTODATE, PG_uptodate },
	{ KPF_DIRTY, PG_dirty },
	{ KPF_LRU, PG_lru },
	{ KPF_ACTIVE, PG_active },
	{ KPF_WRITEBACK, PG_writeback },
	{ KPF_RECLAIM, PG_reclaim },
	{ KPF_SWAPBACKED, PG_swapbacked },
	{ KPF_UNEVICTABLE, PG_unevictable },
	{ KPF_MLOCKED, PG_mlocked },
	{ KPF_RESERVED, PG_reserved },
	{ KPF_PRIVATE, PG_private },
	{ KPF_PRIVATE_2, PG_private_2 },
	{ KPF_OWNER_PRIVATE, PG_owner_priv_1 },
	{ KPF_ARCH, PG_arch_1 },
#ifdef KPF_OWNER_2
	{ KPF_OWNER_2, PG_owner_2 },
#else
	{ KPF_ERROR, PG_error },
	{ KPF_MAPPEDTODISK, PG_mappedtodisk },
#ifdef CONFIG_64BIT
	{ KPF_ARCH_2, PG_arch_2 },
#endif
#endif
#ifdef CONFIG_ARCH_USES_PG_UNCACHED
	{ KPF_UNCACHED, PG_uncached },
#endif
#ifdef CONFIG_ARCH_USES_PG_ARCH_2
	{ KPF_ARCH_2, PG_arch_2 },
#endif
#ifdef CONFIG_ARCH_USES_PG_ARCH_3
	{ KPF_ARCH_3, PG_arch_3 },
#endif
};

static u64 copied_flags(unsigned long flags)
{
	u64 kpf = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(copied); i++)
		kpf |= (u64)(flags >> copied[i].pg & 1) << copied[i].kpf;
	return kpf;
}

/* What all releases say alike, of the head's flags. */
static u64 head_flags(unsigned long flags)
{
	const unsigned long swapcache = BIT(PG_swapbacked) | BIT(PG_swapcache);
	u64 kpf = 0;

	if ((flags & swapcache) == swapcache)
		kpf |= BIT_ULL(KPF_SWAPCACHE);
#if defined(CONFIG_PAGE_IDLE_FLAG) && defined(CONFIG_64BIT)
	if (flags & BIT(PG_idle))
		kpf |= BIT_ULL(KPF_IDLE);
#endif
	return kpf;
}

/* Only the first page of a free block is marked. */
static u64 buddy_flag(const struct page *page)
{
	struct page *unconst = (struct page *)page;	/* 6.1 wants it so */

	if (PageBuddy(unconst) ||
	    (!page_ref_count(page) && is_free_buddy_page(unconst)))
		return BIT_ULL(KPF_BUDDY);
	return 0;
}

static u64 compound_flags(const struct mms_kpage *kpage, unsigned long head)
{
	if (kpage->page != kpage->head)
		return BIT_ULL(KPF_COMPOUND_TAIL);
	return head & BIT(PG_head) ? BIT_ULL(KPF_COMPOUND_HEAD) : 0;
}

static u64 type_flags(const struct page *page)
{
	struct page *unconst = (struct page *)page;
	u64 kpf = 0;

	if (PageOffline(unconst))
		kpf |= BIT_ULL(KPF_OFFLINE);
	if (PageTable(unconst))
		kpf |= BIT_ULL(KPF_PGTABLE);
	return kpf;
}

static unsigned long page_mapping_word(const struct page *head)
{
	return (unsigned long)READ_ONCE(((const struct folio *)head)->mapping);
}

/*
 * In 6.12 most flags are the folio's, in 6.1 the page's own.
 * Drop the second half when the oldest kernel supported is 6.12.
 */
#ifdef KPF_OWNER_2

/*
 * 6.12 tests the bits of ->mapping that mean KSM for any of them, not for all,
 * so that it calls every anonymous page KSM.
 */
#ifdef FOLIO_MAPPING_KSM
const char *const mms_kpage_unreliable;
#else
const char *const mms_kpage_unreliable = "ksm";
#endif

static u64 mapping_flags(unsigned long mapping)
{
	u64 kpf = 0;

	if (!(mapping & MMS_MAPPING_ANON))
		return 0;
	kpf = BIT_ULL(KPF_ANON);
	if (!mms_kpage_unreliable ?
	    (mapping & MMS_MAPPING_FLAGS) == MMS_MAPPING_KSM :
	    mapping & MMS_MAPPING_KSM)
		kpf |= BIT_ULL(KPF_KSM);
	return kpf;
}

static int small_mapcount(const struct page *page)
{
	int mapcount = atomic_read(&page->_mapcount) + 1;

	return page_mapcount_is_type(mapcount) ? 0 : mapcount;
}

static bool kpage_mapped(const struct mms_kpage *kpage)
{
	const struct folio *folio = (const struct folio *)kpage->head;

	if (!kpage->order)
		return small_mapcount(kpage->head) >= 1;
	return atomic_read(&folio->_large_mapcount) + 1 >= 1;
}

static u64 size_flags(const struct mms_kpage *kpage)
{
	if (folio_test_hugetlb((const struct folio *)kpage->head))
		return BIT_ULL(KPF_HUGE);
	if (kpage->order &&
	    mms_page_flags(kpage->head + 1) & BIT(PG_large_rmappable))
		return BIT_ULL(KPF_THP);
	if (kpage->huge_zero)
		return BIT_ULL(KPF_ZERO_PAGE) | BIT_ULL(KPF_THP);
	return is_zero_pfn(kpage->pfn) ? BIT_ULL(KPF_ZERO_PAGE) : 0;
}

u64 mms_kpage_flags(const struct mms_kpage *kpage)
{
	unsigned long head = mms_page_flags(kpage->head);
	unsigned long own = mms_page_flags(kpage->page);
	u64 kpf = copied_flags(head) | head_flags(head);

	kpf |= mapping_flags(page_mapping_word(kpage->head));
	kpf |= compound_flags(kpage, head) | size_flags(kpage);
	kpf |= buddy_flag(kpage->page);
	/* Of the page in 6.12; of the folio since the kernel takes a copy. */
#ifdef MMS_HAVE_PAGE_SNAPSHOT
	kpf |= type_flags(kpage->head);
#else
	kpf |= type_flags(kpage->page);
#endif
	if (kpage_mapped(kpage))
		kpf |= BIT_ULL(KPF_MMAP);
	if (mms_page_is_slab(kpage->head))
		kpf |= BIT_ULL(KPF_SLAB);
#ifdef CONFIG_MEMORY_FAILURE
	if ((kpf & BIT_ULL(KPF_HUGE) ? head : own) & BIT(PG_hwpoison))
		kpf |= BIT_ULL(KPF_HWPOISON);
#endif
	return kpf;
}

#ifdef CONFIG_NO_PAGE_MAPCOUNT
/* Mirrors folio_average_page_mapcount() in fs/proc/internal.h. */
int mms_kpage_count(const struct mms_kpage *kpage)
{
	const struct folio *folio = (const struct folio *)kpage->head;
	int all, entire;

	if (!kpage->order)
		return atomic_read(&kpage->head->_mapcount) + 1;
	all = atomic_read(&folio->_large_mapcount) + 1;
	if (all <= 0)
		return 0;
	entire = atomic_read(&folio->_entire_mapcount) + 1;
	if (all <= entire)
		return entire;
	all -= entire;
	all = (all + (1U << kpage->order) / 2) >> kpage->order;
	return max(all + entire, 1);
}
#else
/* Mirrors folio_precise_page_mapcount() in fs/proc/internal.h. */
int mms_kpage_count(const struct mms_kpage *kpage)
{
	const struct folio *folio = (const struct folio *)kpage->head;
	int mapcount = small_mapcount(kpage->page);

	if (kpage->order)
		mapcount += atomic_read(&folio->_entire_mapcount) + 1;
	return mapcount;
}
#endif

#else /* !KPF_OWNER_2 */

const char *const mms_kpage_unreliable;

static bool head_is_hugetlb(const struct mms_kpage *kpage)
{
	return kpage->order && PageHuge((struct page *)kpage->head);
}

/* Mirrors folio_mapped(), for as many pages as the folio is known to have. */
static bool kpage_mapped(const struct mms_kpage *kpage)
{
	unsigned long i;

	if (!kpage->order)
		return atomic_read(&kpage->head->_mapcount) >= 0;
	if (atomic_read(compound_mapcount_ptr((struct page *)kpage->head)) >= 0)
		return true;
	if (head_is_hugetlb(kpage))
		return false;
	for (i = 0; i < 1UL << kpage->order; i++)
		if (atomic_read(&kpage->head[i]._mapcount) >= 0)
			return true;
	return false;
}

static u64 size_flags(const struct mms_kpage *kpage, unsigned long head,
		      unsigned long mapping)
{
	if (head_is_hugetlb(kpage))
		return BIT_ULL(KPF_HUGE);
	if (!kpage->order)
		return is_zero_pfn(kpage->pfn) ? BIT_ULL(KPF_ZERO_PAGE) : 0;
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	if (head & BIT(PG_lru) || mapping & MMS_MAPPING_ANON)
		return BIT_ULL(KPF_THP);
	if (kpage->huge_zero)
		return BIT_ULL(KPF_ZERO_PAGE) | BIT_ULL(KPF_THP);
#endif
	return 0;
}

u64 mms_kpage_flags(const struct mms_kpage *kpage)
{
	unsigned long head = mms_page_flags(kpage->head);
	unsigned long own = mms_page_flags(kpage->page);
	unsigned long mapping = page_mapping_word(kpage->head);
	u64 kpf = copied_flags(own) | head_flags(head);

	if (mapping & MMS_MAPPING_ANON)
		kpf |= BIT_ULL(KPF_ANON);
	if ((mapping & MMS_MAPPING_FLAGS) == MMS_MAPPING_KSM)
		kpf |= BIT_ULL(KPF_KSM);
	kpf |= compound_flags(kpage, head) | size_flags(kpage, head, mapping);
	kpf |= buddy_flag(kpage->page) | type_flags(kpage->page);
	if (mms_page_is_slab(kpage->head))
		kpf |= BIT_ULL(KPF_SLAB);
	else if (kpage_mapped(kpage))
		kpf |= BIT_ULL(KPF_MMAP);
#ifdef CONFIG_MEMORY_FAILURE
	if (own & BIT(PG_hwpoison))
		kpf |= BIT_ULL(KPF_HWPOISON);
#endif
	return kpf;
}

/* Mirrors kpagecount_read() and __page_mapcount(). */
int mms_kpage_count(const struct mms_kpage *kpage)
{
	struct page *head = (struct page *)kpage->head;
	int mapcount = atomic_read(&kpage->page->_mapcount) + 1;

	if (mms_page_is_slab(head) || page_has_type((struct page *)kpage->page))
		return 0;
	if (!kpage->order || (!(page_mapping_word(head) & MMS_MAPPING_ANON) &&
			      !head_is_hugetlb(kpage)))
		return mapcount;
	mapcount += atomic_read(compound_mapcount_ptr(head)) + 1;
	/* What is mapped as a whole here and in pieces there counts in both. */
	if (mms_page_flags(head + 1) & BIT(PG_double_map))
		mapcount--;
	return mapcount;
}

#endif /* KPF_OWNER_2 */

/*
 * Offsets of hugetlb are in huge pages until 6.7 (a08c7193e4f1).
 * Drop the shift when the oldest kernel supported is 6.12.
 */
u64 mms_kpage_index(const struct mms_kpage *kpage, bool hugetlb)
{
	u64 index = READ_ONCE(((const struct folio *)kpage->head)->index);

#ifdef MMS_HAVE_HUGETLB_BASEPAGE_INDEX
	if (hugetlb)
		index <<= kpage->order;
#endif
	return index + (kpage->pfn & ((1UL << kpage->order) - 1));
}
