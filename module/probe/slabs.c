// SPDX-License-Identifier: GPL-2.0-only
/* Where the kernel keeps its slab caches, and how it lays them out. */

#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/string.h>

#include "../compat/hotplug.h"
#include "../compat/ksym.h"
#include "frame.h"
#include "layout.h"
#include "slabs.h"

struct mms_slabs mms_slabs;
static DEFINE_MUTEX(find_lock);

/**
 * struct field - what a member must be
 * @what: the member.
 * @size: its size in bytes.
 */
struct field {
	enum mms_private what;
	u32 size;
};

static const struct field fields[MMS_NR_F] = {
	[MMS_F_CACHE_FLAGS] = { MMS_P_KMEM_CACHE_FLAGS, 4 },
	[MMS_F_CACHE_SIZE] = { MMS_P_KMEM_CACHE_SIZE, 4 },
	[MMS_F_CACHE_OBJECT_SIZE] = { MMS_P_KMEM_CACHE_OBJECT_SIZE, 4 },
	[MMS_F_CACHE_OFFSET] = { MMS_P_KMEM_CACHE_OFFSET, 4 },
	[MMS_F_CACHE_OO] = { MMS_P_KMEM_CACHE_OO, 4 },
	[MMS_F_CACHE_MIN] = { MMS_P_KMEM_CACHE_MIN, 4 },
	[MMS_F_CACHE_REFCOUNT] = { MMS_P_KMEM_CACHE_REFCOUNT, 4 },
	[MMS_F_CACHE_ALIGN] = { MMS_P_KMEM_CACHE_ALIGN, 4 },
	[MMS_F_CACHE_RED_LEFT_PAD] = { MMS_P_KMEM_CACHE_RED_LEFT_PAD, 4 },
	[MMS_F_CACHE_NAME] = { MMS_P_KMEM_CACHE_NAME, 8 },
	[MMS_F_CACHE_LIST] = { MMS_P_KMEM_CACHE_LIST,
			       sizeof(struct list_head) },
	[MMS_F_NODE_LIST_LOCK] = { MMS_P_CACHE_NODE_LIST_LOCK,
				   sizeof(spinlock_t) },
	[MMS_F_NODE_NR_PARTIAL] = { MMS_P_CACHE_NODE_NR_PARTIAL, 8 },
	[MMS_F_NODE_PARTIAL] = { MMS_P_CACHE_NODE_PARTIAL,
				 sizeof(struct list_head) },
	[MMS_F_NODE_NR_SLABS] = { MMS_P_CACHE_NODE_NR_SLABS, 8 },
	[MMS_F_NODE_TOTAL_OBJECTS] = { MMS_P_CACHE_NODE_TOTAL_OBJECTS, 8 },
	[MMS_F_SLAB_CACHE] = { MMS_P_SLAB_CACHE, 8 },
	[MMS_F_SLAB_LIST] = { MMS_P_SLAB_LIST, sizeof(struct list_head) },
	[MMS_F_SLAB_FREELIST] = { MMS_P_SLAB_FREELIST, 8 },
	[MMS_F_SLAB_COUNTERS] = { MMS_P_SLAB_COUNTERS, 8 },
	[MMS_F_CACHE_RANDOM] = { MMS_P_KMEM_CACHE_RANDOM, 8 },
	[MMS_F_CACHE_CPU_SLAB] = { MMS_P_KMEM_CACHE_CPU_SLAB, 8 },
	[MMS_F_CACHE_CPU_PARTIAL_SLABS] = { MMS_P_KMEM_CACHE_CPU_PARTIAL_SLABS,
					    4 },
	[MMS_F_CPU_SLAB] = { MMS_P_CACHE_CPU_SLAB, 8 },
	[MMS_F_CPU_PARTIAL] = { MMS_P_CACHE_CPU_PARTIAL, 8 },
	[MMS_F_SLAB_SLABS] = { MMS_P_SLAB_SLABS, 4 },
	[MMS_F_CACHE_CPU_SHEAVES] = { MMS_P_KMEM_CACHE_CPU_SHEAVES, 8 },
	[MMS_F_CACHE_SHEAF_CAPACITY] = { MMS_P_KMEM_CACHE_SHEAF_CAPACITY, 4 },
	[MMS_F_SHEAVES_MAIN] = { MMS_P_SHEAVES_MAIN, 8 },
	[MMS_F_SHEAVES_SPARE] = { MMS_P_SHEAVES_SPARE, 8 },
	[MMS_F_SHEAVES_RCU_FREE] = { MMS_P_SHEAVES_RCU_FREE, 8 },
	[MMS_F_SHEAF_SIZE] = { MMS_P_SHEAF_SIZE, 4 },
	[MMS_F_BARN_NR_FULL] = { MMS_P_BARN_NR_FULL, 4 },
	[MMS_F_BARN_NR_EMPTY] = { MMS_P_BARN_NR_EMPTY, 4 },
};

