// SPDX-License-Identifier: GPL-2.0-only
/* process/translate and process/tables. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/tables.h"
#include "../probe/translate.h"
#include "process.h"

struct translate_state {
	struct mms_process process;
	struct mms_translation translation;
	int err;
};

static int translate_start(struct mms_reader *reader)
{
	struct translate_state *state = reader->state;
	struct mms_translation *translation = &state->translation;
	struct mms_table *table = &reader->table;
	u64 addr = mms_reader_value(reader, MMS_PROCESS_ADDR);
	int err = mms_process_start(reader, &state->process);

	if (err)
		return err;
	if (state->process.mm)
		state->err = mms_translate(state->process.mm, addr,
					   translation);
	if (translation->phys_known)
		mms_table_key_hex(table, "phys", translation->phys);
	else
		mms_table_key_word(table, "phys", "-");
	if (translation->vma_end) {
		mms_table_key_hex(table, "vma_start", translation->vma_start);
		mms_table_key_hex(table, "vma_end", translation->vma_end);
	} else {
		mms_table_key_word(table, "vma_start", "-");
		mms_table_key_word(table, "vma_end", "-");
	}
	mms_table_columns(table, "level index table_phys entry_phys entry "
			  "state flags pfn swap_type swap_offset");
	return 0;
}

static void put_step(struct mms_table *table,
		     const struct mms_translation_step *step)
{
	const struct mms_entry *entry = &step->entry;

	mms_table_word(table, mms_level_names[entry->level]);
	mms_table_u64(table, step->index);
	mms_table_hex(table, step->table_phys);
	mms_table_hex(table, step->table_phys + step->index * sizeof(u64));
	mms_table_hex(table, step->raw);
	mms_table_word(table, mms_state_names[entry->state]);
	mms_process_flags(table, entry->flags, entry->pkey);
	mms_process_pfn(table, entry->pfn);
	mms_process_swap(table, entry);
	mms_table_row(table);
}

static int translate_fill(struct mms_reader *reader)
{
	struct translate_state *state = reader->state;
	unsigned int i;

	for (i = 0; i < state->translation.nr; i++)
		put_step(&reader->table, &state->translation.step[i]);
	mms_reader_end(reader, mms_process_stopped(state->err),
		       &state->translation.stats);
	return 0;
}

const struct mms_view mms_view_translate = {
	.name = "translate",
	.format = 1,
	.keys = BIT(MMS_PROCESS_PID) | BIT(MMS_PROCESS_ADDR),
	.state_size = sizeof(struct translate_state),
	.missing = mms_walk_missing,
	.start = translate_start,
	.fill = translate_fill,
	.stop = mms_process_stop,
};

struct tables_state {
	struct mms_process process;
	int err;
	struct mms_tables tables;
};

/*
 * The first lines wait for the walk: the numbers that belong there are known
 * only when it is over.
 */
static int tables_start(struct mms_reader *reader)
{
	struct tables_state *state = reader->state;
	int err = mms_process_start(reader, &state->process);

	if (err)
		return err;
	mms_tables_init(&state->tables, state->process.mm,
			mms_reader_value(reader, MMS_PROCESS_START),
			mms_reader_value(reader, MMS_PROCESS_END),
			mms_reader_value(reader, MMS_PROCESS_TOP));
	return 0;
}

static void put_levels(struct mms_table *table, const struct mms_bill *bill)
{
	int level, b;

	mms_table_columns(table, "level tables bytes entries_used deposited "
			  "used_0 used_1 used_2_8 used_9_64 used_65_256 "
			  "used_257_511 used_512_up");
	for (level = bill->top_level; level >= 0; level--) {
		const struct mms_bill_level *l = &bill->level[level];
		u64 deposited = level == MMS_PTE ? bill->deposited : 0;

		/* There is no P4D with four levels. */
		if (!l->tables && (level == MMS_P4D || !bill->fmt))
			continue;
		mms_table_word(table, mms_level_names[level]);
		mms_table_u64(table, l->tables + deposited);
		mms_table_u64(table, (l->tables + deposited) << PAGE_SHIFT);
		mms_table_u64(table, l->used);
		mms_table_u64(table, deposited);
		for (b = 0; b < MMS_BILL_BUCKETS; b++)
			mms_table_u64(table, l->histogram[b]);
		mms_table_row(table);
	}
}

static void put_vmas(struct mms_table *table, const struct mms_bill *bill)
{
	unsigned int i;

	mms_table_columns(table, "start end tables bytes entries_used "
			  "mapped_pages bytes_per_mapped_mb");
	for (i = 0; i < bill->nr_top; i++) {
		const struct mms_bill_vma *vma = &bill->top[i];
		u64 bytes = vma->tables << PAGE_SHIFT;

		mms_table_hex(table, vma->start);
		mms_table_hex(table, vma->end);
		mms_table_u64(table, vma->tables);
		mms_table_u64(table, bytes);
		mms_table_u64(table, vma->used);
		mms_table_u64(table, vma->pages);
		if (vma->pages)
			mms_table_u64(table, bytes * (SZ_1M >> PAGE_SHIFT) /
				      vma->pages);
		else
			mms_table_none(table);
		mms_table_row(table);
	}
}

static int tables_fill(struct mms_reader *reader)
{
	struct tables_state *state = reader->state;
	struct mms_tables *tables = &state->tables;
	struct mms_table *table = &reader->table;

	while (state->process.mm && !tables->finished) {
		state->err = mms_tables_batch(tables);
		if (signal_pending(current))
			return 1;
	}
	if (!state->process.mm)
		tables->bill = (struct mms_bill){};
	mms_table_key_u64(table, "counted_bytes", mms_tables_counted_bytes(tables));
	mms_table_key_u64(table, "vmpte_bytes", tables->accounted_bytes);
	if (mms_reader_value(reader, MMS_PROCESS_BY) == MMS_BY_VMA)
		put_vmas(table, &tables->bill);
	else
		put_levels(table, &tables->bill);
	mms_reader_end(reader, mms_process_stopped(state->err),
		       &tables->walk.stats);
	return 0;
}

const struct mms_view mms_view_tables = {
	.name = "tables",
	.format = 1,
	.keys = BIT(MMS_PROCESS_PID) | BIT(MMS_PROCESS_START) |
		BIT(MMS_PROCESS_END) | BIT(MMS_PROCESS_BY) |
		BIT(MMS_PROCESS_TOP),
	.state_size = sizeof(struct tables_state),
	.missing = mms_walk_missing,
	.start = tables_start,
	.fill = tables_fill,
	.stop = mms_process_stop,
};
