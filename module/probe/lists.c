// SPDX-License-Identifier: GPL-2.0-only
/* Counting the entries of lists under a spinlock. */

#include <linux/minmax.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>

#include "../limits.h"
#include "held.h"
#include "lists.h"

void mms_lock_begin(struct mms_lock *hold, spinlock_t *lock,
		    enum mms_lock_kind kind)
	__acquires(lock)
{
	*hold = (struct mms_lock){
		.lock = lock,
		.kind = kind,
		.left = MMS_LIST_ENTRIES,
	};
	spin_lock_irqsave(lock, hold->flags);
	hold->since = local_clock();
}

void mms_lock_end(struct mms_lock *hold, struct mms_walk_stats *stats)
	__releases(hold->lock)
{
	u64 held = local_clock() - hold->since;

	spin_unlock_irqrestore(hold->lock, hold->flags);
	stats->scanned += MMS_LIST_ENTRIES - hold->left;
	mms_held(stats, hold->kind, held);
}

/* The number of entries bounds the hold; the clock where they are slow. */
static bool over(struct mms_lock *hold)
{
	if (hold->unlooked >= MMS_LIST_PER_CLOCK) {
		hold->unlooked = 0;
		hold->late = local_clock() - hold->since > MMS_LIST_BUDGET_NS;
	}
	return !hold->left || hold->late;
}

void mms_lists_begin(struct mms_lists *lists, const struct list_head *heads,
		     unsigned int nr)
{
	unsigned int i;

	lists->heads = heads;
	lists->nr = nr;
	lists->open = 0;
	for (i = 0; i < nr; i++) {
		const struct list_head *first = heads[i].next;

		lists->counted[i] = 0;
		if (first == &heads[i])
			continue;
		lists->at[i] = first;
		lists->open |= BIT(i);
	}
}

/* Goes on by up to @n entries of a list.  Returns by how many. */
static unsigned int advance(const struct list_head *head,
			    const struct list_head **at, unsigned int n)
{
	const struct list_head *pos = *at;
	unsigned int i;

	for (i = 0; i < n && pos != head; i++)
		pos = pos->next;
	*at = pos;
	return i;
}

void mms_lists_walk(struct mms_lock *hold, struct mms_lists *lists,
		    unsigned int leave)
{
	while (mms_lists_open(lists) > leave) {
		unsigned long open = lists->open;
		unsigned int i, n;

		for (; open; open &= open - 1) {
			if (over(hold))
				return;
			i = __ffs(open);
			n = advance(&lists->heads[i], &lists->at[i],
				    min(hold->left, MMS_LIST_SLICE));
			lists->counted[i] += n;
			hold->left -= n;
			hold->unlooked += n;
			if (lists->at[i] == &lists->heads[i])
				lists->open &= ~BIT(i);
		}
	}
}
