// SPDX-License-Identifier: GPL-2.0-only
/* How many free blocks of each order and migratetype a zone has. */

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/vmstat.h>

#include "../compat/hotplug.h"
#include "../compat/pageblock.h"
#include "../limits.h"
#include "freelists.h"
#include "lists.h"
#include "walk.h"

static_assert(MMS_NR_ORDERS <= MMS_ORDERS_MAX);
static_assert(MIGRATE_TYPES <= MMS_TYPES_MAX);
static_assert(MIGRATE_TYPES <= MMS_LISTS_MAX);

const unsigned int mms_nr_orders = MMS_NR_ORDERS;

const char *const mms_freelist_how_names[MMS_NR_FREELIST_HOWS] = {
	[MMS_FREELIST_WALKED] = "walked",
	[MMS_FREELIST_REST] = "rest",
	[MMS_FREELIST_ABOUT] = "about",
};

/* Takes over what has been counted of the lists of an order. */
static void take(struct mms_freelists *lists, unsigned int i,
		 const struct mms_lists *from)
{
	struct mms_freelist_order *order = &lists->orders[i];
	unsigned int type;

	order->counted = 0;
	for (type = 0; type < MIGRATE_TYPES; type++) {
		lists->blocks[i][type] = from->counted[type];
		order->counted += from->counted[type];
	}
	order->open = from->open;
	if (from->open)
		order->at = from->at[__ffs(from->open)];
}

/* At most one list has not ended, and there is a place for each block. */
static bool adds_up(const struct mms_freelist_order *order)
{
	if (order->open & (order->open - 1))
		return false;
	return order->open ? order->counted < order->nr_free :
			     order->counted == order->nr_free;
}

/* Blocks of one list, if the lists of the order add up. */
static unsigned long length(const struct mms_freelists *lists, unsigned int i,
			    unsigned int type)
{
	const struct mms_freelist_order *order = &lists->orders[i];
	unsigned long counted = lists->blocks[i][type];

	if (!(order->open & BIT(type)))
		return counted;
	return counted + order->nr_free - order->counted;
}

static bool counter_usable(void)
{
	return num_present_cpus() <= MMS_COUNTER_CPUS;
}

const char *mms_freelists_against(void)
{
	return counter_usable() ? "nr_free,nr_free_pages" : "nr_free";
}

/*
 * The pages that NR_FREE_PAGES says are in the lists.  CPUs that went offline
 * have nothing once they have passed it on; so all that are present count.
 */
static long counter_pages(struct zone *zone)
{
	long pages = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
#ifdef CONFIG_SMP
	unsigned int cpu;
#endif

#ifdef CONFIG_UNACCEPTED_MEMORY
	pages -= atomic_long_read(&zone->vm_stat[NR_UNACCEPTED]);
#endif
#ifdef CONFIG_SMP
	for_each_present_cpu(cpu) {
		const struct per_cpu_zonestat *stat =
			per_cpu_ptr(zone->per_cpu_zonestats, cpu);

		pages += READ_ONCE(stat->vm_stat_diff[NR_FREE_PAGES]);
#ifdef CONFIG_UNACCEPTED_MEMORY
		pages -= READ_ONCE(stat->vm_stat_diff[NR_UNACCEPTED]);
#endif
	}
#endif
	return pages;
}

/* Free pages that NR_FREE_PAGES does not count, or -1 if that is not known. */
static long isolated_pages(const struct mms_freelists *lists,
			   const struct zone *zone, unsigned long walked)
{
	long pages = 0;
#ifdef CONFIG_MEMORY_ISOLATION
	unsigned int i;

	for (i = 0; i < MMS_NR_ORDERS; i++) {
		if (list_empty(&zone->free_area[i].free_list[MIGRATE_ISOLATE]))
			continue;
		if (!(walked & BIT(i)) || !adds_up(&lists->orders[i]))
			return -1;
		pages += length(lists, i, MIGRATE_ISOLATE) << i;
	}
#endif
	return pages;
}

/* Do all free blocks make up the pages that the zone's counter says? */
static bool agrees(const struct mms_freelists *lists, struct zone *zone,
		   unsigned long walked)
{
	long pages = -isolated_pages(lists, zone, walked);
	unsigned int i;

	if (pages > 0)
		return false;
	for (i = 0; i < MMS_NR_ORDERS; i++)
		pages += zone->free_area[i].nr_free << i;
	return pages == counter_pages(zone);
}

/* Walks the lists of an order until all but one have ended. */
static void count_order(struct mms_freelists *lists, struct mms_lock *hold,
			struct zone *zone, unsigned int i)
{
	const struct free_area *area = &zone->free_area[i];
	struct mms_lists walk;

