/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of slab/ share: the kernel's own numbers. */
#ifndef MMSCOPE_SELFTESTS_SLAB_UTIL_H
#define MMSCOPE_SELFTESTS_SLAB_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process_util.h"

/* More caches than any test machine has. */
#define SLAB_CACHES	1024

/**
 * struct slab_cache - a cache, as /proc/slabinfo shows it
 * @name: its name.
 * @active: objects in use.
 * @objects: objects that its slabs have room for.
 * @size: bytes from one to the next.
 * @per_slab: objects of a slab.
 * @pages: pages of a slab.
 * @slabs: its slabs.
 */
struct slab_cache {
	char name[64];
	uint64_t active;
	uint64_t objects;
	uint64_t size;
	uint64_t per_slab;
	uint64_t pages;
	uint64_t slabs;
};

/*
 * Reads /proc/slabinfo, and keeps it open.  Return: number of caches; dies on
 * error.
 */
size_t slabinfo_read(struct slab_cache *caches);

/* The one of that name, or NULL. */
const struct slab_cache *slab_find(const struct slab_cache *caches, size_t nr,
				   const char *name);

/*
 * First number of /sys/kernel/slab/@name/@file.  Return: false if there is no
 * such file.
 */
bool slab_sysfs(const char *name, const char *file, uint64_t *value);

/* A number of the row last read, by the name of its column. */
uint64_t slab_number(const struct table *table, const char *column);

/* A text of it. */
const char *slab_text(const struct table *table, const char *column);

/* `-`, for what a kernel has not. */
bool slab_none(const struct table *table, const char *column);

#endif /* MMSCOPE_SELFTESTS_SLAB_UTIL_H */
