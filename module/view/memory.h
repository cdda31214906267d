/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory memory/: what its views share. */
#ifndef MMS_VIEW_MEMORY_H
#define MMS_VIEW_MEMORY_H

#include "file.h"

extern struct mms_dir mms_memory_dir;

/* The keys of memory/query. */
enum mms_memory_key {
	MMS_MEMORY_PFN,
	MMS_NR_MEMORY_KEYS
};

/**
 * mms_memory_range() - frames that the query asks for
 * @reader: the reader.
 * @end: set to the first frame behind.
 *
 * Return: the first frame.
 */
u64 mms_memory_range(const struct mms_reader *reader, u64 *end);

/* The views, each in the file memory_*.c of its name. */
extern const struct mms_view mms_view_zones;
extern const struct mms_view mms_view_page;
extern const struct mms_view mms_view_mappers;
extern const struct mms_view mms_view_pageblocks;
extern const struct mms_view mms_view_census;

#endif /* MMS_VIEW_MEMORY_H */
