/* SPDX-License-Identifier: GPL-2.0-only */
/* The areas of vmalloc space one by one, and where their pages are. */
#ifndef MMS_PROBE_AREAS_H
#define MMS_PROBE_AREAS_H

#include <linux/xarray.h>

#include "vmap.h"
#include "vmap_kind.h"
#include "walk.h"

/**
 * struct mms_area_caller - who made an area
 * @name: the function, with offset and length, or "".
 * @module: its module, or NULL.
 * @text: both.
 */
struct mms_area_caller {
	const char *name;
	const char *module;
	char text[];
};

/**
 * struct mms_area - an area
 * @id: stands for its address, which is not to be shown: an area at the same
 *	address has the same until the module is removed.
 * @kind: &enum mms_vmap_kind.
 * @size: its length in bytes, with the guard page.
 * @requested: bytes that were asked for, or %MMS_VMAP_UNKNOWN.
 * @pages: pages that it owns.
 * @caller: who made it, or NULL.
 * @flags: set of mms_vmap_flag_names.
 * @phys: physical address that it was made for, or 0.
 * @page_order: order of the pages that it was made of.
 * @known: the following are known.
 * @mapped: pages that it owns, or maps.
 * @huge: of these, pages with a huge entry.
 * @runs: pieces that are contiguous in physical memory, too.
 * @largest: pages of the largest.
 * @holds: holds of the lock in which it was read.
 */
struct mms_area {
	u64 id;
	enum mms_vmap_kind kind;
	u64 size;
	unsigned long requested;
	u64 pages;
	const struct mms_area_caller *caller;
	u64 flags;
	u64 phys;
	unsigned int page_order;
	bool known;
	u64 mapped;
	u64 huge;
	u64 runs;
	u64 largest;
	unsigned int holds;
};

/**
 * struct mms_areas - a walk under way
 * @area: the area just read.
 * @node: its pages by node.
 * @nr_nodes: number of @node.
 * @stats: what it has cost so far; scanned are areas and pieces of large ones.
 * @gone: large areas that were freed before they were read to their end.
 * @start: address of @area.
 * @caller: of @area, as a number.
 * @open: a part of it was read.
 * @last: the last run of it.
 * @run: pages of the last piece of it that is contiguous.
 * @more: there may be more batches.
 * @next: area of the batch that comes next.
 * @callers: &struct mms_area_caller by address.
 * @symbol: room for a name.
 * @batch: the areas last collected.
 */
struct mms_areas {
	struct mms_area area;
	u64 *node;
	unsigned int nr_nodes;
	struct mms_walk_stats stats;
	u64 gone;
	unsigned long start;
	unsigned long caller;
	bool open;
	struct mms_vmap_run last;
	u64 run;
	bool more;
	unsigned int next;
	struct xarray callers;
	char symbol[KSYM_SYMBOL_LEN];
	struct mms_vmap_batch batch;
};

/**
 * mms_areas_init() - begins a walk
 * @areas: all zero; mms_areas_free() when done, also on error.
 *
 * Only where mms_vmap_missing() is NULL.  May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_areas_init(struct mms_areas *areas);

/**
 * mms_areas_next() - goes on
 * @areas: the walk.
 *
 * Collects a batch at most.  May sleep.
 *
 * Return: 1 if @areas->area is another one, 0 if that was all, -EAGAIN if it
 * is to be called again, or -ENOMEM.
 */
int mms_areas_next(struct mms_areas *areas);

/**
 * mms_areas_free() - gives back what the walk holds
 * @areas: the walk, begun or all zero.
 */
void mms_areas_free(struct mms_areas *areas);

#endif /* MMS_PROBE_AREAS_H */
