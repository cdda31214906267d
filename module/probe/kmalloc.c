// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which cache serves kmalloc() of a size.
 *
 * These caches are made at boot and never destroyed or renamed, so no lock is
 * needed to read them.
 */

#include <linux/mm.h>

#include "../compat/kslab.h"
#include "kmalloc.h"

unsigned int mms_kmalloc_types(void)
{
	return mms_kslab_nr_types;
}

static const struct kmem_cache *serves(unsigned int type, u64 size)
{
	unsigned int class = mms_kslab_class(size);

	return class < mms_kslab_nr_classes ? mms_kslab_kmalloc(type, class) :
					      NULL;
}

/* Sizes that the tables of the kernel do not tell apart end here. */
static u64 step_end(u64 size)
{
	return size <= 192 ? ALIGN(size, 8) : roundup_pow_of_two(size);
}

static u64 step_begin(u64 size)
{
	return size <= 192 ? ALIGN_DOWN(size - 1, 8) + 1 :
			     max_t(u64, roundup_pow_of_two(size) / 2, 192) + 1;
}

static void find_bounds(struct mms_kmalloc *kmalloc, unsigned int type,
			u64 size)
{
	const struct kmem_cache *cache = serves(type, size);

	kmalloc->from = step_begin(size);
	while (kmalloc->from > 1 && serves(type, kmalloc->from - 1) == cache)
		kmalloc->from = step_begin(kmalloc->from - 1);
	kmalloc->to = step_end(size);
	while (kmalloc->to < mms_kslab_max_cached &&
	       serves(type, kmalloc->to + 1) == cache)
		kmalloc->to = step_end(kmalloc->to + 1);
	kmalloc->cached = cache;
	if (!cache)
		return;
	mms_cache_shape(&kmalloc->cache, cache);
	/* Too small: it is not known after all. */
	kmalloc->cached = kmalloc->cache.object_size >= kmalloc->to;
	kmalloc->order = kmalloc->cache.order;
}

static bool find_pages(struct mms_kmalloc *kmalloc, u64 size)
{
	if (size <= mms_kslab_max_cached || size > mms_kslab_max)
		return false;
	kmalloc->type = "pages";
	kmalloc->pages = true;
	kmalloc->order = get_order(size);
	kmalloc->to = PAGE_SIZE << kmalloc->order;
	kmalloc->from = max_t(u64, kmalloc->to / 2, mms_kslab_max_cached) + 1;
	return true;
}

bool mms_kmalloc_find(struct mms_kmalloc *kmalloc, unsigned int type,
		      u64 size)
{
	*kmalloc = (struct mms_kmalloc){};
	if (type == mms_kslab_nr_types)
		return find_pages(kmalloc, size);
	if (size > mms_kslab_max_cached)
		return false;
	kmalloc->type = mms_kslab_type(type);
	find_bounds(kmalloc, type, size);
	return true;
}
