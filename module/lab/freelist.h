/* SPDX-License-Identifier: GPL-2.0-only */
/* Free blocks to be had without taking a pageblock from another migratetype. */
#ifndef MMS_LAB_FREELIST_H
#define MMS_LAB_FREELIST_H

#include <linux/types.h>

struct zone;

/**
 * mms_freelist_gfp() - how to ask for a block that is free
 * @zone: the zone.
 * @first: its order, at least.
 * @last: its order, at most.
 * @gfp: the flags, without the migratetype.
 *
 * An allocation whose own free lists are empty takes from those of another
 * migratetype, and often the whole pageblock with them, which then stays so;
 * since 5.0 that also raises the zone's watermarks, for kswapd to reclaim as if
 * memory were short (boost_watermark()).  So the free lists are looked at first,
 * movable ones before the others.  Takes no lock: the block may be gone when it
 * is asked for, and what is said here is right for all but a few.
 *
 * Return: true if there is one; then @gfp asks for its migratetype.
 */
bool mms_freelist_gfp(const struct zone *zone, unsigned int first,
		      unsigned int last, gfp_t *gfp);

#endif /* MMS_LAB_FREELIST_H */
