// SPDX-License-Identifier: GPL-2.0-only
/* The directory process/: its keys, and what its views share. */

#include <linux/mm.h>
#include <linux/threads.h>

#include "../core/bill.h"
#include "../probe/space.h"
#include "process.h"

static const char *const ignore_words[] = { "accessed", "dirty", "soft_dirty" };
static const char *const detail_words[] = { "entry", "folio" };
static const char *const by_words[] = { "level", "vma" };

static struct mms_key keys[MMS_NR_PROCESS_KEYS] __ro_after_init = {
	[MMS_PROCESS_PID] = {
		.name = "pid", .type = MMS_KEY_PID,
		.min = 1, .max = PID_MAX_LIMIT,
	},
	[MMS_PROCESS_ADDR] = { .name = "addr", .type = MMS_KEY_ADDR },
	[MMS_PROCESS_START] = { .name = "start", .type = MMS_KEY_ADDR },
	[MMS_PROCESS_END] = { .name = "end", .type = MMS_KEY_ADDR },
	[MMS_PROCESS_IGNORE] = {
		.name = "ignore", .type = MMS_KEY_SET,
		.words = ignore_words, .nr_words = ARRAY_SIZE(ignore_words),
	},
	[MMS_PROCESS_DETAIL] = {
		.name = "detail", .type = MMS_KEY_WORD,
		.words = detail_words, .nr_words = ARRAY_SIZE(detail_words),
	},
	[MMS_PROCESS_NONE] = { .name = "none", .type = MMS_KEY_BOOL },
	[MMS_PROCESS_BY] = {
		.name = "by", .type = MMS_KEY_WORD,
		.words = by_words, .nr_words = ARRAY_SIZE(by_words),
	},
	[MMS_PROCESS_TOP] = {
		.name = "top", .type = MMS_KEY_UINT,
		.min = 1, .max = MMS_BILL_TOP_MAX, .def = 10,
	},
};

static const struct mms_view *const views[] = {
	&mms_view_space,
	&mms_view_vmas,
	&mms_view_translate,
	&mms_view_ranges,
	&mms_view_entries,
	&mms_view_entries_raw,
	&mms_view_tables,
};

struct mms_dir mms_process_dir = {
	.name = "process",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = MMS_PROCESS_PID,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};

void __init mms_process_dir_init(void)
{
	u64 limit = mms_space_limit();

	keys[MMS_PROCESS_ADDR].max = limit - 1;
	keys[MMS_PROCESS_START].max = limit - 1;
	keys[MMS_PROCESS_END].min = 1;
	keys[MMS_PROCESS_END].max = limit;
	keys[MMS_PROCESS_END].def = limit;
}

int mms_process_start(struct mms_reader *reader, struct mms_process *process)
{
	struct mms_table *table = &reader->table;
	int err;

	err = mms_process_get(reader->selection.pid, process);
	if (err)
		return err;
	mms_reader_head(reader);
	mms_table_key_u64(table, "pid", process->pid);
	mms_table_key_text(table, "comm", process->comm);
	if (!process->mm)
		mms_table_key_word(table, "mm", "none");
	mms_reader_asked(reader);
	return 0;
}

void mms_process_stop(struct mms_reader *reader)
{
	mms_process_put(reader->state);
}

const char *mms_process_stopped(int err)
{
	switch (err) {
	case 0:
		return NULL;
	case -ESRCH:
		return "exited";
	case -EINTR:
		return "killed";
	default:
		return "error";
	}
}

void mms_process_flags(struct mms_table *table, u32 flags, unsigned int pkey)
{
	mms_table_set(table, flags, mms_flag_names);
	if (pkey)
		mms_table_set_key(table, "pkey", pkey, !flags);
}

void mms_process_pfn(struct mms_table *table, u64 pfn)
{
	if (pfn == MMS_NO_PFN)
		mms_table_none(table);
	else
		mms_table_u64(table, pfn);
}

void mms_process_swap(struct mms_table *table, const struct mms_entry *entry)
{
	if (entry->swap_offset == MMS_NO_SWAP) {
		mms_table_none(table);
		mms_table_none(table);
	} else {
		mms_table_u64(table, entry->swap_type);
		mms_table_u64(table, entry->swap_offset);
	}
}