	mms_lists_begin(&walk, area->free_list, MIGRATE_TYPES);
	mms_lists_walk(hold, &walk, 1);
	lists->orders[i].nr_free = area->nr_free;
	take(lists, i, &walk);
}

/* Walks the last list of an order to its end, too, if that is not too far. */
static void finish_order(struct mms_freelists *lists, struct mms_lock *hold,
			 struct zone *zone, unsigned int i)
{
	struct mms_freelist_order *order = &lists->orders[i];
	unsigned int type = __ffs(order->open);
	struct mms_lists walk;
	unsigned long n;

	if (order->nr_free - order->counted > hold->left)
		return;
	mms_lists_begin(&walk, &zone->free_area[i].free_list[type], 1);
	walk.at[0] = order->at;
	mms_lists_walk(hold, &walk, 0);
	n = walk.counted[0];
	lists->blocks[i][type] += n;
	order->counted += n;
	if (!walk.open)
		order->open = 0;
}

/*
 * Under the lock: counts what it can of the orders in @todo.  From the high
 * ones down: their lists are short.  Returns those that were too long.
 */
static unsigned long count_orders(struct mms_freelists *lists,
				  struct mms_lock *hold, struct zone *zone,
				  unsigned long todo)
{
	unsigned long open, too_long = 0;
	int i;

	for (i = MMS_NR_ORDERS - 1; i >= 0; i--) {
		if (!(todo & BIT(i)))
			continue;
		count_order(lists, hold, zone, i);
		open = lists->orders[i].open;
		if (open & (open - 1))
			too_long |= BIT(i);
	}
	todo &= ~too_long;
	for (i = MMS_NR_ORDERS - 1; i >= 0; i--)
		if (todo & BIT(i) && lists->orders[i].open)
			finish_order(lists, hold, zone, i);
	return too_long;
}

/* What shows that the lists of an order have changed. */
struct ends {
	unsigned long nr_free;
	const struct list_head *first[MIGRATE_TYPES];
	const struct list_head *last[MIGRATE_TYPES];
};

static void note_ends(struct ends *ends, const struct free_area *area)
{
	unsigned int type;

	ends->nr_free = area->nr_free;
	for (type = 0; type < MIGRATE_TYPES; type++) {
		ends->first[type] = area->free_list[type].next;
		ends->last[type] = area->free_list[type].prev;
	}
}

static bool same_ends(const struct ends *ends, const struct free_area *area)
{
	unsigned int type;

	if (ends->nr_free != area->nr_free)
		return false;
	for (type = 0; type < MIGRATE_TYPES; type++)
		if (ends->first[type] != area->free_list[type].next ||
		    ends->last[type] != area->free_list[type].prev)
			return false;
	return true;
}

/*
 * Is the block where the walk stands still in a list of that order?  Its
 * struct page is there: memory cannot be unplugged during the walk.  The entry
 * may be the head of another list (before 6.10 a block could change lists
 * without changing hands), which is no page.
 */
static bool still_there(struct zone *zone, const struct list_head *at,
			unsigned int order)
{
	const void *entry = at;
	struct page *page = list_entry((struct list_head *)at, struct page,
				       buddy_list);

	if (entry >= (void *)zone && entry < (void *)(zone + 1))
		return false;
	return PageBuddy(page) && page_private(page) == order &&
	       page_zone(page) == zone;
}

static bool all_there(struct zone *zone, const struct mms_lists *lists,
		      unsigned int order)
{
	unsigned int type;

	for_each_set_bit(type, &lists->open, MIGRATE_TYPES)
		if (!still_there(zone, lists->at[type], order))
			return false;
	return true;
}

/*
 * Walks the lists of one order in as many holds as it takes.  If they change
 * meanwhile, gives up, or with @anyhow goes on for as long as that is possible.
 * Return: 1 if it is sure, 0 if not, -EINTR.
 */
static int walk_in_chunks(struct mms_freelists *lists, struct zone *zone,
			  unsigned int i, bool anyhow,
			  struct mms_walk_stats *stats)
{
	const struct free_area *area = &zone->free_area[i];
	unsigned int holds;
	struct mms_lists walk;
	struct ends ends;
	bool same = true;

