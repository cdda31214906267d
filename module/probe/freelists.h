/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many free blocks of each order and migratetype a zone has.
 *
 * The kernel counts the free blocks of an order (free_area[].nr_free) and the
 * free pages of a zone (NR_FREE_PAGES), but not the blocks of a migratetype:
 * these are counted by walking the lists, under zone->lock, which is held with
 * interrupts off.  A list may be of any length, the hold may not:
 *
 * - All lists of an order are walked side by side, and only until all but one
 *   have ended.  What the last one has is nr_free less the others (`rest`).  So
 *   an order costs as much as its second longest list; most often 200 000 free
 *   pages are nearly all of one migratetype, and the whole zone fits into one
 *   hold: an answer of one instant.  What is left of the hold is spent on
 *   walking those lists to their ends, too (`walked`).
 * - Orders for which that is too long get a hold each.
 * - If even that is too short, the lists of the order are walked in several
 *   holds.  This is trusted only if nr_free and both ends of every list of
 *   that order have not changed in between: pages are added at the ends only,
 *   and each that is added or taken counts.  (What cannot be told is a list
 *   that lost blocks from its middle while as many others came and the ends
 *   then got their old blocks back.)  Otherwise it is done again, and at last
 *   the answer is an estimate that says so (`about`).
 *
 * Every hold is checked: the lists of an order against its nr_free, and all
 * nr_free together against NR_FREE_PAGES with what the CPUs keep back of it.
 * Isolated blocks are in the lists and not in NR_FREE_PAGES; memory not yet
 * accepted from the hypervisor is in NR_FREE_PAGES and in no list.  All of
 * these change under zone->lock alone, save that each CPU passes on what it
 * keeps back once a second, first taking it here and then adding it there
 * (refresh_cpu_vm_stats()); a hold that falls in between is made again.
 */
#ifndef MMS_PROBE_FREELISTS_H
#define MMS_PROBE_FREELISTS_H

#include <linux/types.h>

struct list_head;
struct mms_walk_stats;
struct zone;

/* Room for any kernel's orders and migratetypes. */
#define MMS_ORDERS_MAX	16
#define MMS_TYPES_MAX	8

/* Number of orders of the buddy allocator. */
extern const unsigned int mms_nr_orders;

/**
 * enum mms_freelist_how - how the length of a list is known
 * @MMS_FREELIST_WALKED: counted from one end to the other.
 * @MMS_FREELIST_REST: the blocks of the order less those of the other lists.
 * @MMS_FREELIST_ABOUT: an estimate; the list changed while it was counted.
 * @MMS_NR_FREELIST_HOWS: number of these.
 */
enum mms_freelist_how {
	MMS_FREELIST_WALKED,
	MMS_FREELIST_REST,
	MMS_FREELIST_ABOUT,
	MMS_NR_FREELIST_HOWS
};

extern const char *const mms_freelist_how_names[MMS_NR_FREELIST_HOWS];

/**
 * struct mms_freelist_order - the lists of one order
 * @nr_free: the kernel's count of all of them.
 * @counted: what has been counted of it.
 * @open: bit i is set if list i has not been walked to its end.
 * @at: where the walk stands, if only one list is open.
 */
struct mms_freelist_order {
	unsigned long nr_free;
	unsigned long counted;
	unsigned long open;
	const struct list_head *at;
};

/**
 * struct mms_freelists - the free blocks of one zone
 * @blocks: length of the list, by order and migratetype.
 * @how: &enum mms_freelist_how, in the same way.
 * @verified: all of it agrees with the kernel's own counters.
 * @holds: for how many holds zone->lock was taken; 1 is an answer of one
 *	instant.
 * @orders: what is being counted.
 */
struct mms_freelists {
	u64 blocks[MMS_ORDERS_MAX][MMS_TYPES_MAX];
	u8 how[MMS_ORDERS_MAX][MMS_TYPES_MAX];
	bool verified;
	unsigned int holds;
	struct mms_freelist_order orders[MMS_ORDERS_MAX];
};

/**
 * mms_freelists_against() - what the answers are checked against
 *
 * On machines with very many CPUs adding up what they keep back would be too
 * long for a hold.
 *
 * Return: `nr_free,nr_free_pages` or `nr_free`.
 */
const char *mms_freelists_against(void);

/**
 * mms_freelists_read() - counts the free blocks of a zone
 * @lists: where to.
 * @zone: a zone that has or had memory.
 * @wait: wait while memory is being plugged or unplugged.  Not for whoever holds
 *	frames that cannot be moved: unplugging may be waiting for these.
 * @stats: what it costs is added here; scanned are list entries, retries are
 *	holds made again.
 *
 * May sleep, between holds.
 *
 * Return: 0, -EINTR if a signal came, or -EAGAIN if it was not to wait.
 */
int mms_freelists_read(struct mms_freelists *lists, struct zone *zone,
		       bool wait, struct mms_walk_stats *stats);

#endif /* MMS_PROBE_FREELISTS_H */
