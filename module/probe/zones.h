/* SPDX-License-Identifier: GPL-2.0-only */
/* What the zones are made of and how full they are. */
#ifndef MMS_PROBE_ZONES_H
#define MMS_PROBE_ZONES_H

#include <linux/mmzone.h>

#include "../core/watermark.h"
#include "walk.h"

static_assert(MAX_NR_ZONES <= MMS_ZONES_MAX);

/* Not known. */
#define MMS_ZONES_UNKNOWN	(~0ULL)

/**
 * struct mms_zone_info - a zone at one moment
 * @name: its name.
 * @start_pfn: its first frame.
 * @spanned: frames from the first to the last, holes included.
 * @present: frames of these that are there.
 * @managed: pages of these that the buddy allocator manages.
 * @free: free pages, as in /proc/zoneinfo.
 * @promo: watermark for promotion between tiers of memory.
 * @cma: pages of CMA areas.
 * @free_cma: free ones of these.
 * @reserved_highatomic: pages in blocks reserved for urgent allocations.
 * @free_highatomic: free ones of these, or %MMS_ZONES_UNKNOWN.
 * @isolated_blocks: pageblocks taken out of the allocator for a while, or
 *	%MMS_ZONES_UNKNOWN.
 * @memmap_bytes: what the struct pages of the frames in its online sections
 *	take, holes in the sections included; %MMS_ZONES_UNKNOWN for device
 *	memory.
 * @marks: watermarks and reserves.
 */
struct mms_zone_info {
	const char *name;
	u64 start_pfn;
	u64 spanned;
	u64 present;
	u64 managed;
	u64 free;
	u64 promo;
	u64 cma;
	u64 free_cma;
	u64 reserved_highatomic;
	u64 free_highatomic;
	u64 isolated_blocks;
	u64 memmap_bytes;
	struct mms_marks marks;
};

/**
 * struct mms_zones - the zones of one node, one node after the other
 * @next: the node that comes next; 0 is a start.
 * @node: the node at hand.
 * @no_memmap: leave out ->memmap_bytes, the only thing that takes long.
 * @nr: number of @zone.
 * @zone: its zones, also the empty ones.
 * @marks: ->marks of each.
 * @kswapd: it has a kswapd.
 * @running: that is at work.
 * @failures: how often that has freed nothing, in a row.
 * @hopeless: so often that it has given up.
 * @stats: what it has cost.
 */
struct mms_zones {
	int next;
	int node;
	bool no_memmap;
	unsigned int nr;
	struct mms_zone_info zone[MAX_NR_ZONES];
	struct mms_marks marks[MAX_NR_ZONES];
	bool kswapd;
	bool running;
	unsigned int failures;
	bool hopeless;
	struct mms_walk_stats stats;
};

/**
 * mms_zones_next() - reads the next node
 * @zones: what was read last; all zero at first.
 *
 * Each zone is copied under its lock, as /proc/zoneinfo does, which setting
 * the watermarks takes too.  May sleep.
 *
 * Return: 1 if there is one, 0 if not, -EINTR if a fatal signal came.
 */
int mms_zones_next(struct mms_zones *zones);

#endif /* MMS_PROBE_ZONES_H */
