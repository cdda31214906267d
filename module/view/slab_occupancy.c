// SPDX-License-Identifier: GPL-2.0-only
/* slab/occupancy. */

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../limits.h"
#include "../probe/cacheinfo.h"
#include "../probe/cachelist.h"
#include "slab.h"

/**
 * struct node_row - a cache on a node
 * @shape: the cache.
 * @nid: the node.
 * @cpu_slabs: slabs of the node that CPUs have.
 * @partial: its slabs.
 */
struct node_row {
	struct mms_cache_shape shape;
	unsigned int nid;
	u64 cpu_slabs;
	struct mms_partial partial;
};

/**
 * struct occupancy_state - a walk under way
 * @list: the walk.
 * @wanted: name of the only cache wanted, or NULL.
 * @err: 0 or an errno.
 * @finished: it is over.
 * @at: number of the cache that was read last, in @list, and
 * @nid: the node of it that is read next, if it had too many for a batch.
 * @give_back: sum of the bytes that packing would give back.
 * @nr: rows read.
 * @next: the row that is written next.
 * @row: the rows.
 */
struct occupancy_state {
	struct mms_cachelist list;
	const char *wanted;
	int err;
	bool finished;
	u32 at;
	unsigned int nid;
	u64 give_back;
	unsigned int nr;
	unsigned int next;
	struct node_row row[MMS_BATCH_CACHES];
};

/* A row: a name with all its characters escaped, 21 numbers. */
#define ROW_BYTES	768

static int occupancy_start(struct mms_reader *reader)
{
	struct occupancy_state *state = reader->state;

	state->wanted = mms_slab_wanted(reader);
	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "name node slabs objects "
			  "free_objects full_slabs cpu_slabs partial_slabs "
			  "empty_slabs upto10 upto20 upto30 upto40 upto50 "
			  "upto60 upto70 upto80 upto90 upto100 "
			  "free_bytes give_back_bytes how");
	return mms_cachelist_init(&state->list);
}

static bool take_nodes(void *ctx, const void *cache)
{
	struct occupancy_state *state = ctx;
	struct mms_cache_shape shape;

	/* The cache that was begun has gone meanwhile: this is the next. */
	if (state->at != state->list.next)
		state->nid = 0;
	state->at = state->list.next;
	mms_cache_shape(&shape, cache);
	if (state->wanted && strcmp(state->wanted, shape.name))
		return true;
	for (; state->nid < nr_node_ids; state->nid++) {
		struct node_row *row = &state->row[state->nr];

		if (state->nr == MMS_BATCH_CACHES)
			return false;
		if (!mms_partial_read(&row->partial, cache, state->nid,
				      &state->list.stats) ||
		    !row->partial.slabs)
			continue;
		row->shape = shape;
		row->nid = state->nid;
		row->cpu_slabs = mms_cache_node_cpu_slabs(cache, state->nid);
		state->nr++;
	}
	state->nid = 0;
	return true;
}

/* Slabs that would do if all were full but one, and what the others take. */
static u64 give_back(const struct node_row *row)
{
	const struct mms_partial *partial = &row->partial;
	u64 inuse = partial->objects - partial->free;
	u64 need = div_u64(inuse + row->shape.objects - 1, row->shape.objects);
	u64 have = mms_cache_bytes(&row->shape, partial->slabs,
				   partial->objects);
	u64 packed = need << row->shape.order << PAGE_SHIFT;

	return have > packed ? have - packed : 0;
}

/* Slabs in no list: full ones, and those that CPUs have. */
static void put_unlisted(struct mms_table *table, const struct node_row *row)
{
	u64 listed = min(row->partial.partial, row->partial.slabs);
	u64 unlisted = row->partial.slabs - listed;

	if (row->cpu_slabs == MMS_CACHE_UNKNOWN)
		mms_table_none(table);
	else
		mms_table_u64(table, unlisted - min(unlisted, row->cpu_slabs));
	mms_slab_number(table, row->cpu_slabs);
	mms_table_u64(table, listed);
}

static void put_row(struct mms_table *table, struct occupancy_state *state,
		    const struct node_row *row)
{
	const struct mms_partial *partial = &row->partial;
	u64 bytes = give_back(row);
	unsigned int i;

	mms_table_text(table, row->shape.name);
	mms_table_u64(table, row->nid);
	mms_table_u64(table, partial->slabs);
	mms_table_u64(table, partial->objects);
	mms_table_u64(table, partial->free);
	put_unlisted(table, row);
	for (i = 0; i < MMS_PARTIAL_BUCKETS; i++)
		mms_table_u64(table, partial->bucket[i]);
	mms_table_u64(table, partial->free * row->shape.size);
	mms_table_u64(table, bytes);
	mms_table_word(table, mms_partial_how_names[partial->how]);
	mms_table_row(table);
	state->give_back += bytes;
}

static void put_end(struct mms_reader *reader,
		    const struct occupancy_state *state)
{
	mms_reader_end_keys(reader, state->err ? "killed" : NULL,
			    &state->list.stats);
	mms_table_key_u64(&reader->table, "mutex_max_ns",
			  state->list.mutex_max_ns);
	mms_table_key_u64(&reader->table, "gone", state->list.gone);
	mms_table_key_u64(&reader->table, "give_back_bytes", state->give_back);
	mms_table_end_line(&reader->table);
}

static int occupancy_fill(struct mms_reader *reader)
{
	struct occupancy_state *state = reader->state;
	int ret;

	while (mms_table_room_for(&reader->table, ROW_BYTES)) {
		if (state->next < state->nr) {
			put_row(&reader->table, state,
				&state->row[state->next++]);
			continue;
		}
		if (state->finished) {
			put_end(reader, state);
			return 0;
		}
		state->next = 0;
		state->nr = 0;
		ret = mms_cachelist_batch(&state->list, take_nodes, state);
		state->finished = ret <= 0;
		state->err = min(ret, 0);
		if (signal_pending(current))
			return 1;
	}
	return 1;
}

static void occupancy_stop(struct mms_reader *reader)
{
	struct occupancy_state *state = reader->state;

	mms_cachelist_free(&state->list);
}

const struct mms_view mms_view_occupancy = {
	.name = "occupancy",
	.format = 1,
	.keys = BIT(MMS_SLAB_CACHE),
	.state_size = sizeof(struct occupancy_state),
	.buffer_size = 16 * ROW_BYTES,
	.missing = mms_slab_missing,
	.start = occupancy_start,
	.fill = occupancy_fill,
	.stop = occupancy_stop,
};