static_assert(MMS_NR_F <= 64);

static bool has(enum mms_slabs_field first, enum mms_slabs_field last)
{
	u64 want = GENMASK_ULL(last, first);

	return (mms_slabs.known & want) == want;
}

static bool find_fields(void)
{
	unsigned int i;

	for (i = 0; i < MMS_NR_F; i++) {
		const struct mms_btf_want *at;

		at = mms_layout_private(fields[i].what, fields[i].size);
		if (!at || at->nr_elems != 1)
			continue;
		mms_slabs.offset[i] = at->offset;
		mms_slabs.known |= BIT_ULL(i);
	}
	mms_slabs.cpu_slabs = has(MMS_F_CACHE_CPU_SLAB, MMS_F_SLAB_SLABS);
	mms_slabs.sheaves = has(MMS_F_CACHE_CPU_SHEAVES, MMS_F_SHEAF_SIZE);
	return has(0, MMS_F_REQUIRED - 1);
}

/* Up to 6.19 ->node[], then ->per_node[], which also has the barns. */
static bool find_nodes(void)
{
	const struct mms_btf_want *array, *node, *barn;

	array = mms_layout_private(MMS_P_KMEM_CACHE_NODE, 8);
	if (array) {
		mms_slabs.node = array->offset;
	} else {
		array = mms_layout_private(MMS_P_KMEM_CACHE_PER_NODE, 0);
		node = mms_layout_private(MMS_P_PER_NODE_NODE, 8);
		barn = mms_layout_private(MMS_P_PER_NODE_BARN, 8);
		if (!array || !node)
			return false;
		mms_slabs.node = array->offset + node->offset;
		if (barn && has(MMS_F_BARN_NR_FULL, MMS_F_BARN_NR_EMPTY)) {
			mms_slabs.barn = array->offset + barn->offset;
			mms_slabs.barns = true;
		}
	}
	mms_slabs.node_step = array->size;
	mms_slabs.nr_nodes = array->nr_elems;
	return mms_slabs.nr_nodes;
}

static bool find_bits(struct mms_slabs_bits *bits, enum mms_private what)
{
	const struct mms_btf_want *at = mms_layout_private(what, 0);
	u32 counters = mms_slabs.offset[MMS_F_SLAB_COUNTERS];

	/* The low byte is the first, and bits count from the lowest. */
	BUILD_BUG_ON(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN));
	if (!at || at->offset < counters || !at->bits || at->bits > 31)
		return false;
	bits->shift = (at->offset - counters) * 8 + at->bit_offset;
	bits->mask = (1U << at->bits) - 1;
	return bits->shift + at->bits <= BITS_PER_LONG;
}

/* What is read of a slab is inside of its struct page. */
static bool fits_in_page(void)
{
	const u32 *offset = mms_slabs.offset;
	u32 end = max(offset[MMS_F_SLAB_LIST] + (u32)sizeof(struct list_head),
		      max3(offset[MMS_F_SLAB_CACHE], offset[MMS_F_SLAB_FREELIST],
			   offset[MMS_F_SLAB_COUNTERS]) + 8);

	return end <= sizeof(struct page);
}

