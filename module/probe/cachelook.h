/* SPDX-License-Identifier: GPL-2.0-only */
/* One slab cache that the caller has made, at one moment. */
#ifndef MMS_PROBE_CACHELOOK_H
#define MMS_PROBE_CACHELOOK_H

#include <linux/types.h>

#include "cacheinfo.h"

struct mms_walk_stats;

/**
 * struct mms_cachelook - a cache
 * @shape: what does not change.
 * @sum: its slabs on all nodes.
 * @cpus: what CPUs and nodes keep.
 * @cpu_slabs: slabs that CPUs have, of both kinds; %MMS_CACHE_UNKNOWN if that is
 *	not known.
 */
struct mms_cachelook {
	struct mms_cache_shape shape;
	struct mms_partial sum;
	struct mms_cache_cpus cpus;
	u64 cpu_slabs;
};

/**
 * mms_cachelook_read() - looks at a cache
 * @look: filled.
 * @cache: the cache, which the caller keeps from being destroyed.
 * @stats: what it has cost is added here.
 *
 * Takes slab_mutex.  Only where mms_slabs_missing() is NULL.  May sleep.
 *
 * Return: 0, or -EINTR if a fatal signal came.
 */
int mms_cachelook_read(struct mms_cachelook *look, const void *cache,
		       struct mms_walk_stats *stats);

/**
 * mms_cachelook_bytes() - memory in the slabs of a cache now
 * @shape: the cache, as it was read.
 * @cache: the same, which the caller keeps from being destroyed.
 *
 * Reads the counters of the nodes, without a lock.
 *
 * Return: the bytes, as mms_cache_bytes() has them.
 */
u64 mms_cachelook_bytes(const struct mms_cache_shape *shape,
			const void *cache);

/**
 * mms_cachelook_named() - whether there is a cache of a name
 * @name: the name, shorter than %MMS_CACHE_NAME.
 *
 * Takes slab_mutex.  Only where mms_slabs_missing() is NULL.  May sleep.
 *
 * Return: true if there is.
 */
bool mms_cachelook_named(const char *name);

#endif /* MMS_PROBE_CACHELOOK_H */
