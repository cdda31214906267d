// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/oom: kernel memory that counts against the caller's memory cgroup, so
 * that it can be seen running out of memory that no process has.
 *
 * Two OOM killers could come of an allocation, and only one may: that of the
 * cgroup, and only if it was asked for.  __GFP_NORETRY rules out both.  Without
 * it, __GFP_THISNODE rules out the machine's (__alloc_pages_may_oom(): killing
 * may not free memory on that node), and memory cgroups do not look at it.
 */

#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "../probe/layout.h"
#include "../probe/memcg_self.h"
#include "../probe/memcgs.h"
#include "oom.h"
#include "pages.h"

enum { KEY_PAGES, KEY_OOM, NR_KEYS };
enum { LIMIT_PAGES, NR_LIMITS };

static const struct mms_key keys[NR_KEYS] = {
	[KEY_PAGES] = { "pages", MMS_KEY_UINT, .max = U64_MAX },
	[KEY_OOM] = { "oom", MMS_KEY_BOOL },
};

static const struct mms_key limits[NR_LIMITS] = {
	[LIMIT_PAGES] = { "max_pages", MMS_KEY_UINT, .max = U64_MAX },
};

/**
 * struct oom_state - a run
 * @held: the pages.
 * @before: the caller's cgroups before the first was charged.
 * @after: the same when all were.
 * @nr_before: number of @before.
 * @nr_after: number of @after.
 */
struct oom_state {
	struct mms_pages_held held;
	struct mms_memcg_self before[MMS_MEMCG_SELF_MAX];
	struct mms_memcg_self after[MMS_MEMCG_SELF_MAX];
	unsigned int nr_before;
	unsigned int nr_after;
};

/* Why there was no page. */
static int out_of(struct mms_lab_run *run, enum mms_pages_why why)
{
	if (signal_pending(current))
		return -EINTR;
	if (why == MMS_PAGES_WATERMARK)
		return mms_lab_refuse(run, "watermark", -ENOMEM);
	return mms_lab_refuse(run, mms_memcg_self_full() ? "memory-max" :
			      "no-memory", -ENOMEM);
}

static struct page *take(struct mms_lab_run *run, struct oom_state *state,
			 enum mms_pages_why *why)
{
	if (mms_lab_value(run, KEY_OOM))
		return mms_pages_take_retry(&state->held, GFP_KERNEL_ACCOUNT, 0,
					    numa_mem_id(), why);
	return mms_pages_take(&state->held, GFP_KERNEL_ACCOUNT, 0, NUMA_NO_NODE,
			      why);
}

/* The caller may be moved to another cgroup, and limits lifted, at any time. */
static int charge_one(struct mms_lab_run *run, struct oom_state *state)
{
	const char *refused = mms_memcg_self_refused();
	enum mms_pages_why why;
	struct page *page;

	if (refused)
		return mms_lab_refuse(run, refused, -EPERM);
	page = take(run, state, &why);
	if (!page)
		return out_of(run, why);
	/* Not with cgroup.memory=nokmem. */
	if (!PageMemcgKmem(page))
		return mms_lab_refuse(run, "not-charged", -EOPNOTSUPP);
	return 0;
}

static int charge_all(struct mms_lab_run *run, struct oom_state *state)
{
	u64 pages = mms_lab_value(run, KEY_PAGES);
	int err = 0;

	WRITE_ONCE(run->wanted, pages);
	while (!err && run->held_pages < pages) {
		err = charge_one(run, state);
		WRITE_ONCE(run->done, run->held_pages);
		if (!err && signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

static void put_change(struct mms_table *table,
		       const struct mms_memcg_self *before,
		       const struct mms_memcg_self *after)
{
	mms_table_u64(table, after->ino);
	mms_table_text(table, after->path[0] ? after->path : NULL);
	if (after->max_pages == MMS_MEMCG_NO_LIMIT)
		mms_table_none(table);
	else
		mms_table_u64(table, after->max_pages);
	mms_table_u64(table, before->current_pages);
	mms_table_u64(table, after->current_pages);
	mms_table_u64(table, after->max_events - before->max_events);
	mms_table_u64(table, after->oom_events - before->oom_events);
	mms_table_u64(table, after->oom_kills - before->oom_kills);
	mms_table_row(table);
}

static int put_answer(struct mms_lab_run *run, const struct oom_state *state)
{
	struct mms_table *table = &run->text->table;
	unsigned int i;
	int err;

	mms_lab_head(run);
	mms_table_key_u64(table, "limit_pages", state->held.limit);
	mms_table_columns(table, "memcg_ino memcg max_pages before_pages "
			  "after_pages max_events oom_events oom_kills");
	for (i = 0; i < min(state->nr_before, state->nr_after); i++) {
		/* Moved meanwhile: there is nothing to compare with. */
		if (state->before[i].ino != state->after[i].ino)
			break;
		err = mms_text_room(run->text);
		if (err)
			return err;
		put_change(table, &state->before[i], &state->after[i]);
	}
	err = mms_text_room(run->text);
	if (err)
		return err;
	mms_table_end(table, i == state->nr_after);
	mms_table_key_u64(table, "charged", run->held_pages);
	if (i != state->nr_after)
		mms_table_key_word(table, "stopped", "moved");
	mms_table_end_line(table);
	return 0;
}

static int prepare(struct mms_lab_run *run, struct oom_state *state)
{
	const char *refused = mms_memcgs_absent();

	if (refused)
		return mms_lab_refuse(run, refused, -EOPNOTSUPP);
	refused = mms_memcg_self_refused();
	if (refused)
		return mms_lab_refuse(run, refused, -EPERM);
	mms_pages_held_init(&state->held, run,
			    run->limits.value[LIMIT_PAGES]);
	if (mms_lab_value(run, KEY_PAGES) > state->held.limit)
		return mms_lab_refuse(run, "over-limit", -ENOSPC);
	state->nr_before = mms_memcg_self_read(state->before);
	return 0;
}

static int oom_run(struct mms_lab_run *run)
{
	struct oom_state *state = run->state;
	int err;

	err = prepare(run, state) ?: charge_all(run, state);
	if (err)
		return err;
	mms_lab_step(run, "charge", 0, run->held_pages);
	state->nr_after = mms_memcg_self_read(state->after);
	return put_answer(run, state) ?: run->held_pages > 0;
}

static void oom_give_back(struct mms_lab_run *run)
{
	struct oom_state *state = run->state;

	mms_pages_free(&state->held);
}

/* Limits and events are read at places that the kernel's BTF has to confirm. */
static const char *oom_missing(void)
{
	return mms_layout_missing() ?: mms_memcgs_absent();
}

static const struct mms_lab_type oom_type = {
	.name = "oom",
	.format = 1,
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.limits = limits,
	.nr_limits = ARRAY_SIZE(limits),
	.state_size = sizeof(struct oom_state),
	.missing = oom_missing,
	.run = oom_run,
	.give_back = oom_give_back,
};

struct mms_lab mms_lab_oom = {
	.type = &oom_type,
};