/* Sizes, order and objects that a slab can have. */
static bool sane(const void *cache)
{
	u32 size = mms_slabs_u32(cache, MMS_F_CACHE_SIZE);
	u32 object_size = mms_slabs_u32(cache, MMS_F_CACHE_OBJECT_SIZE);
	u32 oo = mms_slabs_u32(cache, MMS_F_CACHE_OO);
	u32 min = mms_slabs_u32(cache, MMS_F_CACHE_MIN);

	return object_size && size >= object_size &&
	       mms_slabs_order(oo) < MMS_FRAME_NR_ORDERS &&
	       mms_slabs_order(min) <= mms_slabs_order(oo) &&
	       mms_slabs_objects(oo) && mms_slabs_objects(min) &&
	       (u64)mms_slabs_objects(oo) * size <=
	       PAGE_SIZE << mms_slabs_order(oo);
}

/*
 * The cache that all caches are allocated from is among them, and its objects
 * are as large as what is read of one.
 */
static bool plausible(void)
{
	struct list_head *at;
	bool found = false, good = true;
	u32 n = 0;

	mutex_lock(mms_slabs.mutex);
	list_for_each(at, mms_slabs.list) {
		const void *cache = mms_slabs_cache(at);
		const char *name = mms_slabs_ptr(cache, MMS_F_CACHE_NAME);

		if (++n > MMS_SLABS_MAX || !name || !sane(cache)) {
			good = false;
			break;
		}
		if (!strcmp(name, "kmem_cache"))
			found = mms_slabs_u32(cache, MMS_F_CACHE_OBJECT_SIZE) >
				max(mms_slabs.node,
				    mms_slabs.offset[MMS_F_CACHE_LIST]);
	}
	mutex_unlock(mms_slabs.mutex);
	return found && good;
}

static const char *find(void)
{
	const struct mms_layout *layout = mms_layout_get();

	if (layout->why)
		return layout->why;
	if (!find_fields() || !find_nodes() ||
	    !find_bits(&mms_slabs.inuse, MMS_P_SLAB_INUSE) ||
	    !find_bits(&mms_slabs.objects, MMS_P_SLAB_OBJECTS))
		return "no-slab-layout";
	if (!find_bits(&mms_slabs.frozen, MMS_P_SLAB_FROZEN))
		mms_slabs.frozen = (struct mms_slabs_bits){};
	if (!fits_in_page())
		return "bad-slab-layout";
	mms_slabs.mutex = mms_ksym_lookup("slab_mutex");
	mms_slabs.list = mms_ksym_lookup("slab_caches");
	if (!mms_slabs.mutex || !mms_slabs.list)
		return "no-slab-caches";
	return plausible() ? NULL : "bad-slab-layout";
}

const char *mms_slabs_missing(void)
{
	static const char *why;
	static bool done;

	might_sleep();
	mutex_lock(&find_lock);
	if (!done)
		why = find();
	done = true;
	mutex_unlock(&find_lock);
	return why;
}

int mms_slabs_begin(void)
{
	int err;

	/* The kernel takes them in this order. */
	err = mms_hotplug_begin();
	if (err)
		return err;
	err = mutex_lock_killable(mms_slabs.mutex);
	if (err)
		mms_hotplug_end();
	return err;
}

void mms_slabs_end(void)
{
	mutex_unlock(mms_slabs.mutex);
	mms_hotplug_end();
}

static const void *per_node(const void *cache, u32 offset, unsigned int nid)
{
	const void *at = cache + offset + nid * mms_slabs.node_step;

	if (nid >= mms_slabs.nr_nodes)
		return NULL;
	return READ_ONCE(*(const void *const *)at);
}

const void *mms_slabs_node(const void *cache, unsigned int nid)
{
	return per_node(cache, mms_slabs.node, nid);
}

const void *mms_slabs_barn(const void *cache, unsigned int nid)
{
	return mms_slabs.barns ? per_node(cache, mms_slabs.barn, nid) : NULL;
}
