/* SPDX-License-Identifier: GPL-2.0-only */
/* Migratetypes of pageblocks, which the kernel has no exported function for. */
#ifndef MMS_COMPAT_PAGEBLOCK_H
#define MMS_COMPAT_PAGEBLOCK_H

#include <linux/mm.h>
#include <linux/mmzone.h>

/* Orders of the buddy allocator; 6.1's MAX_ORDER is the first that it has not. */
#ifdef NR_PAGE_ORDERS
#define MMS_NR_ORDERS	NR_PAGE_ORDERS
#else
#define MMS_NR_ORDERS	MAX_ORDER
#endif

/*
 * Isolation of a block is a bit of its own since 6.17, beside the migratetype;
 * before, it is a value of the migratetype.
 * Drop the second when the oldest kernel supported has PAGEBLOCK_ISO_MASK.
 */
#ifdef PAGEBLOCK_ISO_MASK
#define MMS_PAGEBLOCK_TYPE_MASK	PAGEBLOCK_MIGRATETYPE_MASK
#define MMS_PAGEBLOCK_ISO_MASK	PAGEBLOCK_ISO_MASK
#else
#define MMS_PAGEBLOCK_TYPE_MASK	MIGRATETYPE_MASK
#define MMS_PAGEBLOCK_ISO_MASK	0
#endif

/**
 * mms_pageblock_type() - migratetype of the pageblock of a page
 * @page: the page; its section stays online (mms_hotplug_begin()).
 * @pfn: its frame number.
 *
 * Mirrors get_pfnblock_migratetype().  Takes no lock: the type may change at
 * any time.
 *
 * Return: &enum migratetype.
 */
static inline unsigned int mms_pageblock_type(const struct page *page,
					      unsigned long pfn)
{
	const unsigned long *bitmap;
	unsigned long bit, word;

#ifdef CONFIG_SPARSEMEM
	bitmap = section_to_usemap(__pfn_to_section(pfn));
	bit = pfn & (PAGES_PER_SECTION - 1);
#else
	bitmap = page_zone(page)->pageblock_flags;
	bit = pfn - ALIGN_DOWN(page_zone(page)->zone_start_pfn,
			       pageblock_nr_pages);
#endif
	bit = (bit >> pageblock_order) * NR_PAGEBLOCK_BITS;
	word = READ_ONCE(bitmap[bit / BITS_PER_LONG]) >> bit % BITS_PER_LONG;
#ifdef CONFIG_MEMORY_ISOLATION
	if (word & MMS_PAGEBLOCK_ISO_MASK)
		return MIGRATE_ISOLATE;
#endif
	return word & MMS_PAGEBLOCK_TYPE_MASK;
}

/**
 * mms_pageblock_is_cma() - is the page in memory kept for contiguous allocations?
 * @page: as for mms_pageblock_type().
 * @pfn: its frame number.
 *
 * Return: true if it is: then nothing may stay there that cannot be moved.
 */
static inline bool mms_pageblock_is_cma(const struct page *page,
					unsigned long pfn)
{
#ifdef CONFIG_CMA
	return mms_pageblock_type(page, pfn) == MIGRATE_CMA;
#else
	return false;
#endif
}

#endif /* MMS_COMPAT_PAGEBLOCK_H */
