// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugepages/sizes.
 *
 * Rows of several kinds share the columns; what a kind does not have is `-`.
 */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/census.h"
#include "../probe/hugepages.h"
#include "../probe/layout.h"
#include "../probe/memcg_walk.h"
#include "../probe/splitq.h"
#include "hugepages.h"

/* The kinds of rows, in their order. */
enum step {
	STEP_ALL,
	STEP_ORDERS,
	STEP_POOLS,
	STEP_NODE_QUEUES,
	STEP_MEMCG_QUEUES,
	STEP_END
};

/**
 * struct sizes_state - an answer under way
 * @census: what memory is used for.
 * @counted: that is over.
 * @err: how: 0 or an errno.
 * @step: &enum step.
 * @item: the order, or the pool.
 * @nid: the node; -1 for the row of all.
 * @memcgs: the cgroups.
 * @walking: one of these is at hand.
 * @events: room for events.
 */
struct sizes_state {
	struct mms_census census;
	bool counted;
	int err;
	enum step step;
	unsigned int item;
	int nid;
	struct mms_memcg_walk memcgs;
	bool walking;
	struct mms_huge_events events;
};

/**
 * struct row - a row; what is not known, or not of its kind, has NULL or -1
 * @kind: its kind.
 * @order: the size.
 * @nid: the node.
 * @memcg: the cgroup.
 * @folios: anonymous, of shared memory, of files.
 * @pages: pages of these that are mapped by entries for huge pages.
 * @set: settings.
 * @pool: total, free, reserved, surplus, overcommit.
 * @queued: length of the queue.
 * @events: events, or NULL.
 */
struct row {
	const char *kind;
	int order;
	int nid;
	const char *memcg;
	s64 folios[3];
	s64 pages[3];
	struct mms_huge_settings set;
	s64 pool[5];
	s64 queued;
	const struct mms_huge_events *events;
};

static void row_init(struct row *row, const char *kind, int order, int nid)
{
	memset(row, 0, sizeof(*row));
	row->kind = kind;
	row->order = order;
	row->nid = nid;
	memset(row->folios, -1, sizeof(row->folios));
	memset(row->pages, -1, sizeof(row->pages));
	memset(row->pool, -1, sizeof(row->pool));
	row->queued = -1;
}

static void put_number(struct mms_table *table, s64 number)
{
	if (number < 0)
		mms_table_none(table);
	else
		mms_table_u64(table, number);
}

static void put_numbers(struct mms_table *table, const s64 *numbers, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		put_number(table, numbers[i]);
}

static void put_events(struct mms_table *table,
		       const struct mms_huge_events *events)
{
	unsigned int i;

	mms_table_none(table);
	for (i = 0; events && i < events->nr; i++)
		mms_table_set_key(table, events->name[i], events->value[i],
				  !i);
}

static void put_row(struct mms_table *table, const struct row *row)
{
	mms_table_word(table, row->kind);
	put_number(table, row->order < 0 ? -1 :
			  (s64)(PAGE_SIZE / 1024) << row->order);
	put_number(table, row->order);
	put_number(table, row->nid);
	mms_table_text(table, row->memcg);
	put_numbers(table, row->folios, ARRAY_SIZE(row->folios));
	put_numbers(table, row->pages, ARRAY_SIZE(row->pages));
	mms_table_text(table, row->set.enabled);
	mms_table_text(table, row->set.shmem_enabled);
	mms_table_text(table, row->set.defrag);
	put_numbers(table, row->pool, ARRAY_SIZE(row->pool));
	put_number(table, row->queued);
	put_events(table, row->events);
	mms_table_row(table);
}

static int sizes_start(struct mms_reader *reader)
{
	struct sizes_state *state = reader->state;
	struct mms_table *table = &reader->table;
	int err;

	state->nid = -1;
	/* Without memory cgroups of version 2 there are the nodes' queues. */
	err = mms_memcg_walk_init(&state->memcgs, "");
	if (err == -ENOMEM)
		return err;
	mms_reader_head(reader);
	mms_table_key_u64(table, "memcgs_known", !err);
	mms_table_columns(table, "kind size_kb order node memcg anon_folios "
			  "shmem_folios file_folios anon_pmd_pages "
			  "shmem_pmd_pages file_pmd_pages enabled "
			  "shmem_enabled defrag total_folios free_folios "
			  "reserved_folios surplus_folios overcommit_folios "
			  "queued_folios events");
	/* What these frames are shows in their struct page. */
	return mms_census_init(&state->census, 0, U64_MAX, false);
}

/* On to the next node; false behind the last, and at the row of all again. */
static bool step_node(struct sizes_state *state)
{
	state->nid = mms_huge_next_node(state->nid);
	return state->nid >= 0;
}

static int put_all(struct mms_table *table, struct sizes_state *state)
{
	struct mms_huge_mapped mapped;
	struct row row;

	row_init(&row, "all", -1, state->nid);
	mms_huge_mapped(state->nid, &mapped);
	row.pages[0] = mapped.anon;
	row.pages[1] = mapped.shmem;
	row.pages[2] = mapped.file;
	if (state->nid < 0) {
		int err = mms_huge_events(&state->events);

		if (err)
			return err;
		mms_huge_settings(&row.set);
		row.events = &state->events;
	}
	put_row(table, &row);
	if (!step_node(state))
		state->step++;
	return 0;
}

