// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/compact: what a compaction does, and what it cannot do.
 *
 * Looks at all pageblocks of the zone and at where pages are, has memory
 * compacted, and looks again.  Nothing is moved by mmscope itself: either
 * allocations make the kernel compact directly, as those of huge pages do, or
 * its own file does that compacts a node.
 */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/threads.h>
#include <linux/vmstat.h>

#include "../compat/pageblock.h"
#include "../probe/layout.h"
#include "../probe/process.h"
#include "../probe/zone.h"
#include "compact.h"
#include "compact_answer.h"
#include "drain.h"
#include "knob.h"
#include "zones.h"

#define COUNT_MAX	65536

enum {
	KEY_ORDER, KEY_NODE, KEY_ZONE, KEY_TRIGGER, KEY_COUNT, KEY_PID, NR_KEYS
};

enum { LIMIT_PAGES, NR_LIMITS };
enum { TRIGGER_ALLOC, TRIGGER_NODE };

static const char *const trigger_words[] = {
	[TRIGGER_ALLOC] = "alloc",
	[TRIGGER_NODE] = "node",
};

/* Values of KEY_PID that are no number. */
enum { PID_NONE = PID_MAX_LIMIT + 1, PID_SELF };

static const char *const pid_words[] = { "none", "self" };

static const struct mms_key keys[NR_KEYS] = {
	[KEY_ORDER] = {
		"order", MMS_KEY_UINT, .min = 1, .max = MMS_NR_ORDERS - 1,
		.def = 9,
	},
	[KEY_NODE] = MMS_LAB_KEY_NODE,
	[KEY_ZONE] = MMS_LAB_KEY_ZONE,
	[KEY_TRIGGER] = {
		"trigger", MMS_KEY_WORD, .words = trigger_words,
		.nr_words = ARRAY_SIZE(trigger_words),
	},
	[KEY_COUNT] = {
		"count", MMS_KEY_UINT, .min = 1, .max = COUNT_MAX, .def = 1,
	},
	[KEY_PID] = {
		"pid", MMS_KEY_UINT, .min = 1, .max = PID_MAX_LIMIT,
		.def = PID_NONE, .words = pid_words,
		.nr_words = ARRAY_SIZE(pid_words),
	},
};

static const struct mms_key limits[NR_LIMITS] = {
	[LIMIT_PAGES] = { "max_pages", MMS_KEY_UINT, .max = U64_MAX },
};

/*
 * As transparent huge pages of who has asked for them (madvise), but not as one
 * compound page, and no more than that a few times.
 */
static gfp_t alloc_gfp(const struct zone *zone)
{
	gfp_t gfp = GFP_TRANSHUGE & ~(__GFP_COMP | GFP_ZONEMASK);

	return gfp | mms_lab_zone_gfp(zone) | __GFP_MOVABLE |
	       __GFP_RETRY_MAYFAIL;
}

static int trigger_alloc(struct mms_lab_run *run, struct mms_compact *compact)
{
	u64 count = mms_lab_value(run, KEY_COUNT);
	gfp_t gfp = alloc_gfp(compact->zone);

	while (compact->allocated < count) {
		struct page *page;

		page = mms_pages_take(&compact->held, gfp, compact->order,
				      mms_zone_node(compact->zone),
				      &compact->why);
		if (signal_pending(current))
			return -EINTR;
		if (!page)
			break;
		compact->allocated++;
		if (page_zone(page) != compact->zone)
			compact->elsewhere++;
		WRITE_ONCE(run->done, run->done + 1);
		cond_resched();
	}
	mms_pages_free(&compact->held);
	return 0;
}

static int trigger_node(struct mms_lab_run *run, struct mms_compact *compact)
{
	int err = mms_knob_compact(mms_zone_node(compact->zone));

	if (signal_pending(current))
		return -EINTR;
	if (err == -ENOENT)
		return mms_lab_refuse(run, "no-such-file", -EOPNOTSUPP);
	return err;
}

/* What the kernel counts: in all its lists, and what it has ever done. */
static void read_counters(struct mms_compact *compact, unsigned int moment)
{
	struct mms_drain drain;
	unsigned int order;

	/* Not kept: it would be in the way of what is looked at. */
	mms_drain_init(&drain, compact->zone);
	mms_drain_end(&drain);
	for (order = 0; order < MMS_NR_ORDERS; order++)
		compact->free[moment][order] =
			READ_ONCE(compact->zone->free_area[order].nr_free);
	all_vm_events(compact->events[moment]);
}

