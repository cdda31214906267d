// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs one by one: whose they are, and which of their slots are free.
 *
 * Each free object has a pointer to the next one inside of it.  Most are changed
 * without any lock (cmpxchg on freelist and counters), so the list is followed
 * as it is, each pointer being used only if it is where an object of this slab
 * begins; it counts if freelist and counters were the same before and after, and
 * there were as many objects as the counters say.  slab_mutex keeps the cache.
 */

#include <linux/bitmap.h>
#include <linux/kfence.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <linux/uaccess.h>

#include "../compat/compat.h"
#include "cachelist.h"
#include "frame.h"
#include "slabs.h"
#include "slots.h"

const char *const mms_slots_how_names[MMS_NR_SLOTS_HOWS] = {
	[MMS_SLOTS_SURE] = "sure",
	[MMS_SLOTS_CHANGING] = "changing",
	[MMS_SLOTS_UNKNOWN] = "unknown",
};

/**
 * struct reach - what pointers of a slab may point to
 * @base: first object.
 * @size: bytes from one to the next.
 * @objects: their number.
 * @pointer: where in an object the pointer is.
 * @secret: the pointer is mixed with this and with its own address.
 * @mixed: whether it is (CONFIG_SLAB_FREELIST_HARDENED).
 */
struct reach {
	unsigned long base;
	u32 size;
	u32 objects;
	u32 pointer;
	unsigned long secret;
	bool mixed;
};

/* Never read otherwise than so: the page may be another's by now. */
static bool next_free(const struct reach *reach, unsigned long object,
		      unsigned long *next)
{
	unsigned long at = object + reach->pointer, word;

	if (get_kernel_nofault(word, (unsigned long *)at))
		return false;
	*next = reach->mixed ? word ^ reach->secret ^ swab(at) : word;
	return true;
}

/* Return: number of free objects, or -1 if it is not such a list. */
static int follow(const struct reach *reach, unsigned long object,
		  unsigned long *map)
{
	int n = 0;

	bitmap_zero(map, reach->objects);
	while (object) {
		unsigned long offset = object - reach->base;
		unsigned long slot = offset / reach->size;

		if (object < reach->base || slot >= reach->objects ||
		    offset % reach->size || __test_and_set_bit(slot, map) ||
		    !next_free(reach, object, &object))
			return -1;
		n++;
	}
	return n;
}

static bool find_reach(struct reach *reach, const struct page *head,
		       const void *cache, const struct mms_slab *slab)
{
	*reach = (struct reach){
		.base = (unsigned long)page_address(head) +
			mms_slabs_u32(cache, MMS_F_CACHE_RED_LEFT_PAD),
		.size = slab->size,
		.objects = slab->objects,
		.pointer = mms_slabs_u32(cache, MMS_F_CACHE_OFFSET),
	};
	if (mms_slabs.known & BIT_ULL(MMS_F_CACHE_RANDOM)) {
		reach->secret = mms_slabs_long(cache, MMS_F_CACHE_RANDOM);
		reach->mixed = true;
	}
	/* A slab that is another's by now: all must be inside. */
	return reach->size && reach->pointer + sizeof(long) <= reach->size &&
	       (u64)reach->objects * reach->size <= PAGE_SIZE << slab->order;
}

static bool is_slab_of(const struct page *head, const void *cache)
{
	return mms_page_is_slab(head) &&
	       mms_slabs_ptr(head, MMS_F_SLAB_CACHE) == cache;
}

/* Once.  Return: whether nothing has changed. */
static bool look(struct mms_slab *slab, const struct page *head,
		 const void *cache)
{
	unsigned long counters, freelist;
	struct reach reach;
	int nr;

	counters = mms_slabs_long(head, MMS_F_SLAB_COUNTERS);
	freelist = mms_slabs_long(head, MMS_F_SLAB_FREELIST);
	smp_rmb();	/* the list, then what is in it */
	slab->objects = mms_slabs_bits(counters, mms_slabs.objects);
	slab->inuse = mms_slabs_bits(counters, mms_slabs.inuse);
	slab->frozen = mms_slabs_bits(counters, mms_slabs.frozen);
	if (slab->inuse > slab->objects ||
	    !find_reach(&reach, head, cache, slab))
		return false;
	nr = follow(&reach, freelist, slab->free);
	smp_rmb();	/* what is in it, then whether it is the same */
	return nr == slab->objects - slab->inuse &&
	       counters == mms_slabs_long(head, MMS_F_SLAB_COUNTERS) &&
	       freelist == mms_slabs_long(head, MMS_F_SLAB_FREELIST) &&
	       is_slab_of(head, cache);
}

