/* SPDX-License-Identifier: GPL-2.0-only */
/* The free lists of all zones at several moments of an experiment. */
#ifndef MMS_LAB_SHOTS_H
#define MMS_LAB_SHOTS_H

#include "../probe/freelists.h"
#include "lab.h"

struct zone;

/* Moments that one experiment may look at. */
#define MMS_SHOTS	3

/**
 * struct mms_shots_zone - the free lists of a zone
 * @zone: the zone.
 * @blocks: free blocks by moment, order and migratetype.
 * @verified: the answer of each moment agreed with the kernel's counters; false
 *	also if memory was being plugged or unplugged then, and nothing was read.
 */
struct mms_shots_zone {
	struct zone *zone;
	u64 blocks[MMS_SHOTS][MMS_ORDERS_MAX][MMS_TYPES_MAX];
	bool verified[MMS_SHOTS];
};

/**
 * struct mms_shots - the free lists of all zones
 * @zones: the zones.
 * @nr: number of @zones.
 * @lists: room for one zone being read.
 */
struct mms_shots {
	struct mms_shots_zone *zones;
	unsigned int nr;
	struct mms_freelists lists;
};

/**
 * mms_shots_init() - makes room
 * @shots: the shots; mms_shots_free() when done, also on error.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_shots_init(struct mms_shots *shots);

/**
 * mms_shots_take() - reads the free lists
 * @shots: the shots.
 * @moment: which moment it is, below %MMS_SHOTS.
 *
 * May sleep.
 *
 * Return: 0, or -EINTR if a signal came.
 */
int mms_shots_take(struct mms_shots *shots, unsigned int moment);

/**
 * mms_shots_free() - gives the room back
 * @shots: the shots, or all zero.
 */
void mms_shots_free(struct mms_shots *shots);

#endif /* MMS_LAB_SHOTS_H */
