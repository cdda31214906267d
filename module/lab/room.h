/* SPDX-License-Identifier: GPL-2.0-only */
/* Room for an experiment where the page cache has taken all memory. */
#ifndef MMS_LAB_ROOM_H
#define MMS_LAB_ROOM_H

#include <linux/types.h>

struct zone;

/**
 * mms_room_make() - has a zone reclaimed until its high watermark is free
 * @zone: the zone.
 * @limit: pages that may be allocated for it.
 *
 * A zone that the page cache fills rests anywhere between its low and its high
 * watermark: kswapd stops at the high one, and starts below the low one.  Pages
 * are allocated until kswapd starts, and are freed when it stops: what any
 * process does that uses so much memory.  May sleep.
 *
 * Return: 0, also if that did not help, or -EINTR.
 */
int mms_room_make(struct zone *zone, u64 limit);

#endif /* MMS_LAB_ROOM_H */
