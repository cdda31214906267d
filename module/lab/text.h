/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer of an experiment: a table that is kept as a whole, since it is
 * read after what it tells of is over, and by any number of readers.
 */
#ifndef MMS_LAB_TEXT_H
#define MMS_LAB_TEXT_H

#include <linux/kref.h>

#include "../core/table.h"

/* No answer is longer. */
#define MMS_TEXT_MAX	(32UL << 20)

/*
 * No row of a lab is longer, nor its first or last line.  A buffer begins small:
 * a large one would come out of the free lists that the experiment looks at,
 * where a small one comes from a slab.
 */
#define MMS_TEXT_ROW	1024

/**
 * struct mms_text - an answer
 * @ref: how many know it.
 * @table: the table; its buffer grows.
 */
struct mms_text {
	struct kref ref;
	struct mms_table table;
};

/**
 * mms_text_new() - makes an empty answer
 *
 * May sleep.
 *
 * Return: the answer, with one reference, or NULL without memory.
 */
struct mms_text *mms_text_new(void);

/**
 * mms_text_get() - takes a reference
 * @text: an answer, or NULL.
 *
 * Return: @text.
 */
struct mms_text *mms_text_get(struct mms_text *text);

/**
 * mms_text_put() - lets go of a reference
 * @text: an answer, or NULL.  May sleep.
 */
void mms_text_put(struct mms_text *text);

/**
 * mms_text_room() - makes room for one more row
 * @text: the answer, known to nobody else.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM, or -EFBIG if it is as long as it may get.
 */
int mms_text_room(struct mms_text *text);

#endif /* MMS_LAB_TEXT_H */
