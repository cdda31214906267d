// SPDX-License-Identifier: GPL-2.0-only
/* slab/object. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/slots.h"
#include "slab.h"

/**
 * struct object_state - a walk under way
 * @wanted: name of the only cache wanted, or NULL.
 * @err: 0 or an errno.
 * @next: the slab that is written next.
 * @slots: the walk.
 */
struct object_state {
	const char *wanted;
	int err;
	unsigned int next;
	struct mms_slots slots;
};

/*
 * Room for free slots in a row; `1,3,5` with five digits and 3 000 ranges.
 * Slabs of the usual orders have fewer.
 */
#define RANGES_BYTES	18000

static int object_start(struct mms_reader *reader)
{
	const struct mms_query *query = &reader->selection.query;
	struct object_state *state = reader->state;

	state->wanted = mms_slab_wanted(reader);
	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "pfn order node cache object_size "
			  "slab_size objects inuse_objects state free_slots "
			  "how");
	mms_slots_init(&state->slots, query->value[MMS_SLAB_PFN],
		       query->last[MMS_SLAB_PFN] + 1);
	return 0;
}

static const char *state_word(const struct mms_slab *slab)
{
	if (slab->frozen)
		return "cpu";
	if (slab->inuse == slab->objects)
		return "full";
	return slab->inuse ? "partial" : "empty";
}

/* `0-3,7`; nothing at all is `-`. */
static void put_free(struct mms_table *table, const struct mms_slab *slab)
{
	size_t end = table->len + RANGES_BYTES;
	unsigned long first, behind = 0;
	struct mms_table before = *table;
	bool empty = true;

	mms_table_word(table, "");
	for (;;) {
		first = find_next_bit(slab->free, slab->objects, behind);
		if (first >= slab->objects)
			break;
		if (table->len > end) {	/* rather nothing than a part */
			*table = before;
			empty = true;
			break;
		}
		behind = find_next_zero_bit(slab->free, slab->objects, first);
		mms_table_range(table, first, behind - 1, empty);
		empty = false;
	}
	if (empty) {
		*table = before;
		mms_table_none(table);
	}
}

static void put_row(struct mms_table *table, const struct mms_slab *slab)
{
	bool known = slab->how != MMS_SLOTS_UNKNOWN;
	unsigned int i;

	mms_table_u64(table, slab->pfn);
	mms_table_u64(table, slab->order);
	mms_table_u64(table, slab->nid);
	mms_table_text(table, slab->name);
	if (known) {
		mms_table_u64(table, slab->object_size);
		mms_table_u64(table, slab->size);
		mms_table_u64(table, slab->objects);
		mms_table_u64(table, slab->inuse);
		mms_table_word(table, state_word(slab));
	} else {
		for (i = 0; i < 5; i++)
			mms_table_none(table);
	}
	if (slab->how == MMS_SLOTS_SURE)
		put_free(table, slab);
	else
		mms_table_none(table);
	mms_table_word(table, mms_slots_how_names[slab->how]);
	mms_table_row(table);
}

static bool wanted(const struct object_state *state,
		   const struct mms_slab *slab)
{
	return !state->wanted || !strcmp(state->wanted, slab->name);
}

static int object_fill(struct mms_reader *reader)
{
	struct object_state *state = reader->state;
	struct mms_slots *slots = &state->slots;

	while (mms_table_room(&reader->table)) {
		if (state->next < slots->nr) {
			const struct mms_slab *slab;

			slab = &slots->slab[state->next++];
			if (wanted(state, slab))
				put_row(&reader->table, slab);
			continue;
		}
		if (slots->finished) {
			mms_reader_end(reader, state->err ? "killed" : NULL,
				       &slots->scan.stats);
			return 0;
		}
		state->next = 0;
		state->err = mms_slots_batch(slots);
		if (signal_pending(current))
			return 1;
	}
	return 1;
}

const struct mms_view mms_view_object = {
	.name = "object",
	.format = 1,
	.keys = BIT(MMS_SLAB_PFN) | BIT(MMS_SLAB_CACHE),
	.state_size = sizeof(struct object_state),
	.missing = mms_slab_missing,
	.start = object_start,
	.fill = object_fill,
};
