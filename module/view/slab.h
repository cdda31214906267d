/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory slab/: what its views share. */
#ifndef MMS_VIEW_SLAB_H
#define MMS_VIEW_SLAB_H

#include "file.h"

extern struct mms_dir mms_slab_dir;

/* The keys of slab/query. */
enum mms_slab_key {
	MMS_SLAB_PFN,
	MMS_SLAB_SIZE,
	MMS_SLAB_CACHE,
	MMS_NR_SLAB_KEYS
};

struct mms_cachelist;

/**
 * mms_slab_missing() - why caches cannot be shown
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can.
 */
const char *mms_slab_missing(void);

/**
 * mms_slab_wanted() - name of the cache that the query asks for
 * @reader: the reader.
 *
 * Return: the name, or NULL if it asks for all.
 */
const char *mms_slab_wanted(const struct mms_reader *reader);

/**
 * mms_slab_number() - a number that may be unknown
 * @table: the table.
 * @number: the number, or %MMS_CACHE_UNKNOWN.
 */
void mms_slab_number(struct mms_table *table, u64 number);

/**
 * mms_slab_end() - the last line of a walk of all caches
 * @reader: the reader.
 * @list: the walk.
 * @err: 0, or -EINTR if a fatal signal ended it.
 */
void mms_slab_end(struct mms_reader *reader, const struct mms_cachelist *list,
		  int err);

/* The views, each in the file slab_*.c of its name. */
extern const struct mms_view mms_view_caches;
extern const struct mms_view mms_view_occupancy;
extern const struct mms_view mms_view_object;
extern const struct mms_view mms_view_kmalloc;

#endif /* MMS_VIEW_SLAB_H */
