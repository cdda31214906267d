/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory process/: what its views share. */
#ifndef MMS_VIEW_PROCESS_H
#define MMS_VIEW_PROCESS_H

#include "../core/entry.h"
#include "../probe/process.h"
#include "file.h"

extern struct mms_dir mms_process_dir;

/* The keys of process/query. */
enum mms_process_key {
	MMS_PROCESS_PID,
	MMS_PROCESS_ADDR,
	MMS_PROCESS_START,
	MMS_PROCESS_END,
	MMS_PROCESS_IGNORE,
	MMS_PROCESS_DETAIL,
	MMS_PROCESS_NONE,
	MMS_PROCESS_BY,
	MMS_PROCESS_TOP,
	MMS_NR_PROCESS_KEYS
};

/* Words of the key `by`. */
enum mms_process_by {
	MMS_BY_LEVEL,
	MMS_BY_VMA,
};

/* Words of the key `detail`. */
enum mms_process_detail {
	MMS_DETAIL_ENTRY,
	MMS_DETAIL_FOLIO,
};

/* The key `ignore`: bits of its words. */
#define MMS_IGNORE_ACCESSED	BIT(0)
#define MMS_IGNORE_DIRTY	BIT(1)
#define MMS_IGNORE_SOFT_DIRTY	BIT(2)

/**
 * mms_process_dir_init() - sets what depends on the machine
 *
 * Called once, before the directory is made.
 */
void mms_process_dir_init(void);

/**
 * mms_process_start() - begins an answer about a process
 * @reader: the reader.
 * @process: filled; mms_process_put() when the answer is over, even on error.
 *
 * Writes the first line up to pid=, comm= and, for a process without an
 * address space, mm=none; mms_table_key_*() may follow.
 *
 * Return: 0 or -ESRCH.
 */
int mms_process_start(struct mms_reader *reader, struct mms_process *process);

/**
 * mms_process_stopped() - word for the end of an answer that broke off
 * @err: what the probe returned.
 *
 * Return: the word, or NULL if @err is 0.
 */
const char *mms_process_stopped(int err);

/**
 * mms_process_stop() - ends an answer about a process
 * @reader: the reader; its state begins with a struct mms_process.
 */
void mms_process_stop(struct mms_reader *reader);

/* The views, each in the file process_*.c that it belongs to. */
extern const struct mms_view mms_view_space;
extern const struct mms_view mms_view_vmas;
extern const struct mms_view mms_view_translate;
extern const struct mms_view mms_view_ranges;
extern const struct mms_view mms_view_entries;
extern const struct mms_view mms_view_entries_raw;
extern const struct mms_view mms_view_tables;

/* A field that is a set of entry flags, with the protection key among them. */
void mms_process_flags(struct mms_table *table, u32 flags, unsigned int pkey);

/* A field that is a page frame number or `-`. */
void mms_process_pfn(struct mms_table *table, u64 pfn);

/* Two fields: the slot of a swapped page, or `- -`. */
void mms_process_swap(struct mms_table *table, const struct mms_entry *entry);

#endif /* MMS_VIEW_PROCESS_H */
