// SPDX-License-Identifier: GPL-2.0-only
/* vmalloc/areas. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/areas.h"
#include "vmalloc.h"

static int areas_start(struct mms_reader *reader)
{
	struct mms_table *table = &reader->table;

	mms_reader_head(reader);
	mms_table_key_u64(table, "lazy_known", mms_vmap_lazy_known());
	mms_table_columns(table, "id kind size_bytes requested_bytes "
			  "owned_pages caller module flags phys page_order "
			  "mapped_pages huge_pages runs largest_run_pages "
			  "nodes how");
	return mms_areas_init(reader->state);
}

static void put_pages(struct mms_table *table, const struct mms_areas *areas)
{
	const struct mms_area *area = &areas->area;
	unsigned int i;

	if (!area->known) {
		for (i = 0; i < 6; i++)
			mms_table_none(table);
		return;
	}
	mms_table_u64(table, area->mapped);
	mms_table_u64(table, area->huge);
	mms_table_u64(table, area->runs);
	mms_table_u64(table, area->largest);
	mms_table_nodes(table, areas->node, areas->nr_nodes);
	mms_table_word(table, area->holds == 1 ? "whole" : "parts");
}

static void put_area(struct mms_table *table, const struct mms_areas *areas)
{
	const struct mms_area *area = &areas->area;
	const struct mms_area_caller *caller = area->caller;

	mms_table_u64(table, area->id);
	mms_table_text(table, mms_vmap_kind_names[area->kind]);
	mms_table_u64(table, area->size);
	if (area->requested == MMS_VMAP_UNKNOWN)
		mms_table_none(table);
	else
		mms_table_u64(table, area->requested);
	mms_table_u64(table, area->pages);
	mms_table_text(table, caller ? caller->name : NULL);
	mms_table_text(table, caller ? caller->module : NULL);
	mms_table_set(table, area->flags, mms_vmap_flag_names);
	if (area->phys)
		mms_table_hex(table, area->phys);
	else
		mms_table_none(table);
	mms_table_u64(table, area->page_order);
	put_pages(table, areas);
	mms_table_row(table);
}

static int areas_fill(struct mms_reader *reader)
{
	struct mms_areas *areas = reader->state;
	struct mms_table *table = &reader->table;

	while (mms_table_room(table)) {
		int ret = mms_areas_next(areas);

		if (!ret) {
			mms_reader_end_keys(reader, NULL, &areas->stats);
			mms_table_key_u64(table, "gone", areas->gone);
			mms_table_end_line(table);
			return 0;
		}
		if (ret == 1) {
			put_area(table, areas);
			continue;
		}
		if (ret != -EAGAIN)
			return ret;
		cond_resched();
		if (signal_pending(current))
			return 1;
	}
	return 1;
}

static void areas_stop(struct mms_reader *reader)
{
	mms_areas_free(reader->state);
}

const struct mms_view mms_view_areas = {
	.name = "areas",
	.format = 1,
	.state_size = sizeof(struct mms_areas),
	.missing = mms_vmap_missing,
	.start = areas_start,
	.fill = areas_fill,
	.stop = areas_stop,
};
