// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs of a cache on a node, and how full those are that are not full.
 *
 * A slab whose free objects a CPU has taken over is in no list and counts as
 * full.  The lock of the list keeps slabs in it; their counters change all the
 * time even so, and each is read once.
 */

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../compat/compat.h"
#include "../limits.h"
#include "lists.h"
#include "partial.h"
#include "slabs.h"
#include "walk.h"

static_assert(MMS_PARTIAL_HOLD <= MMS_LIST_ENTRIES);

const char *const mms_partial_how_names[MMS_NR_PARTIAL_HOWS] = {
	[MMS_PARTIAL_WALKED] = "walked",
	[MMS_PARTIAL_PARTS] = "parts",
	[MMS_PARTIAL_ABOUT] = "about",
};

static const void *slab_of(const struct list_head *at)
{
	return (const void *)at - mms_slabs.offset[MMS_F_SLAB_LIST];
}

static inline void count_slab(struct mms_partial *partial, const void *slab)
{
	unsigned long counters = mms_slabs_long(slab, MMS_F_SLAB_COUNTERS);
	u32 inuse = mms_slabs_bits(counters, mms_slabs.inuse);
	u32 objects = mms_slabs_bits(counters, mms_slabs.objects);

	if (!inuse) {
		partial->bucket[0]++;
		partial->free += objects;
	} else if (inuse <= objects) {
		partial->bucket[1 + (inuse * 10 - 1) / objects]++;
		partial->free += objects - inuse;
	}
}

/*
 * Counts up to @n slabs, forwards or backwards.  Returns where it stands.  The
 * clock ends a hold in which each slab is a cache miss.
 */
static const struct list_head *count(struct mms_partial *partial,
				     struct mms_lock *hold,
				     const struct list_head *head,
				     const struct list_head *at,
				     unsigned int n, bool backwards)
{
	unsigned int i = 0;

	while (at != head && i < n) {
		count_slab(partial, slab_of(at));
		at = backwards ? at->prev : at->next;
		if (++i % MMS_LIST_PER_CLOCK == 0 &&
		    local_clock() - hold->since > MMS_LIST_BUDGET_NS)
			break;
	}
	hold->left -= i;
	return at;
}

/* Begins anew. */
static void forget(struct mms_partial *partial)
{
	partial->free = 0;
	memset(partial->bucket, 0, sizeof(partial->bucket));
}

/* The first and the last slabs, which stand for all. */
static void sample(struct mms_partial *partial, struct mms_lock *hold,
		   const struct list_head *head)
{
	u64 seen = 0;
	unsigned int i;

	forget(partial);
	count(partial, hold, head, head->next, MMS_PARTIAL_HOLD / 2, false);
	count(partial, hold, head, head->prev, MMS_PARTIAL_HOLD / 2, true);
	for (i = 0; i < MMS_PARTIAL_BUCKETS; i++)
		seen += partial->bucket[i];
	/* Shorter than the sample: what changed so often is short now. */
	if (!seen)
		return;
	for (i = 0; i < MMS_PARTIAL_BUCKETS; i++)
		partial->bucket[i] = div64_u64(partial->bucket[i] *
					       partial->partial, seen);
	partial->free = div64_u64(partial->free * partial->partial, seen);
	partial->how = MMS_PARTIAL_ABOUT;
}

/**
 * struct place - where a walk that is not over stands
 * @at: the next slab of the list.
 * @first: the first, and
 * @last: the last, and
 * @nr: the number that were in it when the lock was let go.
 */
struct place {
	const struct list_head *at;
	const struct list_head *first;
	const struct list_head *last;
	u64 nr;
};

static void note_place(struct place *place, const struct list_head *head,
		       const struct list_head *at, u64 nr)
{
	*place = (struct place){
		.at = at, .first = head->next, .last = head->prev, .nr = nr,
	};
}

