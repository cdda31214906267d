// SPDX-License-Identifier: GPL-2.0-only
/* buddy/freelists. */

#include "../probe/freelists.h"
#include "../probe/layout.h"
#include "../probe/walk.h"
#include "../probe/zone.h"
#include "buddy.h"

struct freelists_state {
	struct zone *zone;
	unsigned int order;	/* of the zone, the next to be written */
	bool verified;
	unsigned int holds;
	struct mms_walk_stats stats;
	struct mms_cell types[MMS_TYPES_MAX];
	struct mms_cell hows[2][MMS_NR_FREELIST_HOWS];
	struct mms_freelists lists;
};

/* The rows of one order are written at once. */
#define ORDER_BYTES	(MMS_TYPES_MAX * 96)

/* The fields that rows have in common. */
static void make_cells(struct freelists_state *state)
{
	struct mms_table text;
	unsigned int i;

	for (i = 0; i < mms_nr_migratetypes; i++) {
		mms_cell_begin(&state->types[i], &text);
		mms_table_word(&text, mms_migratetype_names[i]);
		mms_cell_end(&state->types[i], &text);
	}
	for (i = 0; i < 2 * MMS_NR_FREELIST_HOWS; i++) {
		struct mms_cell *cell = &state->hows[i % 2][i / 2];

		mms_cell_begin(cell, &text);
		mms_table_word(&text, mms_freelist_how_names[i / 2]);
		mms_table_u64(&text, i % 2);
		mms_cell_end(cell, &text);
	}
}

static int freelists_start(struct mms_reader *reader)
{
	struct freelists_state *state = reader->state;

	make_cells(state);
	state->verified = true;
	mms_reader_head(reader);
	mms_table_key_word(&reader->table, "against", mms_freelists_against());
	mms_table_columns(&reader->table,
			  "node zone order type blocks how verified");
	return 0;
}

static void put_order(struct mms_table *table,
		      const struct freelists_state *state)
{
	const struct mms_freelists *lists = &state->lists;
	unsigned int type, order = state->order;
	struct mms_cell where;
	struct mms_table text;

	mms_cell_begin(&where, &text);
	mms_table_u64(&text, mms_zone_node(state->zone));
	mms_table_word(&text, mms_zone_name(state->zone));
	mms_table_u64(&text, order);
	mms_cell_end(&where, &text);
	for (type = 0; type < mms_nr_migratetypes; type++) {
		mms_table_cell(table, &where);
		mms_table_cell(table, &state->types[type]);
		mms_table_u64(table, lists->blocks[order][type]);
		mms_table_cell(table, &state->hows[lists->verified]
					      [lists->how[order][type]]);
		mms_table_row(table);
	}
}

/*
 * Counts the next zone; after an error it is the next one still.  Return: 1, 0
 * behind the last, or an errno.
 */
static int read_zone(struct freelists_state *state)
{
	struct zone *zone = mms_zone_next(state->zone);
	int err;

	if (!zone)
		return 0;
	err = mms_freelists_read(&state->lists, zone, true, &state->stats);
	if (err)
		return err;
	state->zone = zone;
	state->order = 0;
	state->verified &= state->lists.verified;
	state->holds = max(state->holds, state->lists.holds);
	return 1;
}

static int freelists_fill(struct mms_reader *reader)
{
	struct freelists_state *state = reader->state;
	struct mms_table *table = &reader->table;
	int ret;

	while (mms_table_room_for(table, ORDER_BYTES)) {
		if (state->zone && state->order < mms_nr_orders) {
			put_order(table, state);
			state->order++;
			continue;
		}
		ret = read_zone(state);
		if (ret < 0)
			return ret;
		if (ret)
			continue;
		mms_reader_end_keys(reader, NULL, &state->stats);
		mms_table_key_u64(table, "verified", state->verified);
		mms_table_key_u64(table, "holds", state->holds);
		mms_table_end_line(table);
		return 0;
	}
	return 1;
}

const struct mms_view mms_view_freelists = {
	.name = "freelists",
	.format = 1,
	.state_size = sizeof(struct freelists_state),
	.buffer_size = 8 * ORDER_BYTES,
	.missing = mms_layout_missing,
	.start = freelists_start,
	.fill = freelists_fill,
};
