/* SPDX-License-Identifier: GPL-2.0-only */
/* The answer of lab/slab, which is written while the experiment goes on. */
#ifndef MMS_LAB_SLAB_ANSWER_H
#define MMS_LAB_SLAB_ANSWER_H

#include "../probe/walk.h"
#include "objects.h"

/**
 * enum mms_slab_phase - what is being done
 * @MMS_SLAB_CREATE: nothing; the cache has been made.
 * @MMS_SLAB_FILL: objects are allocated.
 * @MMS_SLAB_FREE: objects are freed, as the pattern says.
 * @MMS_SLAB_REFILL: as many are allocated again.
 * @MMS_SLAB_SHRINK: kmem_cache_shrink() has been called.
 * @MMS_SLAB_GIVE_BACK: the rest is freed.
 * @MMS_NR_SLAB_PHASES: number of phases.
 */
enum mms_slab_phase {
	MMS_SLAB_CREATE,
	MMS_SLAB_FILL,
	MMS_SLAB_FREE,
	MMS_SLAB_REFILL,
	MMS_SLAB_SHRINK,
	MMS_SLAB_GIVE_BACK,
	MMS_NR_SLAB_PHASES
};

/**
 * struct mms_slab_lab - a run
 * @run: the run.
 * @objects: the cache and its objects.
 * @look: the cache when the last row was written.
 * @stats: what looking has cost.
 * @phase: what is being done.
 * @every: objects that are between two rows at least.
 * @since: objects since the last row.
 * @changed: slabs have come or gone since then.
 * @bytes: in the slabs of the cache after the last object.
 * @got: bytes that have come since the last row.
 * @back: bytes that have gone since then.
 * @all_got: bytes that have come, in all.
 * @all_back: bytes that have gone, in all.
 * @rows: number of the next row.
 * @why: why there are no more objects.
 */
struct mms_slab_lab {
	struct mms_lab_run *run;
	struct mms_objects objects;
	struct mms_cachelook look;
	struct mms_walk_stats stats;
	enum mms_slab_phase phase;
	u32 every;
	u32 since;
	bool changed;
	u64 bytes;
	u64 got;
	u64 back;
	u64 all_got;
	u64 all_back;
	u32 rows;
	enum mms_pages_why why;
};

/**
 * mms_slab_answer_head() - begins the answer
 * @lab: the run; its cache has been made.
 */
void mms_slab_answer_head(struct mms_slab_lab *lab);

/**
 * mms_slab_answer_phase() - begins a phase
 * @lab: the run.
 * @phase: the phase.
 * @every: objects that are between two rows at least.
 */
void mms_slab_answer_phase(struct mms_slab_lab *lab, enum mms_slab_phase phase,
			   u32 every);

/**
 * mms_slab_answer_did() - something was done with an object
 * @lab: the run.
 *
 * Writes a row if slabs have come or gone, and enough was done since the last
 * one.  May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_slab_answer_did(struct mms_slab_lab *lab);

/**
 * mms_slab_answer_row() - writes a row: the end of a phase
 * @lab: the run.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_slab_answer_row(struct mms_slab_lab *lab);

/**
 * mms_slab_answer_slabs() - lists the slabs that objects are in
 * @lab: the run; its objects are sorted.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_slab_answer_slabs(struct mms_slab_lab *lab);

/**
 * mms_slab_answer_end() - ends the answer
 * @lab: the run.
 *
 * Return: 0 or an errno.
 */
int mms_slab_answer_end(struct mms_slab_lab *lab);

#endif /* MMS_LAB_SLAB_ANSWER_H */
