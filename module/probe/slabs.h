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
 * @MMS_F_CACHE_FLAGS: struct kmem_cache: ->flags.
 * @MMS_F_CACHE_SIZE: struct kmem_cache: ->size.
 * @MMS_F_CACHE_OBJECT_SIZE: struct kmem_cache: ->object_size.
 * @MMS_F_CACHE_OFFSET: struct kmem_cache: ->offset.
 * @MMS_F_CACHE_OO: struct kmem_cache: ->oo.
 * @MMS_F_CACHE_MIN: struct kmem_cache: ->min.
 * @MMS_F_CACHE_REFCOUNT: struct kmem_cache: ->refcount.
 * @MMS_F_CACHE_ALIGN: struct kmem_cache: ->align.
 * @MMS_F_CACHE_RED_LEFT_PAD: struct kmem_cache: ->red_left_pad.
 * @MMS_F_CACHE_NAME: struct kmem_cache: ->name.
 * @MMS_F_CACHE_LIST: struct kmem_cache: ->list.
 * @MMS_F_NODE_LIST_LOCK: struct kmem_cache_node: ->list_lock.
 * @MMS_F_NODE_NR_PARTIAL: struct kmem_cache_node: ->nr_partial.
 * @MMS_F_NODE_PARTIAL: struct kmem_cache_node: ->partial.
 * @MMS_F_NODE_NR_SLABS: struct kmem_cache_node: ->nr_slabs.
 * @MMS_F_NODE_TOTAL_OBJECTS: struct kmem_cache_node: ->total_objects.
 * @MMS_F_SLAB_CACHE: struct slab: ->slab_cache.
 * @MMS_F_SLAB_LIST: struct slab: ->slab_list.
 * @MMS_F_SLAB_FREELIST: struct slab: ->freelist.
 * @MMS_F_SLAB_COUNTERS: struct slab: ->counters.
 * @MMS_F_REQUIRED: number of those that every kernel has.
 * @MMS_F_CACHE_RANDOM: struct kmem_cache: ->random.
 * @MMS_F_CACHE_CPU_SLAB: struct kmem_cache: ->cpu_slab.
 * @MMS_F_CACHE_CPU_PARTIAL_SLABS: struct kmem_cache: ->cpu_partial_slabs.
 * @MMS_F_CPU_SLAB: struct kmem_cache_cpu: ->slab.
 * @MMS_F_CPU_PARTIAL: struct kmem_cache_cpu: ->partial.
 * @MMS_F_SLAB_SLABS: struct slab: ->slabs.
 * @MMS_F_CACHE_CPU_SHEAVES: struct kmem_cache: ->cpu_sheaves.
 * @MMS_F_CACHE_SHEAF_CAPACITY: struct kmem_cache: ->sheaf_capacity.
 * @MMS_F_SHEAVES_MAIN: struct slub_percpu_sheaves: ->main.
 * @MMS_F_SHEAVES_SPARE: struct slub_percpu_sheaves: ->spare.
 * @MMS_F_SHEAVES_RCU_FREE: struct slub_percpu_sheaves: ->rcu_free.
 * @MMS_F_SHEAF_SIZE: struct slab_sheaf: ->size.
 * @MMS_F_BARN_NR_FULL: struct node_barn: ->nr_full.
 * @MMS_F_BARN_NR_EMPTY: struct node_barn: ->nr_empty.
 * @MMS_NR_F: number of these.
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

/**
 * mms_slabs_begin() - begins to look at caches, so that none goes away
 *
 * Takes slab_mutex, and keeps memory from being unplugged.  Only where
 * mms_slabs_missing() is NULL.  May sleep.
 *
 * Return: 0, or -EINTR if a fatal signal came.
 */
int mms_slabs_begin(void);

/**
 * mms_slabs_end() - ends what mms_slabs_begin() began
 */
void mms_slabs_end(void);

/**
 * mms_slabs_at() - where a member is
 * @base: the structure.
 * @field: the member.
 *
 * Return: its address.
 */
static inline const void *mms_slabs_at(const void *base,
				       enum mms_slabs_field field)
{
	return base + mms_slabs.offset[field];
}

/**
 * mms_slabs_u32() - reads a member of 32 bits, once
 * @base: the structure.
 * @field: the member.
 *
 * Return: its value.
 */
static inline u32 mms_slabs_u32(const void *base, enum mms_slabs_field field)
{
	return READ_ONCE(*(const u32 *)mms_slabs_at(base, field));
}

/**
 * mms_slabs_long() - reads a member that is a word, once
 * @base: the structure.
 * @field: the member.
 *
 * Return: its value.
 */
static inline unsigned long mms_slabs_long(const void *base,
					   enum mms_slabs_field field)
{
	return READ_ONCE(*(const unsigned long *)mms_slabs_at(base, field));
}

/**
 * mms_slabs_ptr() - reads a pointer, once
 * @base: the structure.
 * @field: the member.
 *
 * Return: its value.
 */
static inline const void *mms_slabs_ptr(const void *base,
					enum mms_slabs_field field)
{
	return (const void *)mms_slabs_long(base, field);
}

/**
 * mms_slabs_bits() - a bit-field of the counters of a slab
 * @counters: the counters.
 * @bits: the bit-field.
 *
 * Return: its value.
 */
static inline unsigned int mms_slabs_bits(unsigned long counters,
					  struct mms_slabs_bits bits)
{
	return counters >> bits.shift & bits.mask;
}

/**
 * mms_slabs_cache() - the cache of an entry of slab_caches
 * @at: the entry.
 *
 * Return: the cache.
 */
static inline const void *mms_slabs_cache(const struct list_head *at)
{
	return (const void *)at - mms_slabs.offset[MMS_F_CACHE_LIST];
}

/**
 * mms_slabs_order() - order of a slab
 * @oo: struct kmem_cache_order_objects, which has both.
 *
 * Return: the order.
 */
static inline unsigned int mms_slabs_order(u32 oo)
{
	return oo >> 16;
}

/**
 * mms_slabs_objects() - objects of a slab
 * @oo: as in mms_slabs_order().
 *
 * Return: their number.
 */
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
