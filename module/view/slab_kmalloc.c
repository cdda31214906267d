// SPDX-License-Identifier: GPL-2.0-only
/* slab/kmalloc. */

#include <linux/mm.h>

#include "../probe/kmalloc.h"
#include "slab.h"

/**
 * struct kmalloc_state - a table being written
 * @type: kind of allocation that is written next.
 * @size: the next size.
 */
struct kmalloc_state {
	unsigned int type;
	u64 size;
};

static int kmalloc_start(struct mms_reader *reader)
{
	struct kmalloc_state *state = reader->state;

	state->size = mms_reader_value(reader, MMS_SLAB_SIZE) ?: 1;
	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "type from_bytes to_bytes cache "
			  "object_bytes order objs_per_slab tail_bytes "
			  "waste_bytes waste_permille");
	return 0;
}

static void put_waste(struct mms_table *table, u64 bytes, u64 size)
{
	u64 waste = bytes - min(bytes, size);

	mms_table_u64(table, waste);
	mms_table_u64(table, div64_u64(waste * 1000, bytes));
}

static void put_row(struct mms_table *table, const struct mms_kmalloc *kmalloc,
		    u64 size)
{
	const struct mms_cache_shape *cache = &kmalloc->cache;
	u64 slab = PAGE_SIZE << kmalloc->order;
	unsigned int i;

	mms_table_word(table, kmalloc->type);
	mms_table_u64(table, kmalloc->from);
	mms_table_u64(table, kmalloc->to);
	if (kmalloc->pages) {
		mms_table_none(table);
		mms_table_u64(table, slab);
		mms_table_u64(table, kmalloc->order);
		mms_table_none(table);
		mms_table_none(table);
		put_waste(table, slab, size);
	} else if (kmalloc->cached) {
		mms_table_text(table, cache->name);
		mms_table_u64(table, cache->size);
		mms_table_u64(table, kmalloc->order);
		mms_table_u64(table, cache->objects);
		mms_table_u64(table, slab - (u64)cache->objects * cache->size);
		put_waste(table, cache->size, size);
	} else {
		for (i = 0; i < 7; i++)
			mms_table_none(table);
	}
	mms_table_row(table);
}

/* The next size or kind.  False behind the last. */
static bool next_row(struct kmalloc_state *state, u64 asked, bool found,
		     u64 last)
{
	bool pages = state->type == mms_kmalloc_types();

	if (!asked && found && (!pages || last < MMS_KMALLOC_MAX)) {
		state->size = last + 1;
		return true;
	}
	/* Behind the largest of one kind the next begins; pages go on there. */
	if (!asked && state->type + 1 < mms_kmalloc_types())
		state->size = 1;
	return ++state->type <= mms_kmalloc_types();
}

static int kmalloc_fill(struct mms_reader *reader)
{
	struct kmalloc_state *state = reader->state;
	u64 asked = mms_reader_value(reader, MMS_SLAB_SIZE);
	struct mms_kmalloc kmalloc;
	bool found;

	do {
		if (!mms_table_room(&reader->table))
			return 1;
		found = mms_kmalloc_find(&kmalloc, state->type, state->size);
		if (found)
			put_row(&reader->table, &kmalloc,
				asked ?: kmalloc.from);
	} while (next_row(state, asked, found, kmalloc.to));
	mms_reader_end(reader, NULL, NULL);
	return 0;
}

const struct mms_view mms_view_kmalloc = {
	.name = "kmalloc",
	.format = 1,
	.keys = BIT(MMS_SLAB_SIZE),
	.state_size = sizeof(struct kmalloc_state),
	.missing = mms_slab_missing,
	.start = kmalloc_start,
	.fill = kmalloc_fill,
};
