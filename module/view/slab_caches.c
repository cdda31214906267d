// SPDX-License-Identifier: GPL-2.0-only
/* slab/caches. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../limits.h"
#include "../probe/cacheinfo.h"
#include "../probe/cachelist.h"
#include "slab.h"

/**
 * struct cache_row - a cache
 * @shape: what does not change.
 * @sum: its slabs.
 * @cpus: what CPUs keep.
 */
struct cache_row {
	struct mms_cache_shape shape;
	struct mms_partial sum;
	struct mms_cache_cpus cpus;
};

/**
 * struct caches_state - a walk under way
 * @list: the walk.
 * @wanted: name of the only cache wanted, or NULL.
 * @err: 0 or an errno.
 * @finished: it is over.
 * @nr: rows read.
 * @next: the row that is written next.
 * @row: the rows.
 */
struct caches_state {
	struct mms_cachelist list;
	const char *wanted;
	int err;
	bool finished;
	unsigned int nr;
	unsigned int next;
	struct cache_row row[MMS_BATCH_CACHES];
};

/* A row: a name with all its characters escaped, all flags, 21 numbers. */
#define ROW_BYTES	1024

static int caches_start(struct mms_reader *reader)
{
	struct caches_state *state = reader->state;

	state->wanted = mms_slab_wanted(reader);
	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "name object_size slab_size "
			  "objs_per_slab objects active_objects slabs "
			  "slab_order align_bytes flags aliases reclaimable "
			  "partial_slabs cpu_slabs cpu_partial_slabs "
			  "cpu_objects sheaf_capacity barn_full barn_empty "
			  "total_bytes how");
	return mms_cachelist_init(&state->list);
}

static bool take_cache(void *ctx, const void *cache)
{
	struct caches_state *state = ctx;
	struct cache_row *row = &state->row[state->nr];

	if (state->nr == MMS_BATCH_CACHES)
		return false;
	mms_cache_shape(&row->shape, cache);
	if (state->wanted && strcmp(state->wanted, row->shape.name))
		return true;
	mms_cache_sum(&row->sum, cache, &state->list.stats);
	mms_cache_cpus(&row->cpus, cache);
	state->nr++;
	return true;
}

static void put_row(struct mms_table *table, const struct cache_row *row)
{
	const struct mms_cache_shape *shape = &row->shape;
	const struct mms_cache_cpus *cpus = &row->cpus;
	const struct mms_partial *sum = &row->sum;

	mms_table_text(table, shape->name);
	mms_table_u64(table, shape->object_size);
	mms_table_u64(table, shape->size);
	mms_table_u64(table, shape->objects);
	mms_table_u64(table, sum->objects);
	mms_table_u64(table, sum->objects - sum->free);
	mms_table_u64(table, sum->slabs);
	mms_table_u64(table, shape->order);
	mms_table_u64(table, shape->align);
	mms_table_set(table, shape->flags, mms_cache_flag_names);
	mms_table_u64(table, shape->aliases);
	mms_table_u64(table, shape->reclaimable);
	mms_table_u64(table, sum->partial);
	mms_slab_number(table, cpus->slabs);
	mms_slab_number(table, cpus->partial_slabs);
	mms_slab_number(table, cpus->objects);
	mms_slab_number(table, cpus->capacity);
	mms_slab_number(table, cpus->barn_full);
	mms_slab_number(table, cpus->barn_empty);
	mms_table_u64(table, mms_cache_bytes(shape, sum->slabs, sum->objects));
	mms_table_word(table, mms_partial_how_names[sum->how]);
	mms_table_row(table);
}

static int caches_fill(struct mms_reader *reader)
{
	struct caches_state *state = reader->state;
	int ret;

	while (mms_table_room_for(&reader->table, ROW_BYTES)) {
		if (state->next < state->nr) {
			put_row(&reader->table, &state->row[state->next++]);
			continue;
		}
		if (state->finished) {
			mms_slab_end(reader, &state->list, state->err);
			return 0;
		}
		state->next = 0;
		state->nr = 0;
		ret = mms_cachelist_batch(&state->list, take_cache, state);
		state->finished = ret <= 0;
		state->err = min(ret, 0);
		if (signal_pending(current))
			return 1;
	}
	return 1;
}

static void caches_stop(struct mms_reader *reader)
{
	struct caches_state *state = reader->state;

	mms_cachelist_free(&state->list);
}

const struct mms_view mms_view_caches = {
	.name = "caches",
	.format = 1,
	.keys = BIT(MMS_SLAB_CACHE),
	.state_size = sizeof(struct caches_state),
	.buffer_size = 16 * ROW_BYTES,
	.missing = mms_slab_missing,
	.start = caches_start,
	.fill = caches_fill,
	.stop = caches_stop,
};
