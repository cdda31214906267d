// SPDX-License-Identifier: GPL-2.0-only
/* process/ranges, process/entries and process/entries_raw. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/entries.h"
#include "../probe/ranges.h"
#include "process.h"

struct ranges_state {
	struct mms_process process;
	bool detail;
	unsigned int next;
	int err;
	struct mms_ranges ranges;
};

/* The word i of the key `ignore` is this flag. */
static const u32 ignore_flags[] = {
	MMS_F_ACCESSED, MMS_F_DIRTY, MMS_F_SOFT_DIRTY
};

static u32 ignored(const struct mms_reader *reader)
{
	u64 words = mms_reader_value(reader, MMS_PROCESS_IGNORE);
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(ignore_flags); i++)
		if (words & BIT(i))
			flags |= ignore_flags[i];
	return flags;
}

static int ranges_start(struct mms_reader *reader)
{
	struct ranges_state *state = reader->state;
	int err = mms_process_start(reader, &state->process);

	if (err)
		return err;
	state->detail = mms_reader_value(reader, MMS_PROCESS_DETAIL) ==
			MMS_DETAIL_FOLIO;
	mms_table_columns(&reader->table, state->detail ?
			  "start end level state flags pages kind order shared" :
			  "start end level state flags pages");
	mms_ranges_init(&state->ranges, state->process.mm,
			mms_reader_value(reader, MMS_PROCESS_START),
			mms_reader_value(reader, MMS_PROCESS_END),
			ignored(reader), state->detail);
	state->ranges.finished = !state->process.mm;
	return 0;
}

static void put_range(struct mms_table *table, const struct mms_range *range,
		      bool detail)
{
	mms_table_hex(table, range->start);
	mms_table_hex(table, range->end);
	mms_table_word(table, mms_level_names[range->level]);
	mms_table_word(table, mms_state_names[range->state]);
	mms_process_flags(table, range->flags, range->pkey);
	mms_table_u64(table, (range->end - range->start) >> PAGE_SHIFT);
	if (detail && range->detail) {
		mms_table_word(table,
			       mms_kind_names[MMS_DETAIL_KIND(range->detail)]);
		mms_table_u64(table, MMS_DETAIL_ORDER(range->detail));
		mms_table_u64(table, MMS_DETAIL_SHARED(range->detail));
	} else if (detail) {
		mms_table_none(table);
		mms_table_none(table);
		mms_table_none(table);
	}
	mms_table_row(table);
}

static int ranges_fill(struct mms_reader *reader)
{
	struct ranges_state *state = reader->state;
	struct mms_ranges *ranges = &state->ranges;

	while (mms_table_room(&reader->table)) {
		if (state->next < ranges->merge.nr) {
			put_range(&reader->table, &ranges->out[state->next++],
				  state->detail);
			continue;
		}
		if (ranges->finished) {
			mms_reader_end(reader, mms_process_stopped(state->err),
				       &ranges->walk.stats);
			return 0;
		}
		state->next = 0;
		state->err = mms_ranges_batch(ranges);
		if (signal_pending(current))
			break;
	}
	return 1;
}

const struct mms_view mms_view_ranges = {
	.name = "ranges",
	.format = 1,
	.keys = BIT(MMS_PROCESS_PID) | BIT(MMS_PROCESS_START) |
		BIT(MMS_PROCESS_END) | BIT(MMS_PROCESS_IGNORE) |
		BIT(MMS_PROCESS_DETAIL),
	.state_size = sizeof(struct ranges_state),
	.missing = mms_walk_missing,
	.start = ranges_start,
	.fill = ranges_fill,
	.stop = mms_process_stop,
};

struct entries_state {
	struct mms_process process;
	unsigned int next;
	int err;
	struct mms_entries entries;
	struct mmscope_record out[MMS_BATCH_RANGES];
};

static void begin_entries(struct mms_reader *reader, struct entries_state *state)
{
	mms_entries_init(&state->entries, state->process.mm,
			 mms_reader_value(reader, MMS_PROCESS_START),
			 mms_reader_value(reader, MMS_PROCESS_END),
			 mms_reader_value(reader, MMS_PROCESS_NONE));
	state->entries.finished = !state->process.mm;
}

