// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes that the OOM killer looks at, in its order.
 *
 * Of the machine, for_each_process(): the list of all processes, oldest first,
 * under RCU.  Of a memory cgroup, mem_cgroup_scan_tasks(): the cgroups in it,
 * each before those in it; of each the sets of cgroups that it is part of; of
 * each of these the tasks in the order in which they came.  These lists are
 * under css_set_lock.
 *
 * A list is left after a bounded number of tasks, and gone on with from the
 * last one, which is referenced, if that is still where it was; else the list
 * begins anew.
 */

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "../compat/ksym.h"
#include "../compat/oom.h"
#include "candidates.h"
#include "lists.h"
#include "memcgs.h"

/* Processes listed in one RCU section or under one hold of css_set_lock. */
#define AT_ONCE		768

/* As many more, to stop at one that is not exiting. */
#define AT_MOST		(2 * AT_ONCE)

/* How often a list begins anew before an answer is given that may be wrong. */
#define RESTARTS	64

#ifdef CONFIG_MEMCG
/*
 * css_set_lock, which only kernels that check locking export, and 6.1 declares
 * for those only.
 */
static spinlock_t *sets_lock;

bool mms_candidates_known(void)
{
	might_sleep();
	if (!sets_lock)
		sets_lock = mms_ksym_lookup("css_set_lock");
	return sets_lock;
}
#else
bool mms_candidates_known(void)
{
	return true;
}
#endif

static void drop_pids(struct mms_candidates *list, unsigned int first)
{
	while (list->nr > first) {
		put_pid(list->pids[--list->nr]);
		if (!(list->nr % AT_ONCE))
			cond_resched();
	}
}

static void stand_at(struct mms_candidates *list, struct task_struct *task)
{
	if (task)
		get_task_struct(task);
	if (list->task)
		put_task_struct(list->task);
	list->task = task;
}

/* Begins anew what began with @first. */
static void restart(struct mms_candidates *list, unsigned int first)
{
	drop_pids(list, first);
	list->gave_up = ++list->restarts > RESTARTS;
	list->stats.retries++;
}

/* Under RCU. */
static void add_pid(struct mms_candidates *list, struct task_struct *leader)
{
	struct pid *pid = READ_ONCE(leader->thread_pid);

	if (pid)
		list->pids[list->nr++] = get_pid(pid);
}

/* Room for a batch. */
static bool make_room(struct mms_candidates *list)
{
	unsigned int max = list->max * 2 + AT_MOST;
	struct pid **pids;

	if (list->max - list->nr >= AT_MOST)
		return true;
	pids = kvmalloc_array(max, sizeof(*pids), GFP_KERNEL);
	if (!pids)
		return false;
	if (list->nr)
		memcpy(pids, list->pids, list->nr * sizeof(*pids));
	kvfree(list->pids);
	list->pids = pids;
	list->max = max;
	return true;
}

static struct task_struct *after(struct task_struct *task)
{
	return list_entry_rcu(task->tasks.next, struct task_struct, tasks);
}

/*
 * Under RCU: is it in the list of all processes?  It leaves that when it is
 * released; before that if another of its threads calls exec(), which then is
 * the leader in its place.
 */
static bool is_listed(struct task_struct *task)
{
	return pid_alive(task) && thread_group_leader(task);
}

/* Some processes of the machine.  Return: 1 if there are more, else 0. */
static int list_processes(struct mms_candidates *list)
{
	struct task_struct *task = list->task ?: &init_task;
	int n, ret = 1;

	rcu_read_lock();
	/* One that is in no list leads nowhere. */
	if (list->task && !is_listed(list->task)) {
		rcu_read_unlock();
		stand_at(list, NULL);
		restart(list, 0);
		return !list->gave_up;
	}
	for (n = 0; n < AT_ONCE; n++) {
		task = after(task);
		if (task == &init_task) {
			ret = 0;
			break;
		}
		list->stats.scanned++;
		if (!(task->flags & PF_KTHREAD))
			add_pid(list, task);
	}
	if (ret)
		stand_at(list, task);
	rcu_read_unlock();
	return ret;
}

#ifdef CONFIG_MEMCG

/* The list head behind this one in a set, or NULL behind the last. */
static struct list_head *head_behind(struct css_set *cset,
				     struct list_head *head)
{
	if (head == &cset->tasks)
		return &cset->mg_tasks;
	return head == &cset->mg_tasks ? &cset->dying_tasks : NULL;
}

/*
 * Stops here, to go on when the lock has been let go.  On 7.3, other than on
 * 6.12, a task leaves dying_tasks only after its last reference has gone
 * (cgroup_task_free()), so one without any may be found there;
 * css_task_iter_next() passes those, too.
 *
 * Return: false if it is one of those.
 */
static bool stop_at(struct mms_candidates *list, struct css_set *cset,
		    struct task_struct *task)
{
	if (!refcount_inc_not_zero(&task->usage))
		return false;
	list->cset = cset;
	list->task = task;
	return true;
}

