/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames whose struct page does not say what they are used for: kernel stacks,
 * vmalloc(), per-CPU memory, the memory map, and free pages in per-CPU lists.
 * A map of all of them is made from the kernel's own lists, for one answer.
 */
#ifndef MMS_PROBE_OWNERS_H
#define MMS_PROBE_OWNERS_H

#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "walk.h"

struct mms_owners_build;
struct page;

/* Frames of one piece of the map. */
#define MMS_OWNERS_CHUNK	512

/* Longest name that mms_owners_name() gives, with the NUL. */
#define MMS_OWNER_NAME		64

/**
 * struct mms_owners_chunk - a piece of the map
 * @kind: &enum mms_frame_kind of each frame; %MMS_FRAME_OTHER for one that is
 *	not in the map.
 */
struct mms_owners_chunk {
	u8 kind[MMS_OWNERS_CHUNK];
};

/**
 * enum mms_owners_part - what the map is made of
 * @MMS_OWNERS_KSTACK: kernel stacks.
 * @MMS_OWNERS_VMALLOC: vmalloc().
 * @MMS_OWNERS_PERCPU: the per-CPU allocator.
 * @MMS_OWNERS_MEMMAP: the memory map.
 * @MMS_OWNERS_PCP: per-CPU lists of free pages.
 * @MMS_NR_OWNERS_PARTS: number of parts.
 */
enum mms_owners_part {
	MMS_OWNERS_KSTACK,
	MMS_OWNERS_VMALLOC,
	MMS_OWNERS_PERCPU,
	MMS_OWNERS_MEMMAP,
	MMS_OWNERS_PCP,
	MMS_NR_OWNERS_PARTS
};

/* The part that a kind of frame comes from, as caps and head lines name it. */
extern const char *const mms_owners_part_names[MMS_NR_OWNERS_PARTS];

/**
 * struct mms_owners - the map
 * @chunks: struct mms_owners_chunk by frame number / %MMS_OWNERS_CHUNK; a
 *	chunk without any such frame is missing.
 * @names: u32[%MMS_OWNERS_CHUNK] by the same: index in @texts of each frame's
 *	owner, or 0.  Empty unless names were asked for.
 * @texts: the names, each a string.
 * @stats: what it has cost; scanned are areas of vmalloc space and blocks in
 *	per-CPU lists.
 * @cut: a per-CPU list was so long that not all of it was read; for what is
 *	left there is mms_owners_page_listed().
 * @build: what it was made with.  Freed, it would get into a per-CPU list that
 *	has been read already.
 */
struct mms_owners {
	struct xarray chunks;
	struct xarray names;
	struct xarray texts;
	struct mms_walk_stats stats;
	bool cut;
	struct mms_owners_build *build;
};

/**
 * mms_owners_missing() - why a part of the map cannot be made
 * @part: the part.
 *
 * Frames of a part that is missing look like %MMS_FRAME_OTHER, or reserved.
 * The answer is the same until the module is unloaded.  May sleep.
 *
 * Return: one word, or NULL if it can.
 */
const char *mms_owners_missing(enum mms_owners_part part);

/**
 * mms_owners_new() - makes the map
 * @names: also remember who the owners are, for mms_owners_name().
 *
 * A moment after it was made it is no longer exact: frames are freed and
 * given out again.  So what a struct page says comes first; above all, a frame
 * in a per-CPU list has no reference, and all others have one.
 *
 * May sleep.  Takes the locks of the lists it reads, for a bounded time each.
 *
 * Return: the map, for mms_owners_free(), or ERR_PTR(-ENOMEM), or
 * ERR_PTR(-EINTR) if a fatal signal came.
 */
struct mms_owners *mms_owners_new(bool names);

/**
 * mms_owners_free() - gives it back
 * @owners: the map, or NULL.
 */
void mms_owners_free(struct mms_owners *owners);

/**
 * mms_owners_chunk() - the piece of the map that a frame is in
 * @owners: the map, or NULL.
 * @pfn: the frame.
 *
 * Return: the piece, or NULL if no frame near is in the map.
 */
static inline const struct mms_owners_chunk *
mms_owners_chunk(const struct mms_owners *owners, unsigned long pfn)
{
	if (!owners)
		return NULL;
	return xa_load((struct xarray *)&owners->chunks,
		       pfn / MMS_OWNERS_CHUNK);
}

/**
 * mms_owners_page_listed() - is a page linked into a list?
 * @page: a page without references that is no buddy, slab or table page, nor
 *	part of a compound page; online, as long as memory hotplug is locked out.
 * @pfn: its frame number.
 *
 * Such a page is in a per-CPU list if it is in any: nothing else links pages
 * that have no references, save compaction, for the free pages it has taken.
 * Takes no lock; what is read may be outdated, and is not trusted to be an
 * address.
 *
 * Return: true if its neighbours know it.
 */
bool mms_owners_page_listed(const struct page *page, unsigned long pfn);

/**
 * mms_owners_name() - who owns a frame
 * @owners: a map with names, or NULL.
 * @pfn: the frame.
 * @name: filled with: the function that called vmalloc(), `comm:pid` of the
 *	task whose stack it is (`no-task` for one that no process has: kept for
 *	the next task, or of a CPU's idle task), `cpuN` of a per-CPU list or of
 *	the CPU's copy in the first chunk of per-CPU memory, or nothing.
 *
 * No address is ever written there.
 *
 * Return: true if there is a name.
 */
bool mms_owners_name(const struct mms_owners *owners, unsigned long pfn,
		     char name[MMS_OWNER_NAME]);

/**
 * mms_owners_price() - adds the locks that were held for the map
 * @owners: the map.
 * @stats: where to; what is scanned there is something else.
 */
static inline void mms_owners_price(const struct mms_owners *owners,
				    struct mms_walk_stats *stats)
{
	stats->lock_max_ns = max(stats->lock_max_ns,
				 owners->stats.lock_max_ns);
	stats->lock_total_ns += owners->stats.lock_total_ns;
	stats->retries += owners->stats.retries;
}

#endif /* MMS_PROBE_OWNERS_H */
