/* SPDX-License-Identifier: GPL-2.0-only */
/* Room for an experiment where the page cache has taken all memory. */
#ifndef MMS_LAB_ROOM_H
#define MMS_LAB_ROOM_H

#include <linux/types.h>

struct zone;

/**
 * mms_room_is_short() - whether too little is free above the high watermark
 * @zone: the zone.
 * @pages: pages that will be held, more or less; 1/32 of the zone and 64 MB are
 *	enough for any number.
 *
 * Return: true if that is less than @pages.
 */
bool mms_room_is_short(struct zone *zone, u64 pages);

/**
 * mms_room_make() - has a zone reclaimed until room is not short
 * @zone: the zone.
 * @pages: as in mms_room_is_short().
 * @limit: pages that may be allocated for it; 0: as many as it takes.
 *
 * A zone that the page cache fills rests anywhere between its low and its high
 * watermark, and kswapd need not begin when it falls below: for
 * pgdat_balanced() it is enough that a lower zone of the node is above its own.
 * So pages are allocated until the zone is at its min watermark and the kernel
 * reclaims some for each that is asked for, and all are freed when enough have
 * been: what any process does that uses so much memory, but for a moment only.
 * __GFP_NORETRY: nobody is killed for it.  May sleep.
 *
 * Return: 0, also if that did not help, or -EINTR.
 */
int mms_room_make(struct zone *zone, u64 pages, u64 limit);

#endif /* MMS_LAB_ROOM_H */
