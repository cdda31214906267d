/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going through all slab caches, a batch at a time.
 *
 * slab_mutex is let go between batches, so caches come and go meanwhile.  New
 * ones are put in front of the list and the order of the others never changes;
 * so the addresses of all caches are noted in the beginning, and later only
 * compared with the list, from the place on that has been reached.  A cache that
 * lives from the first batch to the last is found exactly once.
 */
#ifndef MMS_PROBE_CACHELIST_H
#define MMS_PROBE_CACHELIST_H

#include "walk.h"

/**
 * struct mms_cachelist - a walk under way
 * @cache: their addresses, never followed.
 * @nr: number of @cache.
 * @next: the next that is looked for.
 * @gone: caches destroyed before they were reached.
 * @mutex_max_ns: longest time that slab_mutex was held.
 * @stats: what it has cost; the lock is the list_lock of a node of a cache,
 *	and scanned are slabs.
 */
struct mms_cachelist {
	const void **cache;
	u32 nr;
	u32 next;
	u32 gone;
	u64 mutex_max_ns;
	struct mms_walk_stats stats;
};

/**
 * mms_cachelist_init() - notes all caches
 * @list: the walk, all zero.
 *
 * To be called after mms_slabs_missing() has returned NULL.  May sleep.
 *
 * Return: 0, -ENOMEM, -EINTR if a fatal signal came, -EAGAIN if caches are
 * made faster than they can be noted, or -EOVERFLOW if there are
 * %MMS_SLABS_MAX or more.
 */
int mms_cachelist_init(struct mms_cachelist *list);

/**
 * mms_cachelist_batch() - goes on for a while
 * @list: the walk.
 * @found: gets the caches, one by one, with slab_mutex held and memory kept
 *	from being unplugged.  Returns false when it takes no more; this one
 *	then comes again in the next batch.
 * @ctx: passed to @found.
 *
 * May sleep.
 *
 * Return: 1 if there is more, 0 if the end has been reached, -EINTR if a fatal
 * signal came.
 */
int mms_cachelist_batch(struct mms_cachelist *list,
			bool (*found)(void *ctx, const void *cache), void *ctx);

/**
 * mms_cachelist_free() - gives back what the walk holds
 * @list: the walk, begun or all zero.
 */
void mms_cachelist_free(struct mms_cachelist *list);

/**
 * mms_cachelist_has() - is there such a cache?
 * @cache: an address, not followed.
 *
 * With slab_mutex held, for as long as the answer counts.
 *
 * Return: true if it is in the list of all caches.
 */
bool mms_cachelist_has(const void *cache);

#endif /* MMS_PROBE_CACHELIST_H */
