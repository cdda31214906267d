// SPDX-License-Identifier: GPL-2.0-only
/* Free pages that each CPU keeps for itself. */

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>

#include "../compat/hotplug.h"
#include "../compat/zone.h"
#include "lists.h"
#include "pcp.h"

static_assert(NR_PCP_LISTS <= MMS_LISTS_MAX);
static_assert(MMS_PCP_TYPES == (int)MIGRATE_PCPTYPES);
static_assert(PAGE_ALLOC_COSTLY_ORDER + 1 == MMS_PCP_ORDERS);
static_assert(MMS_PCP_ORDERS * MMS_PCP_TYPES == NR_LOWORDER_PCP_LISTS);

int mms_pcp_next(int cpu)
{
	unsigned int next = cpumask_next(cpu, cpu_online_mask);

	return next < nr_cpu_ids ? (int)next : -1;
}

static unsigned long counted_pages(const struct mms_lists *lists)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < lists->nr; i++)
		pages += lists->counted[i] << mms_pcp_list_order(i);
	return pages;
}

/* The one list that has not ended has what is left. */
static void count_rest(struct mms_lists *lists, unsigned long count)
{
	unsigned int i = __ffs(lists->open);
	unsigned long pages = counted_pages(lists);

	if (pages > count)
		return;
	lists->counted[i] += (count - pages) >> mms_pcp_list_order(i);
	lists->open = 0;
}

static void note(struct mms_pcp *pcp, const struct mms_lists *lists)
{
	unsigned int i;

	pcp->thp_pages = 0;
	for (i = 0; i < lists->nr; i++) {
		unsigned long pages = lists->counted[i] << mms_pcp_list_order(i);

		if (i < NR_LOWORDER_PCP_LISTS)
			pcp->pages[i / MIGRATE_PCPTYPES]
				  [i % MIGRATE_PCPTYPES] = pages;
		else
			pcp->thp_pages += pages;
	}
	pcp->known = !lists->open;
	pcp->verified = pcp->known && counted_pages(lists) == pcp->count;
}

static void read_lists(struct mms_pcp *pcp, struct per_cpu_pages *from,
		       struct mms_walk_stats *stats)
{
	struct mms_lists lists;
	struct mms_lock hold;

	mms_lock_begin(&hold, &from->lock, MMS_LOCK_PCP);
	mms_lists_begin(&lists, from->lists, NR_PCP_LISTS);
	mms_lists_walk(&hold, &lists, 1);
	pcp->count = from->count;
	if (pcp->count <= hold.left)
		mms_lists_walk(&hold, &lists, 0);
	mms_lock_end(&hold, stats);

	/* These two change without the lock. */
	pcp->high = READ_ONCE(from->high);
	pcp->batch = READ_ONCE(from->batch);
	if (mms_lists_open(&lists) == 1)
		count_rest(&lists, pcp->count);
	note(pcp, &lists);
}

int mms_pcp_read(struct mms_pcp *pcp, struct zone *zone, int cpu,
		 struct mms_walk_stats *stats)
{
	int err = mms_hotplug_begin();

	if (err)
		return err;
	/* zone_pcp_reset() frees the lists when the last memory goes. */
	if (populated_zone(zone))
		read_lists(pcp, per_cpu_ptr(zone->per_cpu_pageset, cpu), stats);
	else
		err = -ENODEV;
	mms_hotplug_end();
	return err;
}
