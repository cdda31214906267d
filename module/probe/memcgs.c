// SPDX-License-Identifier: GPL-2.0-only
/*
 * All memory cgroups, dying ones too, and what each uses.
 *
 * A cgroup that was removed stays among its parent's children until its last
 * reference goes (css_release_work_fn()), so the kernel's own walk finds the
 * dying ones.  The walk goes by RCU; the last that was looked at is referenced
 * while RCU is let go, and one whose references have run out is passed over.
 */

#include <linux/cgroup.h>
#include <linux/cpumask.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "layout.h"
#include "memcg_stat.h"
#include "memcgs.h"

const char *const mms_memcg_state_names[MMS_NR_MEMCG_STATES] = {
	[MMS_MEMCG_ONLINE] = "online",
	[MMS_MEMCG_HIDDEN] = "hidden",
	[MMS_MEMCG_NEW] = "new",
	[MMS_MEMCG_DYING] = "dying",
};

#ifdef CONFIG_MEMCG

/*
 * Cgroups read in one RCU section, and for how many CPUs: each kind of use of
 * each is read in two places on every CPU, some 10,000 in all.
 */
#define AT_ONCE		16U
#define CPUS_AT_ONCE	512U

static const int events[MMS_NR_MEMCG_EVENTS] = {
	[MMS_MEMCG_LOW] = MEMCG_LOW,
	[MMS_MEMCG_HIGH] = MEMCG_HIGH,
	[MMS_MEMCG_MAX] = MEMCG_MAX,
	[MMS_MEMCG_OOM] = MEMCG_OOM,
	[MMS_MEMCG_OOM_KILL] = MEMCG_OOM_KILL,
	[MMS_MEMCG_OOM_GROUP_KILL] = MEMCG_OOM_GROUP_KILL,
};

const char *mms_memcgs_absent(void)
{
	if (mem_cgroup_disabled())
		return "memcg-disabled";
	if (!cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return "cgroup-v1";
	return NULL;
}

const char *mms_memcgs_missing(void)
{
	return mms_layout_missing() ?: mms_memcgs_absent() ?: mms_memcg_stat_missing();
}

/*
 * cgroup_path() cuts off what does not fit, and all three kernels say nothing of
 * it; so one that fills the room may be longer.
 */
int mms_cgroup_path(struct cgroup *cgrp, char *buf, int size)
{
	int len = size > 0 ? cgroup_path(cgrp, buf, size) : 0;

	return len < size - 1 ? max(len, 0) : 0;
}

/*
 * The kernel looks from the root of the reader's cgroup namespace on, and the
 * answers have paths from the root of all.  If these differ, none is found
 * rather than another one.
 */
static int check_path(struct cgroup *cgrp, const char *path)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	bool is;

	if (!buf)
		return -ENOMEM;
	is = mms_cgroup_path(cgrp, buf, PATH_MAX) && !strcmp(buf, path);
	kfree(buf);
	return is ? 0 : -ENOENT;
}

struct cgroup_subsys_state *mms_memcg_find(const char *path)
{
	struct cgroup_subsys_state *css;
	struct cgroup *cgrp;
	int err;

	if (mms_memcgs_absent())
		return ERR_PTR(-EOPNOTSUPP);
	if (!*path)
		path = "/";
	cgrp = cgroup_get_from_path(path);
	if (IS_ERR(cgrp))
		return ERR_PTR(-ENOENT);
	rcu_read_lock();
	css = rcu_dereference(cgrp->subsys[memory_cgrp_id]);
	if (!css || !css_tryget(css))
		css = ERR_PTR(-ENOENT);
	rcu_read_unlock();
	err = IS_ERR(css) ? 0 : check_path(cgrp, path);
	if (err) {
		css_put(css);
		css = ERR_PTR(err);
	}
	cgroup_put(cgrp);
	return css;
}

