// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last processes that the OOM killer has killed.
 *
 * The tracepoint is in mark_oom_victim(), where the victim's memory is still
 * there: its thread is locked, or is the caller.  What is called from there
 * does not sleep, and takes no lock but the one below, in which nothing nests,
 * and those of the memory's counters in 7.3.
 */

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "../compat/oom.h"
#include "../trace.h"
#include "victims.h"

/* A raw lock: 6.1 and 6.12 call tracepoints with preemption off. */
static DEFINE_RAW_SPINLOCK(lock);
static struct mms_victim ring[MMS_VICTIMS];
static u64 count;
static bool attached;

#ifdef CONFIG_MEMCG
/*
 * Written from the end to the front, and moved there.  cgroup_path() takes a
 * lock that may sleep on PREEMPT_RT; the names of version 2 never change, and
 * a cgroup holds all above it.
 */
static void put_path(struct cgroup *cgrp, char *path)
{
	unsigned int at = MMS_VICTIM_PATH - 1;
	struct cgroup *parent;

	path[at] = '\0';
	for (; (parent = cgroup_parent(cgrp)); cgrp = parent) {
		const char *name = mms_kernfs_name(cgrp->kn);
		size_t len = strlen(name);

		if (at < len + 1) {
			path[0] = '\0';
			return;
		}
		at -= len;
		memcpy(path + at, name, len);
		path[--at] = '/';
	}
	if (!path[at])
		path[--at] = '/';
	memmove(path, path + at, MMS_VICTIM_PATH - at);
}

static void put_memcg(struct task_struct *task, struct mms_victim *victim)
{
	struct mem_cgroup *memcg;

	if (mem_cgroup_disabled())
		return;
	rcu_read_lock();
	memcg = mem_cgroup_from_task(task);
	if (memcg) {
		victim->memcg_ino = cgroup_ino(memcg->css.cgroup);
		if (cgroup_subsys_on_dfl(memory_cgrp_subsys))
			put_path(memcg->css.cgroup, victim->memcg);
	}
	rcu_read_unlock();
}
#else
static void put_memcg(struct task_struct *task, struct mms_victim *victim)
{
}
#endif

static void note(struct task_struct *task, u32 uid)
{
	struct mm_struct *mm = task->mm;
	unsigned long flags;
	struct mms_victim victim = {
		.pid = task->pid,
		.tgid = task->tgid,
		.uid = uid,
		.adj = task->signal->oom_score_adj,
	};

	memcpy(victim.comm, task->comm, sizeof(victim.comm));
	victim.comm[sizeof(victim.comm) - 1] = '\0';
	if (mm) {
		victim.total_vm = READ_ONCE(mm->total_vm);
		victim.anon = mms_oom_counter(mm, MM_ANONPAGES);
		victim.file = mms_oom_counter(mm, MM_FILEPAGES);
		victim.shmem = mms_oom_counter(mm, MM_SHMEMPAGES);
		victim.swap = mms_oom_counter(mm, MM_SWAPENTS);
		victim.pgtable_bytes = mm_pgtables_bytes(mm);
	}
	put_memcg(task, &victim);
	raw_spin_lock_irqsave(&lock, flags);
	victim.time_ns = ktime_get_mono_fast_ns();
	ring[count++ % MMS_VICTIMS] = victim;
	raw_spin_unlock_irqrestore(&lock, flags);
	trace_oom_victim(&victim);
}

int mms_victims_init(void)
{
	int err = mms_mark_victim_attach(note);

	attached = !err;
	return err == -ENOENT ? 0 : err;
}

void mms_victims_exit(void)
{
	if (attached)
		mms_mark_victim_detach();
	attached = false;
}

const char *mms_victims_missing(void)
{
	return attached ? NULL : "no-tracepoint";
}

u64 mms_victims_count(void)
{
	unsigned long flags;
	u64 nr;

	raw_spin_lock_irqsave(&lock, flags);
	nr = count;
	raw_spin_unlock_irqrestore(&lock, flags);
	return nr;
}

bool mms_victims_get(u64 which, struct mms_victim *victim)
{
	unsigned long flags;
	bool kept;

	raw_spin_lock_irqsave(&lock, flags);
	kept = which < count && count - which <= MMS_VICTIMS;
	if (kept)
		*victim = ring[which % MMS_VICTIMS];
	raw_spin_unlock_irqrestore(&lock, flags);
	return kept;
}
