/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the running kernel the one that this module was compiled for, and how
 * does it lay out what no header shows?
 *
 * The kernel checks its release string only, and without CONFIG_MODVERSIONS
 * nothing else.  A rebuilt kernel of the same release may lay out struct
 * mm_struct otherwise.  Its own type information (BTF) tells, and it also
 * knows the structures that are private to a file of the kernel.
 */
#ifndef MMS_PROBE_LAYOUT_H
#define MMS_PROBE_LAYOUT_H

#include <linux/types.h>

#include "../core/btf.h"

/**
 * enum mms_layout_state - what the comparison found
 * @MMS_LAYOUT_UNKNOWN: the kernel has no BTF that could be read.
 * @MMS_LAYOUT_SAME: all members are where the compiler thinks they are.
 * @MMS_LAYOUT_OTHER: some are not.
 */
enum mms_layout_state {
	MMS_LAYOUT_UNKNOWN,
	MMS_LAYOUT_SAME,
	MMS_LAYOUT_OTHER,
};

/**
 * struct mms_layout - result of the comparison
 * @state: &enum mms_layout_state.
 * @compared: number of members compared.
 * @different: how many differ.
 * @first: the first that differs, or NULL.
 * @why: why it is not known, or NULL.
 */
struct mms_layout {
	enum mms_layout_state state;
	unsigned int compared;
	unsigned int different;
	const char *first;
	const char *why;
};