static int entries_start(struct mms_reader *reader)
{
	struct entries_state *state = reader->state;
	int err = mms_process_start(reader, &state->process);

	if (err)
		return err;
	mms_table_columns(&reader->table, "va level entry state flags pfn "
			  "swap_type swap_offset");
	begin_entries(reader, state);
	return 0;
}

static void put_entry(struct mms_table *table,
		      const struct mmscope_record *record)
{
	struct mms_entry entry;

	mms_entries_decode(record, &entry);
	mms_table_hex(table, MMSCOPE_RECORD_VA(record->where));
	mms_table_word(table, mms_level_names[entry.level]);
	mms_table_hex(table, record->entry);
	mms_table_word(table, mms_state_names[entry.state]);
	mms_process_flags(table, entry.flags, entry.pkey);
	mms_process_pfn(table, entry.pfn);
	mms_process_swap(table, &entry);
	mms_table_row(table);
}

static int entries_fill(struct mms_reader *reader)
{
	struct entries_state *state = reader->state;
	struct mms_entries *entries = &state->entries;

	while (mms_table_room(&reader->table)) {
		if (state->next < entries->nr) {
			put_entry(&reader->table, &state->out[state->next++]);
			continue;
		}
		if (entries->finished) {
			mms_reader_end(reader, mms_process_stopped(state->err),
				       &entries->walk.stats);
			return 0;
		}
		state->next = 0;
		state->err = mms_entries_batch(entries, state->out,
					       ARRAY_SIZE(state->out));
		if (signal_pending(current))
			break;
	}
	return 1;
}

const struct mms_view mms_view_entries = {
	.name = "entries",
	.format = 1,
	.keys = BIT(MMS_PROCESS_PID) | BIT(MMS_PROCESS_START) |
		BIT(MMS_PROCESS_END) | BIT(MMS_PROCESS_NONE),
	.state_size = sizeof(struct entries_state),
	.missing = mms_walk_missing,
	.start = entries_start,
	.fill = entries_fill,
	.stop = mms_process_stop,
};

static void put_record(struct mms_table *table, u64 where, u64 entry)
{
	const struct mmscope_record record = { .where = where, .entry = entry };

	memcpy(table->buf + table->len, &record, sizeof(record));
	table->len += sizeof(record);
}

static int entries_raw_start(struct mms_reader *reader)
{
	struct entries_state *state = reader->state;
	int err = mms_process_get(reader->selection.pid, &state->process);

	if (err)
		return err;
	put_record(&reader->table, MMSCOPE_RECORD_HEAD, MMSCOPE_RECORDS_FORMAT);
	begin_entries(reader, state);
	return 0;
}

/* The walk writes into the reader's buffer; nothing is copied in between. */
static int entries_raw_fill(struct mms_reader *reader)
{
	struct entries_state *state = reader->state;
	struct mms_entries *entries = &state->entries;
	struct mms_table *table = &reader->table;

	while (!entries->finished) {
		size_t room = (table->size - table->len) /
			      sizeof(struct mmscope_record) - 1;

		/* Whole tables only, so that none is read twice. */
		if (room < PTRS_PER_PTE)
			break;
		state->err = mms_entries_batch(entries,
					       (void *)(table->buf + table->len),
					       room);
		table->len += entries->nr * sizeof(struct mmscope_record);
		table->rows += entries->nr;
		if (signal_pending(current))
			break;
	}
	if (!entries->finished)
		return 1;
	mms_answer_note(reader, mms_process_stopped(state->err),
			&entries->walk.stats);
	put_record(table, MMSCOPE_RECORD_END, !state->err);
	return 0;
}

const struct mms_view mms_view_entries_raw = {
	.name = "entries_raw",
	.format = MMSCOPE_RECORDS_FORMAT,
	.keys = BIT(MMS_PROCESS_PID) | BIT(MMS_PROCESS_START) |
		BIT(MMS_PROCESS_END) | BIT(MMS_PROCESS_NONE),
	.state_size = sizeof(struct entries_state),
	.binary = true,
	.missing = mms_walk_missing,
	.start = entries_raw_start,
	.fill = entries_raw_fill,
	.stop = mms_process_stop,
};
