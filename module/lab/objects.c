// SPDX-License-Identifier: GPL-2.0-only
/* Objects of a slab cache that an experiment has made for itself. */

#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "../compat/hotplug.h"
#include "../compat/kslab.h"
#include "../probe/walk.h"
#include "../probe/zone.h"
#include "objects.h"

#define NAME		"mmscope_lab"
/* Names that are tried. */
#define NAMES		16

/*
 * A cache that others were merged into stays when we let go of it, by our name.
 * The kernel would complain about a second one (CONFIG_DEBUG_VM).
 */
static int choose_name(struct mms_objects *objects)
{
	unsigned int i;

	for (i = 1; i <= NAMES; i++) {
		if (i == 1)
			strscpy(objects->name, NAME, sizeof(objects->name));
		else
			snprintf(objects->name, sizeof(objects->name),
				 NAME "%u", i);
		if (!mms_cachelook_named(objects->name))
			return 0;
	}
	return mms_lab_refuse(objects->run, "names-in-use", -EEXIST);
}

/* What is in use besides may change the next moment, if it is merged. */
static void count(struct mms_objects *objects)
{
	struct mms_lab_run *run = objects->run;
	u64 pages;

	objects->bytes = mms_cachelook_bytes(&objects->shape, objects->cache);
	if (objects->merged)
		pages = mms_objects_need(objects, objects->held);
	else
		pages = objects->bytes >> PAGE_SHIFT;
	WRITE_ONCE(run->held_pages, pages);
}

static int look(struct mms_objects *objects)
{
	struct mms_walk_stats stats = {};
	struct mms_cachelook now;
	int err = mms_cachelook_read(&now, objects->cache, &stats);
	u64 at_once;

	if (err)
		return err;
	objects->shape = now.shape;
	/* A whole sheaf is filled for one object, where there are any. */
	at_once = now.cpus.capacity == MMS_CACHE_UNKNOWN ? 0 :
							   now.cpus.capacity;
	objects->refill = mms_objects_need(objects, at_once + 1);
	return 0;
}

/* Of the first 64 zones those that the next may take slabs from. */
static u64 roomy_zones(const struct mms_objects *objects)
{
	struct zone *zone = mms_zone_next(NULL);
	unsigned int i;
	u64 set = 0;

	for (i = 0; zone && i < 64; i++, zone = mms_zone_next(zone))
		if (!mms_zone_is_short(zone, objects->refill))
			set |= BIT_ULL(i);
	return set;
}

/*
 * Slabs that came with an object may be of other zones than its own.  A zone
 * that was short before is somebody else's doing.
 */
static bool leaves_too_little(const struct mms_objects *objects,
			      const void *object)
{
	struct zone *zone = page_zone(virt_to_page(object));
	bool little;

	/* Is to be killed. */
	if (mms_hotplug_begin())
		return true;
	little = mms_zone_is_short(zone, objects->refill) ||
		 objects->roomy & ~roomy_zones(objects);
	mms_hotplug_end();
	return little;
}

int mms_objects_init(struct mms_objects *objects, struct mms_lab_run *run,
		     const struct mms_objects_kind *kind, u32 nr, u64 limit)
{
	int err;

	objects->run = run;
	objects->limit = mms_pages_limit(limit);
	objects->mergeable = kind->merge;
	err = choose_name(objects);
	if (err)
		return err;
	objects->object = kvcalloc(nr, sizeof(*objects->object), GFP_KERNEL);
	if (!objects->object)
		return -ENOMEM;
	objects->nr = nr;
	objects->cache = mms_kslab_create(objects->name, kind->size,
					  kind->align, kind->flags,
					  kind->merge);
	if (!objects->cache)
		return -ENOMEM;
	err = look(objects);
	if (err)
		return err;
	/* A cache that has just been made is not yet another's, too. */
	objects->merged = objects->shape.aliases;
	count(objects);
	err = mms_hotplug_begin();
	if (err)
		return err;
	objects->roomy = roomy_zones(objects);
	mms_hotplug_end();
	return 0;
}

u64 mms_objects_need(const struct mms_objects *objects, u64 nr)
{
	const struct mms_cache_shape *shape = &objects->shape;

	return DIV_ROUND_UP_ULL(nr, shape->objects) << shape->order;
}

/* Why an object may not stay that has just been allocated. */
static enum mms_pages_why check(const struct mms_objects *objects,
				const void *object, bool grown)
{
	if (objects->run->held_pages > objects->limit)
		return MMS_PAGES_LIMIT;
	if (grown && leaves_too_little(objects, object))
		return MMS_PAGES_WATERMARK;
	return MMS_PAGES_OK;
}

enum mms_pages_why mms_objects_take(struct mms_objects *objects, u32 i)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN |
			  __GFP_NOMEMALLOC;
	enum mms_pages_why why;
	u64 bytes = objects->bytes;
	void *object;

	object = kmem_cache_alloc(objects->cache, gfp);
	if (!object) {
		count(objects);
		return MMS_PAGES_NONE;
	}
	objects->object[i] = object;
	objects->held++;
	count(objects);
	/* What others have of it may hide that slabs have come. */
	why = check(objects, object,
		    objects->merged || objects->bytes > bytes);
	if (why != MMS_PAGES_OK) {
		mms_objects_put(objects, i);
		if (!objects->merged)
			mms_objects_shrink(objects);
	}
	return why;
}

void mms_objects_put(struct mms_objects *objects, u32 i)
{
	if (!objects->object[i])
		return;
	kmem_cache_free(objects->cache, objects->object[i]);
	objects->object[i] = NULL;
	objects->held--;
	count(objects);
}

static int compare(const void *a, const void *b)
{
	const void *x = *(void *const *)a, *y = *(void *const *)b;

	cond_resched();
	return x < y ? -1 : x > y;
}

void mms_objects_sort(struct mms_objects *objects)
{
	sort(objects->object, objects->nr, sizeof(*objects->object), compare,
	     NULL);
}

struct page *mms_objects_slab(const struct mms_objects *objects, u32 i)
{
	const void *object = objects->object[i];

	return object ? virt_to_head_page(object) : NULL;
}

void mms_objects_shrink(struct mms_objects *objects)
{
	kmem_cache_shrink(objects->cache);
	count(objects);
}

/*
 * A cache that may be merged has a link of its name in /sys/kernel/slab, which
 * the kernel removes only when the next one of that name is made.  So one is
 * made that may not be merged, of which nothing is left.
 */
static void remove_link(const struct mms_objects *objects)
{
	struct kmem_cache *cache;

	/* Others were merged into ours: the link is that cache's. */
	if (!objects->mergeable || mms_cachelook_named(objects->name))
		return;
	cache = mms_kslab_create(objects->name, sizeof(long), 0, 0, false);
	kmem_cache_destroy(cache);
}

void mms_objects_end(struct mms_objects *objects)
{
	u32 i;

	for (i = 0; i < objects->nr; i++) {
		mms_objects_put(objects, i);
		cond_resched();
	}
	kvfree(objects->object);
	objects->object = NULL;
	objects->nr = 0;
	if (!objects->cache)
		return;
	kmem_cache_destroy(objects->cache);
	objects->cache = NULL;
	WRITE_ONCE(objects->run->held_pages, 0);
	remove_link(objects);
}
