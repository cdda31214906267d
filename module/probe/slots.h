/* SPDX-License-Identifier: GPL-2.0-only */
/* Slabs one by one: whose they are, and which of their slots are free. */
#ifndef MMS_PROBE_SLOTS_H
#define MMS_PROBE_SLOTS_H

#include <linux/bitops.h>
#include <linux/types.h>

#include "../limits.h"
#include "caches.h"
#include "scan.h"

/* A slab's counters have 15 bits for its objects. */
#define MMS_SLOTS_MAX	32768

/**
 * enum mms_slots_how - how sure the free slots are
 * @MMS_SLOTS_SURE: the slab's list of free objects was followed to its end, had
 *	as many as the slab counts, and was the same before and after.
 * @MMS_SLOTS_CHANGING: it changed each time.
 * @MMS_SLOTS_UNKNOWN: the cache is in no list, so it is not known how its slabs
 *	look.
 * @MMS_NR_SLOTS_HOWS: number of these.
 */
enum mms_slots_how {
	MMS_SLOTS_SURE,
	MMS_SLOTS_CHANGING,
	MMS_SLOTS_UNKNOWN,
	MMS_NR_SLOTS_HOWS
};

extern const char *const mms_slots_how_names[MMS_NR_SLOTS_HOWS];

/**
 * struct mms_slab - a slab
 * @pfn: its first frame.
 * @order: its order.
 * @nid: its node.
 * @name: name of its cache, "" if that is not known.
 * @object_size: bytes of an object, as asked for.
 * @size: bytes from one object to the next.
 * @objects: objects that it has room for.
 * @inuse: those that are not in its list of free ones.
 * @frozen: a CPU allocates from it, and has taken over its free objects.
 * @how: &enum mms_slots_how.
 * @free: bit i is set if slot i is in the list of free ones; if @how is
 *	%MMS_SLOTS_SURE.
 */
struct mms_slab {
	u64 pfn;
	unsigned int order;
	unsigned int nid;
	char name[MMS_CACHE_NAME];
	u32 object_size;
	u32 size;
	u32 objects;
	u32 inuse;
	bool frozen;
	u8 how;
	DECLARE_BITMAP(free, MMS_SLOTS_MAX);
};

/**
 * struct mms_slots - a walk through frames
 * @scan: the walk.
 * @finished: it is over.
 * @last: first frame of the slab found last; behind all frames if none.
 * @nr_found: number of @found.
 * @found: first frames of slabs that are looked at next.
 * @nr: number of @slab.
 * @slab: the slabs.
 */
struct mms_slots {
	struct mms_scan scan;
	bool finished;
	u64 last;
	unsigned int nr_found;
	u64 found[MMS_BATCH_SLABS];
	unsigned int nr;
	struct mms_slab slab[MMS_BATCH_SLABS];
};

/**
 * mms_slots_init() - sets a walk to its start
 * @slots: the walk, all zero.
 * @first: first frame.
 * @end: first frame behind.
 */
void mms_slots_init(struct mms_slots *slots, u64 first, u64 end);

/**
 * mms_slots_batch() - finds the next slabs
 * @slots: the walk.
 *
 * Holds slab_mutex while it looks at up to %MMS_BATCH_SLABS slabs, and no lock
 * of theirs.  May sleep.
 *
 * Return: 0 with ->finished and ->nr set, or -EINTR if a fatal signal came.
 */
int mms_slots_batch(struct mms_slots *slots);

#endif /* MMS_PROBE_SLOTS_H */
