/* SPDX-License-Identifier: GPL-2.0-only */
/* Which slab cache a slab is of, and how full it is. */
#ifndef MMS_PROBE_CACHES_H
#define MMS_PROBE_CACHES_H

#include <linux/types.h>

struct page;

/* Longest name of a cache that is kept, with the NUL. */
#define MMS_CACHE_NAME		64

/* Caches that are looked up at once. */
#define MMS_CACHES_BATCH	64

/**
 * struct mms_slab_use - what a slab says of itself
 * @cache: address of its cache, never followed; NULL if it is not known.
 * @inuse: objects that are allocated.  Those that a CPU keeps for its next
 *	allocations count as allocated.
 * @objects: objects that it has room for; 0 if that is not known.
 */
struct mms_slab_use {
	const void *cache;
	unsigned int inuse;
	unsigned int objects;
};

/**
 * struct mms_caches - names of some caches
 * @nr: number of @cache.
 * @cache: address of each.
 * @name: its name, "" if there is no such cache.
 */
struct mms_caches {
	unsigned int nr;
	const void *cache[MMS_CACHES_BATCH];
	char name[MMS_CACHES_BATCH][MMS_CACHE_NAME];
};

/**
 * mms_caches_missing() - why names cannot be told
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can.
 */
const char *mms_caches_missing(void);

/**
 * mms_slab_read() - looks at a slab
 * @head: its first page; stays valid during the call.  If it is no slab any
 *	more, what is read means nothing.
 * @use: filled.
 *
 * To be called after mms_caches_missing().
 */
void mms_slab_read(const struct page *head, struct mms_slab_use *use);

/**
 * mms_caches_add() - notes a cache that is to be named
 * @caches: the names.
 * @cache: from mms_slab_read().
 */
void mms_caches_add(struct mms_caches *caches, const void *cache);

/**
 * mms_caches_lookup() - finds the names of all caches noted
 * @caches: the names.
 *
 * Takes slab_mutex, for as long as going through the list of all caches takes.
 *
 * Return: 0 or -EINTR if a fatal signal came.
 */
int mms_caches_lookup(struct mms_caches *caches);

/**
 * mms_caches_name() - name of a cache
 * @caches: the names.
 * @cache: the cache.
 *
 * Return: its name, or NULL if it is not known.
 */
const char *mms_caches_name(const struct mms_caches *caches,
			    const void *cache);

#endif /* MMS_PROBE_CACHES_H */
