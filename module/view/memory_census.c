// SPDX-License-Identifier: GPL-2.0-only
/* memory/census. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/census.h"
#include "../probe/layout.h"
#include "memory.h"

/**
 * struct census_state - a count under way
 * @census: the count.
 * @counted: it is over, and @err says how.
 * @err: 0 or an errno.
 * @node: the node, and
 * @cell: the cell of it, that is written next.
 */
struct census_state {
	struct mms_census census;
	bool counted;
	int err;
	unsigned int node;
	unsigned int cell;
};

static int census_start(struct mms_reader *reader)
{
	struct census_state *state = reader->state;
	u64 first, end;

	first = mms_memory_range(reader, &end);
	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "kind order folios pages node");
	return mms_census_init(&state->census, first, end, true);
}

static void put_cell(struct mms_table *table, const struct census_state *state,
		     const struct mms_census_node *node)
{
	unsigned int kind = state->cell / MMS_FRAME_NR_ORDERS;
	unsigned int order = state->cell % MMS_FRAME_NR_ORDERS;
	const struct mms_census_cell *cell = &node->cell[kind][order];

	if (!cell->pages)
		return;
	mms_table_word(table, mms_frame_kind_names[kind]);
	mms_table_u64(table, order);
	mms_table_u64(table, cell->folios);
	mms_table_u64(table, cell->pages);
	mms_table_u64(table, state->node);
	mms_table_row(table);
}

/* False when the last has been written. */
static bool next_cell(struct census_state *state)
{
	const struct mms_census *census = &state->census;

	if (census->nodes[state->node] &&
	    ++state->cell < MMS_NR_FRAME_KINDS * MMS_FRAME_NR_ORDERS)
		return true;
	state->cell = 0;
	return ++state->node < census->nr_nodes;
}

static int census_fill(struct mms_reader *reader)
{
	struct census_state *state = reader->state;
	struct mms_census *census = &state->census;

	while (!state->counted) {
		int ret = mms_census_batch(census);

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
		if (census->nodes[state->node])
			put_cell(&reader->table, state,
				 census->nodes[state->node]);
	} while (next_cell(state));
	mms_reader_end(reader, state->err ? "killed" : NULL,
		       &census->scan.stats);
	return 0;
}

static void census_stop(struct mms_reader *reader)
{
	struct census_state *state = reader->state;

	mms_census_free(&state->census);
}

const struct mms_view mms_view_census = {
	.name = "census",
	.format = 1,
	.keys = BIT(MMS_MEMORY_PFN),
	.state_size = sizeof(struct census_state),
	.missing = mms_layout_missing,
	.start = census_start,
	.fill = census_fill,
	.stop = census_stop,
};
