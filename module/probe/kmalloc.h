/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cache serves kmalloc() of a size. */
#ifndef MMS_PROBE_KMALLOC_H
#define MMS_PROBE_KMALLOC_H

#include <linux/slab.h>

#include "cacheinfo.h"

/* The largest size that kmalloc() gives. */
#define MMS_KMALLOC_MAX	KMALLOC_MAX_SIZE

/**
 * struct mms_kmalloc - sizes that are served alike
 * @type: kind of allocation; ``pages`` if they come from the page allocator.
 * @from: smallest size, in bytes.
 * @to: largest size.
 * @pages: they come from the page allocator.
 * @cached: they come from @cache; neither: that is not known, or there is no
 *	such cache.
 * @order: order of the pages or of the slabs.
 * @cache: the cache.
 */
struct mms_kmalloc {
	const char *type;
	u64 from;
	u64 to;
	bool pages;
	bool cached;
	unsigned int order;
	struct mms_cache_shape cache;
};

/**
 * mms_kmalloc_types() - how many kinds of allocations there are
 *
 * Return: their number; one more stands for the page allocator.
 */
unsigned int mms_kmalloc_types(void);

/**
 * mms_kmalloc_find() - who serves a size
 * @kmalloc: filled.
 * @type: the kind, up to mms_kmalloc_types().
 * @size: the size, at least 1.
 *
 * To be called after mms_slabs_missing() has returned NULL.  May sleep.
 *
 * Return: false if the kind has no such size.
 */
bool mms_kmalloc_find(struct mms_kmalloc *kmalloc, unsigned int type,
		      u64 size);

#endif /* MMS_PROBE_KMALLOC_H */
