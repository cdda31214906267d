// SPDX-License-Identifier: GPL-2.0-only
/* The NUMA nodes: what they are and how their memory is used. */

#include <linux/device.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/topology.h>
#include <linux/vmstat.h>

#include "../compat/hotplug.h"
#include "../compat/ksym.h"
#include "layout.h"
#include "nodes.h"

/* As node_page_state_pages(), which is not exported. */
static u64 node_state_of(pg_data_t *pgdat, enum node_stat_item item)
{
	return max(atomic_long_read(&pgdat->vm_stat[item]), 0L);
}

/* The file's share of what is counted together; read at three moments. */
static u64 file_pages(pg_data_t *pgdat, u64 shmem, u64 swapcache)
{
	u64 all = node_state_of(pgdat, NR_FILE_PAGES);

	return all - min(all, shmem + swapcache);
}

static void read_kinds(pg_data_t *pgdat, u64 *count)
{
	u64 stack_kb = node_state_of(pgdat, NR_KERNEL_STACK_KB);

	count[MMS_NODE_ANON] = node_state_of(pgdat, NR_ANON_MAPPED);
	count[MMS_NODE_SHMEM] = node_state_of(pgdat, NR_SHMEM);
#ifdef CONFIG_SWAP
	count[MMS_NODE_SWAPCACHE] = node_state_of(pgdat, NR_SWAPCACHE);
#endif
	count[MMS_NODE_FILE] = file_pages(pgdat, count[MMS_NODE_SHMEM],
					  count[MMS_NODE_SWAPCACHE]);
	/* Named after what memory cgroups count, yet in pages here. */
	count[MMS_NODE_SLAB_RECLAIMABLE] =
		node_state_of(pgdat, NR_SLAB_RECLAIMABLE_B);
	count[MMS_NODE_SLAB_UNRECLAIMABLE] =
		node_state_of(pgdat, NR_SLAB_UNRECLAIMABLE_B);
	count[MMS_NODE_MISC_RECLAIMABLE] =
		node_state_of(pgdat, NR_KERNEL_MISC_RECLAIMABLE);
	count[MMS_NODE_PGTABLE] = node_state_of(pgdat, NR_PAGETABLE);
	count[MMS_NODE_SEC_PGTABLE] =
		node_state_of(pgdat, NR_SECONDARY_PAGETABLE);
	count[MMS_NODE_KERNEL_STACK] = stack_kb >> (PAGE_SHIFT - 10);
	count[MMS_NODE_DIRTY] = node_state_of(pgdat, NR_FILE_DIRTY);
	count[MMS_NODE_WRITEBACK] = node_state_of(pgdat, NR_WRITEBACK);
	count[MMS_NODE_MAPPED] = node_state_of(pgdat, NR_FILE_MAPPED);
}

#ifdef CONFIG_NUMA
/* The order of &enum mms_node_count. */
static const enum numa_stat_item events[] = {
	NUMA_HIT, NUMA_MISS, NUMA_FOREIGN, NUMA_INTERLEAVE_HIT, NUMA_LOCAL,
	NUMA_OTHER,
};

static_assert(MMS_NODE_HIT + ARRAY_SIZE(events) == MMS_NR_NODE_COUNTS);

/*
 * What the zone has and what the CPUs have not added to it yet.  Reading the
 * kernel's own files makes them add, from a CPU to the zone: the zone is read
 * first, so that nothing is seen twice.
 */
static u64 sum_event(struct zone *zone, enum numa_stat_item item)
{
	u64 sum = atomic_long_read(&zone->vm_numa_event[item]);
	int cpu;

	/* Pairs with the full barrier of xchg() in fold_vm_zone_numa_events(). */
	smp_rmb();
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->per_cpu_zonestats, cpu)
				 ->vm_numa_event[item]);
	return sum;
}

/*
 * What is on its way from a CPU to the zone is seen nowhere; events only grow,
 * so of two looks the larger is right.
 */
static u64 read_event(struct zone *zone, enum numa_stat_item item)
{
	u64 first = sum_event(zone, item);

	return max(first, sum_event(zone, item));
}

