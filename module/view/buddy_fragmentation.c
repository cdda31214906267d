// SPDX-License-Identifier: GPL-2.0-only
/* buddy/fragmentation. */

#include "../probe/fragmentation.h"
#include "../probe/layout.h"
#include "../probe/zone.h"
#include "buddy.h"

struct fragmentation_state {
	struct zone *zone;
	struct mms_walk_stats stats;
	struct mms_fragmentation fragmentation;
};

/* All rows of a zone are written at once. */
#define ZONE_BYTES	(MMS_FRAGMENTATION_ORDERS * 192)

static int fragmentation_start(struct mms_reader *reader)
{
	struct fragmentation_state *state = reader->state;

	state->zone = mms_zone_next(NULL);
	mms_reader_head(reader);
	mms_table_columns(&reader->table,
			  "node zone order unusable_index extfrag_index "
			  "suitable_blocks largest_order movable movable_why "
			  "unmovable unmovable_why");
	return 0;
}

static void put_index(struct mms_table *table, int index)
{
	char text[16];

	if (index >= 0) {
		mms_table_u64(table, index);
		return;
	}
	snprintf(text, sizeof(text), "%d", index);
	mms_table_word(table, text);
}

static void put_verdict(struct mms_table *table,
			const struct mms_fragmentation *from,
			unsigned int order, enum mms_alloc alloc)
{
	bool possible = from->possible & BIT_ULL(order);
	enum mms_reason reason;
	enum mms_verdict verdict;

	verdict = mms_verdict(&from->free, order, alloc, possible, &reason);
	mms_table_word(table, mms_verdict_names[verdict]);
	mms_table_word(table, mms_reason_names[reason]);
}

static int largest_order(const struct mms_zone_free *free)
{
	int order = free->nr_orders - 1;

	while (order >= 0 && !free->nr_free[order])
		order--;
	return order;
}

static void put_zone(struct mms_table *table, const struct zone *zone,
		     const struct mms_fragmentation *from)
{
	int largest = largest_order(&from->free);
	unsigned int order;

	for (order = 0; order < from->free.nr_orders; order++) {
		struct mms_contig contig = mms_contig(&from->free, order);

		mms_table_u64(table, mms_zone_node(zone));
		mms_table_word(table, mms_zone_name(zone));
		mms_table_u64(table, order);
		mms_table_u64(table, mms_unusable_index(&contig, order));
		put_index(table, mms_extfrag_index(&contig, order));
		mms_table_u64(table, contig.suitable);
		if (largest >= 0)
			mms_table_u64(table, largest);
		else
			mms_table_none(table);
		put_verdict(table, from, order, MMS_ALLOC_MOVABLE);
		put_verdict(table, from, order, MMS_ALLOC_UNMOVABLE);
		mms_table_row(table);
	}
}

static int fragmentation_fill(struct mms_reader *reader)
{
	struct fragmentation_state *state = reader->state;
	struct mms_table *table = &reader->table;

	for (; state->zone && mms_table_room_for(table, ZONE_BYTES);
	     state->zone = mms_zone_next(state->zone)) {
		int err = mms_fragmentation_read(&state->fragmentation,
						 state->zone, &state->stats);

		if (err)
			return err;
		put_zone(table, state->zone, &state->fragmentation);
	}
	if (state->zone)
		return 1;
	mms_reader_end(reader, NULL, &state->stats);
	return 0;
}

const struct mms_view mms_view_fragmentation = {
	.name = "fragmentation",
	.format = 1,
	.state_size = sizeof(struct fragmentation_state),
	.buffer_size = 3 * ZONE_BYTES,
	.missing = mms_layout_missing,
	.start = fragmentation_start,
	.fill = fragmentation_fill,
};
