// SPDX-License-Identifier: GPL-2.0-only
/* Going through all slab caches, a batch at a time. */

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../limits.h"
#include "cachelist.h"
#include "slabs.h"

/* Room for caches that are made before the list is gone through again. */
#define SPARE	16

/* Notes up to @room caches.  Return: how many there are, or -EINTR. */
static int note(const void **cache, u32 room)
{
	struct list_head *at;
	u32 nr = 0;

	if (mutex_lock_killable(mms_slabs.mutex))
		return -EINTR;
	list_for_each(at, mms_slabs.list) {
		if (nr < room)
			cache[nr] = mms_slabs_cache(at);
		if (++nr == MMS_SLABS_MAX)
			break;
	}
	mutex_unlock(mms_slabs.mutex);
	return nr;
}

int mms_cachelist_init(struct mms_cachelist *list)
{
	unsigned int try;
	u32 room;
	int nr = note(NULL, 0);

	for (try = 0; try < MMS_LIST_TRIES && nr >= 0; try++) {
		room = nr + SPARE;
		kvfree(list->cache);
		list->cache = kvmalloc_array(room, sizeof(*list->cache),
					     GFP_KERNEL);
		if (!list->cache)
			return -ENOMEM;
		nr = note(list->cache, room);
		if (nr == MMS_SLABS_MAX)
			return -EOVERFLOW;
		if (nr >= 0 && nr <= room) {
			list->nr = nr;
			return 0;
		}
	}
	return nr < 0 ? nr : -EAGAIN;
}

/* Where a cache stands in the list, from @at on; NULL if it is not there. */
static const struct list_head *find(const struct list_head *at,
				    const void *cache)
{
	for (; at != mms_slabs.list; at = at->next)
		if (mms_slabs_cache(at) == cache)
			return at;
	return NULL;
}

bool mms_cachelist_has(const void *cache)
{
	lockdep_assert_held(mms_slabs.mutex);
	return find(mms_slabs.list->next, cache);
}

/*
 * The list from where the walk stands.  A cache that was noted and is not found
 * behind the one before it has gone.
 */
static void go_on(struct mms_cachelist *list, u64 since,
		  bool (*found)(void *ctx, const void *cache), void *ctx)
{
	const struct list_head *from = mms_slabs.list->next, *at;

	while (list->next < list->nr) {
		at = find(from, list->cache[list->next]);
		if (!at)
			list->gone++;
		else if (found(ctx, mms_slabs_cache(at)))
			from = at->next;
		else
			break;
		list->next++;
		if (local_clock() - since > MMS_LOCK_BUDGET_NS)
			break;
	}
}

int mms_cachelist_batch(struct mms_cachelist *list,
			bool (*found)(void *ctx, const void *cache), void *ctx)
{
	u64 since;
	int err;

	if (list->next >= list->nr)
		return 0;
	err = mms_slabs_begin();
	if (err)
		return err;
	since = local_clock();
	go_on(list, since, found, ctx);
	list->mutex_max_ns = max(list->mutex_max_ns, local_clock() - since);
	mms_slabs_end();
	cond_resched();
	return list->next < list->nr;
}

void mms_cachelist_free(struct mms_cachelist *list)
{
	kvfree(list->cache);
	list->cache = NULL;
}
