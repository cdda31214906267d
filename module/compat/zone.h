/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of zones and nodes that differ between kernel releases. */
#ifndef MMS_COMPAT_ZONE_H
#define MMS_COMPAT_ZONE_H

#include <linux/huge_mm.h>
#include <linux/mmzone.h>

/* mm/internal.h; the same in all supported releases. */
#define MMS_MAX_RECLAIM_RETRIES	16

/**
 * mms_kswapd_failures() - how often kswapd has freed nothing, in a row
 * @pgdat: the node.
 *
 * An int until 6.17, then an atomic_t, which holds an int.
 *
 * Return: the number.
 */
static inline unsigned int mms_kswapd_failures(const pg_data_t *pgdat)
{
	static_assert(sizeof(pgdat->kswapd_failures) == sizeof(int));
	return READ_ONCE(*(const int *)&pgdat->kswapd_failures);
}

#ifdef MMS_HAVE_FREE_HIGHATOMIC
#define MMS_COUNTS_FREE_HIGHATOMIC	true
#else
#define MMS_COUNTS_FREE_HIGHATOMIC	false
#endif

/**
 * mms_zone_highatomic_held() - free pages kept for urgent allocations
 * @zone: the zone.
 *
 * What __zone_watermark_unusable_free() holds back: the free pages in blocks
 * reserved for MIGRATE_HIGHATOMIC, or all pages of these blocks in 6.1, which
 * does not count them apart: then %MMS_COUNTS_FREE_HIGHATOMIC is false.
 * Drop when the oldest kernel supported is 6.12.
 *
 * Return: the number of pages.
 */
static inline unsigned long mms_zone_highatomic_held(const struct zone *zone)
{
#ifdef MMS_HAVE_FREE_HIGHATOMIC
	return READ_ONCE(zone->nr_free_highatomic);
#else
	return READ_ONCE(zone->nr_reserved_highatomic);
#endif
}

/**
 * mms_pcp_list_order() - order of the pages in a list of a CPU
 * @list: index of the list in struct per_cpu_pages.
 *
 * Mirrors pindex_to_order(), the same in all supported releases.
 *
 * Return: the order.
 */
static inline unsigned int mms_pcp_list_order(unsigned int list)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	if (list >= NR_LOWORDER_PCP_LISTS)
		return HPAGE_PMD_ORDER;
#endif
	return list / MIGRATE_PCPTYPES;
}

#endif /* MMS_COMPAT_ZONE_H */
