/* SPDX-License-Identifier: GPL-2.0-only */
/* Slabs of a cache on a node, and how full those are that are not full. */
#ifndef MMS_PROBE_PARTIAL_H
#define MMS_PROBE_PARTIAL_H

#include <linux/types.h>

struct mms_walk_stats;

/* Empty, then up to 10 %, up to 20 % and so on. */
#define MMS_PARTIAL_BUCKETS	11

/**
 * enum mms_partial_how - how sure the counts are
 * @MMS_PARTIAL_WALKED: the list was counted under its lock at a stretch.
 * @MMS_PARTIAL_PARTS: in several holds of the lock, between which the same
 *	slabs were in it.
 * @MMS_PARTIAL_ABOUT: it was too long, or changed each time; its first and last
 *	slabs were counted, and the rest is taken to be like them.
 * @MMS_NR_PARTIAL_HOWS: number of these.
 */
enum mms_partial_how {
	MMS_PARTIAL_WALKED,
	MMS_PARTIAL_PARTS,
	MMS_PARTIAL_ABOUT,
	MMS_NR_PARTIAL_HOWS
};

extern const char *const mms_partial_how_names[MMS_NR_PARTIAL_HOWS];

/**
 * struct mms_partial - a cache on a node
 * @slabs: its slabs.
 * @objects: objects that these have room for.
 * @partial: slabs in the list of those that have free objects.
 * @free: free objects of these.
 * @bucket: these by how full they are.
 * @how: &enum mms_partial_how.
 */
struct mms_partial {
	u64 slabs;
	u64 objects;
	u64 partial;
	u64 free;
	u32 bucket[MMS_PARTIAL_BUCKETS];
	u8 how;
};

/**
 * mms_partial_read() - counts
 * @partial: filled.
 * @cache: the cache; slab_mutex is held, and memory kept from being unplugged.
 * @nid: the node.
 * @stats: what it has cost is added here.
 *
 * Takes the list_lock of the node, with interrupts off, for at most
 * %MMS_PARTIAL_HOLD slabs at a time.  May sleep.
 *
 * Return: false if the cache has nothing on that node.
 */
bool mms_partial_read(struct mms_partial *partial, const void *cache,
		      unsigned int nid, struct mms_walk_stats *stats);

#endif /* MMS_PROBE_PARTIAL_H */
