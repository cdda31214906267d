// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/slab: how the slabs of a cache fill, empty and go.
 *
 * The cache is the lab's own, so all that comes and goes does so for its
 * objects: the kernel's counters are read after each of them.  With merge=1 the
 * kernel may make it a part of another one, as it does with most; then what
 * others do with that is in the counters, too, and it is not shrunk.
 */

#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/caches.h"
#include "../probe/layout.h"
#include "../probe/slabs.h"
#include "slab.h"
#include "slab_answer.h"

#define COUNT_MAX	65536
#define SIZE_MAX_BYTES	65536

enum {
	KEY_SIZE, KEY_ALIGN, KEY_FLAGS, KEY_MERGE, KEY_COUNT, KEY_PATTERN,
	KEY_SEED, KEY_ROWS, KEY_SLABS, KEY_HOLD, NR_KEYS
};

enum { LIMIT_PAGES, NR_LIMITS };
enum { FILL, EMPTY, SPARSE, RANDOM, REFILL };

/* Word i is 4 << i bytes, but for the first. */
static const char *const align_words[] = {
	"none", "8", "16", "32", "64", "128", "256", "512", "1024", "2048",
	"4096",
};

static const char *const flag_words[] = {
	"hwcache_align", "reclaim_account", "account",
};

/*
 * None of the debugging flags: these turn on checks for all caches, which stay
 * on until the machine is rebooted.
 */
static const slab_flags_t flags[] = {
	SLAB_HWCACHE_ALIGN, SLAB_RECLAIM_ACCOUNT, SLAB_ACCOUNT,
};

static_assert(ARRAY_SIZE(flag_words) == ARRAY_SIZE(flags));

static const char *const pattern_words[] = {
	[FILL] = "fill",
	[EMPTY] = "empty",
	[SPARSE] = "sparse",
	[RANDOM] = "random",
	[REFILL] = "refill",
};

static const struct mms_key keys[NR_KEYS] = {
	[KEY_SIZE] = {
		"size", MMS_KEY_UINT, .min = sizeof(void *),
		.max = SIZE_MAX_BYTES, .def = 256,
	},
	[KEY_ALIGN] = {
		"align", MMS_KEY_WORD, .words = align_words,
		.nr_words = ARRAY_SIZE(align_words),
	},
	[KEY_FLAGS] = {
		"flags", MMS_KEY_SET, .words = flag_words,
		.nr_words = ARRAY_SIZE(flag_words),
	},
	[KEY_MERGE] = { "merge", MMS_KEY_BOOL },
	[KEY_COUNT] = {
		"count", MMS_KEY_UINT, .min = 1, .max = COUNT_MAX, .def = 256,
	},
	[KEY_PATTERN] = {
		"pattern", MMS_KEY_WORD, .words = pattern_words,
		.nr_words = ARRAY_SIZE(pattern_words),
	},
	[KEY_SEED] = { "seed", MMS_KEY_UINT, .max = U32_MAX, .def = 1 },
	[KEY_ROWS] = {
		"rows", MMS_KEY_UINT, .min = 1, .max = 1024, .def = 16,
	},
	[KEY_SLABS] = { "slabs", MMS_KEY_BOOL },
	[KEY_HOLD] = { "hold", MMS_KEY_BOOL },
};

static const struct mms_key limits[NR_LIMITS] = {
	[LIMIT_PAGES] = { "max_pages", MMS_KEY_UINT, .max = U64_MAX },
};

/* So that a phase of @nr objects has no more rows than were asked for. */
static void begin_phase(struct mms_slab_lab *lab, enum mms_slab_phase phase,
			u32 nr)
{
	mms_slab_answer_phase(lab, phase,
			      DIV_ROUND_UP(nr, (u32)mms_lab_value(lab->run,
								  KEY_ROWS)));
}

/* Return: 0, or an errno that ends the run. */
static int did(struct mms_slab_lab *lab)
{
	WRITE_ONCE(lab->run->done, lab->run->done + 1);
	cond_resched();
	if (signal_pending(current))
		return -EINTR;
	return mms_slab_answer_did(lab);
}

/* Allocates the objects that are not there. */
static int fill(struct mms_slab_lab *lab, enum mms_slab_phase phase)
{
	struct mms_objects *objects = &lab->objects;
	enum mms_pages_why why = MMS_PAGES_OK;
	int err = 0;
	u32 i;

	begin_phase(lab, phase, objects->nr - objects->held);
	for (i = 0; i < objects->nr && !err; i++) {
		if (objects->object[i])
			continue;
		why = mms_objects_take(objects, i);
		if (why != MMS_PAGES_OK)
			break;
		err = did(lab);
	}
	if (why != MMS_PAGES_OK)
		lab->why = why;
	return err ?: mms_slab_answer_row(lab);
}

/* Whether the pattern keeps an object; that before it is still there. */
static bool keeps(const struct mms_slab_lab *lab, u32 i)
{
	u32 seed = mms_lab_value(lab->run, KEY_SEED);

	switch (mms_lab_value(lab->run, KEY_PATTERN)) {
	case RANDOM:
	case REFILL:
		return jhash_2words(i, seed, 0) & 1;
	case SPARSE:
		/* They are sorted, and gone through from the last on. */
		return !i || mms_objects_slab(&lab->objects, i) !=
			     mms_objects_slab(&lab->objects, i - 1);
	default:
		return false;
	}
}

