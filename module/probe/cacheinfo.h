/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is to know of a slab cache. */
#ifndef MMS_PROBE_CACHEINFO_H
#define MMS_PROBE_CACHEINFO_H

#include <linux/types.h>

#include "caches.h"
#include "partial.h"

struct mms_walk_stats;

/* A number that is not known. */
#define MMS_CACHE_UNKNOWN	U64_MAX

extern const char *const *const mms_cache_flag_names;

/**
 * struct mms_cache_shape - what does not change while a cache lives
 * @name: its name; cut off if it is longer.
 * @object_size: bytes of an object, as asked for.
 * @size: bytes from one object to the next.
 * @align: alignment of objects.
 * @order: order of its slabs.
 * @objects: objects of such a slab.
 * @min_order: order of slabs made when there is no memory for larger ones.
 * @min_objects: objects of such a slab.
 * @flags: set of mms_cache_flag_names.
 * @reclaimable: counts in SReclaimable.
 * @aliases: caches that were merged into this one.
 */
struct mms_cache_shape {
	char name[MMS_CACHE_NAME];
	u32 object_size;
	u32 size;
	u32 align;
	u32 order;
	u32 objects;
	u32 min_order;
	u32 min_objects;
	u64 flags;
	bool reclaimable;
	u32 aliases;
};

/**
 * struct mms_cache_cpus - what CPUs and nodes keep for themselves
 * @slabs: slabs that CPUs allocate from.
 * @partial_slabs: further slabs that they have put by.
 * @objects: free objects in the sheaves of CPUs.
 * @barn_full: full sheaves that nodes keep.
 * @barn_empty: empty ones.
 * @capacity: objects that a sheaf has room for; 0 if the cache has none.
 *
 * Each is %MMS_CACHE_UNKNOWN if this kernel has no such thing.
 */
struct mms_cache_cpus {
	u64 slabs;
	u64 partial_slabs;
	u64 objects;
	u64 barn_full;
	u64 barn_empty;
	u64 capacity;
};

/**
 * mms_cache_shape() - reads what does not change
 * @shape: filled.
 * @cache: the cache; slab_mutex is held.
 */
void mms_cache_shape(struct mms_cache_shape *shape, const void *cache);

/**
 * mms_cache_sum() - sums up a cache over all nodes
 * @sum: filled.
 * @cache: the cache; slab_mutex is held, and memory kept from being unplugged.
 * @stats: what it has cost is added here.
 */
void mms_cache_sum(struct mms_partial *sum, const void *cache,
		   struct mms_walk_stats *stats);

/**
 * mms_cache_cpus() - reads what CPUs and nodes keep
 * @cpus: filled.
 * @cache: the cache; slab_mutex is held, and memory kept from being unplugged.
 *
 * CPUs go on meanwhile: each number is as good as a look at that CPU is.
 */
void mms_cache_cpus(struct mms_cache_cpus *cpus, const void *cache);

/**
 * mms_cache_node_cpu_slabs() - slabs of a node that CPUs have
 * @cache: as in mms_cache_cpus().
 * @nid: the node.
 *
 * Return: their number, both kinds; %MMS_CACHE_UNKNOWN if that is not known.
 */
u64 mms_cache_node_cpu_slabs(const void *cache, unsigned int nid);

/**
 * mms_cache_bytes() - memory in slabs
 * @shape: the cache.
 * @slabs: its slabs.
 * @objects: objects that these have room for.
 *
 * There are slabs of two orders; how many of each follows from the numbers.
 *
 * Return: the bytes; if the numbers do not fit together, which they may not
 * while slabs come and go, as if all were of the usual order.
 */
u64 mms_cache_bytes(const struct mms_cache_shape *shape, u64 slabs,
		    u64 objects);

#endif /* MMS_PROBE_CACHEINFO_H */
