// SPDX-License-Identifier: GPL-2.0-only
/* memory/mappers. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/mappers.h"
#include "memory.h"

struct mappers_state {
	unsigned int next;
	int err;
	struct mms_mappers mappers;
};

static int mappers_start(struct mms_reader *reader)
{
	struct mappers_state *state = reader->state;
	u64 end, first = mms_memory_range(reader, &end);

	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "pfn pid va level state flags");
	mms_mappers_init(&state->mappers, first, end - 1);
	return 0;
}

static void put_mapping(struct mms_table *table, pid_t pid,
			const struct mms_mapping *mapping)
{
	struct mms_entry entry;

	mms_mappers_decode(mapping, &entry);
	mms_table_u64(table, mapping->pfn);
	if (pid)
		mms_table_u64(table, pid);
	else
		mms_table_none(table);
	mms_table_hex(table, mapping->va);
	mms_table_word(table, mms_level_names[mapping->level]);
	mms_table_word(table, mms_state_names[entry.state]);
	mms_table_set(table, entry.flags, mms_flag_names);
	if (entry.pkey)
		mms_table_set_key(table, "pkey", entry.pkey, !entry.flags);
	mms_table_row(table);
}

static void put_end(struct mms_reader *reader, const struct mappers_state *state)
{
	const struct mms_mappers *mappers = &state->mappers;

	mms_reader_end_keys(reader, state->err ? "killed" : NULL,
			    &mappers->walk.stats);
	mms_table_key_u64(&reader->table, "processes", mappers->walked);
	mms_table_key_u64(&reader->table, "exited", mappers->exited);
	mms_table_end_line(&reader->table);
}

static int mappers_fill(struct mms_reader *reader)
{
	struct mappers_state *state = reader->state;
	struct mms_mappers *mappers = &state->mappers;
	struct mms_table *table = &reader->table;

	while (mms_table_room(table)) {
		if (state->next < mappers->nr) {
			put_mapping(table, mappers->processes.number,
				    &mappers->out[state->next++]);
			continue;
		}
		if (mappers->finished) {
			put_end(reader, state);
			return 0;
		}
		state->next = 0;
		state->err = mms_mappers_batch(mappers);
		if (signal_pending(current))
			break;
	}
	return 1;
}

static void mappers_stop(struct mms_reader *reader)
{
	struct mappers_state *state = reader->state;

	mms_mappers_end(&state->mappers);
}

const struct mms_view mms_view_mappers = {
	.name = "mappers",
	.format = 1,
	.keys = BIT(MMS_MEMORY_PFN),
	.state_size = sizeof(struct mappers_state),
	.missing = mms_walk_missing,
	.start = mappers_start,
	.fill = mappers_fill,
	.stop = mappers_stop,
};
