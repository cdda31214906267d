// SPDX-License-Identifier: GPL-2.0-only
/* Whom the OOM killer would kill, and how it comes to that. */

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sort.h>
#include <linux/swap.h>

#include "../compat/ksym.h"
#include "../compat/oom.h"
#include "badness.h"
#include "layout.h"

/* Processes looked at before others get the CPU. */
#define AT_ONCE		64

const char *const mms_oom_why_names[MMS_NR_OOM_WHYS] = {
	[MMS_OOM_CANDIDATE] = "-",
	[MMS_OOM_ORIGIN] = "origin",
	[MMS_OOM_INIT] = "init",
	[MMS_OOM_DYING] = "dying",
	[MMS_OOM_REAPED] = "reaped",
	[MMS_OOM_EXITED] = "exited",
	[MMS_OOM_ADJ] = "adj",
	[MMS_OOM_SKIP] = "skip",
	[MMS_OOM_VFORK] = "vfork",
};

const char *const mms_oom_kill_names[MMS_NR_OOM_KILLS] = {
	[MMS_OOM_SPARED] = "-",
	[MMS_OOM_VICTIM] = "victim",
	[MMS_OOM_SHARES] = "shares_mm",
	[MMS_OOM_GROUP] = "group",
};

static const long *swap_pages;
static const int *swappiness;
static DEFINE_MUTEX(symbols_lock);

/* No header outside of mm/ declares vm_swappiness in 7.3. */
const char *mms_badness_missing(void)
{
	const char *why = mms_layout_missing();
	bool known;

	if (why)
		return why;
	mutex_lock(&symbols_lock);
	known = mms_candidates_known();
	if (!swap_pages)
		swap_pages = MMS_KSYM(total_swap_pages);
	if (!swappiness)
		swappiness = mms_ksym_lookup("vm_swappiness");
	mutex_unlock(&symbols_lock);
	return known && swap_pages && swappiness ? NULL : "no-symbol";
}

/* Mirrors constrained_alloc() and mem_cgroup_get_max(), without policies. */
static u64 total_of(const struct cgroup_subsys_state *css)
{
	unsigned long swap = READ_ONCE(*swap_pages);
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg = mem_cgroup_from_css((void *)css);
	unsigned long pages;

	if (css) {
		pages = READ_ONCE(memcg->memory.max);
		if (READ_ONCE(*swappiness))
			pages += min(READ_ONCE(memcg->swap.max), swap);
		return pages ?: 1;
	}
#endif
	return totalram_pages() + swap;
}

/* Who cannot be killed whatever its memory is; in the kernel's order. */
static int unkillable(struct task_struct *task)
{
	struct mm_struct *oom_mm = READ_ONCE(task->signal->oom_mm);

	if (is_global_init(task))
		return MMS_OOM_INIT;
	if (oom_mm)
		return mms_mm_oom_skip(oom_mm) ? MMS_OOM_REAPED : MMS_OOM_DYING;
	if (oom_task_origin(task))
		return MMS_OOM_ORIGIN;
	return MMS_OOM_CANDIDATE;
}

/* The thread is locked. */
static int unfit(struct task_struct *thread)
{
	if (thread->signal->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return MMS_OOM_ADJ;
	if (mms_mm_oom_skip(thread->mm))
		return MMS_OOM_SKIP;
	return in_vfork(thread) ? MMS_OOM_VFORK : MMS_OOM_CANDIDATE;
}

/* False if the thread has no memory; the lock keeps what it has. */
static bool read_thread(struct task_struct *thread, struct mms_oom_task *out)
{
	struct mm_struct *mm;

	task_lock(thread);
	mm = thread->mm;
	if (mm) {
		out->has_mm = true;
		out->mm = mm;
		out->rss = mms_oom_rss(mm);
		out->swap = mms_oom_counter(mm, MM_SWAPENTS);
		out->pgtable_bytes = mm_pgtables_bytes(mm);
		if (out->why == MMS_OOM_CANDIDATE)
			out->why = unfit(thread);
	}
	task_unlock(thread);
	return mm;
}

/* Of the first thread that has memory, as find_lock_task_mm() has it. */
static void read_mm(struct task_struct *leader, struct mms_oom_task *out)
{
	struct task_struct *task;

	list_for_each_entry_rcu(task, &leader->signal->thread_head,
				thread_node)
		if (read_thread(task, out))
			return;
	if (out->why == MMS_OOM_CANDIDATE)
		out->why = MMS_OOM_EXITED;
}

static u64 memcg_ino(struct task_struct *task)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg;

	if (!mem_cgroup_disabled()) {
		memcg = mem_cgroup_from_task(task);
		return memcg ? cgroup_ino(memcg->css.cgroup) : 0;
	}
#endif
	return 0;
}

/* Under RCU, by which the task and its signal structure stay. */
static void judge(struct mms_badness *badness, struct task_struct *task,
		  struct mms_oom_task *out)
{
	strscpy(out->comm, task->comm, sizeof(out->comm));
	out->adj = READ_ONCE(task->signal->oom_score_adj);
	out->memcg_ino = memcg_ino(task);
	out->why = unkillable(task);
	read_mm(task, out);
	out->adj_pages = (s64)out->adj * (s64)(badness->total_pages / 1000);
	out->score = out->rss + out->swap + out->pgtable_bytes / PAGE_SIZE +
		     out->adj_pages;
	if (out->why == MMS_OOM_ORIGIN)
		out->score = S64_MAX;
}

static bool is_candidate(const struct mms_oom_task *task)
{
	return task->why == MMS_OOM_CANDIDATE || task->why == MMS_OOM_ORIGIN;
}