/* Folios of a kind and size on a node, or on all. */
static s64 count_kind(const struct mms_census *census, enum mms_frame_kind kind,
		      const struct row *row)
{
	unsigned int nid;
	s64 sum = 0;

	for (nid = 0; nid < census->nr_nodes; nid++) {
		const struct mms_census_node *node = census->nodes[nid];

		if (node && (row->nid < 0 || row->nid == nid))
			sum += node->cell[kind][row->order].folios;
	}
	return sum;
}

/* The same of the three kinds; false if there are none. */
static bool count(const struct mms_census *census, struct row *row)
{
	row->folios[0] = count_kind(census, MMS_FRAME_ANON, row);
	row->folios[1] = count_kind(census, MMS_FRAME_SHMEM, row);
	row->folios[2] = count_kind(census, MMS_FRAME_FILE, row);
	return row->folios[0] || row->folios[1] || row->folios[2];
}

/* A row for each size that may be, or is; of nodes only those that have any. */
static void put_order(struct mms_table *table, struct sizes_state *state)
{
	bool may_be = mms_huge_orders() & BIT(state->item);
	struct row row;
	bool any;

	row_init(&row, state->item ? "thp" : "small", state->item, state->nid);
	any = count(&state->census, &row);
	if (state->nid < 0) {
		mms_huge_size_settings(state->item, &row.set);
		mms_huge_size_events(state->item, &state->events);
		row.events = may_be ? &state->events : NULL;
	}
	if (any || (may_be && state->nid < 0))
		put_row(table, &row);
	if ((any || state->nid >= 0) && step_node(state))
		return;
	state->nid = -1;
	if (++state->item == MMS_FRAME_NR_ORDERS) {
		state->item = 0;
		state->step++;
	}
}

static s64 known(u64 number)
{
	return number == MMS_HUGE_UNKNOWN ? -1 : number;
}

static void put_pool(struct mms_table *table, struct sizes_state *state)
{
	struct mms_huge_pool pool;
	struct row row;

	if (!mms_huge_pool(state->item, state->nid, &pool)) {
		state->item = 0;
		state->step++;
		/* What follows is by node. */
		step_node(state);
		return;
	}
	row_init(&row, "hugetlb", pool.order, state->nid);
	row.pool[0] = pool.total;
	row.pool[1] = pool.free;
	row.pool[2] = known(pool.reserved);
	row.pool[3] = pool.surplus;
	row.pool[4] = known(pool.overcommit);
	put_row(table, &row);
	if (!step_node(state))
		state->item++;
}

static void put_queue(struct mms_table *table, const struct sizes_state *state,
		      int nid, u64 length)
{
	struct row row;

	row_init(&row, "split_queue", -1, nid);
	if (state->walking)
		row.memcg = state->memcgs.path;
	row.queued = length;
	put_row(table, &row);
}

static void put_node_queue(struct mms_table *table, struct sizes_state *state)
{
	if (mms_huge_missing(MMS_HUGE_SPLIT)) {
		state->step = STEP_END;
		return;
	}
	put_queue(table, state, state->nid, mms_splitq_node(state->nid));
	if (!step_node(state))
		state->step++;
}

/* Of cgroups only those are shown whose queue is not empty. */
static void put_memcg_queue(struct mms_table *table, struct sizes_state *state)
{
	u64 length;

	if (!state->walking) {
		state->walking = state->memcgs.top &&
				 mms_memcg_walk_next(&state->memcgs);
		if (!state->walking) {
			state->step++;
			return;
		}
		state->nid = -1;
		if (mms_splitq_by_node())
			step_node(state);
	}
	length = mms_splitq_memcg(&state->memcgs, state->nid);
	if (length)
		put_queue(table, state, state->nid, length);
	if (state->nid < 0 || !step_node(state))
		state->walking = false;
}

/* Return: 1, 0 after the last row, or an errno. */
static int put_next(struct mms_table *table, struct sizes_state *state)
{
	switch (state->step) {
	case STEP_ALL:
		return put_all(table, state) ?: 1;
	case STEP_ORDERS:
		put_order(table, state);
		return 1;
	case STEP_POOLS:
		put_pool(table, state);
		return 1;
	case STEP_NODE_QUEUES:
		put_node_queue(table, state);
		return 1;
	case STEP_MEMCG_QUEUES:
		put_memcg_queue(table, state);
		return 1;
	case STEP_END:
		break;
	}
	return 0;
}

static int sizes_fill(struct mms_reader *reader)
{
	struct sizes_state *state = reader->state;
	int ret = 1;

	while (!state->counted) {
		ret = mms_census_batch(&state->census);
		state->counted = ret <= 0;
		state->err = min(ret, 0);
		if (signal_pending(current))
			return 1;
	}
	if (state->err && state->err != -EINTR)
		return state->err;
	do {
		if (!mms_table_room(&reader->table))
			return 1;
		ret = put_next(&reader->table, state);
		if (signal_pending(current))
			return 1;
	} while (ret > 0);
	if (ret < 0)
		return ret;
	mms_reader_end(reader, state->err ? "killed" : NULL,
		       &state->census.scan.stats);
	return 0;
}

static void sizes_stop(struct mms_reader *reader)
{
	struct sizes_state *state = reader->state;

	mms_memcg_walk_free(&state->memcgs);
	mms_census_free(&state->census);
}

/* Without settings or counters there are still the folios. */
static const char *sizes_missing(void)
{
	const char *why = mms_layout_missing();

	if (!why)
		mms_huge_missing(MMS_HUGE_SETTINGS);
	return why;
}

const struct mms_view mms_view_sizes = {
	.name = "sizes",
	.format = 1,
	.state_size = sizeof(struct sizes_state),
	.missing = sizes_missing,
	.start = sizes_start,
	.fill = sizes_fill,
	.stop = sizes_stop,
};
