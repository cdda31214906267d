/* SPDX-License-Identifier: GPL-2.0-only */
/* What the OOM killer of each release counts, and where it tells of a kill. */
#ifndef MMS_COMPAT_OOM_H
#define MMS_COMPAT_OOM_H

#include <linux/kernfs.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>

#include "compat.h"

/*
 * oom_badness() adds up the exact counters in 7.3; before that it takes what
 * is at hand: 6.12 leaves out what the CPUs have not passed on yet.
 * Drop the second when the oldest kernel supported has get_mm_rss_sum().
 */
#ifdef MMS_HAVE_MM_RSS_SUM
static inline u64 mms_oom_counter(struct mm_struct *mm, int member)
{
	return get_mm_counter_sum(mm, member);
}

static inline u64 mms_oom_rss(struct mm_struct *mm)
{
	return get_mm_rss_sum(mm);
}
#else
static inline u64 mms_oom_counter(struct mm_struct *mm, int member)
{
	return get_mm_counter(mm, member);
}

static inline u64 mms_oom_rss(struct mm_struct *mm)
{
	return get_mm_rss(mm);
}
#endif

/*
 * By how many pages each counter may be off that the OOM killer takes: 6.12
 * leaves out what CPUs keep back, 6.1 what the threads do (see mms_mm_counter()
 * in compat.h).  Drop when the oldest kernel supported has get_mm_rss_sum().
 */
static inline u64 mms_oom_lag(const struct mm_struct *mm)
{
#if defined(MMS_HAVE_MM_RSS_SUM)
	return 0;
#elif defined(MMS_HAVE_MM_COUNTER_SUM)
	return (u64)percpu_counter_batch * num_possible_cpus();
#else
	return (u64)MMS_RSS_SLACK * atomic_read(&mm->mm_users);
#endif
}

/*
 * mm->flags is a bitmap with accessors since 6.18.
 * Drop the second when the oldest kernel supported has them.
 */
static inline bool mms_mm_oom_skip(const struct mm_struct *mm)
{
#ifdef MMS_HAVE_MM_FLAGS_TEST
	return mm_flags_test(MMF_OOM_SKIP, mm);
#else
	return test_bit(MMF_OOM_SKIP, &mm->flags);
#endif
}

/*
 * Name of a node that is never renamed, which those of cgroup v2 are not; takes
 * no lock.  Under RCU, or while the node is held.  The pointer is an __rcu one
 * since 6.15.  Drop the second when the oldest kernel supported has that.
 */
static inline const char *mms_kernfs_name(const struct kernfs_node *kn)
{
#ifdef MMS_HAVE_KERNFS_RCU_NAME
	return rcu_dereference_raw(kn->name);
#else
	return kn->name;
#endif
}

/*
 * Does the kernel's walk along the tasks of a cgroup show this leader of a
 * thread group?  One without live threads it passes over when it has left its
 * cgroups, and in 7.3 before that, as soon as it is exiting.
 * Drop the second when the oldest kernel supported has CSS_TASK_ITER_WITH_DEAD.
 */
static inline bool mms_css_shows(struct task_struct *leader, bool left)
{
	if (atomic_read(&leader->signal->live))
		return true;
#ifdef MMS_HAVE_CSS_WITH_DEAD
	return !(leader->flags & PF_EXITING) && !left;
#else
	return !left;
#endif
}

/* Called for each victim; task->mm is there and stays. */
typedef void (*mms_victim_fn)(struct task_struct *task, u32 uid);

/**
 * mms_mark_victim_attach() - be told of each process that the OOM killer kills
 * @fn: called from many CPUs; must not sleep.
 *
 * Return: 0 or an errno.
 */
int mms_mark_victim_attach(mms_victim_fn fn);

/**
 * mms_mark_victim_detach() - no more calls, and none under way
 *
 * May sleep.  To be called only if attaching has succeeded.
 */
void mms_mark_victim_detach(void);

#endif /* MMS_COMPAT_OOM_H */
