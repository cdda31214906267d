// SPDX-License-Identifier: GPL-2.0-only
/* Where pages are before and after something that may move them. */

#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include "follow.h"
#include "movable.h"

int mms_follow_init(struct mms_follow *follow, struct mm_struct *mm)
{
	follow->mm = mm;
	/* Out of single pages: nothing is compacted for it, nor split. */
	follow->pages = vcalloc(MMS_FOLLOW_MAX, sizeof(*follow->pages));
	return follow->pages ? 0 : -ENOMEM;
}

static int own_before(struct mms_follow *follow)
{
	u64 where = 0, pfn;

	while (mms_movable_next(&where, &pfn)) {
		if (follow->nr == MMS_FOLLOW_MAX) {
			follow->more = true;
			break;
		}
		follow->pages[follow->nr++] = (struct mms_followed){
			.where = where++, .before = pfn,
		};
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int own_after(struct mms_follow *follow)
{
	u32 i;

	for (i = 0; i < follow->nr; i++) {
		struct mms_followed *page = &follow->pages[i];

		page->after = mms_movable_again(page->where);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void process_page(struct mms_follow *follow, u64 va, u64 pfn)
{
	if (follow->nr == MMS_FOLLOW_MAX)
		follow->more = true;
	else
		follow->pages[follow->nr++] = (struct mms_followed){
			.where = va, .before = pfn,
		};
}

/* The addresses ascend in both. */
static void process_page_again(struct mms_follow *follow, u32 *next, u64 va,
			       u64 pfn)
{
	while (*next < follow->nr && follow->pages[*next].where < va)
		(*next)++;
	if (*next < follow->nr && follow->pages[*next].where == va)
		follow->pages[*next].after = pfn;
}

static bool maps_page(const struct mms_entry *entry)
{
	return (entry->state == MMS_PRESENT || entry->state == MMS_PROTNONE) &&
	       entry->pfn != MMS_NO_PFN && !(entry->flags & MMS_F_TABLE);
}

static int walk_process(struct mms_follow *follow, bool again)
{
	struct mms_entries *entries = &follow->entries;
	u64 end = U64_MAX;
	u32 next = 0, i;
	int err;

	if (again) {
		if (!follow->nr)
			return 0;
		end = follow->pages[follow->nr - 1].where + PAGE_SIZE;
	}
	mms_entries_init(entries, follow->mm, 0, end, false);
	while (!entries->finished && !follow->more) {
		err = mms_entries_batch(entries, follow->out,
					ARRAY_SIZE(follow->out));
		if (err)
			return err == -ESRCH ? 0 : err;
		for (i = 0; i < entries->nr; i++) {
			u64 va = MMSCOPE_RECORD_VA(follow->out[i].where);
			struct mms_entry entry;

			mms_entries_decode(&follow->out[i], &entry);
			if (!maps_page(&entry))
				continue;
			if (again)
				process_page_again(follow, &next, va,
						   entry.pfn);
			else
				process_page(follow, va, entry.pfn);
		}
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

int mms_follow_before(struct mms_follow *follow)
{
	return follow->mm ? walk_process(follow, false) : own_before(follow);
}

int mms_follow_after(struct mms_follow *follow)
{
	bool more = follow->more;
	int err;

	if (!follow->mm)
		return own_after(follow);
	follow->more = false;
	err = walk_process(follow, true);
	follow->more = more;
	return err;
}

void mms_follow_free(struct mms_follow *follow)
{
	vfree(follow->pages);
	follow->pages = NULL;
}