	for (holds = 0; holds < MMS_LIST_HOLDS; holds++) {
		struct mms_lock hold;
		bool more = true;

		if (signal_pending(current))
			return -EINTR;
		mms_lock_begin(&hold, &zone->lock, MMS_LOCK_ZONE);
		if (!holds) {
			mms_lists_begin(&walk, area->free_list, MIGRATE_TYPES);
			note_ends(&ends, area);
		} else {
			/*
			 * Also with the same ends the place may have gone: they
			 * come back if what was there last is freed last.
			 */
			bool there = all_there(zone, &walk, i);

			same &= there && same_ends(&ends, area);
			more = there && (same || anyhow);
		}
		if (more)
			mms_lists_walk(&hold, &walk, 1);
		mms_lock_end(&hold, stats);
		lists->holds++;
		cond_resched();
		lists->orders[i].nr_free = ends.nr_free;
		take(lists, i, &walk);
		if (!more || mms_lists_open(&walk) <= 1)
			return same && adds_up(&lists->orders[i]);
		if (lists->orders[i].counted > ends.nr_free)
			return 0;
	}
	return 0;
}

/* Return: 0, -EINTR, or -EAGAIN if that is not to be waited for. */
static int keep_memory(bool wait)
{
	if (wait)
		return mms_hotplug_begin();
	return mms_hotplug_try() ? 0 : -EAGAIN;
}

static int count_long_order(struct mms_freelists *lists, struct zone *zone,
			    unsigned int i, bool wait,
			    struct mms_walk_stats *stats)
{
	unsigned int try;
	int ret = 0;

	for (try = 1; try <= MMS_LIST_TRIES && !ret; try++) {
		ret = keep_memory(wait);
		if (ret)
			break;
		ret = walk_in_chunks(lists, zone, i, try == MMS_LIST_TRIES,
				     stats);
		mms_hotplug_end();
		stats->retries += !ret;
	}
	return ret;
}

/*
 * Writes down what is known of an order.  If that is not sure, the blocks that
 * have not been found are put down to the lists that had not ended.
 */
static void note_order(struct mms_freelists *lists, unsigned int i, bool sure)
{
	const struct mms_freelist_order *order = &lists->orders[i];
	unsigned long rest = order->nr_free - min(order->nr_free,
						  order->counted);
	unsigned int type;

	memset(lists->how[i], sure ? MMS_FREELIST_WALKED : MMS_FREELIST_ABOUT,
	       sizeof(lists->how[i]));
	for_each_set_bit(type, &order->open, MIGRATE_TYPES) {
		lists->blocks[i][type] += rest / hweight_long(order->open);
		if (sure)
			lists->how[i][type] = MMS_FREELIST_REST;
	}
	lists->verified &= sure;
}

/*
 * One hold for as many orders of *@todo as possible, which then has the others.
 * *@late: the clock has cut it short.  What CPUs keep back for the zone is freed
 * when all of its memory is unplugged (zone_pcp_reset()), without its lock.
 * Return: 1 if it is sure, 0 if not, or as keep_memory().
 */
static int count_once(struct mms_freelists *lists, struct zone *zone,
		      unsigned long *todo, bool *late, bool wait,
		      struct mms_walk_stats *stats)
{
	unsigned long open;
	struct mms_lock hold;
	bool sure;
	int err;

	err = keep_memory(wait);
	if (err)
		return err;
	mms_lock_begin(&hold, &zone->lock, MMS_LOCK_ZONE);
	open = count_orders(lists, &hold, zone, *todo);
	sure = !counter_usable() || agrees(lists, zone, *todo);
	mms_lock_end(&hold, stats);
	mms_hotplug_end();
	*todo = open;
	*late = open && hold.late;
	return sure;
}

int mms_freelists_read(struct mms_freelists *lists, struct zone *zone,
		       bool wait, struct mms_walk_stats *stats)
{
	unsigned long left, todo = GENMASK(MMS_NR_ORDERS - 1, 0);
	unsigned int i, tries = 0;

	lists->verified = true;
	lists->holds = 0;
	for (; todo; todo = left) {
		bool late;
		int sure;

		cond_resched();
		left = todo;
		sure = count_once(lists, zone, &left, &late, wait, stats);
		if (sure < 0)
			return sure;
		if ((!sure || late) && ++tries < MMS_LIST_TRIES) {
			stats->retries++;
			left = todo;
			continue;
		}
		lists->verified &= sure;
		lists->holds++;
		todo &= ~left;
		for_each_set_bit(i, &todo, MMS_NR_ORDERS)
			note_order(lists, i, adds_up(&lists->orders[i]));
		if (!todo) {
			int ret;

			i = __fls(left);
			ret = count_long_order(lists, zone, i, wait, stats);
			if (ret < 0)
				return ret;
			note_order(lists, i, ret);
			left &= ~BIT(i);
		}
	}
	return 0;
}
