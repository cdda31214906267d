/* SPDX-License-Identifier: GPL-2.0-only */
/* A lock of the kernel's that was held: what that adds to a walk's price. */
#ifndef MMS_PROBE_HELD_H
#define MMS_PROBE_HELD_H

#include <linux/minmax.h>

#include "../trace.h"
#include "walk.h"

/**
 * mms_held() - adds the time for which a lock was held
 * @stats: where to.
 * @lock: which lock; it has been given back.
 * @held_ns: for how long.
 */
static inline void mms_held(struct mms_walk_stats *stats,
			    enum mms_lock_kind lock, u64 held_ns)
{
	stats->lock_max_ns = max(stats->lock_max_ns, held_ns);
	stats->lock_total_ns += held_ns;
	trace_lock_held(lock, held_ns);
}

#endif /* MMS_PROBE_HELD_H */
