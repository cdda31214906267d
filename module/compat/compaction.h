/* SPDX-License-Identifier: GPL-2.0-only */
/* What compaction does in each release. */
#ifndef MMS_COMPAT_COMPACTION_H
#define MMS_COMPAT_COMPACTION_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/swap.h>
/* Before 7.x it does not include what it uses. */
#include <linux/compaction.h>

/*
 * Compaction moves a large folio of @order out of the way of blocks that are
 * of a higher order than this.  It moves those that are smaller than the block
 * (and than a pageblock) since 6.9, "mm/compaction: enable compacting >0 order
 * folios."; before, none.  No header tells; NR_PAGE_ORDERS came a release
 * earlier.
 * Drop the second when the oldest kernel supported is 6.12.
 */
static inline int mms_folio_moved_above(unsigned int order)
{
#ifdef NR_PAGE_ORDERS
	return order >= pageblock_order ? NR_PAGE_ORDERS : order;
#else
	return MAX_ORDER;
#endif
}

#endif /* MMS_COMPAT_COMPACTION_H */