/* As oom_unkillable_task(): on 6.1 vhost has kernel threads in cgroups. */
static bool is_process(struct task_struct *task)
{
	return thread_group_leader(task) && !(task->flags & PF_KTHREAD);
}

/*
 * The tasks of a set from @at on, which is the head of its first list, or in
 * it.  Return: true if that were all.
 */
static bool list_set(struct mms_candidates *list, struct css_set *cset,
		     struct list_head *at, int *left)
{
	struct list_head *head = &cset->tasks;

	for (;;) {
		struct task_struct *task;

		at = at->next;
		while (at == head) {
			head = head_behind(cset, head);
			if (!head)
				return true;
			at = head->next;
		}
		task = list_entry(at, struct task_struct, cg_list);
		list->stats.scanned++;
		if (is_process(task) &&
		    mms_css_shows(task, head == &cset->dying_tasks))
			add_pid(list, task);
		if (--*left <= 0 && (!(task->flags & PF_EXITING) ||
				     *left <= AT_ONCE - AT_MOST) &&
		    stop_at(list, cset, task))
			return false;
	}
}

/*
 * The set that the list stands in; NULL if the task has left it, or is not in
 * its first list: an exiting one goes to the last, one that is being moved to
 * the second, and back to the first if it is not allowed to move.
 */
static struct css_set *same_set(struct mms_candidates *list)
{
	struct css_set *cset = rcu_dereference_protected(list->task->cgroups,
							 true);

	if (list_empty(&list->task->cg_list) || cset != list->cset ||
	    cset->subsys[memory_cgrp_id] != list->css ||
	    list->task->flags & PF_EXITING || !list_empty(&cset->mg_tasks))
		return NULL;
	return cset;
}

/*
 * Some tasks of one cgroup; css_set_lock is held, so that no reference may be
 * given back: the last one on a task would take that lock, too.  Sets count as
 * tasks do: one is left without tasks as long as something refers to a task that
 * was in it, as to a zombie.  Return: 1 if it has more, 0 if not, -EAGAIN to
 * begin it anew.
 */
static int list_sets(struct mms_candidates *list)
{
	struct list_head *sets = &list->css->cgroup->e_csets[memory_cgrp_id];
	struct list_head *set = sets;
	int left = AT_ONCE;

	if (list->task) {
		struct css_set *cset = same_set(list);

		if (!cset)
			return -EAGAIN;
		if (!list_set(list, cset, &list->task->cg_list, &left))
			return 1;
		set = &cset->e_cset_node[memory_cgrp_id];
	}
	for (set = set->next; set != sets; set = set->next) {
		struct css_set *cset = list_entry(set, struct css_set,
						  e_cset_node[memory_cgrp_id]);

		if (!list_set(list, cset, &cset->tasks, &left))
			return 1;
		/* So many empty ones that there is no task to stop at. */
		if (--left <= AT_ONCE - AT_MOST) {
			list->gave_up = true;
			return 0;
		}
	}
	return 0;
}

/* Goes on to the next cgroup.  Return: 1, or 0 behind the last. */
static int next_css(struct mms_candidates *list)
{
	struct cgroup_subsys_state *css = list->css;

	rcu_read_lock();
	do {
		css = css_next_descendant_pre(css, list->top);
	} while (css && !css_tryget(css));
	rcu_read_unlock();
	if (list->css)
		css_put(list->css);
	list->css = css;
	list->css_first = list->nr;
	return !!css;
}

static int list_memcgs(struct mms_candidates *list)
{
	struct task_struct *before = list->task;
	struct mms_lock hold;
	int ret;

	if (!list->css && !next_css(list))
		return 0;
	mms_lock_begin(&hold, sets_lock, MMS_LOCK_CSS_SET);
	rcu_read_lock();
	ret = list_sets(list);
	rcu_read_unlock();
	mms_lock_end(&hold, &list->stats);
	if (ret > 0) {
		if (before)
			put_task_struct(before);
		return 1;
	}
	stand_at(list, NULL);
	if (ret == -EAGAIN) {
		restart(list, list->css_first);
		return !list->gave_up;
	}
	return next_css(list) && !list->gave_up;
}

#else

static int list_memcgs(struct mms_candidates *list)
{
	return 0;
}

#endif

int mms_candidates_init(struct mms_candidates *list, const char *path)
{
	struct cgroup_subsys_state *top;

	/* The root has no limit and never runs out by itself. */
	if (!*path || !strcmp(path, "/"))
		return 0;
	top = mms_memcg_find(path);
	if (IS_ERR(top))
		return PTR_ERR(top);
	list->top = top;
	return 0;
}

int mms_candidates_batch(struct mms_candidates *list)
{
	int ret;

	if (!make_room(list))
		return -ENOMEM;
	ret = list->top ? list_memcgs(list) : list_processes(list);
	cond_resched();
	return ret;
}

void mms_candidates_free(struct mms_candidates *list)
{
	stand_at(list, NULL);
	drop_pids(list, 0);
	kvfree(list->pids);
#ifdef CONFIG_MEMCG
	if (list->css)
		css_put(list->css);
	if (list->top)
		css_put(list->top);
#endif
	*list = (struct mms_candidates){};
}