/* False if it was freed: then what has been read may be of something else. */
static bool look_long(struct mms_slab *slab, const struct page *head,
		      const void *cache, struct mms_walk_stats *stats)
{
	unsigned int try;

	strscpy(slab->name, mms_slabs_ptr(cache, MMS_F_CACHE_NAME),
		sizeof(slab->name));
	slab->object_size = mms_slabs_u32(cache, MMS_F_CACHE_OBJECT_SIZE);
	slab->size = mms_slabs_u32(cache, MMS_F_CACHE_SIZE);
	slab->how = MMS_SLOTS_SURE;
	for (try = 0; try < MMS_LIST_TRIES; try++) {
		if (look(slab, head, cache))
			return true;
		stats->retries++;
		cond_resched();
		if (!is_slab_of(head, cache))
			return false;
	}
	slab->how = MMS_SLOTS_CHANGING;
	return true;
}

/* False if there is no slab any more.  Memory cannot be unplugged. */
static bool read_slab(struct mms_slab *slab, u64 pfn,
		      struct mms_walk_stats *stats)
{
	const struct page *head = pfn_to_online_page(pfn);
	struct mms_frame frame;
	const void *cache;

	if (!head)
		return false;
	mms_frame_read(head, pfn, NULL, &frame);
	if (frame.kind != MMS_FRAME_SLAB || frame.head != pfn)
		return false;
	cache = mms_slabs_ptr(head, MMS_F_SLAB_CACHE);
	slab->pfn = pfn;
	slab->order = frame.order;
	slab->nid = page_to_nid(head);
	slab->how = MMS_SLOTS_UNKNOWN;
	slab->name[0] = '\0';
	/* KFENCE's pool is marked as slabs, but has none of their counters. */
	return is_kfence_address(page_address(head)) ||
	       !mms_cachelist_has(cache) ||
	       look_long(slab, head, cache, stats);
}

static unsigned long find_slabs(void *ctx, const struct mms_scan_block *block)
{
	struct mms_slots *slots = ctx;
	struct mms_frame frame;
	unsigned long i;

	for (i = 0; i < block->nr; ) {
		unsigned long nr = mms_scan_frame(block, i, &frame);

		if (frame.kind == MMS_FRAME_SLAB && frame.head != slots->last) {
			if (slots->nr_found == MMS_BATCH_SLABS)
				break;
			slots->found[slots->nr_found++] = frame.head;
			slots->last = frame.head;
		}
		i += nr;
	}
	return i;
}

void mms_slots_init(struct mms_slots *slots, u64 first, u64 end)
{
	slots->last = U64_MAX;
	slots->scan.block = find_slabs;
	slots->scan.ctx = slots;
	mms_scan_range(&slots->scan, first, end);
}

static int read_slabs(struct mms_slots *slots)
{
	unsigned int i;
	int err = mms_slabs_begin();

	if (err)
		return err;
	for (i = 0; i < slots->nr_found; i++)
		slots->nr += read_slab(&slots->slab[slots->nr],
				       slots->found[i], &slots->scan.stats);
	mms_slabs_end();
	return 0;
}

int mms_slots_batch(struct mms_slots *slots)
{
	int ret;

	slots->nr = 0;
	slots->nr_found = 0;
	ret = mms_scan_batch(&slots->scan);
	slots->finished = ret <= 0;
	if (ret >= 0 && slots->nr_found)
		ret = read_slabs(slots);
	if (ret < 0)
		slots->finished = true;
	return min(ret, 0);
}