static u64 limit(unsigned long pages)
{
	return pages == PAGE_COUNTER_MAX ? MMS_MEMCG_NO_LIMIT : pages;
}

static void read_counters(struct mem_cgroup *memcg, struct mms_memcg *out)
{
	out->current_pages = page_counter_read(&memcg->memory);
	out->min_pages = limit(READ_ONCE(memcg->memory.min));
	out->low_pages = limit(READ_ONCE(memcg->memory.low));
	out->high_pages = limit(READ_ONCE(memcg->memory.high));
	out->max_pages = limit(READ_ONCE(memcg->memory.max));
	out->swap_pages = page_counter_read(&memcg->swap);
	out->swap_max_pages = limit(READ_ONCE(memcg->swap.max));
}

static u8 state_of(const struct cgroup_subsys_state *css)
{
	unsigned int flags = READ_ONCE(css->flags);

	if (flags & CSS_DYING)
		return MMS_MEMCG_DYING;
	if (!(flags & CSS_ONLINE))
		return MMS_MEMCG_NEW;
	return flags & CSS_VISIBLE ? MMS_MEMCG_ONLINE : MMS_MEMCG_HIDDEN;
}

/*
 * References are counted by each CPU until the counter is killed, and then in
 * one place, with a bias while it changes.  One is the caller's.
 */
static s64 refs_of(struct cgroup_subsys_state *css)
{
	struct percpu_ref *ref = &css->refcnt;
	long count;

	if (css->flags & CSS_NO_REF || !percpu_ref_is_dying(ref))
		return -1;
	count = atomic_long_read(&ref->data->count);
	return count > 0 && count < LONG_MAX / 4 ? count - 1 : -1;
}

/* The walk goes down into one it has seen, or up: its parent is above. */
static struct mms_memcg *parent_of(struct mms_memcgs *memcgs,
				   struct cgroup_subsys_state *css)
{
	struct mms_memcg *at = memcgs->last;

	while (at && at->id != css->parent)
		at = at->parent;
	return at;
}

static void read_memcg(struct mms_memcgs *memcgs,
		       struct cgroup_subsys_state *css, struct mms_memcg *out)
{
	struct mem_cgroup *memcg = mem_cgroup_from_css(css);
	int i;

	out->id = css;
	out->parent = parent_of(memcgs, css);
	out->root = !css->parent;
	out->ino = cgroup_ino(css->cgroup);
	out->state = state_of(css);
	out->refs = refs_of(css);
	read_counters(memcg, out);
	memcgs->stats.retries += mms_memcg_stat_read(memcg, out);
	for (i = 0; i < MMS_NR_MEMCG_EVENTS; i++)
		out->events[i] = atomic_long_read(&memcg->memory_events[events[i]]);
	memcgs->last = out;
	memcgs->stats.scanned++;
}

/* False if there is no room in this chunk and would be in another. */
static bool put_path(struct mms_memcg_chunk *chunk,
		     struct cgroup_subsys_state *css, struct mms_memcg *out)
{
	char *text = chunk->text + chunk->used;
	int room = min_t(int, sizeof(chunk->text) - chunk->used, PATH_MAX);
	int len = mms_cgroup_path(css->cgroup, text, room);

	if (!len) {
		out->path = NULL;
		return room == PATH_MAX;	/* no chunk has more */
	}
	out->path = text;
	chunk->used += len + 1;
	return true;
}

/*
 * Reads some.  Return: true if there may be more.  A reference is held on the
 * last one read only.
 */
static bool read_some(struct mms_memcgs *memcgs, struct mms_memcg_chunk *chunk)
{
	unsigned int n = 0, most = clamp(CPUS_AT_ONCE / num_possible_cpus(), 1U,
					 AT_ONCE);
	struct cgroup_subsys_state *css = memcgs->at;

	while (n < most && chunk->nr < MMS_MEMCG_CHUNK) {
		struct mms_memcg *out = &chunk->memcg[chunk->nr];

		css = css_next_descendant_pre(css, memcgs->top);
		if (!css)
			return false;
		if (!css_tryget(css))
			continue;
		if (!put_path(chunk, css, out)) {
			css_put(css);
			break;
		}
		read_memcg(memcgs, css, out);
		chunk->nr++;
		n++;
		if (memcgs->at)
			css_put(memcgs->at);
		memcgs->at = css;
	}
	return true;
}

