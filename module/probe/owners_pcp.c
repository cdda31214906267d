// SPDX-License-Identifier: GPL-2.0-only
/* Owners of free pages: the per-CPU lists that they wait in. */

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/uaccess.h>

#include "../compat/hotplug.h"
#include "../compat/zone.h"
#include "held.h"
#include "owners_build.h"
#include "zone.h"

/*
 * A list that is longer than one copy is walked again, past what was copied.
 * With more than this the lock would be held for more than 50 000 instructions.
 * A CPU of 7.3 that has just freed gigabytes keeps 100 000 pages.
 */
#define BLOCKS_MAX	(3 * MMS_OWNERS_BLOCKS)

/*
 * Copies frame numbers of blocks, from the end of the list, past the first
 * @skip.  Pages come and go at the front, so the end does not move unless the
 * list is being emptied.  Under the lock.
 */
static unsigned int copy_blocks(const struct list_head *list, unsigned int skip,
				unsigned long *blocks)
{
	unsigned int nr = 0;
	struct page *page;

	list_for_each_entry_reverse(page, list, pcp_list) {
		if (skip) {
			skip--;
			continue;
		}
		blocks[nr++] = page_to_pfn(page);
		if (nr == MMS_OWNERS_BLOCKS)
			break;
	}
	return nr;
}

/*
 * Interrupts stay on, as the kernel itself has it since 6.2: who allocates
 * from an interrupt only tries the lock, and does without if it is held.
 * Without SMP there is no lock that would be held.
 */
static unsigned int lock_and_copy(struct mms_owners_build *build,
				  struct per_cpu_pages *pcp, unsigned int list,
				  unsigned int skip)
{
	struct mms_walk_stats *stats = &build->owners->stats;
	unsigned long flags = 0;
	unsigned int nr;
	u64 begin, held;

	if (!IS_ENABLED(CONFIG_SMP))
		local_irq_save(flags);
	spin_lock(&pcp->lock);
	begin = ktime_get_ns();
	nr = copy_blocks(&pcp->lists[list], skip, build->blocks);
	held = ktime_get_ns() - begin;
	spin_unlock(&pcp->lock);
	if (!IS_ENABLED(CONFIG_SMP))
		local_irq_restore(flags);
	stats->scanned += nr;
	mms_held(stats, MMS_LOCK_PCP, held);
	return nr;
}

/*
 * A CPU's lists of a zone go away when all of the zone's memory is unplugged
 * (zone_pcp_reset()), so they are found anew each time that this is kept away.
 */
static struct per_cpu_pages *lists_of(struct zone *zone, unsigned int cpu)
{
	return populated_zone(zone) ? per_cpu_ptr(zone->per_cpu_pageset, cpu) :
				      NULL;
}

/* Most are empty; looked at without the lock, as it may change anyway. */
static int find_busy(struct zone *zone, unsigned int cpu, unsigned long *busy)
{
	struct per_cpu_pages *pcp;
	unsigned int list;
	int err;

	bitmap_zero(busy, NR_PCP_LISTS);
	err = mms_hotplug_begin();
	if (err)
		return err;
	pcp = lists_of(zone, cpu);
	for (list = 0; pcp && list < NR_PCP_LISTS; list++)
		if (!list_empty(&pcp->lists[list]))
			__set_bit(list, busy);
	mms_hotplug_end();
	return 0;
}

static int add_list(struct mms_owners_build *build, struct zone *zone,
		    unsigned int cpu, unsigned int list, u32 id)
{
	unsigned int order = mms_pcp_list_order(list);
	unsigned int i, nr, done = 0;
	int err;

	do {
		struct per_cpu_pages *pcp;

		err = mms_hotplug_begin();
		if (err)
			return err;
		pcp = lists_of(zone, cpu);
		nr = pcp ? lock_and_copy(build, pcp, list, done) : 0;
		mms_hotplug_end();
		for (i = 0; i < nr && !err; i++)
			err = mms_owners_add(build, build->blocks[i],
					     1UL << order, MMS_FRAME_PCP, id);
		done += nr;
	} while (!err && nr == MMS_OWNERS_BLOCKS && done < BLOCKS_MAX);
	if (nr == MMS_OWNERS_BLOCKS)
		build->owners->cut = true;
	return err;
}

/*
 * Whether a neighbour of @page in its list would be a page of the same section,
 * as it mostly is: these were freed together.  The struct pages of a section
 * are there as long as one of them is online, so the neighbour can be read.
 */
static bool in_section(const struct list_head *node, const struct page *page,
		       unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	size_t at = (uintptr_t)node - (uintptr_t)&page->pcp_list +
		    pfn % PAGES_PER_SECTION * sizeof(*page);

	return at / sizeof(*page) < PAGES_PER_SECTION &&
	       at % sizeof(*page) == 0;
#else
	return false;
#endif
}

/* Whether there is a pointer to @node at this address, if it is one. */
static bool points_to(struct list_head *const *addr,
		      const struct list_head *node)
{
	const struct list_head *value;

	return !copy_from_kernel_nofault(&value, addr, sizeof(value)) &&
	       value == node;
}

bool mms_owners_page_listed(const struct page *page, unsigned long pfn)
{
	const struct list_head *node = &page->pcp_list;
	struct list_head *next = READ_ONCE(node->next);
	struct list_head *prev = READ_ONCE(node->prev);

	/* Since boot, if it never was in a list (__init_single_page()). */
	if (next == node)
		return false;
	if (in_section(next, page, pfn) ? READ_ONCE(next->prev) != node :
					  !points_to(&next->prev, node))
		return false;
	return in_section(prev, page, pfn) ? READ_ONCE(prev->next) == node :
					     points_to(&prev->next, node);
}

static int add_lists(struct mms_owners_build *build, struct zone *zone,
		     unsigned int cpu, u32 id)
{
	DECLARE_BITMAP(busy, NR_PCP_LISTS);
	unsigned int list;
	int err = find_busy(zone, cpu, busy);

	if (err)
		return err;
	for_each_set_bit(list, busy, NR_PCP_LISTS) {
		err = add_list(build, zone, cpu, list, id);
		if (err)
			return err;
	}
	return 0;
}

int mms_owners_add_pcp(struct mms_owners_build *build)
{
	struct zone *zone;
	unsigned int cpu;
	int err = 0;

	for_each_possible_cpu(cpu) {
		u32 id;

		err = mms_owners_cpu(build, cpu, &id);
		for (zone = mms_zone_next(NULL); zone && !err;
		     zone = mms_zone_next(zone))
			err = add_lists(build, zone, cpu, id);
		if (err)
			break;
	}
	return err;
}