/**
 * enum mms_private - structures and members that are in no header
 * @MMS_P_VMAP_NODE: struct vmap_node, mm/vmalloc.c since 6.9.
 * @MMS_P_VMAP_NODE_ROOT: its ->busy.root.
 * @MMS_P_VMAP_NODE_LOCK: its ->busy.lock.
 * @MMS_P_VMAP_NODE_LAZY_ROOT: its ->lazy.root.
 * @MMS_P_VMAP_NODE_LAZY_LOCK: its ->lazy.lock.
 * @MMS_P_VMAP_AREA_FLAGS: struct vmap_area: ->flags, which 6.1 has not.
 * @MMS_P_VM_STRUCT_REQUESTED: struct vm_struct: ->requested_size, the same.
 * @MMS_P_PCPU_CHUNK_BASE_ADDR: struct pcpu_chunk, mm/percpu-internal.h:
 *	->base_addr.
 * @MMS_P_PCPU_CHUNK_NR_PAGES: its ->nr_pages.
 * @MMS_P_KMEM_CACHE_NAME: struct kmem_cache, mm/slab.h: ->name.
 * @MMS_P_KMEM_CACHE_LIST: its ->list.
 * @MMS_P_SLAB_CACHE: struct slab, mm/slab.h: ->slab_cache.
 * @MMS_P_SLAB_INUSE: its ->inuse, a bit-field.
 * @MMS_P_SLAB_OBJECTS: its ->objects, a bit-field.
 * @MMS_P_KMEM_CACHE_FLAGS: struct kmem_cache: ->flags.
 * @MMS_P_KMEM_CACHE_SIZE: struct kmem_cache: ->size.
 * @MMS_P_KMEM_CACHE_OBJECT_SIZE: struct kmem_cache: ->object_size.
 * @MMS_P_KMEM_CACHE_OFFSET: struct kmem_cache: ->offset.
 * @MMS_P_KMEM_CACHE_OO: struct kmem_cache: ->oo.
 * @MMS_P_KMEM_CACHE_MIN: struct kmem_cache: ->min.
 * @MMS_P_KMEM_CACHE_REFCOUNT: struct kmem_cache: ->refcount.
 * @MMS_P_KMEM_CACHE_ALIGN: struct kmem_cache: ->align.
 * @MMS_P_KMEM_CACHE_RED_LEFT_PAD: struct kmem_cache: ->red_left_pad.
 * @MMS_P_KMEM_CACHE_RANDOM: struct kmem_cache: ->random.
 * @MMS_P_KMEM_CACHE_CPU_SLAB: struct kmem_cache: ->cpu_slab.
 * @MMS_P_KMEM_CACHE_CPU_PARTIAL_SLABS: struct kmem_cache: ->cpu_partial_slabs.
 * @MMS_P_KMEM_CACHE_NODE: struct kmem_cache: ->node.
 * @MMS_P_KMEM_CACHE_PER_NODE: struct kmem_cache: ->per_node.
 * @MMS_P_KMEM_CACHE_CPU_SHEAVES: struct kmem_cache: ->cpu_sheaves.
 * @MMS_P_KMEM_CACHE_SHEAF_CAPACITY: struct kmem_cache: ->sheaf_capacity.
 * @MMS_P_PER_NODE_NODE: struct kmem_cache_per_node_ptrs: ->node.
 * @MMS_P_PER_NODE_BARN: struct kmem_cache_per_node_ptrs: ->barn.
 * @MMS_P_CACHE_NODE_LIST_LOCK: struct kmem_cache_node: ->list_lock.
 * @MMS_P_CACHE_NODE_NR_PARTIAL: struct kmem_cache_node: ->nr_partial.
 * @MMS_P_CACHE_NODE_PARTIAL: struct kmem_cache_node: ->partial.
 * @MMS_P_CACHE_NODE_NR_SLABS: struct kmem_cache_node: ->nr_slabs.
 * @MMS_P_CACHE_NODE_TOTAL_OBJECTS: struct kmem_cache_node: ->total_objects.
 * @MMS_P_CACHE_CPU_SLAB: struct kmem_cache_cpu: ->slab.
 * @MMS_P_CACHE_CPU_PARTIAL: struct kmem_cache_cpu: ->partial.
 * @MMS_P_BARN_NR_FULL: struct node_barn: ->nr_full.
 * @MMS_P_BARN_NR_EMPTY: struct node_barn: ->nr_empty.
 * @MMS_P_SHEAVES_MAIN: struct slub_percpu_sheaves: ->main.
 * @MMS_P_SHEAVES_SPARE: struct slub_percpu_sheaves: ->spare.
 * @MMS_P_SHEAVES_RCU_FREE: struct slub_percpu_sheaves: ->rcu_free.
 * @MMS_P_SHEAF_SIZE: struct slab_sheaf: ->size.
 * @MMS_P_SLAB_LIST: struct slab: ->slab_list.
 * @MMS_P_SLAB_FREELIST: struct slab: ->freelist.
 * @MMS_P_SLAB_COUNTERS: struct slab: ->counters.
 * @MMS_P_SLAB_SLABS: struct slab: ->slabs.
 * @MMS_P_SLAB_FROZEN: struct slab: ->frozen, a bit-field.
 * @MMS_P_VMSTATS_STATE: struct memcg_vmstats, mm/memcontrol.c: ->state.
 * @MMS_P_VMSTATS_PENDING: its ->state_pending.
 * @MMS_P_VMSTATS_CPU_STATE: struct memcg_vmstats_percpu, mm/memcontrol.c:
 *	->state.
 * @MMS_P_VMSTATS_CPU_PREV: its ->state_prev.
 * @MMS_P_SWAP_CLUSTER: struct swap_cluster_info, in mm/swap.h in 7.3.
 * @MMS_P_SWAP_CLUSTER_COUNT: its ->count.
 * @MMS_P_SWAP_CLUSTER_DATA: its ->data, a bit-field, which 6.1 has instead: the
 *	count, or the next one in a list.
 * @MMS_P_SWAP_CLUSTER_FLAGS: its ->flags, a bit-field in 6.1.
 * @MMS_P_MEMORY_TIER_DEV: struct memory_tier, mm/memory-tiers.c: ->dev.
 * @MMS_P_MTHP_STATS: mthp_stats, mm/huge_memory.c, a per-CPU variable.
 * @MMS_P_VM_EVENT_STATES: vm_event_states, the same, which is exported.
 * @MMS_P_NODE_SPLIT_LEN: struct pglist_data:
 *	->deferred_split_queue.split_queue_len, until 7.x.
 * @MMS_P_MEMCG_SPLIT_LEN: struct mem_cgroup: the same.
 * @MMS_NR_PRIVATES: number of these.
 */