static int find_process(struct mms_lab_run *run, struct mms_compact *compact)
{
	u64 value = mms_lab_value(run, KEY_PID);
	struct pid *pid = NULL;
	int err;

	if (value == PID_NONE)
		return 0;
	if (value != PID_SELF) {
		pid = mms_pid_find(value);
		if (!pid)
			return mms_lab_refuse(run, "no-such-process", -ESRCH);
	}
	err = mms_process_get(pid, &compact->process);
	mms_pid_put(pid);
	if (err)
		return mms_lab_refuse(run, "no-such-process", err);
	if (!compact->process.mm)
		return mms_lab_refuse(run, "no-address-space", -ESRCH);
	return mms_follow_init(&compact->pages, compact->process.mm);
}

static int prepare(struct mms_lab_run *run, struct mms_compact *compact)
{
	int err;

	compact->zone = mms_lab_zone(run, KEY_NODE, KEY_ZONE);
	if (!compact->zone)
		return mms_lab_refuse(run, "no-such-zone", -ENXIO);
	compact->order = mms_lab_value(run, KEY_ORDER);
	mms_pages_held_init(&compact->held, run,
			    run->limits.value[LIMIT_PAGES]);
	err = find_process(run, compact) ?:
	      mms_follow_init(&compact->own, NULL) ?:
	      mms_blockmap_init(&compact->map, run, compact->zone,
				compact->order);
	if (!err)
		WRITE_ONCE(run->wanted, 2 * compact->map.nr +
			   (mms_lab_value(run, KEY_TRIGGER) == TRIGGER_ALLOC ?
			    mms_lab_value(run, KEY_COUNT) : 0));
	return err;
}

static int look(struct mms_compact *compact, bool after)
{
	int (*follow)(struct mms_follow *follow) =
		after ? mms_follow_after : mms_follow_before;
	int err = 0;

	if (!after)
		err = mms_blockmap_read(&compact->map, false);
	err = err ?: follow(&compact->own);
	if (!err && compact->process.mm)
		err = follow(&compact->pages);
	if (!err && after)
		err = mms_blockmap_read(&compact->map, true);
	return err;
}

static int compact_run(struct mms_lab_run *run)
{
	struct mms_compact *compact = run->state;
	int err;

	err = prepare(run, compact) ?: look(compact, false);
	if (err)
		return err;
	read_counters(compact, MMS_COMPACT_BEFORE);
	mms_lab_step(run, "look_before", compact->order,
		     compact->free[MMS_COMPACT_BEFORE][compact->order]);
	err = mms_lab_value(run, KEY_TRIGGER) == TRIGGER_ALLOC ?
	      trigger_alloc(run, compact) : trigger_node(run, compact);
	if (err)
		return err;
	mms_lab_step(run, "compact", compact->order, compact->allocated);
	read_counters(compact, MMS_COMPACT_AFTER);
	err = look(compact, true);
	if (err)
		return err;
	mms_lab_step(run, "look_after", compact->order,
		     compact->free[MMS_COMPACT_AFTER][compact->order]);
	return mms_compact_answer(run, compact);
}

static void compact_give_back(struct mms_lab_run *run)
{
	struct mms_compact *compact = run->state;

	mms_pages_free(&compact->held);
	mms_follow_free(&compact->own);
	mms_follow_free(&compact->pages);
	mms_process_put(&compact->process);
	mms_blockmap_free(&compact->map);
}

static const char *compact_missing(void)
{
	if (!IS_ENABLED(CONFIG_COMPACTION))
		return "not-in-kernel";
	return mms_layout_missing();
}

static const struct mms_lab_type compact_type = {
	.name = "compact",
	.format = 1,
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.limits = limits,
	.nr_limits = ARRAY_SIZE(limits),
	.state_size = sizeof(struct mms_compact),
	.missing = compact_missing,
	.run = compact_run,
	.give_back = compact_give_back,
};

struct mms_lab mms_lab_compact = {
	.type = &compact_type,
};