/* Adds what is pending of each to all that it is in: children come later. */
static void add_pending(struct mms_memcgs *memcgs)
{
	struct mms_memcg_chunk *chunk;
	int i, kind;

	list_for_each_entry_reverse(chunk, &memcgs->chunks, node) {
		for (i = chunk->nr - 1; i >= 0; i--) {
			struct mms_memcg *memcg = &chunk->memcg[i];
			struct mms_memcg *parent = memcg->parent;

			for (kind = 0; kind < MMS_NR_MEMCG_KINDS; kind++) {
				s64 more = memcg->pending[kind];

				/* As memory.stat does: CPUs may be ahead. */
				memcg->bytes[kind] = max_t(s64, 0,
						memcg->bytes[kind] + more);
				if (parent)
					parent->pending[kind] += more;
			}
		}
		cond_resched();
	}
}

static struct mms_memcg_chunk *chunk_with_room(struct mms_memcgs *memcgs)
{
	struct mms_memcg_chunk *chunk;

	if (!list_empty(&memcgs->chunks)) {
		chunk = list_last_entry(&memcgs->chunks,
					struct mms_memcg_chunk, node);
		if (chunk->nr < MMS_MEMCG_CHUNK &&
		    sizeof(chunk->text) - chunk->used >= PATH_MAX)
			return chunk;
	}
	chunk = kvzalloc(sizeof(*chunk), GFP_KERNEL);
	if (chunk)
		list_add_tail(&chunk->node, &memcgs->chunks);
	return chunk;
}

int mms_memcgs_init(struct mms_memcgs *memcgs, const char *path)
{
	struct cgroup_subsys_state *top = mms_memcg_find(path);

	if (IS_ERR(top))
		return PTR_ERR(top);
	INIT_LIST_HEAD(&memcgs->chunks);
	memcgs->top = top;
	return 0;
}

int mms_memcgs_batch(struct mms_memcgs *memcgs)
{
	struct mms_memcg_chunk *chunk = chunk_with_room(memcgs);
	bool more;

	if (!chunk)
		return -ENOMEM;
	rcu_read_lock();
	more = read_some(memcgs, chunk);
	rcu_read_unlock();
	cond_resched();
	if (!more) {
		/* All is copied: a cgroup that dies is not kept for us. */
		if (memcgs->at)
			css_put(memcgs->at);
		memcgs->at = NULL;
		add_pending(memcgs);
	}
	return more;
}

void mms_memcgs_free(struct mms_memcgs *memcgs)
{
	struct mms_memcg_chunk *chunk, *next;

	if (!memcgs->top)
		return;
	list_for_each_entry_safe(chunk, next, &memcgs->chunks, node)
		kvfree(chunk);
	if (memcgs->at)
		css_put(memcgs->at);
	css_put(memcgs->top);
	memcgs->top = NULL;
}

#else /* !CONFIG_MEMCG */

const char *mms_memcgs_absent(void)
{
	return "no-memcg";
}

const char *mms_memcgs_missing(void)
{
	return "no-memcg";
}

struct cgroup_subsys_state *mms_memcg_find(const char *path)
{
	return ERR_PTR(-EOPNOTSUPP);
}

int mms_memcgs_init(struct mms_memcgs *memcgs, const char *path)
{
	return -EOPNOTSUPP;
}

int mms_memcgs_batch(struct mms_memcgs *memcgs)
{
	return 0;
}

void mms_memcgs_free(struct mms_memcgs *memcgs)
{
}

#endif
