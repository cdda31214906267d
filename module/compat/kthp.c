// SPDX-License-Identifier: GPL-2.0-only
/* What releases differ in about transparent huge pages. */

#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/vm_event_item.h>

#include "kthp.h"

const struct mms_thp_event mms_thp_events[] = {
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	{ "thp_fault_alloc", THP_FAULT_ALLOC },
	{ "thp_fault_fallback", THP_FAULT_FALLBACK },
	{ "thp_fault_fallback_charge", THP_FAULT_FALLBACK_CHARGE },
	{ "thp_collapse_alloc", THP_COLLAPSE_ALLOC },
	{ "thp_collapse_alloc_failed", THP_COLLAPSE_ALLOC_FAILED },
	{ "thp_file_alloc", THP_FILE_ALLOC },
	{ "thp_file_fallback", THP_FILE_FALLBACK },
	{ "thp_file_fallback_charge", THP_FILE_FALLBACK_CHARGE },
	{ "thp_file_mapped", THP_FILE_MAPPED },
	{ "thp_split_page", THP_SPLIT_PAGE },
	{ "thp_split_page_failed", THP_SPLIT_PAGE_FAILED },
	{ "thp_deferred_split_page", THP_DEFERRED_SPLIT_PAGE },
	/* New in 6.12. */
#ifdef MMS_HAVE_THP_UNDERUSED
	{ "thp_underused_split_page", THP_UNDERUSED_SPLIT_PAGE },
#endif
	{ "thp_split_pmd", THP_SPLIT_PMD },
	{ "thp_scan_exceed_none_pte", THP_SCAN_EXCEED_NONE_PTE },
	{ "thp_scan_exceed_swap_pte", THP_SCAN_EXCEED_SWAP_PTE },
	{ "thp_scan_exceed_share_pte", THP_SCAN_EXCEED_SHARED_PTE },
#ifdef CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	{ "thp_split_pud", THP_SPLIT_PUD },
#endif
	{ "thp_zero_page_alloc", THP_ZERO_PAGE_ALLOC },
	{ "thp_zero_page_alloc_failed", THP_ZERO_PAGE_ALLOC_FAILED },
	{ "thp_swpout", THP_SWPOUT },
	{ "thp_swpout_fallback", THP_SWPOUT_FALLBACK },
#endif
};

const unsigned int mms_thp_nr_events = ARRAY_SIZE(mms_thp_events);

/*
 * Counted since 6.9, completely since 6.12.
 * Drop the second when the oldest kernel supported is 6.12.
 */
#if defined(MMS_HAVE_MTHP_STATS) && defined(CONFIG_TRANSPARENT_HUGEPAGE)

const struct mms_thp_event mms_mthp_events[] = {
	{ "anon_fault_alloc", MTHP_STAT_ANON_FAULT_ALLOC },
	{ "anon_fault_fallback", MTHP_STAT_ANON_FAULT_FALLBACK },
	{ "anon_fault_fallback_charge", MTHP_STAT_ANON_FAULT_FALLBACK_CHARGE },
#ifdef MMS_HAVE_MTHP_COLLAPSE
	{ "collapse_alloc", MTHP_STAT_COLLAPSE_ALLOC },
	{ "collapse_alloc_failed", MTHP_STAT_COLLAPSE_ALLOC_FAILED },
#endif
#ifdef MMS_HAVE_MTHP_EXCEED
	{ "collapse_exceed_none_pte", MTHP_STAT_COLLAPSE_EXCEED_NONE },
	{ "collapse_exceed_shared_pte", MTHP_STAT_COLLAPSE_EXCEED_SHARED },
	{ "collapse_exceed_swap_pte", MTHP_STAT_COLLAPSE_EXCEED_SWAP },
#endif
	{ "nr_anon", MTHP_STAT_NR_ANON },
	{ "nr_anon_partially_mapped", MTHP_STAT_NR_ANON_PARTIALLY_MAPPED },
	{ "shmem_alloc", MTHP_STAT_SHMEM_ALLOC },
	{ "shmem_fallback", MTHP_STAT_SHMEM_FALLBACK },
	{ "shmem_fallback_charge", MTHP_STAT_SHMEM_FALLBACK_CHARGE },
	{ "split", MTHP_STAT_SPLIT },
	{ "split_deferred", MTHP_STAT_SPLIT_DEFERRED },
	{ "split_failed", MTHP_STAT_SPLIT_FAILED },
#ifdef MMS_HAVE_MTHP_SWPIN
	{ "swpin", MTHP_STAT_SWPIN },
#endif
#ifdef MMS_HAVE_MTHP_SWPIN_FALLBACK
	{ "swpin_fallback", MTHP_STAT_SWPIN_FALLBACK },
	{ "swpin_fallback_charge", MTHP_STAT_SWPIN_FALLBACK_CHARGE },
#endif
	{ "swpout", MTHP_STAT_SWPOUT },
	{ "swpout_fallback", MTHP_STAT_SWPOUT_FALLBACK },
#ifdef MMS_HAVE_MTHP_ZSWPOUT
	{ "zswpout", MTHP_STAT_ZSWPOUT },
#endif
};

const unsigned int mms_mthp_nr_events = ARRAY_SIZE(mms_mthp_events);
const size_t mms_mthp_size = sizeof(struct mthp_stat);

unsigned long mms_thp_anon_orders(void)
{
	return THP_ORDERS_ALL_ANON;
}

unsigned long mms_thp_file_orders(void)
{
	return THP_ORDERS_ALL_FILE_DEFAULT;
}

u64 mms_mthp_read(const void __percpu *stats, unsigned int order,
		  unsigned int item)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct mthp_stat *stat = per_cpu_ptr(stats, cpu);

		if (order < ARRAY_SIZE(stat->stats))
			sum += READ_ONCE(stat->stats[order][item]);
	}
	return sum;
}

#else

const struct mms_thp_event mms_mthp_events[1];
const unsigned int mms_mthp_nr_events;
const size_t mms_mthp_size;

unsigned long mms_thp_anon_orders(void)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	return BIT(HPAGE_PMD_ORDER);
#else
	return 0;
#endif
}

unsigned long mms_thp_file_orders(void)
{
	return mms_thp_anon_orders();
}

u64 mms_mthp_read(const void __percpu *stats, unsigned int order,
		  unsigned int item)
{
	return 0;
}

#endif

const char *mms_thp_enabled(unsigned long flags)
{
	if (flags & BIT(TRANSPARENT_HUGEPAGE_FLAG))
		return "always";
	return flags & BIT(TRANSPARENT_HUGEPAGE_REQ_MADV_FLAG) ? "madvise" :
								 "never";
}

const char *mms_thp_defrag(unsigned long flags)
{
	if (flags & BIT(TRANSPARENT_HUGEPAGE_DEFRAG_DIRECT_FLAG))
		return "always";
	if (flags & BIT(TRANSPARENT_HUGEPAGE_DEFRAG_KSWAPD_FLAG))
		return "defer";
	if (flags & BIT(TRANSPARENT_HUGEPAGE_DEFRAG_KSWAPD_OR_MADV_FLAG))
		return "defer+madvise";
	return flags & BIT(TRANSPARENT_HUGEPAGE_DEFRAG_REQ_MADV_FLAG) ?
	       "madvise" : "never";
}
