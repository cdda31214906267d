// SPDX-License-Identifier: GPL-2.0-only
/* oom/victims. */

#include "../probe/victims.h"
#include "oom.h"

/**
 * struct victims_state - an answer under way
 * @next: number of the kill that is written next.
 * @end: that behind the last, when the answer began.
 * @overtaken: some were overwritten meanwhile.
 * @victim: the kill at hand.
 */
struct victims_state {
	u64 next;
	u64 end;
	bool overtaken;
	struct mms_victim victim;
};

static int victims_start(struct mms_reader *reader)
{
	struct victims_state *state = reader->state;
	struct mms_table *table = &reader->table;

	state->end = mms_victims_count();
	state->next = state->end > MMS_VICTIMS ? state->end - MMS_VICTIMS : 0;
	mms_reader_head(reader);
	mms_table_key_u64(table, "kills", state->end);
	mms_table_key_u64(table, "lost", state->next);
	mms_table_columns(table, "time_ns pid comm uid total_vm_pages "
			  "anon_pages file_pages shmem_pages swap_pages "
			  "pgtable_bytes adj tgid memcg_ino memcg");
	return 0;
}

static void put_victim(struct mms_table *table, const struct mms_victim *victim)
{
	mms_table_u64(table, victim->time_ns);
	mms_table_u64(table, victim->pid);
	mms_table_text(table, victim->comm);
	mms_table_u64(table, victim->uid);
	mms_table_u64(table, victim->total_vm);
	mms_table_u64(table, victim->anon);
	mms_table_u64(table, victim->file);
	mms_table_u64(table, victim->shmem);
	mms_table_u64(table, victim->swap);
	mms_table_u64(table, victim->pgtable_bytes);
	mms_table_s64(table, victim->adj);
	mms_table_u64(table, victim->tgid);
	if (victim->memcg_ino)
		mms_table_u64(table, victim->memcg_ino);
	else
		mms_table_none(table);
	mms_table_text(table, victim->memcg);
	mms_table_row(table);
}

static int victims_fill(struct mms_reader *reader)
{
	struct victims_state *state = reader->state;

	while (mms_table_room(&reader->table)) {
		if (state->next == state->end) {
			mms_reader_end(reader, state->overtaken ?
				       "overtaken" : NULL, NULL);
			return 0;
		}
		if (mms_victims_get(state->next++, &state->victim))
			put_victim(&reader->table, &state->victim);
		else
			state->overtaken = true;
	}
	return 1;
}

const struct mms_view mms_view_victims = {
	.name = "victims",
	.format = 1,
	.state_size = sizeof(struct victims_state),
	.missing = mms_victims_missing,
	.start = victims_start,
	.fill = victims_fill,
};
