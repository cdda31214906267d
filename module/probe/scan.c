// SPDX-License-Identifier: GPL-2.0-only
/* Going through the frames of the machine, a pageblock at a time. */

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>

#include "../compat/hotplug.h"
#include "../limits.h"
#include "folio.h"
#include "held.h"
#include "owners.h"
#include "scan.h"

/*
 * Behind the last frame that can be online.  Early sections have struct pages
 * up to their end, and /proc/kpageflags shows them too.
 */
static unsigned long frames_end(void)
{
	unsigned long end = 0;
	int nid;

	for_each_online_node(nid)
		end = max(end, pgdat_end_pfn(NODE_DATA(nid)));
#ifdef CONFIG_SPARSEMEM
	end = round_up(end, PAGES_PER_SECTION);
#endif
	return end;
}

void mms_scan_range(struct mms_scan *scan, u64 first, u64 end)
{
	scan->end = min_t(u64, end, frames_end());
	scan->pfn = min_t(u64, first, scan->end);
	memset(&scan->stats, 0, sizeof(scan->stats));
	scan->owners = NULL;
}

int mms_scan_init(struct mms_scan *scan, u64 first, u64 end, bool names)
{
	int err;

	mms_scan_range(scan, first, end);
	if (scan->pfn == scan->end)
		return 0;
	scan->owners = mms_owners_new(names);
	if (!IS_ERR(scan->owners)) {
		mms_owners_price(scan->owners, &scan->stats);
		return 0;
	}
	err = PTR_ERR(scan->owners);
	scan->owners = NULL;
	return err;
}

void mms_scan_free(struct mms_scan *scan)
{
	mms_owners_free(scan->owners);
	scan->owners = NULL;
}

/* Steps over what has no struct pages, by sections as far as there are any. */
static unsigned long next_present(unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	if (!pfn_in_present_section(pfn))
		return round_down(pfn, PAGES_PER_SECTION) + PAGES_PER_SECTION;
#endif
	return pageblock_end_pfn(pfn);
}

/* Up to @end, or to where the block function has had enough. */
static void do_frames(struct mms_scan *scan, unsigned long end)
{
	while (scan->pfn < end) {
		struct mms_scan_block block = {
			.page = pfn_to_online_page(scan->pfn),
			.pfn = scan->pfn,
			.chunk = mms_owners_chunk(scan->owners, scan->pfn),
		};
		unsigned long done;

		if (!block.page) {
			scan->pfn = min(next_present(scan->pfn), scan->end);
			continue;
		}
		block.nr = min(pageblock_end_pfn(scan->pfn), scan->end) -
			   scan->pfn;
		done = scan->block(scan->ctx, &block);
		scan->pfn += done;
		scan->stats.scanned += done;
		if (done < block.nr)
			break;
	}
}

int mms_scan_batch(struct mms_scan *scan)
{
	unsigned long end = min(scan->pfn + MMS_BATCH_FRAMES, scan->end);
	u64 begin, held;
	int err;

	if (scan->pfn >= scan->end)
		return 0;
	/* Frames are looked at while the lock is held, under which it cannot. */
	mms_folio_huge_zero_find();
	err = mms_hotplug_begin();
	if (err)
		return err;
	begin = ktime_get_ns();
	do_frames(scan, end);
	held = ktime_get_ns() - begin;
	mms_hotplug_end();
	mms_held(&scan->stats, MMS_LOCK_HOTPLUG, held);
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	return scan->pfn < scan->end;
}