enum mms_private {
	MMS_P_VMAP_NODE,
	MMS_P_VMAP_NODE_ROOT,
	MMS_P_VMAP_NODE_LOCK,
	MMS_P_VMAP_NODE_LAZY_ROOT,
	MMS_P_VMAP_NODE_LAZY_LOCK,
	MMS_P_VMAP_AREA_FLAGS,
	MMS_P_VM_STRUCT_REQUESTED,
	MMS_P_PCPU_CHUNK_BASE_ADDR,
	MMS_P_PCPU_CHUNK_NR_PAGES,
	MMS_P_KMEM_CACHE_NAME,
	MMS_P_KMEM_CACHE_LIST,
	MMS_P_SLAB_CACHE,
	MMS_P_SLAB_INUSE,
	MMS_P_SLAB_OBJECTS,
	MMS_P_KMEM_CACHE_FLAGS,
	MMS_P_KMEM_CACHE_SIZE,
	MMS_P_KMEM_CACHE_OBJECT_SIZE,
	MMS_P_KMEM_CACHE_OFFSET,
	MMS_P_KMEM_CACHE_OO,
	MMS_P_KMEM_CACHE_MIN,
	MMS_P_KMEM_CACHE_REFCOUNT,
	MMS_P_KMEM_CACHE_ALIGN,
	MMS_P_KMEM_CACHE_RED_LEFT_PAD,
	MMS_P_KMEM_CACHE_RANDOM,
	MMS_P_KMEM_CACHE_CPU_SLAB,
	MMS_P_KMEM_CACHE_CPU_PARTIAL_SLABS,
	MMS_P_KMEM_CACHE_NODE,
	MMS_P_KMEM_CACHE_PER_NODE,
	MMS_P_KMEM_CACHE_CPU_SHEAVES,
	MMS_P_KMEM_CACHE_SHEAF_CAPACITY,
	MMS_P_PER_NODE_NODE,
	MMS_P_PER_NODE_BARN,
	MMS_P_CACHE_NODE_LIST_LOCK,
	MMS_P_CACHE_NODE_NR_PARTIAL,
	MMS_P_CACHE_NODE_PARTIAL,
	MMS_P_CACHE_NODE_NR_SLABS,
	MMS_P_CACHE_NODE_TOTAL_OBJECTS,
	MMS_P_CACHE_CPU_SLAB,
	MMS_P_CACHE_CPU_PARTIAL,
	MMS_P_BARN_NR_FULL,
	MMS_P_BARN_NR_EMPTY,
	MMS_P_SHEAVES_MAIN,
	MMS_P_SHEAVES_SPARE,
	MMS_P_SHEAVES_RCU_FREE,
	MMS_P_SHEAF_SIZE,
	MMS_P_SLAB_LIST,
	MMS_P_SLAB_FREELIST,
	MMS_P_SLAB_COUNTERS,
	MMS_P_SLAB_SLABS,
	MMS_P_SLAB_FROZEN,
	MMS_P_VMSTATS_STATE,
	MMS_P_VMSTATS_PENDING,
	MMS_P_VMSTATS_CPU_STATE,
	MMS_P_VMSTATS_CPU_PREV,
	MMS_P_SWAP_CLUSTER,
	MMS_P_SWAP_CLUSTER_COUNT,
	MMS_P_SWAP_CLUSTER_DATA,
	MMS_P_SWAP_CLUSTER_FLAGS,
	MMS_P_MEMORY_TIER_DEV,
	MMS_P_MTHP_STATS,
	MMS_P_VM_EVENT_STATES,
	MMS_P_NODE_SPLIT_LEN,
	MMS_P_MEMCG_SPLIT_LEN,
	MMS_NR_PRIVATES
};

/**
 * mms_layout_get() - compares, once
 *
 * The first call looks up the BTF and reads it through: tens of milliseconds
 * on a kernel whose symbols must be searched one by one (6.1).  So this is not
 * done when the module loads but when a file is opened that needs it.
 *
 * May sleep.
 *
 * Return: the result, constant from then on.
 */
const struct mms_layout *mms_layout_get(void);

/**
 * mms_layout_missing() - why structures of MM must not be read
 *
 * May sleep.
 *
 * Return: the reason, or NULL if they may.
 */
const char *mms_layout_missing(void);

/**
 * mms_layout_private() - where something private is
 * @what: the structure or member.
 * @size: the size that it must have in bytes, or 0 if any will do.
 *
 * What is read by it should be checked, too: that the kernel has a structure
 * of that name does not mean that it uses it as it once did.  May sleep.
 *
 * Return: the answer, constant from then on, or NULL if there is none or it is
 * of another size.
 */
const struct mms_btf_want *mms_layout_private(enum mms_private what, u32 size);

#endif /* MMS_PROBE_LAYOUT_H */
