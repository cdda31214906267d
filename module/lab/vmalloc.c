// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/vmalloc: the same memory contiguous, or only in the kernel's addresses.
 *
 * Allocates so many bytes in each of several ways, one after the other, and says
 * what that has cost and where the pages are.  kmalloc() needs a block of the
 * buddy allocator; vmalloc() takes whatever pages there are, and entries of the
 * kernel's page tables to put them in a row.
 *
 * No way to allocate takes a node, without asking harder than an experiment
 * may; all obey the memory policy of who writes the query.
 */

#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "../probe/kspan.h"
#include "../probe/ktables.h"
#include "vmalloc.h"
#include "ways.h"

#define COUNT_MAX	256

enum { KEY_SIZE, KEY_WAY, KEY_COUNT, KEY_RETRY, KEY_HOLD, NR_KEYS };
enum { LIMIT_PAGES, NR_LIMITS };

static const struct mms_key keys[NR_KEYS] = {
	[KEY_SIZE] = {
		"size", MMS_KEY_UINT, .min = PAGE_SIZE, .max = SZ_1G,
		.def = SZ_1M,
	},
	[KEY_WAY] = {
		"way", MMS_KEY_SET, .words = mms_way_words,
		.nr_words = MMS_NR_WAYS, .def = BIT(MMS_NR_WAYS) - 1,
	},
	[KEY_COUNT] = {
		"count", MMS_KEY_UINT, .min = 1, .max = COUNT_MAX, .def = 1,
	},
	[KEY_RETRY] = { "retry", MMS_KEY_BOOL },
	[KEY_HOLD] = { "hold", MMS_KEY_BOOL },
};

static const struct mms_key limits[NR_LIMITS] = {
	[LIMIT_PAGES] = { "max_pages", MMS_KEY_UINT, .max = U64_MAX },
};

/**
 * struct vmalloc_state - a run
 * @ways: what is allocated.
 * @hold: keep all.
 * @held: the memory, in the order in which it was allocated.
 * @nr: number of @held.
 * @span: where the pages of the last one are.
 */
struct vmalloc_state {
	struct mms_ways ways;
	bool hold;
	void *held[COUNT_MAX * MMS_NR_WAYS];
	unsigned int nr;
	struct mms_kspan span;
};

/* Reads where it is while it is held, and lets go of it. */
static int look(struct mms_lab_run *run, const struct mms_way_try *try,
		u64 *free_ns)
{
	struct vmalloc_state *state = run->state;
	enum mms_way way;
	int err;

	if (!try->addr)
		return 0;
	state->held[state->nr++] = try->addr;
	/* With huge pages it is more than was asked for; what is not ends it. */
	way = is_vmalloc_addr(try->addr) ? MMS_WAY_VMALLOC_HUGE :
					   MMS_WAY_KMALLOC;
	err = mms_kspan_read(&state->span, try->addr,
			     mms_way_pages(&state->ways, way));
	if (err)
		return err;
	if (state->hold)
		WRITE_ONCE(run->held_pages,
			   run->held_pages + state->span.pages);
	else
		*free_ns = mms_way_free(state->held[--state->nr]);
	return 0;
}

static const char *result_word(const struct mms_way_try *try)
{
	if (try->too_large)
		return "too_large";
	return mms_pages_why_word(try->why) ?: "ok";
}

static void put_place(struct mms_table *table,
		      const struct vmalloc_state *state,
		      const struct mms_way_try *try, u64 free_ns)
{
	const struct mms_kspan *span = &state->span;

	mms_table_word(table, is_vmalloc_addr(try->addr) ? "vmalloc" : "linear");
	mms_table_u64(table, span->pfn);
	mms_table_u64(table, span->pages);
	mms_table_u64(table, try->alloc_ns);
	if (state->hold)
		mms_table_none(table);
	else
		mms_table_u64(table, free_ns);
	mms_table_u64(table, span->runs);
	mms_table_u64(table, span->largest);
	mms_table_nodes(table, span->node, span->nr_nodes);
	mms_table_u64(table, span->huge);
	mms_table_u64(table, span->tables);
}

