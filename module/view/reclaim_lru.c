// SPDX-License-Identifier: GPL-2.0-only
/* reclaim/lru: nodes and their zones first, then memory cgroups. */

#include <linux/bits.h>
#include <linux/sched/signal.h>

#include "../probe/layout.h"
#include "../probe/lruvecs.h"
#include "../probe/zones.h"
#include "reclaim.h"

/**
 * struct lru_state - an answer under way
 * @zones: the node that is being written.
 * @zone: its zone that is next.
 * @nodes_done: all nodes are written, or not wanted.
 * @err: why some are not.
 * @lruvecs: the lists that are being written.
 * @has_lists: there are such.
 * @list_zone: the zone of these that is next.
 */
struct lru_state {
	struct mms_zones zones;
	unsigned int zone;
	bool nodes_done;
	int err;
	struct mms_lruvecs lruvecs;
	bool has_lists;
	unsigned int list_zone;
};

/* How many columns only nodes and zones have. */
#define NR_STATES	8

static const char *wanted_memcg(const struct mms_reader *reader)
{
	return mms_query_text(&reader->selection.query, MMS_RECLAIM_MEMCG);
}

static int lru_start(struct mms_reader *reader)
{
	struct lru_state *state = reader->state;
	const char *memcg = wanted_memcg(reader);
	const char *why = mms_lruvecs_missing();
	int enabled = mms_generations_enabled();

	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_key_word(&reader->table, "mglru",
			   enabled < 0 ? "-" : enabled ? "1" : "0");
	mms_table_columns(&reader->table,
			  "scope path ino node zone inactive_anon_pages "
			  "active_anon_pages inactive_file_pages "
			  "active_file_pages unevictable_pages "
			  "isolated_anon_pages isolated_file_pages free_pages "
			  "min_pages low_pages high_pages state reclaim kswapd "
			  "kswapd_failures");
	state->zones.no_memmap = true;
	state->nodes_done = *memcg;
	if (!why)
		return mms_lruvecs_init(&state->lruvecs, memcg);
	/* Nodes can be shown all the same. */
	state->lruvecs.node = MAX_NUMNODES;
	state->lruvecs.lone = true;
	state->lruvecs.began = true;
	return *memcg ? -EOPNOTSUPP : 0;
}

static void put_pages(struct mms_table *table, const u64 *pages)
{
	int i;

	for (i = 0; i < NR_LRU_LISTS; i++)
		mms_table_u64(table, pages[i]);
}

static void put_nones(struct mms_table *table, unsigned int nr)
{
	while (nr--)
		mms_table_none(table);
}

static void put_node(struct mms_table *table, const struct mms_zones *zones)
{
	u64 pages[NR_LRU_LISTS], isolated[MMS_LRU_TYPES];

	mms_lru_of_node(zones->node, pages, isolated);
	mms_table_word(table, "node");
	put_nones(table, 2);
	mms_table_u64(table, zones->node);
	mms_table_none(table);
	put_pages(table, pages);
	mms_table_u64(table, isolated[0]);
	mms_table_u64(table, isolated[1]);
	put_nones(table, 6);
	if (zones->kswapd)
		mms_table_word(table, zones->running ? "running" : "asleep");
	else
		mms_table_none(table);
	mms_table_u64(table, zones->failures);
	mms_table_row(table);
}

static void put_zone(struct mms_table *table, const struct mms_zones *zones,
		     unsigned int i)
{
	const struct mms_zone_info *zone = &zones->zone[i];
	const struct mms_marks *marks = &zone->marks;
	enum mms_reclaim reclaim;
	u64 pages[NR_LRU_LISTS];

	mms_lru_of_zone(zones->node, i, pages);
	mms_table_word(table, "zone");
	put_nones(table, 2);
	mms_table_u64(table, zones->node);
	mms_table_text(table, zone->name);
	put_pages(table, pages);
	put_nones(table, MMS_LRU_TYPES);
	mms_table_u64(table, zone->free);
	mms_table_u64(table, marks->min);
	mms_table_u64(table, marks->low);
	mms_table_u64(table, marks->high);
	mms_table_word(table, mms_water_names[mms_water(marks, i)]);
	reclaim = mms_reclaim(zones->marks, i, zones->running, zones->hopeless);
	mms_table_word(table, mms_reclaim_names[reclaim]);
	put_nones(table, 2);
	mms_table_row(table);
}

static void put_lists(struct mms_table *table,
		      const struct mms_lruvecs *lruvecs, unsigned int zone,
		      const u64 *pages)
{
	mms_table_word(table, "memcg");
	mms_table_text(table, lruvecs->path);
	mms_table_u64(table, lruvecs->ino);
	mms_table_u64(table, lruvecs->node);
	mms_table_text(table, mms_lruvecs_zone(lruvecs, zone));
	put_pages(table, pages);
	put_nones(table, MMS_LRU_TYPES + NR_STATES);
	mms_table_row(table);
}

/* Writes the next row of a node.  Return: 0 behind the last. */
static int next_of_nodes(struct lru_state *state, struct mms_table *table)
{
	struct mms_zones *zones = &state->zones;
	int ret;

	while (state->zone < zones->nr) {
		unsigned int i = state->zone++;

		if (!zones->zone[i].present)
			continue;
		put_zone(table, zones, i);
		return 1;
	}
	ret = mms_zones_next(zones);
	state->err = min(ret, 0);
	if (ret <= 0)
		return 0;
	state->zone = 0;
	put_node(table, zones);
	return 1;
}

/* Looks at the next zone of a cgroup.  Return: false behind the last. */
static bool next_of_memcgs(struct lru_state *state, struct mms_table *table)
{
	u64 pages[NR_LRU_LISTS];

	if (!state->has_lists) {
		if (!mms_lruvecs_next(&state->lruvecs))
			return false;
		state->has_lists = true;
		state->list_zone = 0;
	}
	if (mms_lruvecs_lists(&state->lruvecs, state->list_zone, pages))
		put_lists(table, &state->lruvecs, state->list_zone, pages);
	state->has_lists = ++state->list_zone < MAX_NR_ZONES;
	return true;
}

static int lru_fill(struct mms_reader *reader)
{
	struct lru_state *state = reader->state;
	struct mms_walk_stats *stats = &state->lruvecs.stats;

	while (mms_table_room(&reader->table)) {
		if (!state->nodes_done) {
			state->nodes_done = !next_of_nodes(state,
							   &reader->table);
			continue;
		}
		if (signal_pending(current))
			return 1;
		if (next_of_memcgs(state, &reader->table))
			continue;
		stats->scanned += state->zones.stats.scanned;
		stats->lock_max_ns = state->zones.stats.lock_max_ns;
		stats->lock_total_ns = state->zones.stats.lock_total_ns;
		mms_reader_end(reader, state->err ? "killed" : NULL, stats);
		return 0;
	}
	return 1;
}

static void lru_stop(struct mms_reader *reader)
{
	struct lru_state *state = reader->state;

	mms_lruvecs_free(&state->lruvecs);
}

const struct mms_view mms_view_lru = {
	.name = "lru",
	.format = 1,
	.keys = BIT(MMS_RECLAIM_MEMCG),
	.state_size = sizeof(struct lru_state),
	.missing = mms_layout_missing,
	.start = lru_start,
	.fill = lru_fill,
	.stop = lru_stop,
};
