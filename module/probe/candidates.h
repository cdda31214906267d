/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes that the OOM killer looks at, in the order in which it does:
 * of several with the same score it takes the last.
 */
#ifndef MMS_PROBE_CANDIDATES_H
#define MMS_PROBE_CANDIDATES_H

#include <linux/types.h>

#include "walk.h"

struct cgroup_subsys_state;
struct css_set;
struct pid;
struct task_struct;

/**
 * struct mms_candidates - processes being listed
 * @top: the memory cgroup whose processes are asked for, referenced; NULL for
 *	those of the machine.
 * @css: the one in @top that the list stands at, referenced.
 * @css_first: where the processes of @css begin in @pids.
 * @task: the last task that was looked at, referenced.
 * @cset: the set of cgroups that it is in.
 * @restarts: how often the list began anew, as @task had gone.
 * @gave_up: that was too often: the list may be wrong.
 * @pids: the processes, referenced.
 * @nr: number of these.
 * @max: room for these.
 * @stats: what it has cost; scanned are tasks, retries @restarts.
 */
struct mms_candidates {
	struct cgroup_subsys_state *top;
	struct cgroup_subsys_state *css;
	unsigned int css_first;
	struct task_struct *task;
	struct css_set *cset;
	unsigned int restarts;
	bool gave_up;
	struct pid **pids;
	unsigned int nr;
	unsigned int max;
	struct mms_walk_stats stats;
};

/**
 * mms_candidates_known() - is everything there that is needed?
 *
 * To be asked, by one at a time, before the rest is used.  May sleep.
 *
 * Return: true if it is.
 */
bool mms_candidates_known(void);

/**
 * mms_candidates_init() - begins a list
 * @list: all zero.
 * @path: the memory cgroup; "" is the machine, as "/" is.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_candidates_init(struct mms_candidates *list, const char *path);

/**
 * mms_candidates_batch() - lists some more
 * @list: from mms_candidates_init().
 *
 * May sleep.
 *
 * Return: 1 if there may be more, 0 if that was all, or -ENOMEM.
 */
int mms_candidates_batch(struct mms_candidates *list);

/**
 * mms_candidates_free() - gives back what was taken
 * @list: may be all zero.
 */
void mms_candidates_free(struct mms_candidates *list);

#endif /* MMS_PROBE_CANDIDATES_H */