static void read_events(struct zone *zone, u64 *count)
{
	unsigned int i;

	/* Zones without memory share one set of counters. */
	if (!populated_zone(zone))
		return;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		count[MMS_NODE_HIT + i] += read_event(zone, events[i]);
}
#else
static void read_events(struct zone *zone, u64 *count)
{
}
#endif

/* The zones' counters may be exchanged while memory is unplugged. */
static int read_zones(pg_data_t *pgdat, u64 *count)
{
	int i, err;

	err = mms_hotplug_begin();
	if (err)
		return err;
	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &pgdat->node_zones[i];

		count[MMS_NODE_PAGES] += zone_managed_pages(zone);
		count[MMS_NODE_FREE] += zone_page_state(zone, NR_FREE_PAGES);
		count[MMS_NODE_MLOCKED] += zone_page_state(zone, NR_MLOCK);
		read_events(zone, count);
	}
	mms_hotplug_end();
	return 0;
}

#ifdef CONFIG_HUGETLB_PAGE
/**
 * struct pools - where the pools of hugetlb are
 * @nr: how many there are.
 * @pool: they.
 */
struct pools {
	const int *nr;
	struct hstate (*pool)[HUGE_MAX_HSTATE];
};

static const struct pools *find_pools(void)
{
	static struct pools pools;
	static bool known;

	/*
	 * Readers may race to look them up: each finds the same.  Pairs with
	 * the release below.
	 */
	if (!smp_load_acquire(&known)) {
		WRITE_ONCE(pools.nr, MMS_KSYM(hugetlb_max_hstate));
		WRITE_ONCE(pools.pool, MMS_KSYM(hstates));
		/* Pairs with the acquire above: the addresses come first. */
		smp_store_release(&known, true);
	}
	return pools.nr && pools.pool ? &pools : NULL;
}

static u64 hugetlb_pages(int node)
{
	const struct pools *pools = find_pools();
	u64 pages = 0;
	int i, nr;

	if (!pools)
		return MMS_NODE_UNKNOWN;
	nr = min(READ_ONCE(*pools->nr), HUGE_MAX_HSTATE);
	for (i = 0; i < nr; i++) {
		const struct hstate *h = &(*pools->pool)[i];

		pages += (u64)READ_ONCE(h->nr_huge_pages_node[node]) <<
			 h->order;
	}
	return pages;
}
#else
static u64 hugetlb_pages(int node)
{
	return 0;
}
#endif

#ifdef CONFIG_NUMA
/* The number that its folder in sysfs has, memory_tierN. */
static int read_tier(pg_data_t *pgdat)
{
	const struct mms_btf_want *dev =
		mms_layout_private(MMS_P_MEMORY_TIER_DEV,
				   sizeof(struct device));
	const void *tier;
	int number = -1;

	if (!dev)
		return -1;
	/* Freed a grace period after it has been taken away. */
	rcu_read_lock();
	tier = rcu_dereference(pgdat->memtier);
	if (tier)
		number = ((const struct device *)(tier + dev->offset))->id;
	rcu_read_unlock();
	return number;
}
#else
static int read_tier(pg_data_t *pgdat)
{
	return -1;
}
#endif

static void read_distances(struct mms_nodes *nodes)
{
	int node;

	nodes->nr_distances = 0;
	for_each_online_node(node)
		nodes->distance[nodes->nr_distances++] =
			node_distance(nodes->node, node);
}

int mms_nodes_next(struct mms_nodes *nodes)
{
	int nid = nodes->next ? next_online_node(nodes->next - 1) :
				first_online_node;
	pg_data_t *pgdat;
	int err;

	might_sleep();
	if (nid >= MAX_NUMNODES)
		return 0;
	nodes->node = nid;
	nodes->next = nid + 1;
	memset(nodes->count, 0, sizeof(nodes->count));
	/* Structures of nodes are never freed. */
	pgdat = NODE_DATA(nid);
	err = read_zones(pgdat, nodes->count);
	if (err)
		return err;
	read_kinds(pgdat, nodes->count);
	nodes->count[MMS_NODE_HUGETLB] = hugetlb_pages(nid);
	nodes->tier = read_tier(pgdat);
	cpumask_and(&nodes->cpus, cpumask_of_node(nid), cpu_online_mask);
	read_distances(nodes);
	cond_resched();
	return 1;
}