static void put_row(struct mms_table *table, const struct vmalloc_state *state,
		    unsigned int nr, const struct mms_way_try *try, u64 free_ns)
{
	mms_table_u64(table, nr);
	mms_table_word(table, mms_way_words[try->way]);
	mms_table_word(table, result_word(try));
	if (try->addr)
		put_place(table, state, try, free_ns);
	else
		mms_table_nones(table, 10);
	mms_table_u64(table, try->fit);
	mms_table_u64(table, try->compact);
	mms_table_u64(table, try->reclaim);
	mms_table_row(table);
}

static int one(struct mms_lab_run *run, unsigned int nr, enum mms_way way)
{
	struct vmalloc_state *state = run->state;
	struct mms_way_try try = { .way = way };
	u64 free_ns = 0;
	int err;

	mms_way_try(&state->ways, &try);
	err = look(run, &try, &free_ns) ?: mms_text_room(run->text);
	if (err)
		return err;
	put_row(&run->text->table, state, nr, &try, free_ns);
	WRITE_ONCE(run->done, run->done + 1);
	cond_resched();
	return signal_pending(current) ? -EINTR : 0;
}

static int prepare(struct mms_lab_run *run, struct vmalloc_state *state)
{
	u64 each = hweight64(mms_lab_value(run, KEY_WAY));
	u64 count = mms_lab_value(run, KEY_COUNT), pages;
	struct mms_ways *ways = &state->ways;

	ways->run = run;
	ways->size = mms_lab_value(run, KEY_SIZE);
	ways->order = get_order(ways->size);
	ways->retry = mms_lab_value(run, KEY_RETRY);
	ways->limit = mms_pages_limit(run->limits.value[LIMIT_PAGES]);
	state->hold = mms_lab_value(run, KEY_HOLD);
	pages = DIV_ROUND_UP(ways->size, PAGE_SIZE);
	if (state->hold)
		pages *= count * each;
	if (pages > ways->limit)
		return mms_lab_refuse(run, "over-limit", -ENOSPC);
	WRITE_ONCE(run->wanted, count * each);
	return mms_kspan_init(&state->span);
}

static int vmalloc_run(struct mms_lab_run *run)
{
	struct vmalloc_state *state = run->state;
	struct mms_table *table = &run->text->table;
	unsigned int nr, way;
	int err;

	err = prepare(run, state);
	if (err)
		return err;
	mms_lab_head(run);
	mms_table_key_u64(table, "limit_pages", state->ways.limit);
	mms_table_key_u64(table, "order", state->ways.order);
	mms_table_columns(table, "nr way result space pfn pages alloc_ns "
			  "free_ns runs largest_run_pages nodes huge_pages "
			  "tables fit_blocks compact_stalls reclaim_stalls");
	for (nr = 0; nr < mms_lab_value(run, KEY_COUNT); nr++)
		for (way = 0; way < MMS_NR_WAYS && !err; way++)
			if (mms_lab_value(run, KEY_WAY) & BIT(way))
				err = one(run, nr, way);
	err = err ?: mms_text_room(run->text);
	if (err)
		return err;
	mms_table_end(table, true);
	mms_table_key_u64(table, "held_pages", run->held_pages);
	mms_table_end_line(table);
	return state->hold;
}

static void vmalloc_give_back(struct mms_lab_run *run)
{
	struct vmalloc_state *state = run->state;

	while (state->nr) {
		mms_way_free(state->held[--state->nr]);
		cond_resched();
	}
	WRITE_ONCE(run->held_pages, 0);
	mms_kspan_free(&state->span);
}

static const struct mms_lab_type vmalloc_type = {
	.name = "vmalloc",
	.format = 1,
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.limits = limits,
	.nr_limits = ARRAY_SIZE(limits),
	.state_size = sizeof(struct vmalloc_state),
	.missing = mms_ktables_missing,
	.run = vmalloc_run,
	.give_back = vmalloc_give_back,
};

struct mms_lab mms_lab_vmalloc = {
	.type = &vmalloc_type,
};
