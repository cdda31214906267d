/* SPDX-License-Identifier: GPL-2.0-only */
/* The swap devices. */
#ifndef MMS_PROBE_SWAPS_H
#define MMS_PROBE_SWAPS_H

#include <linux/limits.h>
#include <linux/types.h>

#include "swap_clusters.h"
#include "walk.h"

/* What a device is like; by bit in &mms_swaps.flags. */
enum mms_swap_flag {
	MMS_SWAP_WRITEOK,
	MMS_SWAP_DISCARDABLE,
	MMS_SWAP_DISCARDING,
	MMS_SWAP_SOLIDSTATE,
	MMS_SWAP_BLKDEV,
	MMS_SWAP_ACTIVATED,
	MMS_SWAP_AREA_DISCARD,
	MMS_SWAP_PAGE_DISCARD,
	MMS_SWAP_STABLE_WRITES,
	MMS_SWAP_SYNCHRONOUS_IO,
	MMS_NR_SWAP_FLAGS
};

extern const char *const mms_swap_flag_names[MMS_NR_SWAP_FLAGS];

/* Not known. */
#define MMS_SWAP_UNKNOWN	(~0ULL)

/**
 * struct mms_swaps - the device at hand
 * @next: number of the next one.
 * @path: where its name is, in @room, or NULL if that is too long.
 * @partition: it is a block device, not a file.
 * @pages: slots that can be used.
 * @used: slots that are.
 * @prio: its priority.
 * @flags: set of &enum mms_swap_flag.
 * @clusters: its clusters.
 * @mutex_max_ns: how long swapon and swapoff had to wait.
 * @stats: scanned are clusters.
 * @room: for the path.
 */
struct mms_swaps {
	int next;
	const char *path;
	bool partition;
	u64 pages;
	u64 used;
	int prio;
	u64 flags;
	struct mms_swap_clusters clusters;
	u64 mutex_max_ns;
	struct mms_walk_stats stats;
	char room[PATH_MAX];
};

/**
 * mms_swaps_missing() - why devices cannot be shown
 *
 * May sleep.
 *
 * Return: a word, or NULL if they can.
 */
const char *mms_swaps_missing(void);

/**
 * mms_swaps_next() - goes on to the next device
 * @swaps: all zero at first.
 *
 * In the order of /proc/swaps.  May sleep.
 *
 * Return: 1 if there is one, 0 if not, -EINTR if a fatal signal came.
 */
int mms_swaps_next(struct mms_swaps *swaps);

/**
 * mms_swap_usable_taken() - slots taken in the clusters of a device
 * @swaps: the device at hand, whose clusters are known.
 *
 * Not those that can never be used: the header, what lies behind the end in the
 * last cluster, what the disk was marked to have as bad.
 *
 * Return: the number, which is ->used if nothing moves.
 */
u64 mms_swap_usable_taken(const struct mms_swaps *swaps);

/**
 * mms_swap_cached() - pages that are both in memory and in swap
 *
 * Return: the number, as SwapCached of /proc/meminfo.
 */
u64 mms_swap_cached(void);

/**
 * mms_swap_compressed() - pages that zswap holds
 *
 * May sleep.
 *
 * Return: the number, or %MMS_SWAP_UNKNOWN.
 */
u64 mms_swap_compressed(void);

#endif /* MMS_PROBE_SWAPS_H */
