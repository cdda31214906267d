/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel keeps its slab caches, and how it lays them out.
 *
 * The structures of SLUB are private to the kernel, so their layout comes from
 * the running kernel's BTF.  slab_mutex keeps every cache that is in the list
 * slab_caches; nothing that a cache points to is followed without it.
 */
#ifndef MMS_PROBE_SLABS_H
#define MMS_PROBE_SLABS_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

struct mutex;

/* More caches than any kernel has; ends the walk of a broken list. */
#define MMS_SLABS_MAX	65536

/**
 * enum mms_slabs_field - members that the probes read
 *
 * Named as in the kernel.  Those before @MMS_F_REQUIRED every kernel has; the
 * rest depends on the release and on its configuration.
 */
enum mms_slabs_field {
	MMS_F_CACHE_FLAGS,
	MMS_F_CACHE_SIZE,
	MMS_F_CACHE_OBJECT_SIZE,
	MMS_F_CACHE_OFFSET,
	MMS_F_CACHE_OO,
	MMS_F_CACHE_MIN,
	MMS_F_CACHE_REFCOUNT,
	MMS_F_CACHE_ALIGN,
	MMS_F_CACHE_RED_LEFT_PAD,
	MMS_F_CACHE_NAME,
	MMS_F_CACHE_LIST,
	MMS_F_NODE_LIST_LOCK,
	MMS_F_NODE_NR_PARTIAL,
	MMS_F_NODE_PARTIAL,
	MMS_F_NODE_NR_SLABS,
	MMS_F_NODE_TOTAL_OBJECTS,
	MMS_F_SLAB_CACHE,
	MMS_F_SLAB_LIST,
	MMS_F_SLAB_FREELIST,
	MMS_F_SLAB_COUNTERS,
	MMS_F_REQUIRED,
	MMS_F_CACHE_RANDOM = MMS_F_REQUIRED,
	MMS_F_CACHE_CPU_SLAB,
	MMS_F_CACHE_CPU_PARTIAL_SLABS,
	MMS_F_CPU_SLAB,
	MMS_F_CPU_PARTIAL,
	MMS_F_SLAB_SLABS,
	MMS_F_CACHE_CPU_SHEAVES,
	MMS_F_CACHE_SHEAF_CAPACITY,
	MMS_F_SHEAVES_MAIN,
	MMS_F_SHEAVES_SPARE,
	MMS_F_SHEAVES_RCU_FREE,
	MMS_F_SHEAF_SIZE,
	MMS_F_BARN_NR_FULL,
	MMS_F_BARN_NR_EMPTY,
	MMS_NR_F
};

/**
 * struct mms_slabs_bits - a bit-field of the counters of a slab
 * @shift: its lowest bit.
 * @mask: its bits, shifted down; 0 if the kernel has no such field.
 */
struct mms_slabs_bits {
	unsigned int shift;
	unsigned int mask;
};

/**
 * struct mms_slabs - where all that is
 * @mutex: slab_mutex.
 * @list: slab_caches.
 * @offset: of each member.
 * @known: bit i is set if the kernel has member i.
 * @node: offset of the pointer to the first node of a cache.
 * @node_step: from there to that of the next.
 * @nr_nodes: how many there are room for.
 * @barn: offset of the pointer to the first node's barn.
 * @barns: there are barns.
 * @cpu_slabs: all is known of cpu_slab.
 * @sheaves: all is known of cpu_sheaves.
 * @inuse: objects in use, in the counters of a slab.
 * @objects: objects that it has room for.
 * @frozen: it belongs to a CPU.
 */
struct mms_slabs {
	struct mutex *mutex;
	struct list_head *list;
	u32 offset[MMS_NR_F];
	u64 known;
	u32 node;
	u32 node_step;
	u32 nr_nodes;
	u32 barn;
	bool barns;
	bool cpu_slabs;
	bool sheaves;
	struct mms_slabs_bits inuse;
	struct mms_slabs_bits objects;
	struct mms_slabs_bits frozen;
};

/* Constant once mms_slabs_missing() has returned NULL. */
extern struct mms_slabs mms_slabs;

/**
 * mms_slabs_missing() - why caches cannot be read
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can.
 */
const char *mms_slabs_missing(void);

/* Where a member is. */
static inline const void *mms_slabs_at(const void *base,
				       enum mms_slabs_field field)
{
	return base + mms_slabs.offset[field];
}

/* Members, read once. */
static inline u32 mms_slabs_u32(const void *base, enum mms_slabs_field field)
{
	return READ_ONCE(*(const u32 *)mms_slabs_at(base, field));
}

static inline unsigned long mms_slabs_long(const void *base,
					   enum mms_slabs_field field)
{
	return READ_ONCE(*(const unsigned long *)mms_slabs_at(base, field));
}

static inline const void *mms_slabs_ptr(const void *base,
					enum mms_slabs_field field)
{
	return (const void *)mms_slabs_long(base, field);
}

static inline unsigned int mms_slabs_bits(unsigned long counters,
					  struct mms_slabs_bits bits)
{
	return counters >> bits.shift & bits.mask;
}

/* The cache of an entry of slab_caches. */
static inline const void *mms_slabs_cache(const struct list_head *at)
{
	return (const void *)at - mms_slabs.offset[MMS_F_CACHE_LIST];
}

/* Order and objects of a slab; struct kmem_cache_order_objects has both. */
static inline unsigned int mms_slabs_order(u32 oo)
{
	return oo >> 16;
}

static inline unsigned int mms_slabs_objects(u32 oo)
{
	return oo & 0xffff;
}

/**
 * mms_slabs_node() - what a cache has on a node
 * @cache: the cache; slab_mutex is held.
 * @nid: the node.
 *
 * Return: its struct kmem_cache_node, or NULL.
 */
const void *mms_slabs_node(const void *cache, unsigned int nid);

/**
 * mms_slabs_barn() - full and empty sheaves that a cache has on a node
 * @cache: the cache; slab_mutex is held.
 * @nid: the node.
 *
 * Return: its struct node_barn, or NULL.
 */
const void *mms_slabs_barn(const void *cache, unsigned int nid);

#endif /* MMS_PROBE_SLABS_H */
