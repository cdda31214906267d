// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory cgroups that the caller's memory counts against.
 *
 * From the caller's own cgroup up, under RCU: each is kept by those in it.
 */

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "memcg_self.h"
#include "memcgs.h"

#ifdef CONFIG_MEMCG

/* What a CPU takes at once from a cgroup: MEMCG_CHARGE_BATCH at most. */
#define BATCH	64

static bool is_root(const struct mem_cgroup *memcg)
{
	return !memcg->css.parent;
}

static bool has_limit(const struct mem_cgroup *memcg)
{
	return READ_ONCE(memcg->memory.max) != PAGE_COUNTER_MAX;
}

const char *mms_memcg_self_refused(void)
{
	const char *why = mms_memcgs_absent();
	unsigned int depth = 0;
	struct mem_cgroup *memcg;

	if (why)
		return why;
	rcu_read_lock();
	memcg = mem_cgroup_from_task(current);
	why = !memcg || is_root(memcg) ? "root-cgroup" : "no-memory-max";
	for (; memcg && !is_root(memcg) && depth < MMS_MEMCG_DEPTH_MAX; depth++) {
		if (has_limit(memcg)) {
			why = NULL;
			break;
		}
		memcg = parent_mem_cgroup(memcg);
	}
	rcu_read_unlock();
	return why;
}

static u64 events_of(const struct mem_cgroup *memcg, int event)
{
	return atomic_long_read(&memcg->memory_events[event]);
}

static void read_one(struct mem_cgroup *memcg, struct mms_memcg_self *out)
{
	struct cgroup *cgrp = memcg->css.cgroup;

	out->ino = cgroup_ino(cgrp);
	if (!mms_cgroup_path(cgrp, out->path, sizeof(out->path)))
		out->path[0] = '\0';
	out->max_pages = has_limit(memcg) ? READ_ONCE(memcg->memory.max) :
					    MMS_MEMCG_NO_LIMIT;
	out->current_pages = page_counter_read(&memcg->memory);
	out->max_events = events_of(memcg, MEMCG_MAX);
	out->oom_events = events_of(memcg, MEMCG_OOM);
	out->oom_kills = events_of(memcg, MEMCG_OOM_KILL);
}

unsigned int mms_memcg_self_read(struct mms_memcg_self *out)
{
	struct mem_cgroup *memcg;
	unsigned int nr = 0;

	if (mms_memcgs_absent())
		return 0;
	rcu_read_lock();
	memcg = mem_cgroup_from_task(current);
	while (memcg && !is_root(memcg) && nr < MMS_MEMCG_SELF_MAX) {
		read_one(memcg, &out[nr++]);
		memcg = parent_mem_cgroup(memcg);
	}
	rcu_read_unlock();
	return nr;
}

bool mms_memcg_self_full(void)
{
	struct mem_cgroup *memcg;
	unsigned int depth = 0;
	bool full = false;

	rcu_read_lock();
	memcg = mem_cgroup_from_task(current);
	for (; memcg && !is_root(memcg) && depth < MMS_MEMCG_DEPTH_MAX; depth++) {
		full |= page_counter_read(&memcg->memory) + BATCH >=
			READ_ONCE(memcg->memory.max);
		memcg = parent_mem_cgroup(memcg);
	}
	rcu_read_unlock();
	return full;
}

#else /* !CONFIG_MEMCG */

const char *mms_memcg_self_refused(void)
{
	return mms_memcgs_absent();
}

unsigned int mms_memcg_self_read(struct mms_memcg_self *out)
{
	return 0;
}

bool mms_memcg_self_full(void)
{
	return false;
}

#endif
