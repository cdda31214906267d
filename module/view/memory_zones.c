// SPDX-License-Identifier: GPL-2.0-only
/* memory/zones. */

#include "../probe/layout.h"
#include "../probe/zones.h"
#include "memory.h"

/**
 * struct zones_state - a reading under way
 * @zones: the node at hand.
 * @next: the zone of it that is written next.
 */
struct zones_state {
	struct mms_zones zones;
	unsigned int next;
};

static int zones_start(struct mms_reader *reader)
{
	mms_reader_head(reader);
	mms_table_columns(&reader->table, "node zone start_pfn spanned_pages "
			  "present_pages managed_pages free_pages min_pages "
			  "low_pages high_pages promo_pages boost_pages "
			  "lowmem_reserve cma_pages free_cma_pages "
			  "reserved_highatomic_pages free_highatomic_pages "
			  "isolated_pageblocks state state_kernel state_user "
			  "reclaim kswapd kswapd_failures memmap_bytes");
	return 0;
}

static void put_known(struct mms_table *table, u64 value)
{
	if (value == MMS_ZONES_UNKNOWN)
		mms_table_none(table);
	else
		mms_table_u64(table, value);
}

static void put_sizes(struct mms_table *table, const struct mms_zone_info *zone)
{
	const struct mms_marks *marks = &zone->marks;

	mms_table_u64(table, zone->start_pfn);
	mms_table_u64(table, zone->spanned);
	mms_table_u64(table, zone->present);
	mms_table_u64(table, zone->managed);
	mms_table_u64(table, zone->free);
	mms_table_u64(table, marks->min);
	mms_table_u64(table, marks->low);
	mms_table_u64(table, marks->high);
	mms_table_u64(table, zone->promo);
	mms_table_u64(table, marks->boost);
}

static void put_reserve(struct mms_table *table, const s64 *reserve,
			unsigned int nr)
{
	char text[MMS_ZONES_MAX * 21];
	unsigned int i;
	int len = 0;

	for (i = 0; i < nr; i++)
		len += scnprintf(text + len, sizeof(text) - len, "%s%lld",
				 i ? "," : "", reserve[i]);
	mms_table_word(table, text);
}

/* An allocation that may not have the zone does not come to it. */
static void put_water(struct mms_table *table, const struct mms_marks *marks,
		      unsigned int zone, unsigned int highest)
{
	if (highest < zone)
		mms_table_none(table);
	else
		mms_table_word(table,
			       mms_water_names[mms_water(marks, highest)]);
}

static void put_state(struct mms_table *table, const struct mms_zones *zones,
		      unsigned int i)
{
	const struct mms_marks *marks = &zones->marks[i];
	enum mms_reclaim reclaim;

	put_water(table, marks, i, i);
	put_water(table, marks, i, ZONE_NORMAL);
	put_water(table, marks, i, ZONE_MOVABLE);
	reclaim = mms_reclaim(zones->marks, i, zones->running, zones->hopeless);
	mms_table_word(table, mms_reclaim_names[reclaim]);
	if (!zones->kswapd)
		mms_table_none(table);
	else
		mms_table_word(table, zones->running ? "running" : "asleep");
	mms_table_u64(table, zones->failures);
}

static void put_zone(struct mms_table *table, const struct mms_zones *zones,
		     unsigned int i)
{
	const struct mms_zone_info *zone = &zones->zone[i];

	mms_table_u64(table, zones->node);
	mms_table_text(table, zone->name);
	put_sizes(table, zone);
	put_reserve(table, zone->marks.reserve, zones->nr);
	mms_table_u64(table, zone->cma);
	mms_table_u64(table, zone->free_cma);
	mms_table_u64(table, zone->reserved_highatomic);
	put_known(table, zone->free_highatomic);
	put_known(table, zone->isolated_blocks);
	put_state(table, zones, i);
	put_known(table, zone->memmap_bytes);
	mms_table_row(table);
}

static int zones_fill(struct mms_reader *reader)
{
	struct zones_state *state = reader->state;
	struct mms_zones *zones = &state->zones;

	while (mms_table_room(&reader->table)) {
		int ret;

		if (state->next < zones->nr) {
			put_zone(&reader->table, zones, state->next++);
			continue;
		}
		state->next = 0;
		ret = mms_zones_next(zones);
		if (ret > 0)
			continue;
		mms_reader_end(reader, ret ? "killed" : NULL, &zones->stats);
		return 0;
	}
	return 1;
}

const struct mms_view mms_view_zones = {
	.name = "zones",
	.format = 1,
	.state_size = sizeof(struct zones_state),
	.missing = mms_layout_missing,
	.start = zones_start,
	.fill = zones_fill,
};