/* The kernel takes the last of those with the highest score. */
static int by_rank(const void *a, const void *b)
{
	const struct mms_oom_task *x = a, *y = b;

	/* Sorting millions takes seconds. */
	cond_resched();
	if (is_candidate(x) != is_candidate(y))
		return is_candidate(x) ? -1 : 1;
	if (!is_candidate(x))
		return x->which < y->which ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->which > y->which ? -1 : 1;
}

#ifdef CONFIG_MEMCG

/* Mirrors mem_cgroup_get_oom_group(), under RCU. */
static struct cgroup_subsys_state *group_of(struct task_struct *victim,
				struct cgroup_subsys_state *domain)
{
	struct cgroup_subsys_state *css, *group = NULL;

	if (mem_cgroup_disabled() || !cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return NULL;
	css = &mem_cgroup_from_task(victim)->css;
	for (; css && css->parent; css = css->parent) {
		if (READ_ONCE(mem_cgroup_from_css(css)->oom_group))
			group = css;
		if (css == domain)
			return group;
	}
	/* It has left the cgroup that is out of memory. */
	return domain ? NULL : group;
}

static bool is_inside(struct task_struct *task,
		      const struct cgroup_subsys_state *group)
{
	const struct cgroup_subsys_state *css = &mem_cgroup_from_task(task)->css;

	while (css && css != group)
		css = css->parent;
	return css;
}

/* Marks who would be killed with the victim by memory.oom.group. */
static void mark_group(struct mms_badness *badness)
{
	struct pid **pids = badness->list.pids;
	struct cgroup_subsys_state *group = NULL;
	struct task_struct *task;
	unsigned int i;

	rcu_read_lock();
	task = pid_task(pids[badness->tasks[badness->victim].which],
			PIDTYPE_TGID);
	if (task)
		group = group_of(task, badness->list.top);
	if (group && !css_tryget(group))
		group = NULL;
	rcu_read_unlock();
	if (!group)
		return;
	badness->group_ino = cgroup_ino(group->cgroup);
	for (i = 0; i < badness->nr; i++) {
		struct mms_oom_task *at = &badness->tasks[i];

		rcu_read_lock();
		task = pid_task(pids[at->which], PIDTYPE_TGID);
		if (task && at->kill != MMS_OOM_VICTIM && at->has_mm &&
		    at->adj != OOM_SCORE_ADJ_MIN && at->why != MMS_OOM_INIT &&
		    is_inside(task, group))
			at->kill = MMS_OOM_GROUP;
		rcu_read_unlock();
		cond_resched();
	}
	css_put(group);
}

#else

static void mark_group(struct mms_badness *badness)
{
}

#endif

static void mark_killed(struct mms_badness *badness)
{
	const struct mms_oom_task *victim;
	unsigned int i;

	if (badness->waits_for >= 0 || !badness->nr ||
	    !is_candidate(&badness->tasks[0]))
		return;
	badness->victim = 0;
	victim = &badness->tasks[0];
	badness->tasks[0].kill = MMS_OOM_VICTIM;
	/* __oom_kill_process() kills all that share the memory, but not init. */
	for (i = 1; i < badness->nr; i++) {
		struct mms_oom_task *at = &badness->tasks[i];

		if (at->has_mm && at->mm == victim->mm &&
		    at->why != MMS_OOM_INIT)
			at->kill = MMS_OOM_SHARES;
	}
	mark_group(badness);
}

static void rank(struct mms_badness *badness)
{
	unsigned int i;

	sort(badness->tasks, badness->nr, sizeof(*badness->tasks), by_rank,
	     NULL);
	for (i = 0; i < badness->nr && is_candidate(&badness->tasks[i]); i++)
		badness->tasks[i].rank = i + 1;
	/* The first that is being killed ends the kernel's search. */
	for (; i < badness->nr && badness->waits_for < 0; i++)
		if (badness->tasks[i].why == MMS_OOM_DYING)
			badness->waits_for = i;
	mark_killed(badness);
}

static void judge_next(struct mms_badness *badness)
{
	struct mms_oom_task *out = &badness->tasks[badness->nr];
	struct pid *pid = badness->list.pids[badness->next];
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	if (task) {
		*out = (struct mms_oom_task){ .which = badness->next };
		out->pid = pid_vnr(pid);
		judge(badness, task, out);
		badness->nr++;
	}
	rcu_read_unlock();
	badness->next++;
}

int mms_badness_init(struct mms_badness *badness, const char *path)
{
	int err = mms_candidates_init(&badness->list, path);

	if (err)
		return err;
	badness->total_pages = total_of(badness->list.top);
	badness->waits_for = -1;
	badness->victim = -1;
	return 0;
}

int mms_badness_batch(struct mms_badness *badness)
{
	unsigned int nr = badness->list.nr, n;

	if (!badness->listed) {
		int ret = mms_candidates_batch(&badness->list);

		badness->listed = !ret;
		return ret < 0 ? ret : 1;
	}
	if (!badness->tasks) {
		badness->tasks = kvmalloc_array(nr + 1, sizeof(*badness->tasks),
						GFP_KERNEL);
		if (!badness->tasks)
			return -ENOMEM;
	}
	for (n = 0; n < AT_ONCE && badness->next < nr; n++)
		judge_next(badness);
	cond_resched();
	if (badness->next < nr)
		return 1;
	rank(badness);
	return 0;
}

u64 mms_badness_lag(void)
{
	return mms_oom_lag(current->mm);
}

void mms_badness_free(struct mms_badness *badness)
{
	kvfree(badness->tasks);
	badness->tasks = NULL;
	mms_candidates_free(&badness->list);
}
