/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells who traces of answers: each has one begin and one end. */
#ifndef MMS_VIEW_ANSWER_H
#define MMS_VIEW_ANSWER_H

#include "../probe/walk.h"

struct mms_reader;

/**
 * struct mms_answer - an answer under way
 * @number: its number; 0 if its begin was not traced.
 * @told: its end has been told.
 * @noted: the last line is written, and the next three say what it says.
 * @complete: the rows are all that there were.
 * @walked: @stats are known.
 * @stats: what it has cost.
 * @err: errno of the last read, or 0.
 */
struct mms_answer {
	u64 number;
	bool told;
	bool noted;
	bool complete;
	bool walked;
	struct mms_walk_stats stats;
	int err;
};

/**
 * mms_answer_begin() - an answer begins
 * @reader: the reader; nothing of the answer is there yet.
 */
void mms_answer_begin(struct mms_reader *reader);

/**
 * mms_answer_note() - what the last line of the answer says
 * @reader: the reader.
 * @stopped: why the answer is not complete, one word; NULL if it is.
 * @stats: what it has cost, or NULL if nothing was walked.
 *
 * For binary views; mms_reader_end() does it by itself.
 */
void mms_answer_note(struct mms_reader *reader, const char *stopped,
		     const struct mms_walk_stats *stats);

/**
 * mms_answer_end() - the answer has ended, in whatever way
 * @reader: the reader; only the first call of an answer is told.
 */
void mms_answer_end(struct mms_reader *reader);

#endif /* MMS_VIEW_ANSWER_H */
