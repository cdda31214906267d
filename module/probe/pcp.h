/* SPDX-License-Identifier: GPL-2.0-only */
/* Free pages that each CPU keeps for itself. */
#ifndef MMS_PROBE_PCP_H
#define MMS_PROBE_PCP_H

#include <linux/types.h>

struct mms_walk_stats;
struct zone;

/* Orders and migratetypes that have lists of their own. */
#define MMS_PCP_ORDERS	4
#define MMS_PCP_TYPES	3

/**
 * struct mms_pcp - the free pages of one zone that one CPU keeps
 * @count: pages in all lists, as the kernel counts them.
 * @high: how many it may keep.
 * @batch: how many it takes and gives back at a time.
 * @pages: pages in the lists, by order and migratetype.
 * @thp_pages: pages in the lists for huge pages.
 * @known: all lists have been counted; if not, @pages and @thp_pages are too
 *	small: two lists were too long to be walked under the lock.
 * @verified: what the lists have is @count.
 */
struct mms_pcp {
	unsigned long count;
	unsigned long high;
	unsigned long batch;
	unsigned long pages[MMS_PCP_ORDERS][MMS_PCP_TYPES];
	unsigned long thp_pages;
	bool known;
	bool verified;
};

/**
 * mms_pcp_next() - the next CPU that has such lists
 * @cpu: a CPU, or -1 for the first.
 *
 * Return: the CPU, or -1 behind the last.
 */
int mms_pcp_next(int cpu);

/**
 * mms_pcp_read() - counts the free pages of a zone that a CPU keeps
 * @pcp: where to.
 * @zone: the zone.
 * @cpu: the CPU.
 * @stats: what it costs is added here; scanned are list entries.
 *
 * The lists are walked side by side under pcp->lock with interrupts off, until
 * all but one have ended; that one has what the count leaves, or is walked to
 * its end, too, if that is not too far.  Memory cannot be unplugged meanwhile;
 * may sleep.
 *
 * Return: 0, -ENODEV if the zone has no memory any more, or -EINTR if a fatal
 * signal came.
 */
int mms_pcp_read(struct mms_pcp *pcp, struct zone *zone, int cpu,
		 struct mms_walk_stats *stats);

#endif /* MMS_PROBE_PCP_H */
