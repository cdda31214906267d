/* SPDX-License-Identifier: GPL-2.0-only */
/* Merging entries twice: with module/core/merge.c, and in the plainest way. */
#ifndef MERGE_MODEL_H
#define MERGE_MODEL_H

#include "merge.h"

enum merge_step_type {
	STEP_PTES,		/* mms_merge_ptes() */
	STEP_ENTRY,		/* mms_merge_entry() */
	STEP_HINT,		/* mms_merge_hint() */
};

/**
 * struct merge_step - one call
 * @type: which.
 * @level: STEP_ENTRY.
 * @value: the detail of STEP_ENTRY, the hint of STEP_HINT.
 * @start: address.
 * @end: STEP_ENTRY.
 * @raw: the entries, one for STEP_ENTRY.
 * @nr: STEP_PTES: their number.
 */
struct merge_step {
	enum merge_step_type type;
	enum mms_level level;
	u32 value;
	u64 start;
	u64 end;
	const u64 *raw;
	unsigned int nr;
};

/**
 * struct merge_case - a merge to do both ways
 * @fmt: the format.
 * @ignore: flags that do not count.
 * @pages: look at pages, each of whose detail depends on its frame.
 * @seed: where @pages is set: when to compare less than could be compared,
 *	or 0 never to.
 * @scribble: change each PTE when its page has been looked at.
 * @steps: what to do.
 * @nr: number of @steps.
 */
struct merge_case {
	const struct mms_entry_format *fmt;
	u32 ignore;
	bool pages;
	u64 seed;
	bool scribble;
	const struct merge_step *steps;
	unsigned int nr;
};

/**
 * merge_plainly() - the model: decodes one entry after the other
 * @c: what to do.
 * @out: where the ranges go; the caller knows that there is room.
 *
 * Return: how many ranges.
 */
unsigned int merge_plainly(const struct merge_case *c, struct mms_range *out);

/**
 * merge_core() - the same with module/core/merge.c
 * @c: what to do.
 * @room: how many ranges to hold before they are taken out.
 * @out: where they go then.
 * @lookups: set to how many pages were looked at, or NULL.
 *
 * Return: how many ranges.
 */
unsigned int merge_core(const struct merge_case *c, unsigned int room,
			struct mms_range *out, unsigned int *lookups);

#endif /* MERGE_MODEL_H */