static int free_some(struct mms_slab_lab *lab, enum mms_slab_phase phase)
{
	bool all = phase == MMS_SLAB_GIVE_BACK;
	struct mms_objects *objects = &lab->objects;
	int err = 0;
	u32 i;

	begin_phase(lab, phase, objects->held);
	for (i = objects->nr; i-- && !err; ) {
		if (!objects->object[i] || (!all && keeps(lab, i)))
			continue;
		mms_objects_put(objects, i);
		err = did(lab);
	}
	return err ?: mms_slab_answer_row(lab);
}

/* What is kept for the next objects is given back.  It is not ours if merged. */
static int shrink(struct mms_slab_lab *lab)
{
	if (lab->objects.merged)
		return 0;
	begin_phase(lab, MMS_SLAB_SHRINK, 0);
	mms_objects_shrink(&lab->objects);
	return mms_slab_answer_row(lab);
}

static int free_pattern(struct mms_slab_lab *lab)
{
	u64 pattern = mms_lab_value(lab->run, KEY_PATTERN);
	int err;

	if (pattern == FILL)
		return 0;
	if (pattern == SPARSE)
		mms_objects_sort(&lab->objects);
	err = free_some(lab, MMS_SLAB_FREE);
	if (!err && pattern == REFILL)
		return fill(lab, MMS_SLAB_REFILL);
	return err ?: shrink(lab);
}

static int list_slabs(struct mms_slab_lab *lab)
{
	if (!mms_lab_value(lab->run, KEY_SLABS))
		return 0;
	mms_objects_sort(&lab->objects);
	return mms_slab_answer_slabs(lab);
}

static int give_back(struct mms_slab_lab *lab)
{
	if (mms_lab_value(lab->run, KEY_HOLD))
		return 0;
	return free_some(lab, MMS_SLAB_GIVE_BACK) ?: shrink(lab);
}

static void want(struct mms_lab_run *run)
{
	bool hold = mms_lab_value(run, KEY_HOLD);
	u64 nr = mms_lab_value(run, KEY_COUNT);

	switch (mms_lab_value(run, KEY_PATTERN)) {
	case FILL:
		nr *= hold ? 1 : 2;
		break;
	case RANDOM:
		nr = hold ? nr + nr / 2 : 2 * nr;
		break;
	case REFILL:
		nr *= hold ? 2 : 3;
		break;
	default:
		nr *= 2;
	}
	WRITE_ONCE(run->wanted, nr);
}

static int prepare(struct mms_lab_run *run, struct mms_slab_lab *lab)
{
	u64 set = mms_lab_value(run, KEY_FLAGS);
	u64 align = mms_lab_value(run, KEY_ALIGN);
	u64 count = mms_lab_value(run, KEY_COUNT);
	struct mms_objects_kind kind = {
		.size = mms_lab_value(run, KEY_SIZE),
		.align = align ? 4U << align : 0,
		.merge = mms_lab_value(run, KEY_MERGE),
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (set & BIT_ULL(i))
			kind.flags |= flags[i];
	lab->run = run;
	err = mms_objects_init(&lab->objects, run, &kind, count,
			       run->limits.value[LIMIT_PAGES]);
	if (err)
		return err;
	if (mms_objects_need(&lab->objects, count) > lab->objects.limit)
		return mms_lab_refuse(run, "over-limit", -ENOSPC);
	lab->bytes = lab->objects.bytes;
	want(run);
	return mms_cachelook_read(&lab->look, lab->objects.cache, &lab->stats);
}

static int create(struct mms_slab_lab *lab)
{
	mms_slab_answer_head(lab);
	begin_phase(lab, MMS_SLAB_CREATE, 0);
	return mms_slab_answer_row(lab);
}

static int slab_run(struct mms_lab_run *run)
{
	struct mms_slab_lab *lab = run->state;
	int err;

	err = prepare(run, lab) ?: create(lab) ?: fill(lab, MMS_SLAB_FILL) ?:
	      free_pattern(lab) ?: list_slabs(lab) ?: give_back(lab) ?:
	      mms_slab_answer_end(lab);
	return err ?: mms_lab_value(run, KEY_HOLD);
}

static void slab_give_back(struct mms_lab_run *run)
{
	struct mms_slab_lab *lab = run->state;

	mms_objects_end(&lab->objects);
}

static const char *slab_missing(void)
{
	return mms_layout_missing() ?: mms_slabs_missing() ?:
	       mms_caches_missing();
}

static const struct mms_lab_type slab_type = {
	.name = "slab",
	.format = 1,
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.limits = limits,
	.nr_limits = ARRAY_SIZE(limits),
	.state_size = sizeof(struct mms_slab_lab),
	.missing = slab_missing,
	.run = slab_run,
	.give_back = slab_give_back,
};

struct mms_lab mms_lab_slab = {
	.type = &slab_type,
};
