// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints of answers; what they need is made only while they are on. */

#include <linux/atomic.h>

#include "../trace.h"
#include "file.h"

static atomic64_t answers;

static void tell_begin(struct mms_reader *reader)
{
	const struct mms_dir *dir = reader->dir;
	char name[MMS_TRACE_NAME], query[MMS_QUERY_LINE_MAX];
	int len;

	len = mms_query_format(dir->keys, dir->nr_keys, reader->view->keys,
			       &reader->selection.query, query, sizeof(query));
	/* Without the newline. */
	query[len > 0 ? len - 1 : 0] = '\0';
	mms_reader_name(reader, name, sizeof(name));
	reader->answer.number = atomic64_inc_return(&answers);
	trace_view_begin(reader->answer.number, name, query);
}

void mms_answer_begin(struct mms_reader *reader)
{
	reader->answer = (struct mms_answer){};
	if (trace_view_begin_enabled())
		tell_begin(reader);
}

void mms_answer_note(struct mms_reader *reader, const char *stopped,
		     const struct mms_walk_stats *stats)
{
	struct mms_answer *answer = &reader->answer;

	if (!trace_view_end_enabled())
		return;
	answer->noted = true;
	answer->complete = !stopped;
	answer->walked = stats;
	if (stats)
		answer->stats = *stats;
}

static void tell_end(const struct mms_reader *reader)
{
	const struct mms_answer *answer = &reader->answer;
	enum mms_answer_how how = MMS_ANSWER_DROPPED;
	char name[MMS_TRACE_NAME];

	/* Too late to know what it was. */
	if (reader->ended && !answer->noted)
		return;
	if (reader->ended)
		how = MMS_ANSWER_ENDED;
	else if (answer->err)
		how = MMS_ANSWER_FAILED;
	mms_reader_name(reader, name, sizeof(name));
	trace_view_end(answer->number, name, how, answer->err,
		       reader->table.rows, answer->complete,
		       answer->walked ? &answer->stats : NULL);
}

void mms_answer_end(struct mms_reader *reader)
{
	if (trace_view_end_enabled() && !reader->answer.told)
		tell_end(reader);
	reader->answer.told = true;
}