/* May this be an entry of a list of slabs?  Says so without following it. */
static bool may_be_entry(const struct list_head *at,
			 const struct list_head *head)
{
	const struct page *page = slab_of(at);
	unsigned long pfn;

	if (at == head)
		return true;
	pfn = page_to_pfn(page);
	return pfn_to_online_page(pfn) == page;
}

/*
 * Is the slab where the walk stands still in the list?  Its struct page is
 * there: memory cannot be unplugged meanwhile.  What it has in place of the list
 * may be something else by now, so it is followed only to where a list entry
 * can be, which then must point back.
 */
static bool still_there(const struct place *place,
			const struct list_head *head, const void *cache,
			unsigned int nid)
{
	const struct list_head *at = place->at;
	const struct page *page = slab_of(at);
	const struct list_head *next = READ_ONCE(at->next);
	const struct list_head *prev = READ_ONCE(at->prev);

	if (!mms_page_is_slab(page) || page_to_nid(page) != nid ||
	    mms_slabs_ptr(page, MMS_F_SLAB_CACHE) != cache)
		return false;
	return may_be_entry(next, head) && may_be_entry(prev, head) &&
	       READ_ONCE(next->prev) == at && READ_ONCE(prev->next) == at;
}

static bool unchanged(const struct place *place, const struct list_head *head,
		      u64 nr, const void *cache, unsigned int nid)
{
	return place->nr == nr && place->first == head->next &&
	       place->last == head->prev &&
	       still_there(place, head, cache, nid);
}

static void walk(struct mms_partial *partial, const void *node,
		 const void *cache, unsigned int nid,
		 struct mms_walk_stats *stats)
{
	const struct list_head *head = mms_slabs_at(node, MMS_F_NODE_PARTIAL);
	spinlock_t *lock = (spinlock_t *)mms_slabs_at(node,
						      MMS_F_NODE_LIST_LOCK);
	struct place place = {};
	unsigned int tries = 0;
	u64 scanned = stats->scanned;
	bool over = false;

	while (!over) {
		struct mms_lock hold;

		mms_lock_begin(&hold, lock, MMS_LOCK_SLAB_LIST);
		partial->partial = mms_slabs_long(node, MMS_F_NODE_NR_PARTIAL);
		/* Also a walk that has gone astray comes to its end. */
		if (place.at && (!unchanged(&place, head, partial->partial,
					    cache, nid) ||
				 stats->scanned - scanned > place.nr)) {
			place.at = NULL;
			scanned = stats->scanned;
			forget(partial);
			partial->how = MMS_PARTIAL_WALKED;
			tries++;
		}
		over = partial->partial > MMS_PARTIAL_MAX ||
		       tries == MMS_LIST_TRIES;
		if (over) {
			sample(partial, &hold, head);
		} else {
			place.at = count(partial, &hold, head,
					 place.at ?: head->next,
					 MMS_PARTIAL_HOLD, false);
			over = place.at == head;
			note_place(&place, head, place.at, partial->partial);
			if (!over)
				partial->how = MMS_PARTIAL_PARTS;
		}
		mms_lock_end(&hold, stats);
		cond_resched();
	}
	stats->retries += tries;
}

bool mms_partial_read(struct mms_partial *partial, const void *cache,
		      unsigned int nid, struct mms_walk_stats *stats)
{
	const void *node = mms_slabs_node(cache, nid);

	memset(partial, 0, sizeof(*partial));
	if (!node)
		return false;
	partial->slabs = mms_slabs_long(node, MMS_F_NODE_NR_SLABS);
	partial->objects = mms_slabs_long(node, MMS_F_NODE_TOTAL_OBJECTS);
	/* Spares the lock; a list that is being filled now was empty before. */
	if (mms_slabs_long(node, MMS_F_NODE_NR_PARTIAL))
		walk(partial, node, cache, nid, stats);
	/* Slabs come and go between the counter and the list. */
	partial->free = min(partial->free, partial->objects);
	return true;
}
