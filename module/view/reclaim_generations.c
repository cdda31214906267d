// SPDX-License-Identifier: GPL-2.0-only
/* reclaim/generations: the lists of MGLRU. */

#include <linux/bits.h>
#include <linux/sched/signal.h>

#include "../probe/layout.h"
#include "../probe/lruvecs.h"
#include "reclaim.h"

/**
 * struct generations_state - an answer under way
 * @lruvecs: the lists that are being written.
 * @has_lists: there are such.
 * @now: their generations.
 * @type: the type that is next,
 * @seq: the generation of it,
 * @zone: and the zone.
 * @any: a row of that generation has been written.
 */
struct generations_state {
	struct mms_lruvecs lruvecs;
	bool has_lists;
	struct mms_generations now;
	unsigned int type;
	u64 seq;
	unsigned int zone;
	bool any;
};

static const char *generations_missing(void)
{
	return mms_layout_missing() ?: mms_generations_missing() ?:
	       mms_lruvecs_missing();
}

static int generations_start(struct mms_reader *reader)
{
	struct generations_state *state = reader->state;
	int enabled = mms_generations_enabled();

	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_key_word(&reader->table, "enabled",
			   enabled < 0 ? "-" : enabled ? "1" : "0");
	mms_table_columns(&reader->table, "path ino node type seq min_seq "
			  "max_seq age_ms zone pages");
	return mms_lruvecs_init(&state->lruvecs,
				mms_query_text(&reader->selection.query,
					       MMS_RECLAIM_MEMCG));
}

/* @zone is NULL for a generation that has no pages in any. */
static void put_generation(struct mms_table *table,
			   const struct generations_state *state,
			   const char *zone, u64 pages)
{
	const struct mms_lruvecs *lruvecs = &state->lruvecs;
	const struct mms_generations *now = &state->now;

	mms_table_text(table, lruvecs->path);
	if (lruvecs->path)
		mms_table_u64(table, lruvecs->ino);
	else
		mms_table_none(table);
	mms_table_u64(table, lruvecs->node);
	mms_table_word(table, mms_lru_type_names[state->type]);
	mms_table_u64(table, state->seq);
	mms_table_u64(table, now->min_seq[state->type]);
	mms_table_u64(table, now->max_seq);
	mms_table_u64(table, now->age_ms[state->seq % MMS_GENERATIONS]);
	mms_table_text(table, zone);
	mms_table_u64(table, pages);
	mms_table_row(table);
}

/* Looks at the next zone of the generation.  Return: false behind the last. */
static bool next_zone_of(struct generations_state *state,
			 struct mms_table *table)
{
	unsigned int zone = state->zone;
	u64 pages;

	if (zone == MAX_NR_ZONES)
		return false;
	state->zone++;
	pages = state->now.pages[state->seq % MMS_GENERATIONS]
				[state->type][zone];
	if (pages) {
		state->any = true;
		put_generation(table, state,
			       mms_lruvecs_zone(&state->lruvecs, zone), pages);
	}
	return true;
}

/* Goes on to the next generation.  Return: false behind the last. */
static bool next_generation(struct generations_state *state)
{
	state->zone = 0;
	state->any = false;
	if (state->has_lists) {
		if (state->seq++ < state->now.max_seq)
			return true;
		if (++state->type < MMS_LRU_TYPES) {
			state->seq = state->now.min_seq[state->type];
			return true;
		}
	}
	state->has_lists = mms_lruvecs_next(&state->lruvecs);
	if (!state->has_lists)
		return false;
	mms_lruvecs_generations(&state->lruvecs, &state->now);
	state->type = 0;
	state->seq = state->now.min_seq[0];
	return true;
}

static int generations_fill(struct mms_reader *reader)
{
	struct generations_state *state = reader->state;
	struct mms_table *table = &reader->table;

	while (mms_table_room(table)) {
		if (state->has_lists && next_zone_of(state, table))
			continue;
		if (state->has_lists && !state->any) {
			state->any = true;
			put_generation(table, state, NULL, 0);
			continue;
		}
		if (signal_pending(current))
			return 1;
		if (next_generation(state))
			continue;
		mms_reader_end(reader, state->lruvecs.moving ? "moving" : NULL,
			       &state->lruvecs.stats);
		return 0;
	}
	return 1;
}

static void generations_stop(struct mms_reader *reader)
{
	struct generations_state *state = reader->state;

	mms_lruvecs_free(&state->lruvecs);
}

const struct mms_view mms_view_generations = {
	.name = "generations",
	.format = 1,
	.keys = BIT(MMS_RECLAIM_MEMCG),
	.state_size = sizeof(struct generations_state),
	.missing = generations_missing,
	.start = generations_start,
	.fill = generations_fill,
	.stop = generations_stop,
};
