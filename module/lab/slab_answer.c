// SPDX-License-Identifier: GPL-2.0-only
/* The answer of lab/slab, which is written while the experiment goes on. */

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "slab_answer.h"

static const char *const phase_words[MMS_NR_SLAB_PHASES] = {
	[MMS_SLAB_CREATE] = "create",
	[MMS_SLAB_FILL] = "fill",
	[MMS_SLAB_FREE] = "free",
	[MMS_SLAB_REFILL] = "refill",
	[MMS_SLAB_SHRINK] = "shrink",
	[MMS_SLAB_GIVE_BACK] = "give_back",
};

void mms_slab_answer_head(struct mms_slab_lab *lab)
{
	const struct mms_objects *objects = &lab->objects;
	struct mms_table *table = &lab->run->text->table;

	mms_lab_head(lab->run);
	mms_table_key_u64(table, "limit_pages", objects->limit);
	mms_table_key_text(table, "cache", objects->shape.name);
	mms_table_key_u64(table, "merged", objects->merged);
	mms_table_key_u64(table, "aliases", objects->shape.aliases);
	mms_table_key_u64(table, "object_size", objects->shape.object_size);
	mms_table_key_u64(table, "slab_size", objects->shape.size);
	mms_table_key_u64(table, "slab_order", objects->shape.order);
	mms_table_key_u64(table, "objs_per_slab", objects->shape.objects);
	if (lab->look.cpus.capacity != MMS_CACHE_UNKNOWN)
		mms_table_key_u64(table, "sheaf_capacity",
				  lab->look.cpus.capacity);
	mms_table_columns(table, "what step phase held_objects slabs objects "
			  "free_objects full_slabs cpu_slabs partial_slabs "
			  "empty_slabs occupancy cpu_objects barn_objects "
			  "got_pages back_pages how pfn node");
}

void mms_slab_answer_phase(struct mms_slab_lab *lab, enum mms_slab_phase phase,
			   u32 every)
{
	lab->phase = phase;
	lab->every = every;
}

/* One operation has either got slabs or given some back. */
static void note_change(struct mms_slab_lab *lab)
{
	u64 bytes = lab->objects.bytes;

	if (bytes == lab->bytes)
		return;
	if (bytes > lab->bytes)
		lab->got += bytes - lab->bytes;
	else
		lab->back += lab->bytes - bytes;
	lab->bytes = bytes;
	lab->changed = true;
}

static void put_known(struct mms_table *table, bool known, u64 value)
{
	if (known)
		mms_table_u64(table, value);
	else
		mms_table_none(table);
}

/* The partial slabs that are not empty, by how full they are. */
static void put_occupancy(struct mms_table *table,
			  const struct mms_partial *sum)
{
	bool empty = true;
	unsigned int i;

	mms_table_none(table);
	for (i = 1; i < MMS_PARTIAL_BUCKETS; i++) {
		if (!sum->bucket[i])
			continue;
		mms_table_set_nth(table, "upto", 10 * i, sum->bucket[i],
				  empty);
		empty = false;
	}
}

static void put_slabs(struct mms_table *table, const struct mms_cachelook *look)
{
	bool known = look->cpu_slabs != MMS_CACHE_UNKNOWN;
	u64 listed = min(look->sum.partial, look->sum.slabs);
	u64 unlisted = look->sum.slabs - listed;

	mms_table_u64(table, look->sum.slabs);
	mms_table_u64(table, look->sum.objects);
	mms_table_u64(table, look->sum.free);
	put_known(table, known, unlisted - min(unlisted, look->cpu_slabs));
	put_known(table, known, look->cpu_slabs);
	mms_table_u64(table, listed);
	mms_table_u64(table, look->sum.bucket[0]);
	put_occupancy(table, &look->sum);
}

static void put_row(struct mms_slab_lab *lab)
{
	const struct mms_cache_cpus *cpus = &lab->look.cpus;
	struct mms_table *table = &lab->run->text->table;

	mms_table_word(table, "step");
	mms_table_u64(table, lab->rows++);
	mms_table_word(table, phase_words[lab->phase]);
	mms_table_u64(table, lab->objects.held);
	put_slabs(table, &lab->look);
	put_known(table, cpus->objects != MMS_CACHE_UNKNOWN, cpus->objects);
	put_known(table, cpus->barn_full != MMS_CACHE_UNKNOWN,
		  cpus->barn_full * cpus->capacity);
	mms_table_u64(table, lab->got >> PAGE_SHIFT);
	mms_table_u64(table, lab->back >> PAGE_SHIFT);
	mms_table_word(table, mms_partial_how_names[lab->look.sum.how]);
	mms_table_nones(table, 2);
	mms_table_row(table);
}

int mms_slab_answer_row(struct mms_slab_lab *lab)
{
	int err;

	note_change(lab);
	err = mms_text_room(lab->run->text) ?:
	      mms_cachelook_read(&lab->look, lab->objects.cache, &lab->stats);
	if (err)
		return err;
	put_row(lab);
	lab->all_got += lab->got;
	lab->all_back += lab->back;
	lab->got = 0;
	lab->back = 0;
	lab->since = 0;
	lab->changed = false;
	return 0;
}

int mms_slab_answer_did(struct mms_slab_lab *lab)
{
	note_change(lab);
	lab->since++;
	if (lab->changed && lab->since >= lab->every)
		return mms_slab_answer_row(lab);
	return 0;
}

/* What the slab itself says; sheaves on CPUs and in barns have the others. */
static void put_slab(struct mms_table *table, const struct page *slab, u32 held)
{
	struct mms_slab_use use;

	mms_slab_read(slab, &use);
	mms_table_word(table, "slab");
	mms_table_nones(table, 2);
	mms_table_u64(table, held);
	mms_table_none(table);
	mms_table_u64(table, use.objects);
	mms_table_u64(table, use.objects - use.inuse);
	mms_table_nones(table, 10);
	mms_table_u64(table, page_to_pfn(slab));
	mms_table_u64(table, page_to_nid(slab));
	mms_table_row(table);
}

int mms_slab_answer_slabs(struct mms_slab_lab *lab)
{
	const struct mms_objects *objects = &lab->objects;
	u32 i, held = 0;
	int err;

	for (i = 0; i < objects->nr; i++) {
		struct page *slab = mms_objects_slab(objects, i);

		if (!slab)
			continue;
		held++;
		if (i + 1 < objects->nr &&
		    mms_objects_slab(objects, i + 1) == slab)
			continue;
		err = mms_text_room(lab->run->text);
		if (err)
			return err;
		put_slab(&lab->run->text->table, slab, held);
		held = 0;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

int mms_slab_answer_end(struct mms_slab_lab *lab)
{
	const char *stopped = mms_pages_why_word(lab->why);
	struct mms_table *table = &lab->run->text->table;
	int err = mms_text_room(lab->run->text);

	if (err)
		return err;
	mms_table_end(table, !stopped);
	mms_table_key_u64(table, "scanned", lab->stats.scanned);
	mms_table_key_u64(table, "lock_max_ns", lab->stats.lock_max_ns);
	mms_table_key_u64(table, "lock_total_ns", lab->stats.lock_total_ns);
	mms_table_key_u64(table, "retries", lab->stats.retries);
	mms_table_key_u64(table, "got_pages", lab->all_got >> PAGE_SHIFT);
	mms_table_key_u64(table, "back_pages", lab->all_back >> PAGE_SHIFT);
	mms_table_key_u64(table, "held_objects", lab->objects.held);
	if (stopped)
		mms_table_key_word(table, "stopped", stopped);
	mms_table_end_line(table);
	return 0;
}
