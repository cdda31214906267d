/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going through the memory cgroups, one at a time: for views that need less
 * than struct mms_memcgs collects.
 */
#ifndef MMS_PROBE_MEMCG_WALK_H
#define MMS_PROBE_MEMCG_WALK_H

#include <linux/types.h>

struct cgroup_subsys_state;
struct mem_cgroup;

/**
 * struct mms_memcg_walk - where one stands among the memory cgroups
 * @top: the first, referenced.
 * @at: the one at hand, referenced, or NULL before the first.
 * @path: its path from the root of the hierarchy.
 * @ino: number of its directory.
 * @visited: how many there were so far.
 */
struct mms_memcg_walk {
	struct cgroup_subsys_state *top;
	struct cgroup_subsys_state *at;
	char *path;
	u64 ino;
	u64 visited;
};

/**
 * mms_memcg_walk_init() - begins
 * @walk: all zero.
 * @path: the cgroup to begin with, and all in it; "" is the root.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_memcg_walk_init(struct mms_memcg_walk *walk, const char *path);

/**
 * mms_memcg_walk_next() - goes on to the next one
 * @walk: from mms_memcg_walk_init().
 *
 * Each comes before those in it; dying ones come, too.  One that lives all the
 * while comes once.  May sleep.
 *
 * Return: false if there is none.
 */
bool mms_memcg_walk_next(struct mms_memcg_walk *walk);

/**
 * mms_memcg_walk_memcg() - the one at hand
 * @walk: mms_memcg_walk_next() has returned true.
 *
 * Return: it; the walk holds the reference.
 */
struct mem_cgroup *mms_memcg_walk_memcg(const struct mms_memcg_walk *walk);

/**
 * mms_memcg_walk_free() - gives back what was taken
 * @walk: may be all zero.
 */
void mms_memcg_walk_free(struct mms_memcg_walk *walk);

#endif /* MMS_PROBE_MEMCG_WALK_H */
