/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects of a slab cache that an experiment has made for itself. */
#ifndef MMS_LAB_OBJECTS_H
#define MMS_LAB_OBJECTS_H

#include <linux/slab.h>

#include "../probe/cachelook.h"
#include "lab.h"
#include "pages.h"

/**
 * struct mms_objects - the cache and its objects
 * @run: the run, whose @held_pages is kept.
 * @cache: the cache, or what it was made a part of; NULL if there is none.
 * @name: the name that was given to it.
 * @mergeable: it might have become a part of another one.
 * @merged: it has.
 * @shape: what it looks like.
 * @refill: pages that one allocation may bring to it.
 * @limit: pages that the run may hold.
 * @roomy: bit i is set if zone i had enough beyond its high watermark when the
 *	cache was made; of the first 64.
 * @bytes: in the slabs of the cache after the last call.
 * @object: the objects; NULL where there is none.
 * @nr: number of @object.
 * @held: of these, how many there are.
 */
struct mms_objects {
	struct mms_lab_run *run;
	struct kmem_cache *cache;
	char name[MMS_CACHE_NAME];
	bool mergeable;
	bool merged;
	struct mms_cache_shape shape;
	u64 refill;
	u64 limit;
	u64 roomy;
	u64 bytes;
	void **object;
	u32 nr;
	u32 held;
};

/**
 * struct mms_objects_kind - what is wanted
 * @size: bytes of an object.
 * @align: their alignment, or 0.
 * @flags: SLAB_* flags.
 * @merge: the cache may be made a part of another one.
 */
struct mms_objects_kind {
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	bool merge;
};

/**
 * mms_objects_init() - makes the cache, and room for objects
 * @objects: all zero; mms_objects_end() when done, also on error.
 * @run: the run.
 * @kind: what cache.
 * @nr: objects at most.
 * @limit: pages, as mms_pages_limit() has it.
 *
 * Only where mms_slabs_missing() is NULL.  May sleep.
 *
 * Return: 0, -ENOMEM, -EINTR, or -EEXIST if caches have all names it could get.
 */
int mms_objects_init(struct mms_objects *objects, struct mms_lab_run *run,
		     const struct mms_objects_kind *kind, u32 nr, u64 limit);

/**
 * mms_objects_need() - pages that objects take
 * @objects: the cache.
 * @nr: how many objects.
 *
 * Return: the pages, if no slab has room left but one.
 */
u64 mms_objects_need(const struct mms_objects *objects, u64 nr);

/**
 * mms_objects_take() - allocates an object
 * @objects: the objects.
 * @i: its place, which has none.
 *
 * Not retried by the kernel, nor out of reserves.  One for which the cache grew
 * beyond the limit, or that leaves a zone with less than the next may take beyond
 * its high watermark, is freed at once.  May sleep.
 *
 * Return: why there is none, or %MMS_PAGES_OK.
 */
enum mms_pages_why mms_objects_take(struct mms_objects *objects, u32 i);

/**
 * mms_objects_put() - frees an object
 * @objects: the objects.
 * @i: its place; nothing is done if that has none.  May sleep.
 */
void mms_objects_put(struct mms_objects *objects, u32 i);

/**
 * mms_objects_sort() - brings objects of a slab together
 * @objects: the objects, which are at other places then.  May sleep.
 */
void mms_objects_sort(struct mms_objects *objects);

/**
 * mms_objects_slab() - the slab of an object
 * @objects: the objects.
 * @i: its place.
 *
 * Return: its first page; NULL if there is no object.
 */
struct page *mms_objects_slab(const struct mms_objects *objects, u32 i);

/**
 * mms_objects_shrink() - has the kernel give back what it keeps of the cache
 * @objects: the objects.  Only if they are not merged.  May sleep.
 */
void mms_objects_shrink(struct mms_objects *objects);

/**
 * mms_objects_end() - frees all objects, and destroys the cache
 * @objects: the objects, or all zero.  May sleep.
 */
void mms_objects_end(struct mms_objects *objects);

#endif /* MMS_LAB_OBJECTS_H */
