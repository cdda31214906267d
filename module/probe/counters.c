// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own counters of the whole machine, exactly. */

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/vmstat.h>

#include "../compat/hotplug.h"
#include "../compat/ksym.h"
#include "../compat/vmcounter.h"
#include "counters.h"
#include "hugepages.h"
#include "zone.h"

/*
 * The counter of the machine lags behind those of the nodes by nothing, and
 * those behind the CPUs by what these keep back: mirrors
 * zone_page_state_snapshot().
 */
static s64 node_items(enum node_stat_item item)
{
	s64 sum = 0;
	int node, cpu;

	for_each_online_node(node) {
		pg_data_t *pgdat = NODE_DATA(node);

		sum += atomic_long_read(&pgdat->vm_stat[item]);
#ifdef CONFIG_SMP
		for_each_online_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(pgdat->per_cpu_nodestats,
						     cpu)
					 ->vm_node_stat_diff[item]);
#endif
	}
	return sum;
}

/* The zones' counters on CPUs may be exchanged while memory is unplugged. */
static s64 zone_items(enum zone_stat_item item)
{
	struct zone *zone = NULL;
	s64 sum = 0;

	if (mms_hotplug_begin())
		return 0;
	while ((zone = mms_zone_next(zone)))
		sum += zone_page_state_snapshot(zone, item);
	mms_hotplug_end();
	return sum;
}

static s64 cache_pages(void)
{
	s64 pages = node_items(NR_FILE_PAGES);

#ifdef CONFIG_SWAP
	pages -= node_items(NR_SWAPCACHE);
#endif
	return pages;
}

static const atomic_long_t *vmalloc_variable;
static DEFINE_MUTEX(vmalloc_lock);

const char *mms_counter_vmalloc_missing(void)
{
	const char *name = MMS_VMALLOC_VARIABLE;
	const char *missing;

	if (!name)
		return NULL;
	mutex_lock(&vmalloc_lock);
	if (!vmalloc_variable)
		vmalloc_variable = mms_ksym_lookup(name);
	missing = vmalloc_variable ? NULL : "no-symbol";
	mutex_unlock(&vmalloc_lock);
	return missing;
}

static s64 vmalloc_pages(void)
{
	const unsigned int item = MMS_VMALLOC_ITEM;

	if (vmalloc_variable)
		return atomic_long_read(vmalloc_variable);
	return item < NR_VM_NODE_STAT_ITEMS ? node_items(item) : 0;
}

static s64 hugetlb_pages(void)
{
	struct mms_huge_pool pool;
	unsigned int i;
	s64 pages = 0;

	for (i = 0; mms_huge_pool(i, -1, &pool); i++)
		pages += pool.total << pool.order;
	return pages;
}

static s64 read_counter(enum mms_counter counter)
{
	switch (counter) {
	case MMS_COUNTER_TOTAL:
		return totalram_pages();
	case MMS_COUNTER_FREE:
		return zone_items(NR_FREE_PAGES);
	case MMS_COUNTER_ANON:
		return node_items(NR_ANON_MAPPED);
	case MMS_COUNTER_SHMEM:
		return node_items(NR_SHMEM);
	case MMS_COUNTER_CACHE:
		return cache_pages();
	case MMS_COUNTER_SLAB_RECLAIMABLE:
		return node_items(NR_SLAB_RECLAIMABLE_B);
	case MMS_COUNTER_SLAB:
		return node_items(NR_SLAB_RECLAIMABLE_B) +
		       node_items(NR_SLAB_UNRECLAIMABLE_B);
	case MMS_COUNTER_VMALLOC:
		return vmalloc_pages();
	case MMS_COUNTER_HUGETLB:
		return hugetlb_pages();
	default:
		return 0;
	}
}

u64 mms_counter_read(enum mms_counter counter)
{
	return max(read_counter(counter), 0LL);
}
