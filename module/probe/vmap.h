/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going through the areas of vmalloc space.
 *
 * The kernel has them in search trees by address: one with one lock, or since
 * 6.9 one for each of up to 128 nodes, over which stretches of addresses are
 * spread.  An area may be freed as soon as the lock is dropped, its list of
 * pages with it; so what is wanted of it is copied under the lock, as much as
 * fits, and the next batch goes on by address and page.
 */
#ifndef MMS_PROBE_VMAP_H
#define MMS_PROBE_VMAP_H

#include <linux/types.h>

/* Areas and runs that one batch, that is one hold of a lock, may collect. */
#define MMS_VMAP_AREAS	32
#define MMS_VMAP_RUNS	512

/*
 * Pages that one batch looks at, at some 15 instructions each; a look into the
 * page tables counts as so many.
 */
#define MMS_VMAP_PAGES	1024
#define MMS_VMAP_LOOK	16

struct mms_walk_stats;

/* A number that the kernel does not have. */
#define MMS_VMAP_UNKNOWN	(~0UL)

/**
 * enum mms_vmap_state - what kind of entry an area is
 * @MMS_VMAP_OWNED: it has a struct vm_struct, which says what it is.
 * @MMS_VMAP_RAM: it is of vm_map_ram().
 * @MMS_VMAP_NAMELESS: it has none: it is being made or freed, or on 6.1 of
 *	vm_map_ram().
 * @MMS_VMAP_LAZY: it was freed, but CPUs may still have its addresses in
 *	their TLBs.
 */
enum mms_vmap_state {
	MMS_VMAP_OWNED,
	MMS_VMAP_RAM,
	MMS_VMAP_NAMELESS,
	MMS_VMAP_LAZY,
};

/**
 * struct mms_vmap_area - one area, or a piece of one that is large
 * @state: &enum mms_vmap_state.
 * @start: its first address.  Not to be shown.
 * @size: its length in bytes, with the guard page.
 * @flags: its VM_* flags; this and the following are 0 if it has no struct
 *	vm_struct.
 * @caller: address in the function that made it, or 0.  Not to be shown.
 * @phys: physical address that it was made for by ioremap(), or 0.
 * @requested: bytes that were asked for, or %MMS_VMAP_UNKNOWN.
 * @nr_pages: pages that it owns and lists; 0 for one that maps what belongs
 *	to others, as vmap() and ioremap() do.
 * @page_order: order of the pages that it was made of.
 * @vmalloced_list: its list of pages is itself in vmalloc space.
 * @mapped: the runs are what the page tables map, not what is listed.
 * @more: there are more pages, in the next batch.
 * @index: which of its pages the first of these is; 0 if it is seen anew.
 * @first: where its runs begin in the batch.
 * @nr: how many there are.
 */
struct mms_vmap_area {
	enum mms_vmap_state state;
	unsigned long start;
	unsigned long size;
	unsigned long flags;
	unsigned long caller;
	u64 phys;
	unsigned long requested;
	unsigned long nr_pages;
	unsigned int page_order;
	bool vmalloced_list;
	bool mapped;
	bool more;
	unsigned long index;
	unsigned int first;
	unsigned int nr;
};

/**
 * struct mms_vmap_run - frames in a row, at addresses in a row
 * @pfn: the first.
 * @nr: how many.
 * @index: which page of the area that is.
 * @nid: their node; -1 if they are no memory.
 * @huge: one entry of the page tables maps several of them.
 */
struct mms_vmap_run {
	unsigned long pfn;
	unsigned long index;
	unsigned int nr;
	short nid;
	bool huge;
};

/**
 * struct mms_vmap_seen - tells an area from another one at its address
 * @vm: its struct vm_struct.
 * @pages: its list of pages.
 * @nr_pages: how many it has.
 */
struct mms_vmap_seen {
	const void *vm;
	const void *pages;
	unsigned long nr_pages;
};

/**
 * struct mms_vmap_batch - what was collected
 * @all: wanted are also areas that were freed lazily, and of those that own no
 *	pages what they map.  Set by the caller.
 * @tree: tree that is being gone through.
 * @addr: areas that end here or before have been seen.
 * @index: pages of the next area that have been seen.
 * @seen: what that area was, if @index is not 0.
 * @nr_areas: number of @areas.
 * @nr_runs: number of @runs.
 * @left: pages that may still be looked at.
 * @only_nid: the only node, or -1 if there are several.
 * @areas: the areas.
 * @runs: their runs.
 *
 * All zero, but for @all, is a start.
 */
struct mms_vmap_batch {
	bool all;
	unsigned int tree;
	unsigned long addr;
	unsigned long index;
	struct mms_vmap_seen seen;
	unsigned int nr_areas;
	unsigned int nr_runs;
	unsigned int left;
	short only_nid;
	struct mms_vmap_area areas[MMS_VMAP_AREAS];
	struct mms_vmap_run runs[MMS_VMAP_RUNS];
};

/**
 * mms_vmap_missing() - why areas cannot be gone through
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can; the same for ever.
 */
const char *mms_vmap_missing(void);

/**
 * mms_vmap_lazy_known() - can areas be listed that were freed lazily?
 *
 * Return: true if they can.  Only after mms_vmap_missing().
 */
bool mms_vmap_lazy_known(void);

/**
 * mms_vmap_tables_known() - can the page tables be read?
 *
 * Return: true if they can.  Only after mms_vmap_missing().
 */
bool mms_vmap_tables_known(void);

/**
 * mms_vmap_next() - collects the next areas
 * @batch: filled anew.
 * @stats: the time for which the lock was held is added here; scanned are
 *	areas, retries those that were another one when their next piece came.
 *
 * Areas of one tree come by ascending address.  One that exists all the while
 * is not missed, if others come and go.  Of the pages of a per-CPU area, which
 * no list has, the page tables are asked, and of those of an area with huge
 * mappings.
 *
 * Only where mms_vmap_missing() is NULL.  May sleep.
 *
 * Return: true if there may be more, also if this batch is empty.
 */
bool mms_vmap_next(struct mms_vmap_batch *batch, struct mms_walk_stats *stats);

#endif /* MMS_PROBE_VMAP_H */
