// SPDX-License-Identifier: GPL-2.0-only
/* Going through the memory cgroups, one at a time. */

#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "memcg_walk.h"
#include "memcgs.h"

#ifdef CONFIG_MEMCG

int mms_memcg_walk_init(struct mms_memcg_walk *walk, const char *path)
{
	struct cgroup_subsys_state *top = mms_memcg_find(path);

	if (IS_ERR(top))
		return PTR_ERR(top);
	walk->top = top;
	walk->path = kmalloc(PATH_MAX, GFP_KERNEL);
	return walk->path ? 0 : -ENOMEM;
}

/*
 * A cgroup that was removed stays among its siblings until its last reference
 * goes, so that the walk can go on from the one held.
 */
bool mms_memcg_walk_next(struct mms_memcg_walk *walk)
{
	struct cgroup_subsys_state *css = walk->at;

	might_sleep();
	rcu_read_lock();
	do {
		css = css_next_descendant_pre(css, walk->top);
	} while (css && !css_tryget(css));
	rcu_read_unlock();
	if (walk->at)
		css_put(walk->at);
	walk->at = css;
	cond_resched();
	if (!css)
		return false;
	if (!mms_cgroup_path(css->cgroup, walk->path, PATH_MAX))
		walk->path[0] = '\0';
	walk->ino = cgroup_ino(css->cgroup);
	walk->visited++;
	return true;
}

struct mem_cgroup *mms_memcg_walk_memcg(const struct mms_memcg_walk *walk)
{
	return mem_cgroup_from_css(walk->at);
}

void mms_memcg_walk_free(struct mms_memcg_walk *walk)
{
	if (walk->at)
		css_put(walk->at);
	if (walk->top)
		css_put(walk->top);
	kfree(walk->path);
	*walk = (struct mms_memcg_walk){};
}

#else /* !CONFIG_MEMCG */

int mms_memcg_walk_init(struct mms_memcg_walk *walk, const char *path)
{
	return -EOPNOTSUPP;
}

bool mms_memcg_walk_next(struct mms_memcg_walk *walk)
{
	return false;
}

struct mem_cgroup *mms_memcg_walk_memcg(const struct mms_memcg_walk *walk)
{
	return NULL;
}

void mms_memcg_walk_free(struct mms_memcg_walk *walk)
{
}

#endif
