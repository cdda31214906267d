// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the running kernel the one that this module was compiled for, and how
 * does it lay out what no header shows?
 */

#include <linux/cgroup-defs.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>

#include "../compat/ksym.h"
#include "../core/btf.h"
#include "layout.h"

#define MEMBER(t, m) { \
	.name = #t "." #m, .offset = offsetof(struct t, m), \
	.want = { .what = MMS_BTF_MEMBER, .type = #t, .member = #m } }

/**
 * struct member - a member that the probes read
 * @name: for messages.
 * @offset: where the compiler put it.
 * @want: where the kernel has it.
 */
struct member {
	const char *name;
	u32 offset;
	struct mms_btf_want want;
};

static const struct member members[] = {
	MEMBER(mm_struct, pgd),
	MEMBER(mm_struct, mm_users),
	MEMBER(mm_struct, mm_count),
	MEMBER(mm_struct, page_table_lock),
	MEMBER(mm_struct, mmap_lock),
	MEMBER(mm_struct, map_count),
	MEMBER(mm_struct, total_vm),
	MEMBER(mm_struct, start_code),
	MEMBER(mm_struct, brk),
	MEMBER(mm_struct, env_end),
	MEMBER(mm_struct, rss_stat),
	MEMBER(vm_area_struct, vm_start),
	MEMBER(vm_area_struct, vm_end),
	MEMBER(vm_area_struct, vm_mm),
	MEMBER(vm_area_struct, vm_flags),
	MEMBER(vm_area_struct, vm_ops),
	MEMBER(vm_area_struct, vm_file),
	MEMBER(page, flags),
	MEMBER(page, mapping),
	MEMBER(page, _mapcount),
	MEMBER(page, _refcount),
	MEMBER(page, private),
	MEMBER(page, lru),
	MEMBER(page, pcp_list),
	MEMBER(zone, _watermark),
	MEMBER(zone, lowmem_reserve),
	MEMBER(zone, zone_pgdat),
	MEMBER(zone, per_cpu_pageset),
	MEMBER(zone, zone_start_pfn),
	MEMBER(zone, managed_pages),
	MEMBER(zone, spanned_pages),
	MEMBER(zone, present_pages),
	MEMBER(zone, name),
	MEMBER(zone, free_area),
	MEMBER(zone, flags),
	MEMBER(zone, lock),
	MEMBER(zone, vm_stat),
	MEMBER(free_area, free_list),
	MEMBER(free_area, nr_free),
	MEMBER(per_cpu_pages, lock),
	MEMBER(per_cpu_pages, count),
	MEMBER(per_cpu_pages, high),
	MEMBER(per_cpu_pages, batch),
	MEMBER(per_cpu_pages, lists),
	MEMBER(pglist_data, node_zones),
	MEMBER(pglist_data, node_start_pfn),
	MEMBER(pglist_data, node_spanned_pages),
	MEMBER(pglist_data, node_id),
	MEMBER(pglist_data, vm_stat),
	MEMBER(pglist_data, per_cpu_nodestats),
	MEMBER(zone, per_cpu_zonestats),
#ifdef CONFIG_NUMA
	MEMBER(zone, vm_numa_event),
	MEMBER(per_cpu_zonestat, vm_numa_event),
	MEMBER(pglist_data, memtier),
#endif
#ifdef CONFIG_HUGETLB_PAGE
	MEMBER(hstate, order),
	MEMBER(hstate, nr_huge_pages),
	MEMBER(hstate, name),
	MEMBER(hstate, nr_huge_pages_node),
#endif
#ifdef CONFIG_SPARSEMEM
	MEMBER(mem_section, section_mem_map),
	MEMBER(mem_section, usage),
	MEMBER(mem_section_usage, pageblock_flags),
#endif
	MEMBER(vmap_area, va_start),
	MEMBER(vmap_area, va_end),
	MEMBER(vmap_area, rb_node),
	MEMBER(vmap_area, vm),
	MEMBER(vm_struct, addr),
	MEMBER(vm_struct, size),
	MEMBER(vm_struct, flags),
	MEMBER(vm_struct, pages),
	MEMBER(vm_struct, nr_pages),
	MEMBER(vm_struct, caller),
	MEMBER(vm_struct, phys_addr),
#ifdef CONFIG_HAVE_ARCH_HUGE_VMALLOC
	MEMBER(vm_struct, page_order),
#endif
	MEMBER(task_struct, stack),
#ifdef CONFIG_VMAP_STACK
	MEMBER(task_struct, stack_vm_area),
#endif
	MEMBER(task_struct, mm),
	MEMBER(task_struct, comm),
	MEMBER(task_struct, signal),
	MEMBER(task_struct, thread_node),
	MEMBER(signal_struct, thread_head),
	MEMBER(file, f_inode),
	MEMBER(file, f_path),
	MEMBER(address_space, host),
	MEMBER(inode, i_sb),
	MEMBER(inode, i_ino),
	MEMBER(inode, i_rdev),
	MEMBER(super_block, s_active),
	MEMBER(super_block, s_dev),
	MEMBER(task_struct, tasks),
	MEMBER(signal_struct, oom_mm),
	MEMBER(signal_struct, oom_score_adj),
#ifdef CONFIG_MEMCG
	MEMBER(task_struct, cg_list),
	MEMBER(css_set, tasks),
	MEMBER(css_set, mg_tasks),
	MEMBER(css_set, e_cset_node),
	MEMBER(cgroup, kn),
	MEMBER(cgroup, e_csets),
	MEMBER(cgroup_subsys_state, parent),
	MEMBER(cgroup_subsys_state, refcnt),
	MEMBER(cgroup_subsys_state, flags),
	MEMBER(mem_cgroup, memory),
	MEMBER(mem_cgroup, swap),
	MEMBER(mem_cgroup, oom_group),
	MEMBER(mem_cgroup, vmstats),
	MEMBER(mem_cgroup, memory_events),
	MEMBER(mem_cgroup, vmstats_percpu),
	MEMBER(page_counter, usage),
	MEMBER(page_counter, max),
#endif
	MEMBER(super_block, s_list),
	MEMBER(super_block, s_umount),
	MEMBER(super_block, s_inode_list_lock),
	MEMBER(super_block, s_inodes),
	MEMBER(inode, i_sb_list),
	MEMBER(inode, i_data),
	MEMBER(address_space, i_pages),
	MEMBER(address_space, nrpages),
	MEMBER(pglist_data, __lruvec),
#ifdef CONFIG_LRU_GEN
	MEMBER(lruvec, lrugen.max_seq),
	MEMBER(lruvec, lrugen.min_seq),
	MEMBER(lruvec, lrugen.timestamps),
	MEMBER(lruvec, lrugen.nr_pages),
#endif
#ifdef CONFIG_MEMCG
	MEMBER(mem_cgroup, nodeinfo),
	MEMBER(mem_cgroup_per_node, lruvec),
	MEMBER(mem_cgroup_per_node, lru_zone_size),
#endif
	MEMBER(swap_info_struct, flags),
	MEMBER(swap_info_struct, prio),
	MEMBER(swap_info_struct, max),
	MEMBER(swap_info_struct, cluster_info),
	MEMBER(swap_info_struct, pages),
	MEMBER(swap_info_struct, inuse_pages),
	MEMBER(swap_info_struct, swap_file),
};

static const struct mms_btf_want privates[] = {
	[MMS_P_VMAP_NODE] = { MMS_BTF_SIZE, "vmap_node" },
	[MMS_P_VMAP_NODE_ROOT] = { MMS_BTF_MEMBER, "vmap_node", "busy.root" },
	[MMS_P_VMAP_NODE_LOCK] = { MMS_BTF_MEMBER, "vmap_node", "busy.lock" },
	[MMS_P_VMAP_NODE_LAZY_ROOT] = { MMS_BTF_MEMBER, "vmap_node",
					"lazy.root" },
	[MMS_P_VMAP_NODE_LAZY_LOCK] = { MMS_BTF_MEMBER, "vmap_node",
					"lazy.lock" },
	[MMS_P_VMAP_AREA_FLAGS] = { MMS_BTF_MEMBER, "vmap_area", "flags" },
	[MMS_P_VM_STRUCT_REQUESTED] = { MMS_BTF_MEMBER, "vm_struct",
					"requested_size" },
	[MMS_P_PCPU_CHUNK_BASE_ADDR] = { MMS_BTF_MEMBER, "pcpu_chunk",
					 "base_addr" },
	[MMS_P_PCPU_CHUNK_NR_PAGES] = { MMS_BTF_MEMBER, "pcpu_chunk",
					"nr_pages" },
	[MMS_P_KMEM_CACHE_NAME] = { MMS_BTF_MEMBER, "kmem_cache", "name" },
	[MMS_P_KMEM_CACHE_LIST] = { MMS_BTF_MEMBER, "kmem_cache", "list" },
	[MMS_P_SLAB_CACHE] = { MMS_BTF_MEMBER, "slab", "slab_cache" },
	[MMS_P_SLAB_INUSE] = { MMS_BTF_BITFIELD, "slab", "inuse" },
	[MMS_P_SLAB_OBJECTS] = { MMS_BTF_BITFIELD, "slab", "objects" },
	[MMS_P_KMEM_CACHE_FLAGS] = { MMS_BTF_MEMBER, "kmem_cache", "flags" },
	[MMS_P_KMEM_CACHE_SIZE] = { MMS_BTF_MEMBER, "kmem_cache", "size" },
	[MMS_P_KMEM_CACHE_OBJECT_SIZE] = { MMS_BTF_MEMBER, "kmem_cache",
					  "object_size" },
	[MMS_P_KMEM_CACHE_OFFSET] = { MMS_BTF_MEMBER, "kmem_cache", "offset" },
	[MMS_P_KMEM_CACHE_OO] = { MMS_BTF_MEMBER, "kmem_cache", "oo" },
	[MMS_P_KMEM_CACHE_MIN] = { MMS_BTF_MEMBER, "kmem_cache", "min" },
	[MMS_P_KMEM_CACHE_REFCOUNT] = { MMS_BTF_MEMBER, "kmem_cache",
					  "refcount" },
	[MMS_P_KMEM_CACHE_ALIGN] = { MMS_BTF_MEMBER, "kmem_cache", "align" },
	[MMS_P_KMEM_CACHE_RED_LEFT_PAD] = { MMS_BTF_MEMBER, "kmem_cache",
					  "red_left_pad" },
	[MMS_P_KMEM_CACHE_RANDOM] = { MMS_BTF_MEMBER, "kmem_cache", "random" },
	[MMS_P_KMEM_CACHE_CPU_SLAB] = { MMS_BTF_MEMBER, "kmem_cache",
					  "cpu_slab" },
	[MMS_P_KMEM_CACHE_CPU_PARTIAL_SLABS] = { MMS_BTF_MEMBER, "kmem_cache",
					  "cpu_partial_slabs" },
	[MMS_P_KMEM_CACHE_NODE] = { MMS_BTF_MEMBER, "kmem_cache", "node" },
	[MMS_P_KMEM_CACHE_PER_NODE] = { MMS_BTF_MEMBER, "kmem_cache",
					  "per_node" },
	[MMS_P_KMEM_CACHE_CPU_SHEAVES] = { MMS_BTF_MEMBER, "kmem_cache",
					  "cpu_sheaves" },
	[MMS_P_KMEM_CACHE_SHEAF_CAPACITY] = { MMS_BTF_MEMBER, "kmem_cache",
					  "sheaf_capacity" },
	[MMS_P_PER_NODE_NODE] = { MMS_BTF_MEMBER, "kmem_cache_per_node_ptrs",
					  "node" },
	[MMS_P_PER_NODE_BARN] = { MMS_BTF_MEMBER, "kmem_cache_per_node_ptrs",
					  "barn" },
	[MMS_P_CACHE_NODE_LIST_LOCK] = { MMS_BTF_MEMBER, "kmem_cache_node",
					  "list_lock" },
	[MMS_P_CACHE_NODE_NR_PARTIAL] = { MMS_BTF_MEMBER, "kmem_cache_node",
					  "nr_partial" },
	[MMS_P_CACHE_NODE_PARTIAL] = { MMS_BTF_MEMBER, "kmem_cache_node",
					  "partial" },
	[MMS_P_CACHE_NODE_NR_SLABS] = { MMS_BTF_MEMBER, "kmem_cache_node",
					  "nr_slabs" },
	[MMS_P_CACHE_NODE_TOTAL_OBJECTS] = { MMS_BTF_MEMBER, "kmem_cache_node",
					  "total_objects" },
	[MMS_P_CACHE_CPU_SLAB] = { MMS_BTF_MEMBER, "kmem_cache_cpu", "slab" },
	[MMS_P_CACHE_CPU_PARTIAL] = { MMS_BTF_MEMBER, "kmem_cache_cpu",
					  "partial" },
	[MMS_P_BARN_NR_FULL] = { MMS_BTF_MEMBER, "node_barn", "nr_full" },
	[MMS_P_BARN_NR_EMPTY] = { MMS_BTF_MEMBER, "node_barn", "nr_empty" },
	[MMS_P_SHEAVES_MAIN] = { MMS_BTF_MEMBER, "slub_percpu_sheaves",
					  "main" },
	[MMS_P_SHEAVES_SPARE] = { MMS_BTF_MEMBER, "slub_percpu_sheaves",
					  "spare" },
	[MMS_P_SHEAVES_RCU_FREE] = { MMS_BTF_MEMBER, "slub_percpu_sheaves",
					  "rcu_free" },
	[MMS_P_SHEAF_SIZE] = { MMS_BTF_MEMBER, "slab_sheaf", "size" },
	[MMS_P_SLAB_LIST] = { MMS_BTF_MEMBER, "slab", "slab_list" },
	[MMS_P_SLAB_FREELIST] = { MMS_BTF_MEMBER, "slab", "freelist" },
	[MMS_P_SLAB_COUNTERS] = { MMS_BTF_MEMBER, "slab", "counters" },
	[MMS_P_SLAB_SLABS] = { MMS_BTF_MEMBER, "slab", "slabs" },
	[MMS_P_SLAB_FROZEN] = { MMS_BTF_BITFIELD, "slab", "frozen" },
	[MMS_P_VMSTATS_STATE] = { MMS_BTF_MEMBER, "memcg_vmstats", "state" },
	[MMS_P_VMSTATS_PENDING] = { MMS_BTF_MEMBER, "memcg_vmstats",
				    "state_pending" },
	[MMS_P_VMSTATS_CPU_STATE] = { MMS_BTF_MEMBER, "memcg_vmstats_percpu",
				      "state" },
	[MMS_P_VMSTATS_CPU_PREV] = { MMS_BTF_MEMBER, "memcg_vmstats_percpu",
				     "state_prev" },
	[MMS_P_SWAP_CLUSTER] = { MMS_BTF_SIZE, "swap_cluster_info" },
	[MMS_P_SWAP_CLUSTER_COUNT] = { MMS_BTF_BITFIELD, "swap_cluster_info",
				       "count" },
	[MMS_P_SWAP_CLUSTER_DATA] = { MMS_BTF_BITFIELD, "swap_cluster_info",
				      "data" },
	[MMS_P_SWAP_CLUSTER_FLAGS] = { MMS_BTF_BITFIELD, "swap_cluster_info",
				       "flags" },
	[MMS_P_MEMORY_TIER_DEV] = { MMS_BTF_MEMBER, "memory_tier", "dev" },
	[MMS_P_MTHP_STATS] = { MMS_BTF_VARIABLE, ".data..percpu",
			       "mthp_stats" },
	[MMS_P_VM_EVENT_STATES] = { MMS_BTF_VARIABLE, ".data..percpu",
				    "vm_event_states" },
	[MMS_P_NODE_SPLIT_LEN] = { MMS_BTF_MEMBER, "pglist_data",
				   "deferred_split_queue.split_queue_len" },
	[MMS_P_MEMCG_SPLIT_LEN] = { MMS_BTF_MEMBER, "mem_cgroup",
				    "deferred_split_queue.split_queue_len" },
};

static_assert(ARRAY_SIZE(privates) == MMS_NR_PRIVATES);

/* The same with answers; ->size is 0 of what has none. */
static struct mms_btf_want answers[MMS_NR_PRIVATES];
static struct mms_layout layout;
static DEFINE_MUTEX(layout_lock);

static void compare(const struct member *member,
		    const struct mms_btf_want *want)
{
	/* What BTF does not know cannot be compared. */
	if (want->err)
		return;
	layout.compared++;
	if (want->offset == member->offset)
		return;
	layout.different++;
	if (!layout.first)
		layout.first = member->name;
}

#define NR_WANTS	(ARRAY_SIZE(members) + ARRAY_SIZE(privates))

/*
 * Memory for the comparison; too large for the stack.  Not allocated: a
 * comparison that fails for once would leave others, who ask for an answer and
 * remember that there is none, without their views until the module is reloaded.
 */
static struct {
	u32 index[MMS_BTF_INDEX];
	struct mms_btf_want wants[NR_WANTS];
} scratch;

static const char *read_layout(void)
{
	struct mms_btf btf;
	const void *data;
	size_t i;

	/*
	 * The kernel's BTF ends at __stop_BTF, but each look-up is dear on some
	 * kernels (6.1 goes through all symbols), and the header knows too.
	 */
	data = mms_ksym_lookup("__start_BTF");
	if (!data)
		return "no-btf";
	if (mms_btf_open(&btf, data, mms_btf_size(data), scratch.index,
			 ARRAY_SIZE(scratch.index)))
		return "bad-btf";
	for (i = 0; i < ARRAY_SIZE(members); i++)
		scratch.wants[i] = members[i].want;
	memcpy(scratch.wants + ARRAY_SIZE(members), privates, sizeof(privates));
	mms_btf_resolve(&btf, scratch.wants, NR_WANTS);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		compare(&members[i], &scratch.wants[i]);
	memcpy(answers, scratch.wants + ARRAY_SIZE(members), sizeof(answers));
	return NULL;
}

static void compare_layout(void)
{
	layout.why = read_layout();
	if (layout.different)
		layout.state = MMS_LAYOUT_OTHER;
	else if (layout.compared)
		layout.state = MMS_LAYOUT_SAME;
}

const struct mms_layout *mms_layout_get(void)
{
	static bool done;

	might_sleep();
	mutex_lock(&layout_lock);
	if (!done)
		compare_layout();
	done = true;
	mutex_unlock(&layout_lock);
	return &layout;
}

const char *mms_layout_missing(void)
{
	return mms_layout_get()->state == MMS_LAYOUT_OTHER ?
	       "kernel-layout-differs" : NULL;
}

const struct mms_btf_want *mms_layout_private(enum mms_private what, u32 size)
{
	const struct mms_btf_want *answer = &answers[what];

	mms_layout_get();
	if (!answer->size || (size && answer->size != size))
		return NULL;
	return answer;
}
